"""清标: what opened bids have in common, leave out or add up wrongly, as neutral questions with their evidence.

Nothing here scores, accuses or decides. The same readings and thresholds give the same findings in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.bid_checks.findings import (
    OF_COLLUSION,
    PRICED,
    READINGS,
    BidCheckRules,
    BidFinding,
    BidReading,
    Evidence,
    FileReading,
    FindingKind,
    Reading,
    Readings,
)
from evaluation.bid_checks.likeness import fingerprints, like_texts, same_files
from evaluation.bid_checks.lists import list_findings, priced_bids
from evaluation.bid_checks.priced_list import COLUMNS, FILE_NAME, MOST_BYTES, OWN_NAME, Item, read_list, rows_of
from evaluation.bid_checks.properties import same_properties, same_staff, unreadable
from evaluation.bid_checks.regular import regular_items, regular_totals
from evaluation.errors import RuleViolation

__all__ = [
    "COLUMNS",
    "FILE_NAME",
    "MOST_BYTES",
    "OF_COLLUSION",
    "OWN_NAME",
    "PRICED",
    "READINGS",
    "BidCheckRules",
    "BidFinding",
    "BidReading",
    "Evidence",
    "FileReading",
    "FindingKind",
    "Reading",
    "Readings",
    "check_bids",
    "fingerprints",
    "own_items",
    "read_list",
    "rows_of",
]


def check_bids(readings: Readings, rules: BidCheckRules) -> tuple[BidFinding, ...]:
    """The findings about opened bids, in the order of their kinds, then of the bids; their number is their place."""
    order = list(FindingKind)
    found = sorted(_found(readings, rules), key=lambda one: (order.index(one.kind), one.bids))
    return tuple(found)


def own_items(readings: Readings) -> tuple[Item, ...]:
    """The items of the tender's own list; none where it has published none that can be read."""
    try:
        return read_list(readings.rows, priced=False)
    except RuleViolation:
        return ()


def _found(readings: Readings, rules: BidCheckRules) -> Iterator[BidFinding]:
    bids = sorted(readings.bids, key=lambda one: one.bid)
    priced, wrong = priced_bids(bids)
    yield from wrong
    yield from list_findings(priced, own_items(readings), rules)
    yield from regular_totals({one.bid: one.price for one in bids}, rules)
    yield from regular_items(priced, rules)
    yield from same_files(bids, readings.documents)
    yield from like_texts(bids, readings.documents, rules)
    yield from same_properties(bids, readings.documents)
    yield from same_staff(bids)
    yield from unreadable(bids)
