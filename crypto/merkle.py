"""Merkle trees of RFC 6962: heads, proofs, a storable right edge, and a digest of files in 1 MiB leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crypto.errors import CryptoError

HASH_SIZE = 32
LEAF_SIZE = 1024 * 1024  # bytes of a file under one leaf of a TreeDigest
EMPTY_ROOT = hashlib.sha256(b"").digest()  # RFC 6962, 2.1: the head of no leaves


def leaf_hash(data: bytes) -> bytes:
    """The 32-byte hash of the leaf `data`: SHA-256(0x00 || data) (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """The right edge of a tree: the heads of its perfect subtrees, largest first, one for each set bit of `size`.

    It is all that appending and the head need, so it fits in a row: at most 64 hashes for any tree.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def push(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf, given by its hash."""
        nodes, size = self.nodes, self.size
        while size & 1:
            nodes, leaf, size = nodes[:-1], node_hash(nodes[-1], leaf), size >> 1
        return Frontier(self.size + 1, (*nodes, leaf))

    def root(self) -> bytes:
        """The tree head over the `size` leaves; EMPTY_ROOT for none."""
        if not self.nodes:
            return EMPTY_ROOT
        head = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            head = node_hash(node, head)
        return head

    def to_hex(self) -> str:
        """The nodes in order, 64 lowercase hex digits each; `size` is stored beside it."""
        return b"".join(self.nodes).hex()

    @classmethod
    def from_hex(cls, size: int, text: str) -> Frontier:
        """The frontier that `to_hex` wrote for `size` leaves.

        Raises CryptoError `frontier_malformed` when the number of nodes does not fit `size` or `text` is not hex.
        """
        try:
            data = bytes.fromhex(text)
        except ValueError as exc:
            raise CryptoError("frontier_malformed", size=size, digits=len(text)) from exc
        if size < 0 or len(data) != HASH_SIZE * size.bit_count() or data.hex() != text:
            raise CryptoError("frontier_malformed", size=size, digits=len(text))
        return cls(size, tuple(data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)))


def _frontier(leaf_hashes: Iterable[bytes]) -> Frontier:
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier = frontier.push(leaf)
    return frontier


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The tree head over leaves given by their hashes (RFC 6962, 2.1); EMPTY_ROOT for none."""
    return _frontier(leaf_hashes).root()


def _left_size(size: int) -> int:
    """The leaves of the left subtree: the largest power of two below `size` (size > 1)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_spans(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges [start, end) of leaves whose heads are the audit path of leaf `index`, lowest first (RFC 6962, 2.1.1).

    For a tree whose heads are looked up. Raises CryptoError `leaf_out_of_range` when there is no such leaf.
    """
    if not 0 <= index < size:
        raise CryptoError("leaf_out_of_range", index=index, size=size)
    start, end, spans = 0, size, list[tuple[int, int]]()
    while end - start > 1:
        split = start + _left_size(end - start)
        if index < split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    return spans[::-1]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` (0-based), lowest sibling first (RFC 6962, 2.1.1).

    Raises CryptoError `leaf_out_of_range` when there is no such leaf.
    """
    return [root(leaf_hashes[start:end]) for start, end in inclusion_spans(index, len(leaf_hashes))]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf hash `leaf` is number `index` under the head `root` of `size` leaves.

    RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size or any(len(step) != HASH_SIZE for step in proof):
        return False
    place, last, head = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            head = node_hash(step, head)
            while place and not place & 1:  # levels at which the right edge has no sibling
                place, last = place >> 1, last >> 1
        else:
            head = node_hash(head, step)
        place, last = place >> 1, last >> 1
    return last == 0 and head == root


def consistency_spans(old_size: int, size: int) -> list[tuple[int, int]]:
    """The ranges [start, end) of leaves whose heads show that `old_size` leaves are a prefix (RFC 6962, 2.1.2).

    Empty when `old_size` is 0 or everything. Raises CryptoError `leaf_out_of_range` when it is beyond the tree.
    """
    if not 0 <= old_size <= size:
        raise CryptoError("leaf_out_of_range", index=old_size, size=size)
    if old_size in (0, size):
        return []
    start, end, spans = 0, size, list[tuple[int, int]]()
    while end != old_size:
        split = start + _left_size(end - start)
        if old_size <= split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    if start:  # the head of the old tree itself is known to whoever verifies
        spans.append((start, end))
    return spans[::-1]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """The proof that the first `old_size` leaves are a prefix of all of them (RFC 6962, 2.1.2).

    Empty when `old_size` is 0 or everything. Raises CryptoError `leaf_out_of_range` when it is beyond the tree.
    """
    return [root(leaf_hashes[start:end]) for start, end in consistency_spans(old_size, len(leaf_hashes))]


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `new_size` leaves continues the one of `old_size` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= new_size or any(len(step) != HASH_SIZE for step in proof):
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    if old_size == new_size:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    return bool(path) and _both_heads(old_size, new_size, path) == (old_root, new_root)


def _both_heads(old_size: int, new_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The heads of the old and the new tree that `path` leads to, or None when it has the wrong length."""
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return None if last else (old, new)


class TreeDigest:
    """The tree head of a byte stream in leaves of LEAF_SIZE bytes, the last one shorter; EMPTY_ROOT for no bytes.

    It holds one running hash and a frontier, whatever the length. `frontier` is that of the complete leaves: an upload
    that stores it goes on from the last complete leaf with `TreeDigest(frontier)`.
    """

    def __init__(self, frontier: Frontier | None = None) -> None:
        self.frontier = frontier or Frontier()
        self._start_leaf()

    def _start_leaf(self) -> None:
        self._leaf = hashlib.sha256(b"\x00")
        self._filled = 0

    @property
    def size(self) -> int:
        """The bytes taken so far, those under the initial frontier included."""
        return self.frontier.size * LEAF_SIZE + self._filled

    def update(self, data: bytes | memoryview) -> None:
        """Takes the next bytes of the stream."""
        view = memoryview(data)
        while view:
            part, view = view[: LEAF_SIZE - self._filled], view[LEAF_SIZE - self._filled :]
            self._leaf.update(part)
            self._filled += len(part)
            if self._filled == LEAF_SIZE:
                self.frontier = self.frontier.push(self._leaf.digest())
                self._start_leaf()

    def hexdigest(self) -> str:
        """The tree head of the bytes so far, 64 hex digits; taking more bytes afterwards is fine."""
        whole = self.frontier.push(self._leaf.digest()) if self._filled else self.frontier
        return whole.root().hex()
