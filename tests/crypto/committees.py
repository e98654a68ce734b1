"""Members of a committee, and randomness that is the same in every run."""

from hashlib import sha256, shake_256

from crypto.committee import Member


def generator(seed):
    """Reproducible bytes for a test."""
    stream, used = shake_256(seed).digest(1 << 14), 0

    def take(size):
        nonlocal used
        used += size
        return stream[used - size : used]

    return take


def members(n):
    return tuple(Member(i, f"受托人{i}", sha256(bytes([i])).hexdigest()) for i in range(1, n + 1))
