"""Who was there from when to when: successors, recesses beneath other standstills, evaluations that never began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.casefile.attendance import attendances, no_shows
from evaluation.committee import MemberRole
from evaluation.fees import Attendance, Course
from evaluation.sitting import (
    FailureRecordSealed,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    RecessEnded,
    ReplacementGround,
    ReplacementOrdered,
    ReportSealed,
    Seat,
    SittingAbandoned,
    SittingConvened,
    SittingResumed,
    SittingSuspended,
    StatementsCompleted,
    SuspensionGround,
)

START = datetime(2026, 3, 2, 1, tzinfo=UTC)


def minute(at: int) -> datetime:
    return START + timedelta(minutes=at)


def seats(*numbers: int) -> Any:
    found = tuple(Seat(n, "host", MemberRole.EXPERT, f"p{n}") for n in numbers)
    found += (Seat(9, "host", MemberRole.BUYER, "buyer"),)
    return SittingConvened("s", "host", found, None, ())  # type: ignore[arg-type]


def read(*course: tuple[int, Any], lot: str = "1") -> tuple[Attendance, ...]:
    records = [SimpleNamespace(seq=n, at=minute(at), lot="1", fact=fact) for n, (at, fact) in enumerate(course)]
    return attendances(records, lot)  # type: ignore[arg-type]


def came(seat: int, at: int) -> tuple[int, MemberIdentified]:
    return at, MemberIdentified(seat, "k", "w")


DONE = ReportSealed("0" * 64, "")


def test_nothing_is_known_before_the_end_nor_of_another_lot():
    course = [(0, seats(1, 2)), came(1, 5), came(2, 6), came(9, 7), (8, StatementsCompleted())]
    assert read(*course) == ()
    over = [*course, (90, DONE)]
    assert read(*over, lot="2") == ()
    assert [(one.person, one.signed_in_at, one.ended_at, one.course) for one in read(*over)] == [
        ("p1", minute(5), minute(90), Course.FINISHED),
        ("p2", minute(6), minute(90), Course.FINISHED),
    ], "who sits for the buyer is paid by nobody here"


@pytest.mark.parametrize(
    ("ground", "course"),
    [
        (ReplacementGround.CONFLICT, Course.DISMISSED),
        (ReplacementGround.ABSENCE, Course.DISMISSED),
        (ReplacementGround.HEALTH, Course.LEFT),
    ],
)
def test_the_ground_of_an_order_decides_whether_a_member_was_dismissed(ground: ReplacementGround, course: Course):
    ordered = (30, ReplacementOrdered(1, ground, "note")), (30, MemberRecused(1, "note"))
    begun = (0, seats(1, 2)), came(1, 5), came(2, 6), (8, StatementsCompleted())
    successor = (40, MemberReplaced(1, "host", "p7")), came(1, 50), (60, MemberRecused(1, "relative"))
    found = read(*begun, *ordered, *successor, (90, DONE))
    assert [(one.person, one.course) for one in found] == [
        ("p1", course),
        ("p7", Course.LEFT),
        ("p2", Course.FINISHED),
    ], "and says nothing of the successor"


def test_whoever_steps_back_has_left_and_a_successor_comes_later():
    found = read(
        (0, seats(1, 2)),
        came(1, 5),
        came(2, 6),
        (8, StatementsCompleted()),
        (30, MemberRecused(1, "conflict")),
        (40, MemberReplaced(1, "host", "p7")),
        came(1, 50),
        (90, DONE),
    )
    assert [(one.person, one.course, one.ended_at) for one in found] == [
        ("p1", Course.LEFT, minute(30)),
        ("p7", Course.FINISHED, minute(90)),
        ("p2", Course.FINISHED, minute(90)),
    ]


def test_an_evaluation_that_never_began_was_waited_for():
    found = read((0, seats(1, 2)), came(1, 5), (60, SittingAbandoned("order")), (61, FailureRecordSealed("0" * 64)))
    assert [(one.person, one.course, one.ended_at) for one in found] == [("p1", Course.NOT_BEGUN, minute(60))]


def test_whoever_had_a_seat_and_never_came_is_known_at_the_end():
    course = [(0, seats(1, 2)), came(1, 5), (20, MemberReplaced(2, "host", "p7")), came(2, 30)]
    records = [SimpleNamespace(seq=n, at=minute(at), lot="1", fact=fact) for n, (at, fact) in enumerate(course)]
    assert no_shows(records, "1") == ()  # type: ignore[arg-type]
    records.append(SimpleNamespace(seq=9, at=minute(90), lot="1", fact=DONE))
    assert [(seat.number, seat.person) for seat in no_shows(records, "1")] == [(2, "p2")]  # type: ignore[arg-type]
    assert [one.person for one in read(*course, (90, DONE))] == ["p1", "p7"]


def test_recesses_end_where_they_end_and_an_order_is_none():
    recess = SittingSuspended(SuspensionGround.RECESS, "", "")
    order = SittingSuspended(SuspensionGround.ORDER, "", "")
    found = read(
        (0, seats(1)),
        came(1, 5),
        (8, StatementsCompleted()),
        (20, recess),
        (25, order),
        (40, RecessEnded(1)),
        (50, SittingResumed("")),
        (60, recess),
        (70, SittingResumed("")),
        (90, DONE),
    )
    assert found[0].recesses == ((minute(20), minute(40)), (minute(60), minute(70)))
