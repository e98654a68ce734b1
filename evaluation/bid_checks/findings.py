"""What the check of opened bids (清标) finds: neutral questions with evidence, and from what they are computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

READINGS = "bid-readings/v1"
MOST_EVIDENCE = 30  # places that one finding names; `count` among its figures says of how many


class FindingKind(StrEnum):
    """What a finding asks about, in the order in which findings are numbered."""

    LIST_UNREADABLE = "list_unreadable"
    LIST_MISSING = "list_missing"
    LIST_EXTRA = "list_extra"
    LIST_CHANGED = "list_changed"
    LIST_ZERO = "list_zero"
    LIST_LINES = "list_lines"
    LIST_SUM = "list_sum"
    ABOVE_ITEM_CEILING = "above_item_ceiling"
    UNBALANCED = "unbalanced"
    REGULAR_TOTALS = "regular_totals"
    REGULAR_ITEMS = "regular_items"
    SAME_FILE = "same_file"
    LIKE_TEXT = "like_text"
    SAME_PROPERTY = "same_property"
    SAME_STAFF = "same_staff"
    FILE_UNREADABLE = "file_unreadable"


# Findings that tell of prices; whoever scores without prices is not shown them before.
PRICED = frozenset(
    {
        FindingKind.LIST_ZERO,
        FindingKind.LIST_LINES,
        FindingKind.LIST_SUM,
        FindingKind.ABOVE_ITEM_CEILING,
        FindingKind.UNBALANCED,
        FindingKind.REGULAR_TOTALS,
        FindingKind.REGULAR_ITEMS,
    }
)
# Facts from which the law lets a committee conclude that bids were made together (Reg 40, O87 37).
OF_COLLUSION = frozenset(
    {
        FindingKind.REGULAR_TOTALS,
        FindingKind.REGULAR_ITEMS,
        FindingKind.SAME_FILE,
        FindingKind.LIKE_TEXT,
        FindingKind.SAME_PROPERTY,
        FindingKind.SAME_STAFF,
    }
)


@dataclass(frozen=True)
class Evidence:
    """Where a finding rests: a file of a bid by path and digest ("" for the opening form), with pages (of a priced
    list: lines), from 1, and the values that stand there.
    """

    bid: str
    file: str = ""
    sha256: str = ""
    places: tuple[int, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BidFinding:
    """A neutral finding about one or several bids. `figures` are exact, by name."""

    kind: FindingKind
    bids: tuple[str, ...]
    figures: dict[str, str]
    evidence: tuple[Evidence, ...]


class Reading(StrEnum):
    """Whether the text and properties of a file were read."""

    READ = "read"
    OTHER = "other"  # a kind of file that is not read
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class FileReading:
    """What was read of a file. `sha256` is its digest as the opening record (of a tender's document: as computed in the
    same way) names it, `pages` the fingerprints of each page's text in hex.
    """

    path: str
    size: int
    sha256: str
    state: Reading
    properties: dict[str, str] = field(default_factory=dict)
    pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class BidReading:
    """What was read of one bid: price (yuan) and manager as read out at the opening, its files, and the cells of its
    priced list, line by line; `priced_list` is the list's path, "" where the bid has none.
    """

    bid: str
    price: Decimal
    manager: str
    files: tuple[FileReading, ...]
    priced_list: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Readings:
    """All that findings are computed from. `reader` names the program that read text and properties, `documents` are
    the tender's own files, `rows` the cells of its own list of items.
    """

    v: str
    reader: str
    documents: tuple[FileReading, ...]
    rows: tuple[tuple[str, ...], ...]
    bids: tuple[BidReading, ...]


@dataclass(frozen=True)
class BidCheckRules:
    """Thresholds, of the rule book. Amounts in yuan, shares in percent.

    Lines and sums may differ by `rounding`. A unit price is unbalanced when it is further than `unbalanced_percent`
    from the median of at least `unbalanced_bids` bids and its line is at least `unbalanced_share` of the bid.
    Totals are regular from `regular_bids` bids on, items of two bids from `regular_items` items of which
    `regular_share` follow one ratio or difference; both within `regular_tolerance`. Texts are alike from
    `alike_share` of the shorter one and `alike_prints` fingerprints on.
    """

    rounding: Decimal
    unbalanced_percent: Decimal
    unbalanced_bids: int
    unbalanced_share: Decimal
    regular_bids: int
    regular_items: int
    regular_share: Decimal
    regular_tolerance: Decimal
    alike_share: Decimal
    alike_prints: int


def finding(
    kind: FindingKind, evidence: Sequence[Evidence], figures: dict[str, str] | None = None, *, count: int | None = None
) -> BidFinding:
    """A finding about the bids of its evidence, of which the first `MOST_EVIDENCE` are kept."""
    named = {one.bid for one in evidence}
    told = {"count": str(len(evidence) if count is None else count)} | (figures or {})
    return BidFinding(kind, tuple(sorted(named)), told, _kept(evidence, named))


def _kept(evidence: Sequence[Evidence], named: Iterable[str]) -> tuple[Evidence, ...]:
    """The first of each bid, so that none goes unmentioned, then the others."""
    first = {bid: next(place for place, one in enumerate(evidence) if one.bid == bid) for bid in named}
    rest = [place for place in range(len(evidence)) if place not in set(first.values())]
    kept = [*first.values(), *rest[: max(0, MOST_EVIDENCE - len(first))]]
    return tuple(evidence[place] for place in sorted(kept))


def plain(value: Decimal) -> str:
    """A figure without an exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
