"""Who was there for an evaluation, from when to when, as its case file says: what fees are computed from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.casefile.interruptions import interruptions
from app.casefile.record import Record
from app.casefile.rounds_of_evaluation import evaluations
from evaluation.committee import MemberRole
from evaluation.fees import Attendance, Course
from evaluation.sitting import (
    FailureRecordSealed,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    ReplacementGround,
    ReplacementOrdered,
    ReportSealed,
    Seat,
    SittingAbandoned,
    SittingConvened,
    SittingFailed,
    StatementsCompleted,
    SuspensionGround,
)

FORFEITS = {ReplacementGround.CONFLICT, ReplacementGround.ABSENCE}  # who is replaced for these is paid nothing
ENDS = (ReportSealed, SittingFailed, SittingAbandoned, FailureRecordSealed)


def attendances(records: Iterable[Record], lot: str) -> tuple[Attendance, ...]:
    """Every expert who signed in for a lot whose evaluation is over, by seat and sign-in; nobody before it is over.

    The buyer's representatives are paid by nobody here. Whoever moved to another booth has signed in once.
    """
    parts = evaluations(record for record in records if record.lot == lot)
    return tuple(one for part in parts for one in _attended(part))


def _attended(of_lot: list[Record]) -> tuple[Attendance, ...]:
    """Those of one committee."""
    over = next((record.at for record in of_lot if isinstance(record.fact, ENDS)), None)
    if over is None:
        return ()
    begun = any(isinstance(record.fact, StatementsCompleted) for record in of_lot)
    recesses = _recesses(of_lot, over)
    seats: dict[int, Seat] = {}
    came: dict[int, datetime] = {}
    dismissed: set[int] = set()
    found: list[Attendance] = []

    def leave(number: int, at: datetime, course: Course) -> None:
        seat, signed_in_at = seats[number], came.pop(number, None)
        if signed_in_at is not None and seat.role is MemberRole.EXPERT:
            found.append(Attendance(seat.person, number, seat.site, signed_in_at, at, course, recesses))

    for record in of_lot:
        fact = record.fact
        if record.at > over:
            break
        if isinstance(fact, SittingConvened):
            seats = {seat.number: seat for seat in fact.seats}
        elif isinstance(fact, MemberIdentified):
            came.setdefault(fact.seat, record.at)
        elif isinstance(fact, ReplacementOrdered):
            dismissed |= {fact.seat} if fact.ground in FORFEITS else set()
        elif isinstance(fact, MemberRecused):
            leave(fact.seat, record.at, Course.DISMISSED if fact.seat in dismissed else Course.LEFT)
        elif isinstance(fact, MemberReplaced):
            leave(fact.seat, record.at, Course.LEFT)  # unless the member had stepped back before
            dismissed.discard(fact.seat)
            seats[fact.seat] = Seat(fact.seat, fact.site, seats[fact.seat].role, fact.person)
    for number in sorted(came):
        leave(number, over, Course.FINISHED if begun else Course.NOT_BEGUN)
    return tuple(sorted(found, key=lambda one: (one.seat, one.signed_in_at)))


def no_shows(records: Iterable[Record], lot: str) -> tuple[Seat, ...]:
    """The experts of a lot whose evaluation is over who had a seat and never signed in, by seat; nobody before."""
    parts = evaluations(record for record in records if record.lot == lot)
    return tuple(one for part in parts for one in _absent(part))


def _absent(of_lot: list[Record]) -> tuple[Seat, ...]:
    if not any(isinstance(record.fact, ENDS) for record in of_lot):
        return ()
    held: dict[str, Seat] = {}
    sitting: dict[int, Seat] = {}
    for record in of_lot:
        fact = record.fact
        if isinstance(fact, SittingConvened):
            sitting = {seat.number: seat for seat in fact.seats}
            held = {seat.person: seat for seat in fact.seats if seat.role is MemberRole.EXPERT}
        elif isinstance(fact, MemberReplaced):
            sitting[fact.seat] = Seat(fact.seat, fact.site, sitting[fact.seat].role, fact.person)
            held[fact.person] = sitting[fact.seat]
        elif isinstance(fact, MemberIdentified):
            held.pop(sitting[fact.seat].person, None)
    return tuple(sorted(held.values(), key=lambda seat: (seat.number, seat.person)))


def _recesses(records: list[Record], over: datetime) -> tuple[tuple[datetime, datetime], ...]:
    return tuple(
        (one.began.at, one.ended.at if one.ended else over)
        for one in interruptions(records)
        if getattr(one.began.fact, "ground", None) is SuspensionGround.RECESS
    )
