"""The tables of a report by which bids are compared, as plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class ScoredBid:
    """One line of the score summary, `member_totals` in the order of the members and `means` in that of the criteria;
    or of the comparison of prices, `means` the units that count of each deviation, `adjustments` what they add.

    `passed`: not stopped by a technical gate.
    """

    bidder: str
    bid_price: Decimal
    evaluated_price: Decimal
    price_score: Decimal
    price_working: str
    member_totals: tuple[Decimal, ...]
    mean_total: Decimal
    rank: int
    means: tuple[Decimal, ...] = ()
    adjustments: tuple[Decimal, ...] = ()
    passed: bool = True


@dataclass(frozen=True)
class CriterionScores:
    """What each member gave one bid for one criterion, in the order of the members."""

    criterion: str
    scores: tuple[Decimal, ...]


@dataclass(frozen=True)
class BidScores:
    """`comments` are sentences: who gave which reason for a score."""

    bidder: str
    rows: tuple[CriterionScores, ...]
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecommendedCandidate:
    """`total` is the figure that ranks first of all: points, or the evaluated price in yuan."""

    rank: int
    bidder: str
    price: Decimal
    total: Decimal
