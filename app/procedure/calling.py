"""When an expert may be called: not at night, by telephone only where the messages brought no answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

from app.procedure.calendar import Period, add


@dataclass(frozen=True)
class QuietHours:
    """The hours of the day in which nobody is called, from `begin` up to `end` ("21:30", "07:30"), over midnight where
    the end is the earlier one. Equal ends are no hours."""

    begin: str
    end: str


def awake(instant: datetime, quiet: QuietHours | None, utc_offset_minutes: int = 480) -> datetime:
    """The first instant from this one on that lies outside the quiet hours of the place whose offset is given."""
    if quiet is None:
        return instant
    begin, end = time.fromisoformat(quiet.begin), time.fromisoformat(quiet.end)
    local = instant.astimezone(timezone(timedelta(minutes=utc_offset_minutes)))
    now = local.time()
    if begin <= end:
        asleep, tomorrow = begin <= now < end, False
    else:
        asleep, tomorrow = now >= begin or now < end, now >= begin
    if not asleep:
        return instant
    day = local.date() + timedelta(days=tomorrow)
    return datetime.combine(day, end, local.tzinfo).astimezone(instant.tzinfo)


def waking_time_after(
    instant: datetime, period: Period, quiet: QuietHours | None, utc_offset_minutes: int = 480
) -> datetime:
    """The instant `period` after `instant`, in which quiet hours do not count: a night is nobody's time to answer."""
    left = add(instant, period) - instant
    while quiet is not None and quiet.begin != quiet.end:
        instant = awake(instant, quiet, utc_offset_minutes)
        begin = _next(instant, quiet.begin, utc_offset_minutes)
        if left <= begin - instant:
            break
        left, instant = left - (begin - instant), begin
    return instant + left


def _next(instant: datetime, hour: str, utc_offset_minutes: int) -> datetime:
    """The first instant after this one at which it is that hour at the place whose offset is given."""
    local = instant.astimezone(timezone(timedelta(minutes=utc_offset_minutes)))
    found = datetime.combine(local.date(), time.fromisoformat(hour), local.tzinfo)
    return (found if found > local else found + timedelta(days=1)).astimezone(instant.tzinfo)


def answer_until(since: datetime, within: Period, quiet: QuietHours | None, rests: bool) -> datetime:
    """Until when to answer what reached somebody at `since`; `rests`: the rule book's time stands still at night."""
    return waking_time_after(since, within, quiet) if rests else add(since, within)


def telephone_calls(
    called_at: datetime, answer_by: datetime, after: Iterable[Period], quiet: QuietHours | None, rests: bool = False
) -> tuple[datetime, ...]:
    """The instants at which whoever has not answered is telephoned: each period `after` the call-up, before the time to
    answer is over, and not in quiet hours; where the time `rests` then, those calls are made in the morning."""
    due = (answer_until(called_at, period, quiet, rests) for period in after)
    return tuple(sorted({at for at in due if at < answer_by and awake(at, quiet) == at}))
