"""What is scored: the published criteria, their full marks, steps and bands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluation.arithmetic import ZERO
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


@dataclass(frozen=True)
class Criterion:
    """One published criterion. A score is a multiple of `step` from 0 to `full`, inside a band where there are any.

    `standard_zh` and `standard_en` say for what points are given, in the words of the tender (O87 art. 55).
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


@dataclass(frozen=True)
class CriteriaSet:
    """All criteria of a lot in their published order, with the sum of their full marks."""

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


def check_criteria(published: CriteriaSet) -> None:
    """Refuse criteria that cannot be scored as published.

    Raises RuleViolation `criterion_repeated`, `criterion_not_a_number`, `criterion_step_invalid`,
    `criterion_band_invalid`, `criterion_stage_invalid`, `criteria_sum_wrong` or `price_criterion_count`.
    """
    for criterion, count in Counter(c.id for c in published.criteria).items():
        if count > 1:
            raise RuleViolation("criterion_repeated", criterion=criterion)
    for criterion_ in published.criteria:
        _check_criterion(criterion_)
    found = sum((c.full for c in published.criteria), ZERO)
    if found != published.total:
        raise RuleViolation("criteria_sum_wrong", found=str(found), total=str(published.total))
    prices = sum(c.kind is CriterionKind.PRICE for c in published.criteria)
    if prices != 1:
        raise RuleViolation("price_criterion_count", count=prices)


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
