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
    """Two files of two bids each that share much of their text; the same file twice is a finding of its own."""
    own = frozenset[str]().union(*(prints_of(page) for document in documents for page in document.pages))
    pages = {(bid.bid, file.path): _pages(file, own) for bid in bids for file in bid.files if file.pages}
    texts = {place: frozenset[str]().union(*found.values()) for place, found in pages.items()}
    files = {(bid.bid, file.path): file for bid in bids for file in bid.files}
    for (one, other), shared in sorted(_shared(texts).items()):
        shorter = min(len(texts[one]), len(texts[other]))
        enough = shared >= rules.alike_prints and shared * HUNDRED >= rules.alike_share * shorter
        if enough and files[one].sha256 != files[other].sha256:
            common = texts[one] & texts[other]
            evidence = [
                Evidence(place[0], place[1], files[place].sha256, _holding(pages[place], common)[:MOST_PAGES])
                for place in (one, other)
            ]
            percent = plain(round_half_up(Decimal(shared) * HUNDRED / shorter, 1))
            yield finding(FindingKind.LIKE_TEXT, evidence, {"percent": percent, "of": str(shorter)}, count=shared)


Place = tuple[str, str]


def _shared(texts: Mapping[Place, frozenset[str]]) -> dict[tuple[Place, Place], int]:
    """How many fingerprints two files of two bids have in common, of those that have any."""
    holders: dict[str, list[Place]] = {}
    for place in sorted(texts):
        for mark in texts[place]:
            holders.setdefault(mark, []).append(place)
    counted: dict[tuple[Place, Place], int] = {}
    for places in holders.values():
        for pair in combinations(places, 2):
            if pair[0][0] != pair[1][0]:
                counted[pair] = counted.get(pair, 0) + 1
    return counted


def _pages(file: FileReading, own: frozenset[str]) -> dict[int, frozenset[str]]:
    return {number: prints_of(page) - own for number, page in enumerate(file.pages, start=1)}


def _holding(pages: Mapping[int, frozenset[str]], common: frozenset[str]) -> tuple[int, ...]:
    return tuple(number for number, found in pages.items() if found & common)
