"""Whether one member's total decides: the same sheets with the highest and lowest totals left out, or left in.

Information for the supervision authority: the published averaging alone counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from evaluation.evaluate import EvaluationResult, EvaluationRules, brands_in, evaluate, granted_in
from evaluation.scoring import Aggregation, Sheets

LEAST_MEMBERS = 3  # of fewer, dropping two would leave none


@dataclass(frozen=True)
class SensitivityRow:
    """One bid: its total and rank as published, and as they would be otherwise."""

    bid: str
    total: Decimal
    rank: int
    other_total: Decimal
    other_rank: int


@dataclass(frozen=True)
class Sensitivity:
    """`dropped`: the other way leaves the highest and lowest total of each bid out (else it leaves them in, because the
    published way drops them). Whether the order, or the candidates in their order, would be others."""

    dropped: bool
    rows: tuple[SensitivityRow, ...]
    order_changes: bool
    candidates_change: bool


def sensitivity(
    rules: EvaluationRules, prices: Mapping[str, Decimal], sheets: Sheets, result: EvaluationResult
) -> Sensitivity | None:
    """The other averaging beside the published `result`; None with too few members for it to be another, and where no
    points are averaged."""
    if len(sheets) < LEAST_MEMBERS or rules.in_money:
        return None
    dropped = all(len(row.counted) == len(sheets) for row in result.bids)
    way = Aggregation.TRIMMED_MEAN if dropped else Aggregation.SIMPLE_MEAN
    scoring = replace(rules.scoring, aggregation=way, trim_from=LEAST_MEMBERS)
    drawn = tuple(row.bid for row in result.bids)  # what was drawn once is not drawn otherwise
    other = evaluate(
        replace(rules, scoring=scoring), prices, sheets, drawn, granted_in(result), None, brands_in(result)
    )
    rows = tuple(
        SensitivityRow(row.bid, row.total, row.rank, other[row.bid].total, other[row.bid].rank) for row in result.bids
    )
    return Sensitivity(
        dropped,
        rows,
        any(row.rank != row.other_rank for row in rows),
        result.candidates != other.candidates,
    )
