"""A log as static files (C2SP tlog-tiles): the hashes of its tree 256 at a time, and its entries in bundles.

A mirror or an auditor that knows the format takes the whole log without a line of ours, and keeps what it has taken:
a full tile never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crypto.errors import CryptoError

WIDTH = 256  # hashes or entries of a full tile
HIGHEST = 63  # level
LONGEST = 0xFFFF  # bytes of an entry
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True)
class Tile:
    """`level` 0 holds hashes of leaves, each level above the heads of 256 tiles' worth below it; None: the entries
    themselves. `index`: from the left; `width`: how many there are, from 1 to 256."""

    level: int | None
    index: int
    width: int = WIDTH

    @classmethod
    def parse(cls, path: str) -> Tile:
        """The tile of a path below the log's address, in its one spelling. Raises CryptoError `tile_unknown`."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise CryptoError("tile_unknown")
        level, index, width = found[1], int(found[2].replace("x", "").replace("/", "")), int(found[3] or WIDTH)
        tile = cls(None if level == "entries" else int(level), index, width)
        if tile.path != path or (tile.level or 0) > HIGHEST or (found[3] and width >= WIDTH):
            raise CryptoError("tile_unknown")
        return tile

    @property
    def path(self) -> str:
        """`tile/<level>/<index>`, with `.p/<width>` where it is not full; an index in groups of three digits."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-len(digits) // 3 * -3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level is None else self.level
        return f"tile/{level}/{name}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @property
    def span(self) -> int:
        """Leaves under one of its hashes."""
        return 1 << 8 * (self.level or 0)

    @property
    def leaves(self) -> list[tuple[int, int]]:
        """For each of its hashes or entries the leaves [start, end) that it stands for."""
        first = self.index * WIDTH
        return [((first + at) * self.span, (first + at + 1) * self.span) for at in range(self.width)]

    @property
    def needed(self) -> int:
        """How many leaves a log must have for this tile to exist."""
        return (self.index * WIDTH + self.width) * self.span


def entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each behind its length in 2 bytes. Raises CryptoError `entry_too_long`."""
    parts = []
    for entry in entries:
        if len(entry) > LONGEST:
            raise CryptoError("entry_too_long")
        parts.append(len(entry).to_bytes(2, "big") + entry)
    return b"".join(parts)
