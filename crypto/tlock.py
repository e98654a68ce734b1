"""Identity-based encryption of a short secret to a BLS signature that does not exist yet.

FullIdent of Boneh and Franklin (CRYPTO 2001, section 4.2) as drand's tlock has it (drand/kyber
`encrypt/ibe`, keys on G2): who holds the signature on an identity reads everything sealed to that identity. Used with
the committee of a tender, and with drand's quicknet beacon for mode M2. Not constant time (see `crypto.bls`).
"""

from __future__ import annotations

import hashlib

from py_arkworks_bls12381 import GT, G2Point

from crypto.bls import (
    G2_BYTES,
    ORDER,
    PointG1,
    PointG2,
    RandomBytes,
    ScalarR,
    hash_to_g1,
    point_bytes,
    read_g2,
    read_scalar,
)
from crypto.errors import CryptoError

LONGEST_SECRET = 32  # one SHA-256 output masks it


def _mask(tag: bytes, seed: bytes, secret: bytes) -> bytes:
    stream = hashlib.sha256(tag + seed).digest()
    return bytes(a ^ b for a, b in zip(secret, stream[: len(secret)], strict=True))


def _gt_bytes(element: GT) -> bytes:
    """kyber's encoding of GT: the arkworks string backwards."""
    return bytes.fromhex(str(element))[::-1]


def _exponent(sigma: bytes, secret: bytes) -> ScalarR:
    """H3: a scalar by rejection; half of the 255-bit candidates are below r."""
    seed = hashlib.sha256(b"IBE-H3" + sigma + secret).digest()
    for attempt in range(1, 65535):
        candidate = bytearray(hashlib.sha256(attempt.to_bytes(2, "little") + seed).digest())
        candidate[0] >>= 1
        if 0 < int.from_bytes(candidate, "big") < ORDER:
            return read_scalar(bytes(candidate))
    raise AssertionError("2^-65534")  # pragma: no cover


def ibe_seal(public_key: PointG2, identity: bytes, secret: bytes, rng: RandomBytes) -> bytes:
    """U || V || W: `secret` (at most 32 bytes) for who will hold the signature on `identity`."""
    if len(secret) > LONGEST_SECRET:
        raise ValueError("IBE seals short secrets only")
    sigma = rng(len(secret))
    r = _exponent(sigma, secret)
    shared = GT.pairing(hash_to_g1(identity) * r, public_key)  # e(Q, PK)^r
    return point_bytes(G2Point() * r) + _mask(b"IBE-H2", _gt_bytes(shared), sigma) + _mask(b"IBE-H4", sigma, secret)


def ibe_open(signature: PointG1, sealed: bytes) -> bytes:
    """The secret of `sealed`, given the signature on its identity.

    Raises CryptoError `capsule_wrong` when U is not r·g2: the sealed bytes were changed, made carelessly, or are for
    another identity. Without this check a bidder could make a box that opens differently for different people.
    """
    size, odd = divmod(len(sealed) - G2_BYTES, 2)
    if odd or not 0 < size <= LONGEST_SECRET:
        raise CryptoError("capsule_wrong", reason="length")
    u, v, w = sealed[:G2_BYTES], sealed[G2_BYTES : G2_BYTES + size], sealed[G2_BYTES + size :]
    try:
        shared = GT.pairing(signature, read_g2(u))
    except CryptoError as exc:
        raise CryptoError("capsule_wrong", reason="U is no point") from exc
    sigma = _mask(b"IBE-H2", _gt_bytes(shared), v)
    secret = _mask(b"IBE-H4", sigma, w)
    if point_bytes(G2Point() * _exponent(sigma, secret)) != u:
        raise CryptoError("capsule_wrong", reason="U is not r·g2")
    return secret


def ibe_open_with(sigma: bytes, public_key: PointG2, identity: bytes, sealed: bytes) -> bytes:
    """The secret of `sealed`, given the random bytes that it was sealed with, and no signature.

    Raises CryptoError `capsule_wrong` unless `ibe_seal` with these bytes gives exactly `sealed`.
    """
    secret = _mask(b"IBE-H4", sigma, sealed[-len(sigma) :])
    if ibe_seal(public_key, identity, secret, lambda _size: sigma) != sealed:
        raise CryptoError("capsule_wrong", reason="seed")
    return secret
