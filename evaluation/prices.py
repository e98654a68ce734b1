"""Price formulas (评标基准价 and 价格分), each a frozen set of published parameters with one method.

Every result carries its working: the benchmark, each bid's deviation and the named steps, all as they are printed. The
benchmark is rounded before it is used, so that anybody can recompute a score from the printed sheet.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, localcontext
from typing import Any, ClassVar

from evaluation.arithmetic import ARITHMETIC, HUNDRED, ZERO, mean, round_half_up, trimmed
from evaluation.errors import RuleViolation

ONE = Decimal(1)
LEAST_TO_TRIM = 3  # dropping both ends of fewer values would leave none
MOST_PLACES = 6
MOST_VALUES = 100  # from which a coefficient is drawn


@dataclass(frozen=True)
class PriceRule:
    """A formula as it is published: its id in `FORMULAS` and every parameter by name.

    `drawn` are coefficients that the opening draws, each with the values from which it is drawn.
    """

    formula: str
    parameters: dict[str, Decimal]
    drawn: dict[str, tuple[Decimal, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class PriceWorking:
    """The price score of each bid with what it was computed from.

    `benchmark` and `steps` are amounts of money, `deviations` are signed shares of the benchmark. A bid in `excluded`
    lies outside the published range and scores nothing; where all do there is no benchmark (0).
    """

    formula: str
    scores: dict[str, Decimal]
    benchmark: Decimal
    deviations: dict[str, Decimal]
    steps: dict[str, Decimal] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()

    @property
    def has_benchmark(self) -> bool:
        """Whether any price lies in the range from which the benchmark is made."""
        return self.benchmark > 0


@dataclass(frozen=True, kw_only=True)
class PriceFormula(ABC):
    """What all formulas share: the full mark W and the decimals of a score."""

    id: ClassVar[str]
    coefficients: ClassVar[frozenset[str]] = frozenset()  # parameters that an opening may draw
    full: Decimal
    places: int

    def __post_init__(self) -> None:
        for parameter in fields(self):
            self._check(parameter.name, getattr(self, parameter.name))

    def _check(self, name: str, value: Decimal | int) -> None:
        number = Decimal(value)
        least = LEAST_TO_TRIM if name.startswith("drop_") and name.endswith("_from") else 0
        most = MOST_PLACES if name.endswith("places") else Decimal("Infinity")
        self._refuse_unless(number.is_finite() and least <= number <= most, name, value)

    def _refuse_unless(self, sound: bool, name: str, value: Decimal | int) -> None:
        if not sound:
            raise RuleViolation("price_parameter_invalid", formula=self.id, name=name, value=str(value))

    def work(self, prices: Mapping[str, Decimal]) -> PriceWorking:
        """Score `prices`: yuan by bid, after any policy deduction.

        Raises RuleViolation `no_prices` or `price_not_positive`.
        """
        if not prices:
            raise RuleViolation("no_prices", formula=self.id)
        for bid, price in prices.items():
            if not price.is_finite() or price <= 0:
                raise RuleViolation("price_not_positive", bid=bid, price=str(price))
        with localcontext(ARITHMETIC):
            return self._work(dict(prices))

    @abstractmethod
    def at(self, price: Decimal, working: PriceWorking) -> Decimal:
        """What a price would score at the benchmark that `working` has found."""

    @abstractmethod
    def _work(self, prices: dict[str, Decimal]) -> PriceWorking: ...

    def _score(self, value: Decimal) -> Decimal:
        return round_half_up(value, self.places)


@dataclass(frozen=True, kw_only=True)
class LowestPriceRatio(PriceFormula):
    """W * Pmin / P: the lowest price is the benchmark (O87 art. 55)."""

    id: ClassVar[str] = "lowest_price_ratio"

    def _work(self, prices: dict[str, Decimal]) -> PriceWorking:
        lowest = min(prices.values())
        scores = {bid: self._score(self.full * lowest / price) for bid, price in prices.items()}
        deviations = {bid: round_half_up((price - lowest) / lowest, 4) for bid, price in prices.items()}
        return PriceWorking(self.id, scores, lowest, deviations, {"lowest_price": lowest})

    def at(self, price: Decimal, working: PriceWorking) -> Decimal:
        return self._score(self.full * working.benchmark / price)


@dataclass(frozen=True, kw_only=True)
class BenchmarkFormula(PriceFormula):
    """A formula around a mean from which one highest and one lowest price are dropped when there are enough."""

    drop_highest_from: int
    drop_lowest_from: int
    benchmark_places: int

    def _mean(self, prices: Mapping[str, Decimal]) -> Decimal:
        return mean(trimmed(list(prices.values()), self.drop_highest_from, self.drop_lowest_from))

    def _printed(self, amount: Decimal) -> Decimal:
        return round_half_up(amount, self.benchmark_places)

    def _benchmark(self, value: Decimal) -> Decimal:
        benchmark = self._printed(value)
        if benchmark <= 0:
            raise RuleViolation("benchmark_not_positive", formula=self.id, benchmark=str(benchmark))
        return benchmark


@dataclass(frozen=True, kw_only=True)
class DeductionFormula(BenchmarkFormula):
    """Points are deducted per percent of deviation: `above` for each percent over, `below` for each percent under."""

    above: Decimal
    below: Decimal
    floor: Decimal
    deviation_places: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse_unless(self.floor <= self.full, "floor", self.floor)

    def _deviations(self, prices: Mapping[str, Decimal], benchmark: Decimal) -> dict[str, Decimal]:
        places = self.deviation_places
        return {bid: round_half_up((price - benchmark) / benchmark, places) for bid, price in prices.items()}

    def _deducted(self, deviation: Decimal) -> Decimal:
        rate = self.above if deviation > 0 else self.below
        return self._score(max(self.floor, self.full - HUNDRED * rate * abs(deviation)))

    def at(self, price: Decimal, working: PriceWorking) -> Decimal:
        found = self._deviations({"": price}, working.benchmark)
        return self._deducted(found[""])

    def _deduct(self, prices: Mapping[str, Decimal], benchmark: Decimal, steps: dict[str, Decimal]) -> PriceWorking:
        deviations = self._deviations(prices, benchmark)
        scores = {bid: self._deducted(deviation) for bid, deviation in deviations.items()}
        return PriceWorking(self.id, scores, benchmark, deviations, steps)


@dataclass(frozen=True, kw_only=True)
class MeanDeviation(DeductionFormula):
    """The benchmark is the trimmed mean itself."""

    id: ClassVar[str] = "mean_deviation"

    def _work(self, prices: dict[str, Decimal]) -> PriceWorking:
        benchmark = self._benchmark(self._mean(prices))
        return self._deduct(prices, benchmark, {"trimmed_mean": benchmark})


@dataclass(frozen=True, kw_only=True)
class TrimmedMeanDiscount(DeductionFormula):
    """合理低价: the trimmed mean less the share `discount` (k), which is drawn at the opening."""

    id: ClassVar[str] = "trimmed_mean_discount"
    coefficients: ClassVar[frozenset[str]] = frozenset({"discount"})
    discount: Decimal

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse_unless(self.discount < 1, "discount", self.discount)

    def _work(self, prices: dict[str, Decimal]) -> PriceWorking:
        average = self._mean(prices)
        steps = {"trimmed_mean": self._printed(average), "discount": self.discount}
        return self._deduct(prices, self._benchmark(average * (ONE - self.discount)), steps)


@dataclass(frozen=True, kw_only=True)
class CeilingMix(DeductionFormula):
    """The lowered ceiling and the mean of the prices in range, mixed by `weight` (w) and scaled by `ratio` (r).

    w and r are drawn at the opening. The range is [(C' * floor_weight + trimmed mean * (1 - floor_weight)) *
    floor_ratio, C'], where C' = ceiling * (1 - drop).
    """

    id: ClassVar[str] = "ceiling_mix"
    coefficients: ClassVar[frozenset[str]] = frozenset({"weight", "ratio"})
    ceiling: Decimal
    drop: Decimal
    floor_weight: Decimal
    floor_ratio: Decimal
    weight: Decimal
    ratio: Decimal

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("floor_weight", "weight"):
            self._refuse_unless(getattr(self, name) <= 1, name, getattr(self, name))
        self._refuse_unless(self.drop < 1, "drop", self.drop)
        self._refuse_unless(self.ratio > 0, "ratio", self.ratio)

    def _work(self, prices: dict[str, Decimal]) -> PriceWorking:
        ceiling = self._printed(self.ceiling * (ONE - self.drop))
        mixed = ceiling * self.floor_weight + self._mean(prices) * (ONE - self.floor_weight)
        floor = self._printed(mixed * self.floor_ratio)
        inside = {bid: price for bid, price in prices.items() if floor <= price <= ceiling}
        steps = {"lowered_ceiling": ceiling, "range_floor": floor}
        excluded = tuple(sorted(prices.keys() - inside.keys()))
        nothing = {bid: self._score(ZERO) for bid in excluded}
        if not inside:  # an evaluation has to come to an end all the same: no price scores, the rest decides
            return PriceWorking(self.id, nothing, ZERO, {}, steps, excluded)
        average = mean(list(inside.values()))
        benchmark = self._benchmark((ceiling * self.weight + average * (ONE - self.weight)) * self.ratio)
        working = self._deduct(inside, benchmark, steps | {"mean_in_range": self._printed(average)})
        deviations = self._deviations(prices, benchmark)
        return PriceWorking(self.id, working.scores | nothing, benchmark, deviations, working.steps, excluded)

    def at(self, price: Decimal, working: PriceWorking) -> Decimal:
        inside = working.steps["range_floor"] <= price <= working.steps["lowered_ceiling"]
        return super().at(price, working) if inside and working.has_benchmark else self._score(ZERO)


@dataclass(frozen=True, kw_only=True)
class Utility(BenchmarkFormula):
    """Full mark at mean * `ratio`, falling in proportion on both sides, never below nothing."""

    id: ClassVar[str] = "utility"
    ratio: Decimal
    above: Decimal
    below: Decimal

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse_unless(self.ratio > 0, "ratio", self.ratio)

    def _work(self, prices: dict[str, Decimal]) -> PriceWorking:
        average = self._mean(prices)
        benchmark = self._benchmark(average * self.ratio)
        deviations = {bid: (price - benchmark) / benchmark for bid, price in prices.items()}
        scores = {bid: self._fallen(deviation) for bid, deviation in deviations.items()}
        printed = {bid: round_half_up(deviation, 4) for bid, deviation in deviations.items()}
        return PriceWorking(self.id, scores, benchmark, printed, {"trimmed_mean": self._printed(average)})

    def at(self, price: Decimal, working: PriceWorking) -> Decimal:
        return self._fallen((price - working.benchmark) / working.benchmark)

    def _fallen(self, deviation: Decimal) -> Decimal:
        rate = self.above if deviation > 0 else self.below
        return self._score(max(ZERO, self.full * (ONE - rate * abs(deviation))))


@dataclass(frozen=True, kw_only=True)
class Piecewise(BenchmarkFormula):
    """Points out of 100, one per percent from the benchmark, scaled to the full mark.

    `base` at the benchmark; up to `peak` when `peak - base` percent cheaper, then down again to `least_below`; above
    the benchmark down to `least_above`.
    """

    id: ClassVar[str] = "piecewise"
    base: Decimal
    peak: Decimal
    least_below: Decimal
    least_above: Decimal

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse_unless(self.base <= self.peak <= HUNDRED, "peak", self.peak)
        self._refuse_unless(self.least_below <= self.peak, "least_below", self.least_below)
        self._refuse_unless(self.least_above <= self.base, "least_above", self.least_above)

    def _work(self, prices: dict[str, Decimal]) -> PriceWorking:
        benchmark = self._benchmark(self._mean(prices))
        deviations = {bid: (price - benchmark) / benchmark for bid, price in prices.items()}
        scores = {bid: self._score(self.full * self._points(d) / HUNDRED) for bid, d in deviations.items()}
        printed = {bid: round_half_up(deviation, 4) for bid, deviation in deviations.items()}
        return PriceWorking(self.id, scores, benchmark, printed, {"trimmed_mean": benchmark})

    def at(self, price: Decimal, working: PriceWorking) -> Decimal:
        deviation = (price - working.benchmark) / working.benchmark
        return self._score(self.full * self._points(deviation) / HUNDRED)

    def _points(self, deviation: Decimal) -> Decimal:
        cheaper = -deviation * HUNDRED
        if cheaper < 0:
            return max(self.least_above, self.base + cheaper)
        over_the_peak = cheaper - (self.peak - self.base)
        return self.base + cheaper if over_the_peak <= 0 else max(self.least_below, self.peak - over_the_peak)


FORMULAS: dict[str, type[PriceFormula]] = {
    formula.id: formula
    for formula in (LowestPriceRatio, MeanDeviation, TrimmedMeanDiscount, CeilingMix, Utility, Piecewise)
}


def _typed(formula: str, name: str, kind: object, value: Decimal) -> Decimal | int:
    if kind != "int":
        return value
    if not value.is_finite() or value != int(value):
        raise RuleViolation("price_parameter_invalid", formula=formula, name=name, value=str(value))
    return int(value)


def price_formula(rule: PriceRule) -> PriceFormula:
    """The formula that `rule` names, with exactly its parameters.

    Raises RuleViolation `price_formula_unknown`, `price_parameters_differ` (missing or foreign names; what is still to
    be drawn is missing) or `price_parameter_invalid`.
    """
    if rule.formula not in FORMULAS:
        raise RuleViolation("price_formula_unknown", formula=rule.formula, known=", ".join(sorted(FORMULAS)))
    formula = FORMULAS[rule.formula]
    wanted = {parameter.name: parameter.type for parameter in fields(formula)}
    if wanted.keys() != rule.parameters.keys():
        missing, foreign = wanted.keys() - rule.parameters.keys(), rule.parameters.keys() - wanted.keys()
        facts = {"missing": ", ".join(sorted(missing)) or "-", "foreign": ", ".join(sorted(foreign)) or "-"}
        raise RuleViolation("price_parameters_differ", formula=rule.formula, **facts)
    values: dict[str, Any] = {
        name: _typed(rule.formula, name, wanted[name], value) for name, value in rule.parameters.items()
    }
    return formula(**values)


def check_price_rule(rule: PriceRule) -> PriceFormula:
    """The formula of a rule that may be published: it holds whichever values its coefficients are drawn to.

    Raises RuleViolation `coefficient_not_drawable`, `coefficient_values_invalid` and what `price_formula` raises.
    """
    formula = FORMULAS.get(rule.formula)
    for name, values in rule.drawn.items():
        if formula is not None and name not in formula.coefficients:
            raise RuleViolation("coefficient_not_drawable", formula=rule.formula, name=name)
        if not 2 <= len(values) <= MOST_VALUES or len(set(values)) < len(values):
            raise RuleViolation("coefficient_values_invalid", name=name, count=len(values), most=MOST_VALUES)
    first = {name: values[0] for name, values in rule.drawn.items()}
    for name, values in rule.drawn.items():
        for value in values:
            price_formula(settled(rule, {**first, name: value}))
    return price_formula(settled(rule, first))


def settled(rule: PriceRule, coefficients: Mapping[str, Decimal]) -> PriceRule:
    """The rule once its coefficients are drawn.

    Raises RuleViolation `coefficients_differ` unless each is there, with one of its published values.
    """
    if coefficients.keys() != rule.drawn.keys() or any(v not in rule.drawn[name] for name, v in coefficients.items()):
        stated = ", ".join(f"{name}={value}" for name, value in sorted(coefficients.items())) or "-"
        raise RuleViolation("coefficients_differ", stated=stated, wanted=", ".join(sorted(rule.drawn)) or "-")
    return PriceRule(rule.formula, {**rule.parameters, **coefficients})
