"""Inspection items (抽查事项): what is inspected on which objects, which share of each risk grade, how often."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from itertools import pairwise

from app.procedure.calendar import Period
from app.procedure.errors import RuleViolation

WHOLE = Decimal(100)
TIMES_AT_MOST = 12
PLACES = Decimal("0.01")


class ObjectClass(StrEnum):
    """What kind of object an item inspects."""

    AGENCY = "agency"
    PROJECT = "project"
    BIDDER = "bidder"
    EXPERT = "expert"


class Grade(StrEnum):
    """Credit risk (信用风险分类), from low to high."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True)
class Intensity:
    """How much of a risk grade an item inspects: `percent` of the objects at a draw, at most `times` draws a year."""

    percent: Decimal
    times: int


@dataclass(frozen=True)
class Item:
    """One line of the list of items (随机抽查事项清单). `authority` is the organisation that inspects it by `basis`."""

    id: str
    title: str
    object_class: ObjectClass
    authority: str
    basis: str
    intensity: dict[str, Intensity]
    method: str = ""


@dataclass(frozen=True)
class InspectionRules:
    """Numbers of the rule book for inspections, a copy of which stands in every plan.

    `demo`: its periods are seconds. A pool below `pool_factor` times what is drawn is flagged in the record.
    `pairs_at_most`: of an inspector and a drawn object, so that a statement can be signed and carried.
    `choice_needed`: where nothing is left to chance, two persons say why before it is drawn.
    `corrections_confirmed`: a second inspector confirms what another one records of a correction.
    `statement_within`: for the inspected party to state its view, from the publication; None: it has no say.
    """

    name: str
    version: int
    demo: bool
    results_within: Period
    rectified_within: Period
    inspectors_per_object: int
    pool_factor: int
    objects_at_most: int
    pairs_at_most: int
    articles: dict[str, str]
    choice_needed: bool = False
    statement_within: Period | None = None
    corrections_confirmed: bool = False


def check_item(item: Item) -> None:
    """Refuses an item that says too little, or inspects a higher risk less than a lower one.

    Raises RuleViolation `item_incomplete` (field), `item_percent_wrong`, `item_times_wrong`, `item_risk_reversed`.
    """
    for name in ("id", "title", "authority", "basis"):
        if not getattr(item, name).strip():
            raise RuleViolation("item_incomplete", item=item.title or item.id, field=name)
    if set(item.intensity) != set(Grade):
        raise RuleViolation("item_incomplete", item=item.title, field="intensity")
    for grade in Grade:
        asked = item.intensity[grade]
        if not 0 < asked.percent <= WHOLE or asked.percent != asked.percent.quantize(PLACES):
            raise RuleViolation("item_percent_wrong", item=item.title, grade=grade.value, percent=asked.percent)
        if not 1 <= asked.times <= TIMES_AT_MOST:
            raise RuleViolation(
                "item_times_wrong", item=item.title, grade=grade.value, times=asked.times, most=TIMES_AT_MOST
            )
    for lower, higher in pairwise(Grade):
        less, more = item.intensity[lower], item.intensity[higher]
        if more.percent < less.percent or more.times < less.times:
            raise RuleViolation("item_risk_reversed", item=item.title, lower=lower.value, higher=higher.value)


def quota(base: int, percent: Decimal) -> int:
    """How many of `base` objects are drawn: base × percent, rounded up, so that no grade with objects goes free."""
    return int((base * percent / WHOLE).to_integral_value(ROUND_CEILING))
