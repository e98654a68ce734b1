"""The evaluated price of every bid as lines for a calculator, where deviations change it and no points are given.

As in `evaluation.price_steps`: each line worked out and rounded half up gives its result, which the next one uses.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from evaluation.arithmetic import ARITHMETIC, MONEY_PLACES, ZERO, plain
from evaluation.criteria import AdjustmentBasis, CriteriaSet, PriceAdjustment
from evaluation.evaluate import BidResult, EvaluationResult
from evaluation.price_steps import PriceStep, PriceSteps, steps_before


def adjustment_steps(criteria: CriteriaSet, result: EvaluationResult) -> PriceSteps:
    """The lines that lead from the prices that were bid to the evaluated ones; a deviation that a bid does not have has
    no line."""
    with localcontext(ARITHMETIC):
        return PriceSteps((), (), {row.bid: _of_bid(criteria, row) for row in result.bids})


def _of_bid(criteria: CriteriaSet, row: BidResult) -> tuple[PriceStep, ...]:
    added = row.adjustments or {}
    found = []
    for criterion in criteria.scored:
        units = row.criterion_means[criterion.id]
        assert criterion.adjustment is not None  # of every criterion where prices are adjusted
        if units:
            figures = _worth(criterion.adjustment, row.price, units)
            found.append(PriceStep("step_adjustment", figures, MONEY_PLACES, added[criterion.id], criterion.id))
    changes = "".join(f" {'+' if one.result > ZERO else '−'} {plain(abs(one.result))}" for one in found)
    assert row.evaluated_price is not None  # of every row where prices are adjusted
    return (
        *steps_before(row),
        *found,
        PriceStep("step_evaluated_price", f"{plain(row.compared)}{changes}", MONEY_PLACES, row.evaluated_price),
    )


def _worth(adjustment: PriceAdjustment, price: Decimal, units: Decimal) -> str:
    amount = plain(adjustment.amount)
    shown = f"({amount.replace('-', '−')})" if adjustment.amount < ZERO else amount
    if adjustment.basis is AdjustmentBasis.YUAN:
        return f"{shown} × {plain(units)}"
    return f"{plain(price)} × {shown} ÷ 100 × {plain(units)}"
