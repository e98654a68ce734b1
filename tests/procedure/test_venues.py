"""Booths of rooms: what is free is what no moment of the window needs; a refusal names room, hours and figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.calendar import Period, Unit
from app.procedure.errors import RuleViolation
from app.procedure.venues import (
    LONGEST,
    Answer,
    Closure,
    Hold,
    RoomPlan,
    Window,
    check_answer,
    check_room,
    check_seats,
    check_window,
    free_booths,
    fullest,
    next_window,
)

DAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY_OF = Period(24, Unit.HOURS)


def at(begins: int, ends: int) -> Window:
    return Window(DAY + timedelta(hours=begins), DAY + timedelta(hours=ends))


def code(call, *args) -> tuple[str, dict[str, object]]:
    with pytest.raises(RuleViolation) as refused:
        call(*args)
    return refused.value.code, refused.value.facts


windows = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda pair: at(pair[0], pair[0] + pair[1]))
holds = st.lists(st.builds(Hold, st.just("X"), windows, st.integers(1, 4)), max_size=6).map(tuple)


@given(holds, windows)
def test_the_fullest_stretch_is_that_of_every_hour(held, window):
    """Hour by hour, as one would count on paper."""
    hours = [at(h, h + 1) for h in range(40) if at(h, h + 1).overlaps(window)]
    counted = [sum(hold.booths for hold in held if hold.window.overlaps(hour)) for hour in hours]
    most, when = fullest(held, window)
    assert most == max(counted)
    assert window.begins_at <= when.begins_at < when.ends_at <= window.ends_at


@given(holds, windows, st.integers(1, 6), st.booleans())
def test_what_is_free_can_be_had_and_one_more_cannot(held, window, in_service, alone):
    room = RoomPlan("r", "甲室", in_service, alone, held)
    free = free_booths(room, window)
    if free:
        check_room(room, window, free)
        after = RoomPlan("r", "甲室", in_service, alone, (*held, Hold("Y", window, free)))
        assert free_booths(after, window) == 0
    refused, facts = code(check_room, room, window, free + 1)
    assert refused in ("room_short", "room_taken")
    assert (facts["free"], facts["asked"], facts["in_service"]) == (free, free + 1, in_service)
    later = next_window(room, window, in_service)
    if later is not None:
        assert later.begins_at > window.begins_at
        assert free_booths(room, later) == in_service


def test_a_closed_room_says_until_when_and_when_it_is_free():
    room = RoomPlan("r", "甲室", 4, False, (Hold("A", at(12, 14), 4),), (Closure(at(8, 12), "检修"),))
    refused, facts = code(check_room, room, at(9, 11), 1)
    assert (refused, facts["ends_at"], facts["reason"]) == ("room_closed", DAY + timedelta(hours=12), "检修")
    assert next_window(room, at(9, 11), 1) == at(14, 16)
    assert next_window(room, at(9, 11), 5) is None
    assert code(check_room, room, at(20, 21), 0)[0] == "booking_no_booths"


def test_times_of_a_booking():
    now = DAY
    check_window(at(2, 6), DAY + timedelta(hours=2), now)
    assert code(check_window, at(6, 2), DAY, now)[0] == "booking_times_wrong"
    assert code(check_window, Window(DAY, DAY + LONGEST + timedelta(seconds=1)), DAY, now)[0] == "booking_times_wrong"
    assert code(check_window, at(-3, 0), DAY - timedelta(days=1), now)[0] == "booking_over"
    assert code(check_window, at(1, 6), DAY + timedelta(hours=2), now)[0] == "booking_before_deadline"
    assert code(check_window, at(1, 6), None, now)[0] == "booking_lot_paused"


def test_an_answer_is_given_once_and_taken_back_in_time():
    window = at(48, 52)
    check_answer(Answer.ASKED, Answer.ACCEPTED, window, DAY, DAY_OF)
    check_answer(Answer.ACCEPTED, Answer.WITHDRAWN, window, DAY + timedelta(hours=24), DAY_OF)
    late = DAY + timedelta(hours=24, milliseconds=1)
    assert code(check_answer, Answer.ACCEPTED, Answer.WITHDRAWN, window, late, DAY_OF)[0] == "booking_withdrawal_late"
    assert code(check_answer, Answer.REFUSED, Answer.ACCEPTED, window, DAY, DAY_OF)[0] == "booking_answered"
    assert code(check_answer, Answer.ASKED, Answer.WITHDRAWN, window, DAY, DAY_OF)[0] == "booking_not_accepted"
    assert code(check_answer, Answer.ASKED, Answer.ACCEPTED, at(-9, 0), DAY, None)[0] == "booking_over"


def test_each_site_needs_its_seats_and_the_reserve():
    check_seats({"a": 3, "b": 2}, {"a": 4, "b": 3}, 1, {})
    refused, facts = code(check_seats, {"a": 3, "b": 2}, {"a": 4}, 1, {"b": "副场"})
    assert (refused, facts["site"], facts["seats"]) == ("site_not_booked", "副场", 2)
    refused, facts = code(check_seats, {"a": 3}, {"a": 3}, 1, {})
    assert (refused, facts["booked"]) == ("site_booked_short", 3)
