"""The price score of every bid as lines for a calculator, and the curve on which the bids lie.

Each line holds its figures in full; worked out and rounded half up to its places it gives its result, which the next
line uses as it is printed. Nothing is computed here that `evaluation.prices` does not compute: tests compare both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from evaluation.arithmetic import ARITHMETIC, MONEY_PLACES, ZERO, plain, round_half_up, trimmed
from evaluation.evaluate import BidResult, compared_price
from evaluation.price_corrections import CorrectedPrice
from evaluation.prices import (
    MOST_PLACES,
    BenchmarkFormula,
    CeilingMix,
    DeductionFormula,
    LowestPriceRatio,
    Piecewise,
    PriceFormula,
    PriceRule,
    PriceWorking,
    TrimmedMeanDiscount,
    Utility,
    price_formula,
)

CURVE_POINTS = 120  # of which the curve is made, beside the prices themselves
MARGIN = Decimal("0.03")  # how far beyond the prices it goes, as a share


@dataclass(frozen=True)
class PriceStep:
    """One line: what is computed (`code`, a message), the figures with + − × ÷ and brackets, the decimals to which the
    outcome is rounded half up, and the result; without figures the result is stated by the rule. `about` is the
    criterion, where the line is about one."""

    code: str
    figures: str
    places: int
    result: Decimal
    about: str = ""


@dataclass(frozen=True)
class PriceSteps:
    """`dropped` prices do not enter the mean; `shared` lines are the same for all bids, `bids` those of each."""

    dropped: tuple[Decimal, ...]
    shared: tuple[PriceStep, ...]
    bids: dict[str, tuple[PriceStep, ...]]


@dataclass(frozen=True)
class CurvePoint:
    """What a price would score at the benchmark as it is."""

    price: Decimal
    score: Decimal


def deduction_steps(price: Decimal, deduction: Decimal | None) -> tuple[PriceStep, ...]:
    """The line that leads from a price to what is compared of it; none where nothing is deducted."""
    if deduction is None:
        return ()
    figures = f"{plain(price)} × (1 − {plain(deduction)})"
    return (PriceStep("step_deduction", figures, MONEY_PLACES, compared_price(price, deduction)),)


def correction_steps(price: Decimal, corrected: CorrectedPrice | None) -> tuple[PriceStep, ...]:
    """The line that leads from the price that was bid to the one that counts; none where that is the same."""
    if corrected is None:
        return ()
    with localcontext(ARITHMETIC):
        difference = price - corrected.read_out
        figures = f"{plain(corrected.read_out)} {'+' if difference > ZERO else '−'} {plain(abs(difference))}"
    return (PriceStep("step_correction", figures, MONEY_PLACES, price),)


def steps_before(row: BidResult) -> tuple[PriceStep, ...]:
    """The lines that lead from the price that was bid to the one that is scored or adjusted."""
    return (*correction_steps(row.price, row.corrected), *deduction_steps(row.price, row.deduction))


def price_steps(rule: PriceRule, prices: Mapping[str, Decimal]) -> PriceSteps:
    """The lines that lead from `prices` (yuan by bid) to the scores. Raises RuleViolation like `PriceFormula.work`."""
    formula = price_formula(rule)
    working = formula.work(prices)
    with localcontext(ARITHMETIC):
        dropped, shared = _shared(formula, working, prices)
        bids = {bid: _of_bid(formula, working, bid, price) for bid, price in prices.items()}
    return PriceSteps(dropped, shared, bids)


def _mean(values: Iterable[Decimal]) -> str:
    kept = list(values)
    return f"({' + '.join(map(plain, kept))}) ÷ {len(kept)}"


def _shared(
    formula: PriceFormula, working: PriceWorking, prices: Mapping[str, Decimal]
) -> tuple[tuple[Decimal, ...], tuple[PriceStep, ...]]:
    benchmark = working.benchmark
    if not isinstance(formula, BenchmarkFormula):
        return (), (PriceStep("step_lowest_price", "", 2, benchmark),)
    ordered, places = sorted(prices.values()), formula.benchmark_places
    kept = trimmed(ordered, formula.drop_highest_from, formula.drop_lowest_from)
    dropped = list(ordered)
    for price in kept:
        dropped.remove(price)
    if isinstance(formula, CeilingMix):
        return tuple(dropped), _mixed(formula, working, prices, kept)
    figures = _mean(kept)
    if isinstance(formula, TrimmedMeanDiscount):
        figures = f"{figures} × (1 − {plain(formula.discount)})"
    if isinstance(formula, Utility):
        figures = f"{figures} × {plain(formula.ratio)}"
    return tuple(dropped), (PriceStep("step_benchmark", figures, places, benchmark),)


def _mixed(
    formula: CeilingMix, working: PriceWorking, prices: Mapping[str, Decimal], kept: list[Decimal]
) -> tuple[PriceStep, ...]:
    ceiling, floor = working.steps["lowered_ceiling"], working.steps["range_floor"]
    inside = sorted(price for bid, price in prices.items() if bid not in working.excluded)
    weight, rest = plain(formula.floor_weight), f"(1 − {plain(formula.floor_weight)})"
    lowest = f"({plain(ceiling)} × {weight} + {_mean(kept)} × {rest}) × {plain(formula.floor_ratio)}"
    share = f"(1 − {plain(formula.weight)})"
    average = _mean(inside) if inside else ""
    mixed = f"({plain(ceiling)} × {plain(formula.weight)} + {average} × {share}) × {plain(formula.ratio)}"
    lowered = f"{plain(formula.ceiling)} × (1 − {plain(formula.drop)})"
    places = formula.benchmark_places
    in_range = (
        PriceStep("step_lowered_ceiling", lowered, places, ceiling),
        PriceStep("step_range_floor", lowest, places, floor),
    )
    return (*in_range, PriceStep("step_benchmark", mixed, places, working.benchmark)) if inside else in_range


def _of_bid(formula: PriceFormula, working: PriceWorking, bid: str, price: Decimal) -> tuple[PriceStep, ...]:
    score, places = working.scores[bid], formula.places
    if bid in working.excluded:
        return (PriceStep("step_out_of_range", "", places, score),)
    full, benchmark = plain(formula.full), working.benchmark
    if isinstance(formula, LowestPriceRatio):
        return (PriceStep("step_score", f"{full} × {plain(benchmark)} ÷ {plain(price)}", places, score),)
    if isinstance(formula, DeductionFormula):
        return _deducted(formula, working, bid, price)
    if isinstance(formula, Utility):
        rate = formula.above if price > benchmark else formula.below
        figures = f"{full} × (1 − {plain(rate)} × {_apart(price, benchmark)} ÷ {plain(benchmark)})"
        least = ZERO
    else:
        assert isinstance(formula, Piecewise)
        figures, least = _piece(formula, price, benchmark)
    return _bounded(figures, places, score, round_half_up(least, places))


def _apart(price: Decimal, benchmark: Decimal) -> str:
    high, low = max(price, benchmark), min(price, benchmark)
    return f"({plain(high)} − {plain(low)})"


def _deducted(formula: DeductionFormula, working: PriceWorking, bid: str, price: Decimal) -> tuple[PriceStep, ...]:
    benchmark, deviation = working.benchmark, working.deviations[bid]
    rate = formula.above if deviation > 0 else formula.below
    apart = abs(deviation)
    figures = f"{_apart(price, benchmark)} ÷ {plain(benchmark)}"
    code = "step_deviation_above" if price > benchmark else "step_deviation_below"
    first = PriceStep(code, figures, formula.deviation_places, apart)
    rest = f"{plain(formula.full)} − 100 × {plain(rate)} × {plain(apart)}"
    least = round_half_up(formula.floor, formula.places)
    return (first, *_bounded(rest, formula.places, working.scores[bid], least))


def _piece(formula: Piecewise, price: Decimal, benchmark: Decimal) -> tuple[str, Decimal]:
    """The figures of the score, and what it is at least."""
    percent = f"{_apart(price, benchmark)} ÷ {plain(benchmark)} × 100"
    full, cheaper = plain(formula.full), (benchmark - price) / benchmark * 100
    if price > benchmark:
        return f"{full} × ({plain(formula.base)} − {percent}) ÷ 100", formula.full * formula.least_above / 100
    gain = formula.peak - formula.base
    if cheaper <= gain:
        return f"{full} × ({plain(formula.base)} + {percent}) ÷ 100", ZERO
    figures = f"{full} × ({plain(formula.peak)} − ({percent} − {plain(gain)})) ÷ 100"
    return figures, formula.full * formula.least_below / 100


def _bounded(figures: str, places: int, score: Decimal, least: Decimal) -> tuple[PriceStep, ...]:
    """The line of a score; where the rule gives at least so much, and that is what counts, a line that says so."""
    if score != least:
        return (PriceStep("step_score", figures, places, score),)
    return (PriceStep("step_score_at_least", figures, places, score),)


def price_curve(
    rule: PriceRule, prices: Mapping[str, Decimal], ceiling: Decimal | None = None
) -> tuple[CurvePoint, ...]:
    """What prices around those of the bids would score at this benchmark, ascending by price and up to the ceiling.

    Where the lowest price is the benchmark the curve begins there: a lower one would have been another benchmark. There
    is no curve where no price gave a benchmark.
    Between the bids scores are not rounded as the rule rounds them: a drawn line would show it as waves.
    """
    formula = price_formula(rule)
    working = formula.work(prices)
    if not working.has_benchmark:
        return ()
    with localcontext(ARITHMETIC):
        known = [*prices.values(), working.benchmark]
        low, high = min(known) * (1 - MARGIN), max(known) * (1 + MARGIN)
        if isinstance(formula, LowestPriceRatio):
            low = working.benchmark
        if ceiling is not None:
            high = max(*known, min(high, ceiling))
        fine = replace(formula, places=MOST_PLACES)
        grid = {low + (high - low) * step / CURVE_POINTS: fine for step in range(CURVE_POINTS + 1)}
        grid |= dict.fromkeys(known, formula)
        return tuple(CurvePoint(price, grid[price].at(price, working)) for price in sorted(grid))
