"""Booths of a centre's rooms, and who holds them when: what is free, what clashes, and with which figures.

A room is held by the number of booths, not booth by booth: which seat gets which booth is settled when the sitting is
convened. A room that serves one evaluation alone is held whole. Whatever is asked for holds as much as what is agreed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.procedure.calendar import Period, add
from app.procedure.errors import RuleViolation
from crypto.instants import format_instant

LONGEST = timedelta(days=5)  # of one booking; a longer evaluation books the further days


class Answer(StrEnum):
    """What the centre of a room says to a request for its booths."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # accepted first, then taken back


HOLDING = frozenset({Answer.ASKED, Answer.ACCEPTED})


@dataclass(frozen=True)
class Window:
    """A stretch of time, its end excluded."""

    begins_at: datetime
    ends_at: datetime

    def overlaps(self, other: Window) -> bool:
        return self.begins_at < other.ends_at and other.begins_at < self.ends_at

    def from_(self, begins_at: datetime) -> Window:
        """The same length from another instant."""
        return Window(begins_at, begins_at + (self.ends_at - self.begins_at))


@dataclass(frozen=True)
class Hold:
    """Booths of a room that a booking has for a while. `label` is the blind name of the booking."""

    label: str
    window: Window
    booths: int


@dataclass(frozen=True)
class Closure:
    """A stretch of time in which a room is not let."""

    window: Window
    reason: str


@dataclass(frozen=True)
class RoomPlan:
    """A room with what is in service there and what is promised. `alone`: one evaluation at a time."""

    id: str
    name: str
    in_service: int
    alone: bool
    holds: tuple[Hold, ...] = ()
    closures: tuple[Closure, ...] = ()


def fullest(holds: Iterable[Hold], window: Window) -> tuple[int, Window]:
    """The most booths held at one time within a window, and from when to when so many are."""
    there = [hold for hold in holds if hold.window.overlaps(window)]
    edges = {window.begins_at, window.ends_at}
    for hold in there:
        edges |= {max(hold.window.begins_at, window.begins_at), min(hold.window.ends_at, window.ends_at)}
    most, when = 0, window
    for begins, ends in zip(sorted(edges), sorted(edges)[1:], strict=False):
        stretch = Window(begins, ends)
        held = sum(hold.booths for hold in there if hold.window.overlaps(stretch))
        if held > most:
            most, when = held, stretch
    return most, when


def free_booths(room: RoomPlan, window: Window) -> int:
    """How many booths of a room can be had for the whole of a window."""
    if any(closure.window.overlaps(window) for closure in room.closures):
        return 0
    if room.alone and any(hold.window.overlaps(window) for hold in room.holds):
        return 0
    return max(0, room.in_service - fullest(room.holds, window)[0])


def next_window(room: RoomPlan, window: Window, booths: int) -> Window | None:
    """The earliest later window of the same length in which so many booths can be had; None if never."""
    ends = {hold.window.ends_at for hold in room.holds} | {closure.window.ends_at for closure in room.closures}
    later = (window.from_(end) for end in sorted(ends) if end > window.begins_at)
    return next((found for found in later if free_booths(room, found) >= booths), None)


def check_room(room: RoomPlan, window: Window, booths: int) -> None:
    """So many booths can be had there then. Raises RuleViolation `booking_no_booths`, `room_closed`, `room_taken`,
    `room_short`: each names the room, the hours that stand against it and what is free."""
    if booths < 1:
        raise RuleViolation("booking_no_booths", room=room.name)
    free = free_booths(room, window)
    if free >= booths:
        return
    asked = {"room": room.name, "asked": booths, "free": free, "in_service": room.in_service}
    closed = next((closure for closure in room.closures if closure.window.overlaps(window)), None)
    if closed is not None:
        raise RuleViolation("room_closed", **asked, **vars(closed.window), reason=closed.reason)
    taken = next((hold for hold in room.holds if hold.window.overlaps(window)), None)
    if room.alone and taken is not None:
        raise RuleViolation("room_taken", **asked, **vars(taken.window), label=taken.label)
    raise RuleViolation("room_short", **asked, **vars(fullest(room.holds, window)[1]))


def check_window(window: Window, deadline: datetime | None, now: datetime) -> None:
    """Times that a booking may have. `deadline` is that of the lot, None while it stands still.

    Raises RuleViolation `booking_times_wrong`, `booking_over`, `booking_before_deadline`, `booking_lot_paused`.
    """
    length = window.ends_at - window.begins_at
    if not timedelta() < length <= LONGEST:
        raise RuleViolation("booking_times_wrong", **vars(window), most=LONGEST.days)
    if window.ends_at <= now:
        raise RuleViolation("booking_over", ends_at=window.ends_at)
    if deadline is None:
        raise RuleViolation("booking_lot_paused")
    if window.begins_at < deadline:
        raise RuleViolation("booking_before_deadline", begins_at=window.begins_at, deadline_at=deadline)


def terms_of(window: Window, booths: int) -> str:
    """What a centre is asked for, as one text: an answer names the terms that it answers."""
    return f"{format_instant(window.begins_at)}/{format_instant(window.ends_at)}/{booths}"


def check_answer(standing: Answer, said: Answer, window: Window, now: datetime, notice: Period | None) -> None:
    """What the centre of a room may say now. What it has accepted it takes back until `notice` before the begin.

    Raises RuleViolation `booking_answered`, `booking_not_accepted`, `booking_over`, `booking_withdrawal_late`.
    """
    if window.ends_at <= now:
        raise RuleViolation("booking_over", ends_at=window.ends_at)
    if said is not Answer.WITHDRAWN:
        if standing is not Answer.ASKED:
            raise RuleViolation("booking_answered", answer=str(standing))
        return
    if standing is not Answer.ACCEPTED:
        raise RuleViolation("booking_not_accepted", answer=str(standing))
    if notice is not None and now > (until := last_moment(window, notice)):
        raise RuleViolation("booking_withdrawal_late", until=until, begins_at=window.begins_at)


def last_moment(window: Window, notice: Period) -> datetime:
    """Until when the other centre may take back what it accepted."""
    return window.begins_at - (add(window.begins_at, notice) - window.begins_at)


def check_seats(needed: dict[str, int], booked: dict[str, int], spare: int, names: dict[str, str]) -> None:
    """At each site there are as many accepted booths as seats, and `spare` more for one that fails.

    Raises RuleViolation `site_not_booked`, `site_booked_short`, naming the first site.
    """
    for site, seats in sorted(needed.items()):
        facts = {"site": names.get(site, site), "seats": seats, "spare": spare}
        if not booked.get(site):
            raise RuleViolation("site_not_booked", **facts)
        if booked[site] < seats + spare:
            raise RuleViolation("site_booked_short", **facts, booked=booked[site])


def choose_booths(seats: Sequence[int], free: Sequence[str]) -> dict[int, str]:
    """Booths for seats, in the order of both; whoever comes last may get none."""
    return dict(zip(sorted(seats), free, strict=False))
