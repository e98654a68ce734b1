"""Legal periods: adding them to instants, in days, working days or less."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

SATURDAY = 5


class Unit(StrEnum):
    DAYS = "days"
    WORKING_DAYS = "working_days"
    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Period:
    """A length of time as the rule book states it, for instance 20 days or 5 working days."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.replace('_', ' ')}"


def add(instant: datetime, period: Period, holidays: Collection[date] = (), utc_offset_minutes: int = 480) -> datetime:
    """The instant `period` after `instant`.

    Days are whole 24-hour days; working days skip Saturdays, Sundays and `holidays` of the place whose offset is given
    and keep the time of day (招标投标法实施条例 art. 85 leaves the count to the profile).
    """
    if period.unit is not Unit.WORKING_DAYS:
        return instant + timedelta(**{period.unit.value: period.amount})
    local = instant.astimezone(timezone(timedelta(minutes=utc_offset_minutes)))
    left = period.amount
    while left:
        local += timedelta(days=1)
        left -= local.weekday() < SATURDAY and local.date() not in holidays
    return local.astimezone(instant.tzinfo)
