"""Whether the time for an evaluation is short, as a seat or an observer of its room may know it."""

from __future__ import annotations

from dataclasses import dataclass

from app.casefile.case import Case
from evaluation.sitting import may_ask_for_time


@dataclass(frozen=True)
class MoreTime:
    """`may_ask`: whether this seat could ask now, `asked`: that it has; `due`: the tenderer is to extend; `minutes`: by
    how many it has."""

    may_ask: bool
    asked: bool
    due: bool
    minutes: int


def more_time_of(case: Case, lot: str, seat: int) -> MoreTime:
    """Who else has asked is nobody's to know. `seat` is 0 for an observer."""
    sitting = case.lot(lot).sitting
    may_ask = bool(seat) and may_ask_for_time(sitting, seat)
    return MoreTime(may_ask, seat in sitting.short_of_time, sitting.more_time_due, sitting.extended_minutes)
