"""What is scored: the published criteria, their full marks, steps and bands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from evaluation.arithmetic import ARITHMETIC, HUNDRED, MONEY_PLACES, ZERO, plain, round_half_up
from evaluation.errors import RuleViolation


class CriterionKind(StrEnum):
    """Objective criteria leave no judgement: all members must arrive at the same score (O87 art. 64)."""

    OBJECTIVE = "objective"
    SUBJECTIVE = "subjective"
    PRICE = "price"


class CriterionStage(StrEnum):
    """The part of the detailed review in which a criterion is scored."""

    TECHNICAL = "technical"
    COMMERCIAL = "commercial"
    CREDIT = "credit"
    PRICE = "price"


@dataclass(frozen=True)
class Band:
    """A published grade, such as 优 8-10: both ends belong to it."""

    name_zh: str
    name_en: str
    low: Decimal
    high: Decimal


UNBOUNDED = Decimal(1_000_000)  # units of a deviation, where documents of another platform do not say how many at most


class AdjustmentBasis(StrEnum):
    """Of what one unit of a deviation is worth `amount`."""

    YUAN = "yuan"
    PERCENT = "percent"  # of the price that was bid


@dataclass(frozen=True)
class PriceAdjustment:
    """What one unit of a deviation adds to the price that is compared (O12 art. 32): `amount` in yuan or in percent of
    the price that was bid, negative where the deviation is worth something to the tenderer."""

    unit_zh: str
    unit_en: str
    basis: AdjustmentBasis
    amount: Decimal

    @property
    def percent(self) -> Decimal:
        """What a unit is worth in percent of the price bid; 0 where it is worth so many yuan."""
        return self.amount if self.basis is AdjustmentBasis.PERCENT else ZERO

    def of(self, price: Decimal, units: Decimal) -> Decimal:
        """What so many units add to a price, in yuan, rounded half up to the fen."""
        with localcontext(ARITHMETIC):
            each = self.amount if self.basis is AdjustmentBasis.YUAN else price * self.amount / HUNDRED
            return round_half_up(each * units, MONEY_PLACES) + ZERO  # no unit is 0.00, of whatever sign


@dataclass(frozen=True)
class Criterion:
    """One published criterion. A score is a multiple of `step` from 0 to `full`, inside a band where there are any.

    `standard_zh` and `standard_en` say for what points are given, in the words of the tender (O87 art. 55). With an
    `adjustment` no points are given: members count units of a deviation, at most `full` of them, in steps of `step`.
    """

    id: str
    name_zh: str
    name_en: str
    kind: CriterionKind
    stage: CriterionStage
    full: Decimal
    step: Decimal
    bands: tuple[Band, ...] = ()
    standard_zh: str = ""
    standard_en: str = ""
    adjustment: PriceAdjustment | None = None


@dataclass(frozen=True)
class CriteriaSet:
    """All criteria of a lot in their published order, with the sum of the full marks that enter one total: 0 where no
    points are given."""

    criteria: tuple[Criterion, ...]
    total: Decimal

    @property
    def scored(self) -> tuple[Criterion, ...]:
        """The criteria that members score; the price score is computed."""
        return tuple(c for c in self.criteria if c.kind is not CriterionKind.PRICE)

    @property
    def price(self) -> Criterion:
        """The one price criterion of a checked set."""
        return next(c for c in self.criteria if c.kind is CriterionKind.PRICE)

    def __getitem__(self, criterion: str) -> Criterion:
        for found in self.criteria:
            if found.id == criterion:
                return found
        raise RuleViolation("criterion_unknown", criterion=criterion)


def check_score(criterion: Criterion, bid: str, score: Decimal) -> None:
    """Refuse a score that the published criterion does not allow.

    Raises RuleViolation `score_out_of_range`, `score_off_step` or `score_outside_bands`.
    """
    facts = {"bid": bid, "criterion": criterion.id, "score": str(score)}
    if not score.is_finite() or not ZERO <= score <= criterion.full:
        raise RuleViolation("score_out_of_range", full=str(criterion.full), **facts)
    if score % criterion.step:
        raise RuleViolation("score_off_step", step=str(criterion.step), **facts)
    if criterion.bands and not any(band.low <= score <= band.high for band in criterion.bands):
        bands = ", ".join(f"{band.low}-{band.high}" for band in criterion.bands)
        raise RuleViolation("score_outside_bands", bands=bands, **facts)


def check_criteria(published: CriteriaSet, *, price_counts: bool = True) -> None:
    """Refuse criteria that cannot be scored as published; `price_counts`: the price score is part of the total.

    Raises RuleViolation `criterion_repeated`, `criterion_not_a_number`, `criterion_step_invalid`,
    `criterion_band_invalid`, `criterion_stage_invalid`, `adjustment_foreign`, `criteria_sum_wrong` or
    `price_criterion_count`.
    """
    _check_each(published)
    for criterion in published.criteria:
        if criterion.adjustment is not None:
            raise RuleViolation("adjustment_foreign", criterion=criterion.id)
    found = sum((c.full for c in (published.criteria if price_counts else published.scored)), ZERO)
    if found != published.total:
        raise RuleViolation("criteria_sum_wrong", found=str(found), total=str(published.total))
    prices = sum(c.kind is CriterionKind.PRICE for c in published.criteria)
    if prices != 1:
        raise RuleViolation("price_criterion_count", count=prices)


def check_adjustments(published: CriteriaSet) -> None:
    """Refuse what cannot be counted and put in money as published: of the commercial part alone, since the technical
    part is not put in money (O12 art. 32), and left to no judgement.

    Raises RuleViolation `points_foreign`, `adjustment_not_commercial`, `adjustment_amount_invalid`,
    `adjustments_take_all`, and what `check_criteria` raises of each.
    """
    _check_each(published)
    for criterion in published.criteria:
        if criterion.adjustment is None:
            raise RuleViolation("points_foreign", criterion=criterion.id)
        if criterion.stage is not CriterionStage.COMMERCIAL or criterion.kind is not CriterionKind.OBJECTIVE:
            raise RuleViolation("adjustment_not_commercial", criterion=criterion.id)
        amount = criterion.adjustment.amount
        if not amount.is_finite() or amount == 0 or criterion.bands:
            raise RuleViolation("adjustment_amount_invalid", criterion=criterion.id, amount=str(amount))
    if published.total != 0:
        raise RuleViolation("criteria_sum_wrong", found="0", total=str(published.total))
    if (taken := _most_taken(published)) >= HUNDRED:
        raise RuleViolation("adjustments_take_all", taken=plain(taken))


def _most_taken(published: CriteriaSet) -> Decimal:
    """How many percent of a price its deviations take off together at most; those of which the documents do not say how
    many there can be are not counted."""
    with localcontext(ARITHMETIC):
        bounded = [(one.adjustment, one.full) for one in published.criteria if one.full < UNBOUNDED]
        return sum((-min(priced.percent, ZERO) * most for priced, most in bounded if priced), ZERO)


def _check_each(published: CriteriaSet) -> None:
    for criterion, count in Counter(c.id for c in published.criteria).items():
        if count > 1:
            raise RuleViolation("criterion_repeated", criterion=criterion)
    for criterion_ in published.criteria:
        _check_criterion(criterion_)


def _check_criterion(criterion: Criterion) -> None:
    amounts = [criterion.full, criterion.step, *(end for band in criterion.bands for end in (band.low, band.high))]
    if not all(amount.is_finite() for amount in amounts):
        raise RuleViolation("criterion_not_a_number", criterion=criterion.id)
    if criterion.full <= 0 or criterion.step <= 0 or criterion.full % criterion.step:
        facts = {"full": str(criterion.full), "step": str(criterion.step)}
        raise RuleViolation("criterion_step_invalid", criterion=criterion.id, **facts)
    for band in criterion.bands:
        if not ZERO <= band.low <= band.high <= criterion.full:
            facts = {"low": str(band.low), "high": str(band.high), "full": str(criterion.full)}
            raise RuleViolation("criterion_band_invalid", criterion=criterion.id, **facts)
    if (criterion.kind is CriterionKind.PRICE) != (criterion.stage is CriterionStage.PRICE):
        raise RuleViolation("criterion_stage_invalid", criterion=criterion.id)
