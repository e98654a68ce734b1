"""A sparse Merkle map: 256-bit keys to 32-byte values under one root, with short proofs of what it says of a key.

A key is a path, its first bit at the root. A subtree without entries is EMPTY, one with a single entry is that entry's
leaf at whatever height, any other is a node: so n entries cost about 2.5 n hashes instead of 256 n. Because a leaf
names its whole key, and leaf and node begin with different bytes, one root says one thing of a key, whoever made it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE, node_hash

DEPTH = 8 * HASH_SIZE  # bits of a key
EMPTY = bytes(HASH_SIZE)  # a subtree without entries: no leaf or node hashes to it that anybody could find
Entry = tuple[bytes, bytes]


def entry_hash(key: bytes, value: bytes) -> bytes:
    """The leaf of an entry: SHA-256(0x00 || key || value)."""
    return hashlib.sha256(b"\x00" + key + value).digest()


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


@dataclass(frozen=True)
class MapProof:
    """What a root says of one key. `siblings` lead from the root's children down to where the key's path ends.

    For an absent key `other` is the entry that stands there instead; None where nothing does, and for a present key.
    """

    siblings: tuple[bytes, ...]
    other: Entry | None = None

    def to_json(self) -> Json:
        """Siblings in hex, "" for an empty subtree; `other` as [key, value], [] for none."""
        siblings = ["" if sibling == EMPTY else sibling.hex() for sibling in self.siblings]
        return {"siblings": siblings, "other": [part.hex() for part in self.other or ()]}

    @classmethod
    def from_json(cls, data: Json) -> MapProof:
        """The proof of `to_json`'s object. Raises CryptoError `map_malformed`."""
        try:
            siblings = tuple(EMPTY if text == "" else _hash(text) for text in data["siblings"])
            other = tuple(_hash(text) for text in data["other"])
        except (KeyError, TypeError, ValueError) as exc:
            raise CryptoError("map_malformed", reason="proof") from exc
        if len(siblings) > DEPTH or len(other) not in (0, 2) or set(data) != {"siblings", "other"}:
            raise CryptoError("map_malformed", reason="proof")
        return cls(siblings, (other[0], other[1]) if other else None)


def _hash(text: str) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != HASH_SIZE or data.hex() != text:
        raise ValueError(text)
    return data


class SparseMap:
    """A map that is complete. Raises CryptoError `map_malformed` for a key or value that is not 32 bytes."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        if any(len(key) != HASH_SIZE or len(value) != HASH_SIZE for key, value in entries.items()):
            raise CryptoError("map_malformed", reason="length")
        self._entries = sorted(entries.items())
        self.root = _subtree(self._entries, 0)

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None where there is none."""
        return dict(self._entries).get(key)

    def prove(self, key: bytes) -> MapProof:
        """The proof of what the map says of `key`: its value, or its absence.

        Raises CryptoError `map_malformed` for a key that is not 32 bytes.
        """
        if len(key) != HASH_SIZE:
            raise CryptoError("map_malformed", reason="length")
        entries: Sequence[Entry] = self._entries
        siblings = list[bytes]()
        while len(entries) > 1:
            depth = len(siblings)
            halves = _halves(entries, depth)
            side = _bit(key, depth)
            siblings.append(_subtree(halves[1 - side], depth + 1))
            entries = halves[side]
        other = entries[0] if entries and entries[0][0] != key else None
        return MapProof(tuple(siblings), other)


def _halves(entries: Sequence[Entry], depth: int) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Sorted entries that share `depth` bits, parted by the next bit (binary search)."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if _bit(entries[middle][0], depth):
            high = middle
        else:
            low = middle + 1
    return entries[:low], entries[low:]


def _subtree(entries: Sequence[Entry], depth: int) -> bytes:
    if not entries:
        return EMPTY
    if len(entries) == 1:
        return entry_hash(*entries[0])
    left, right = _halves(entries, depth)
    return node_hash(_subtree(left, depth + 1), _subtree(right, depth + 1))


def verify_map(root: bytes, key: bytes, value: bytes | None, proof: MapProof) -> bool:
    """Whether `proof` shows that under `root` the value of `key` is `value`, or that there is none (`value` None)."""
    sizes = [len(part) for part in (key, *proof.siblings, *(proof.other or ()), *([] if value is None else [value]))]
    if set(sizes) != {HASH_SIZE} or len(proof.siblings) > DEPTH:
        return False
    depth = len(proof.siblings)
    if value is not None:
        if proof.other is not None:
            return False
        head = entry_hash(key, value)
    elif proof.other is None:
        head = EMPTY
    else:
        other = proof.other[0]
        if other == key or any(_bit(other, i) != _bit(key, i) for i in range(depth)):
            return False  # an entry in a place that is not its own says nothing of the key
        head = entry_hash(*proof.other)
    for place in reversed(range(depth)):
        sibling = proof.siblings[place]
        head = node_hash(sibling, head) if _bit(key, place) else node_hash(head, sibling)
    return head == root
