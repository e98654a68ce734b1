"""How the price scores of a lot came about, for a page: lines for a calculator, the curve, what else could decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.documents.method_wording import price_words, step_words, worked_prices
from evaluation.arithmetic import round_half_up
from evaluation.evaluate import EvaluationResult, EvaluationRules
from evaluation.price_steps import PriceStep, price_curve
from evaluation.prices import PriceWorking
from evaluation.sensitivity import Sensitivity, sensitivity
from evaluation.sitting import SittingState

WIDTH, HEIGHT = 1000, 360  # units of the drawing, whatever its size on the page
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 20, 50
TICKS = 4


@dataclass(frozen=True)
class WorkedLine:
    """One line: what it computes, its figures, and the result; no figures where the rule states the result."""

    words: str
    figures: str
    result: str


@dataclass(frozen=True)
class WorkedBid:
    """A bid's lines, the last of which is its price score, or its evaluated price."""

    bidder: str
    price: Decimal
    lines: tuple[WorkedLine, ...]


@dataclass(frozen=True)
class Dot:
    """A bid on the curve, in units of the drawing; `number` is its place in the list of bids."""

    number: int
    x: int
    y: int


@dataclass(frozen=True)
class Tick:
    """A figure at an axis, at a place along it."""

    at: int
    words: str


@dataclass(frozen=True)
class Curve:
    """The score over the price, as a path of the drawing."""

    path: str
    dots: tuple[Dot, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    benchmark_at: int


@dataclass(frozen=True)
class PriceView:
    """`dropped`: prices that do not enter the mean; `curve`: None where no price is scored."""

    formula: str
    dropped: tuple[Decimal, ...]
    shared: tuple[WorkedLine, ...]
    bids: tuple[WorkedBid, ...]
    curve: Curve | None


def price_view(sitting: SittingState, names: Mapping[str, str], language: str) -> PriceView | None:
    """How the prices of computed results were scored or adjusted, best bid first; None where no bid has gone on to its
    price."""
    result, rules = sitting.result, sitting.rules.evaluation
    assert result is not None
    prices = {row.bid: row.price for row in result.bids if row.ranked}
    if not prices:
        return None
    steps = worked_prices(rules, result)
    return PriceView(
        formula=price_words(rules, language),
        dropped=steps.dropped,
        shared=tuple(_line(rules, result, "", step, language) for step in steps.shared),
        bids=tuple(
            WorkedBid(names[bid], price, tuple(_line(rules, result, bid, step, language) for step in steps.bids[bid]))
            for bid, price in prices.items()
        ),
        curve=_curve(sitting, result.price) if result.price and result.price.has_benchmark else None,
    )


def _line(rules: EvaluationRules, result: EvaluationResult, bid: str, step: PriceStep, language: str) -> WorkedLine:
    return WorkedLine(step_words(rules, result, bid, step, language), step.figures, f"{step.result:f}")


def _curve(sitting: SittingState, working: PriceWorking) -> Curve:
    result, rules = sitting.result, sitting.rules.evaluation
    assert result is not None
    prices = {row.bid: row.compared for row in result.bids if row.ranked}
    points, full = price_curve(rules.formula, prices, sitting.rules.ceiling), rules.criteria.price.full
    low, high = points[0].price, points[-1].price
    span = (high - low) or Decimal(1)
    lowest, highest = min(point.score for point in points), max(point.score for point in points)
    lowest, highest = (lowest, highest) if lowest < highest else (Decimal(0), full)

    def across(price: Decimal) -> int:
        return LEFT + int((WIDTH - LEFT - RIGHT) * (price - low) / span)

    def up(score: Decimal) -> int:
        return HEIGHT - BOTTOM - int((HEIGHT - TOP - BOTTOM) * (score - lowest) / (highest - lowest))

    steps = [Decimal(n) / TICKS for n in range(TICKS + 1)]
    scores = [lowest + (highest - lowest) * share for share in steps]
    return Curve(
        path="M" + " L".join(f"{across(point.price)} {up(point.score)}" for point in points),
        dots=tuple(
            Dot(number, across(row.compared), up(row.price_score))
            for number, row in enumerate((row for row in result.bids if row.ranked), start=1)
        ),
        across=tuple(Tick(across(low + span * share), f"{low + span * share:,.0f}") for share in steps),
        up=tuple(Tick(up(score), f"{round_half_up(score, 2):.2f}") for score in scores),
        benchmark_at=across(working.benchmark),
    )


def sensitivity_of(sitting: SittingState) -> Sensitivity | None:
    """The results under the other averaging; None before there are any, or where members are too few."""
    if sitting.result is None:
        return None
    prices = {row.bid: row.price for row in sitting.result.bids}
    sheets = {str(number): sitting.sheets[number] for number in sorted(sitting.sheets)}
    return sensitivity(sitting.rules.evaluation, prices, sheets, sitting.result)
