"""Training of experts (培训): which hours count on a day, and whether they are as many as a rule book demands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Training:
    """A course with its hours, the day it was finished, and the last day on which it counts; None where it stays."""

    course: str
    hours: Decimal
    on: date
    until: date | None = None


@dataclass(frozen=True)
class TrainingDemand:
    """So many hours, finished within so many days before."""

    hours: int
    days: int


def hours_on(trainings: Iterable[Training], demand: TrainingDemand, on: date) -> Decimal:
    """The hours that count on a day: of courses finished within the days of the demand and not run out."""
    since = on - timedelta(days=demand.days)
    counted = (one for one in trainings if since < one.on <= on and (one.until is None or on <= one.until))
    return sum((one.hours for one in counted), Decimal(0))


def trained(trainings: Iterable[Training], demand: TrainingDemand | None, on: date) -> bool:
    """Whether somebody may be drawn on a day as far as training goes; anybody where nothing is demanded."""
    return demand is None or hours_on(trainings, demand, on) >= demand.hours
