"""How alike the files of different bids are, beside what all of them take from the tender's own documents.

A page is held by fingerprints of its text (winnowing, Schleimer, Wilkerson and Aiken 2003): hashes of every run of
`GRAM` characters, of each `WINDOW` neighbours the smallest. Two pages that share `GRAM + WINDOW - 1` characters in a
row share a fingerprint, and nobody can read the text back from them.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from evaluation.arithmetic import HUNDRED, round_half_up
from evaluation.bid_checks.findings import (
    BidCheckRules,
    BidFinding,
    BidReading,
    Evidence,
    FileReading,
    FindingKind,
    finding,
    plain,
)

GRAM, WINDOW = 16, 16
PRINT = 12  # characters of a fingerprint in hex
MOST_PAGES = 60  # pages of a file that a finding names


def fingerprints(text: str) -> str:
    """The fingerprints of a page, ascending, one after the other in hex."""
    plain_text = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    data = [
        plain_text[at : at + GRAM].encode("utf-8", "surrogatepass") for at in range(max(len(plain_text) - GRAM + 1, 0))
    ]
    hashes = [hashlib.blake2b(gram, digest_size=PRINT // 2).hexdigest() for gram in data]
    return "".join(sorted({min(hashes[at : at + WINDOW]) for at in range(max(len(hashes) - WINDOW + 1, 1)) if hashes}))


def prints_of(page: str) -> frozenset[str]:
    """The fingerprints of a page as it is recorded."""
    return frozenset(page[at : at + PRINT] for at in range(0, len(page), PRINT))


def same_files(bids: Sequence[BidReading], documents: Sequence[FileReading]) -> Iterator[BidFinding]:
    """Files of several bids that are the same to the last byte, and none of the tender's own."""
    own = {document.sha256 for document in documents}
    holders: dict[str, list[Evidence]] = {}
    for bid in bids:
        for file in bid.files:
            if file.size and file.sha256 not in own:
                found = Evidence(bid.bid, file.path, file.sha256, values={"size": str(file.size)})
                holders.setdefault(file.sha256, []).append(found)
    for sha256 in sorted(holders):
        if len({one.bid for one in holders[sha256]}) > 1:
            yield finding(FindingKind.SAME_FILE, holders[sha256])


def like_texts(
    bids: Sequence[BidReading], documents: Sequence[FileReading], rules: BidCheckRules
) -> Iterator[BidFinding]:
    """Two bids each of which one has a file that shares much of its text with files of the other, with the pages on
    both sides. The same file in both is a finding of its own.

    Each file is compared with the whole other bid, so that the work grows with the text and not with pairs of files.
    """
    own = frozenset[str]().union(*(prints_of(page) for document in documents for page in document.pages))
    texts = {bid.bid: [_Text(file, _pages(file, own)) for file in bid.files if file.pages] for bid in bids}
    for one, other in combinations(sorted(texts), 2):
        same = {text.file.sha256 for text in texts[one]} & {text.file.sha256 for text in texts[other]}
        sides = {bid: [text for text in texts[bid] if text.file.sha256 not in same] for bid in (one, other)}
        common = _union(sides[one]) & _union(sides[other])
        alike = [text for side in sides.values() for text in side if text.is_alike(common, rules)]
        if alike:
            yield _alike(sides, _union(alike) & common, alike)


class _Text:
    """The fingerprints of a file's pages, without those of the tender's own documents."""

    def __init__(self, file: FileReading, pages: Mapping[int, frozenset[str]]) -> None:
        self.file, self.pages = file, pages
        self.prints = frozenset[str]().union(*pages.values())

    def is_alike(self, common: frozenset[str], rules: BidCheckRules) -> bool:
        shared = len(self.prints & common)
        return shared >= rules.alike_prints and shared * HUNDRED >= rules.alike_share * len(self.prints)

    def share(self, common: frozenset[str]) -> Decimal:
        """How much of it is in common, in percent."""
        return round_half_up(Decimal(len(self.prints & common)) * HUNDRED / len(self.prints), 1)

    def holding(self, common: frozenset[str]) -> tuple[int, ...]:
        return tuple(number for number, found in self.pages.items() if found & common)[:MOST_PAGES]


def _union(texts: Sequence[_Text]) -> frozenset[str]:
    return frozenset[str]().union(*(text.prints for text in texts))


def _alike(sides: Mapping[str, Sequence[_Text]], shared: frozenset[str], alike: Sequence[_Text]) -> BidFinding:
    evidence = [
        Evidence(bid, text.file.path, text.file.sha256, places, {"shared": plain(text.share(shared))})
        for bid, side in sides.items()
        for text in side
        if (places := text.holding(shared))
    ]
    most = max(alike, key=lambda text: (text.share(shared), len(text.prints)))
    figures = {"percent": plain(most.share(shared)), "of": str(len(most.prints))}
    return finding(FindingKind.LIKE_TEXT, evidence, figures, count=len(most.prints & shared))


def _pages(file: FileReading, own: frozenset[str]) -> dict[int, frozenset[str]]:
    return {number: prints_of(page) - own for number, page in enumerate(file.pages, start=1)}
