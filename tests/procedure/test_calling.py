"""Quiet hours and telephone calls, at any instant and for any hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.calendar import Period, Unit
from app.procedure.calling import QuietHours, answer_until, awake, telephone_calls, waking_time_after

NIGHT = QuietHours("21:30", "07:30")
hours = st.builds(QuietHours, *[st.times().map(lambda found: f"{found:%H:%M}")] * 2)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("local", "called"),
    [
        ("2026-03-02T21:29:59", "2026-03-02T21:29:59"),
        ("2026-03-02T21:30:00", "2026-03-03T07:30:00"),
        ("2026-03-03T00:00:00", "2026-03-03T07:30:00"),
        ("2026-03-03T07:29:59", "2026-03-03T07:30:00"),
        ("2026-03-03T07:30:00", "2026-03-03T07:30:00"),
        ("2026-12-31T23:00:00", "2027-01-01T07:30:00"),
    ],
)
def test_at_night_one_waits_for_the_morning_of_the_place(local, called):
    assert awake(datetime.fromisoformat(f"{local}+08:00"), NIGHT) == datetime.fromisoformat(f"{called}+08:00")


@given(instants, hours)
def test_one_is_called_within_a_day_outside_the_quiet_hours_and_never_earlier(instant, quiet):
    called = awake(instant, quiet)
    assert timedelta(0) <= called - instant < timedelta(days=1)
    assert awake(called, quiet) == called
    assert called.tzinfo is instant.tzinfo


def test_without_quiet_hours_at_once():
    instant = datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert awake(instant, None) == awake(instant, QuietHours("08:00", "08:00")) == instant


@given(instants, hours, st.lists(st.integers(0, 120), max_size=6), st.integers(0, 120))
def test_calls_lie_between_the_messages_and_the_time_to_answer_and_not_at_night(instant, quiet, minutes, patience):
    answer_by = instant + timedelta(minutes=patience)
    after = [Period(amount, Unit.MINUTES) for amount in minutes]
    calls = telephone_calls(instant, answer_by, after, quiet)
    assert list(calls) == sorted(set(calls))
    assert all(instant <= at < answer_by and awake(at, quiet) == at for at in calls)
    wanted = {instant + timedelta(minutes=amount) for amount in minutes}
    assert set(calls) == {at for at in wanted if at < answer_by and awake(at, quiet) == at}


HALF_AN_HOUR = Period(30, Unit.MINUTES)


@pytest.mark.parametrize(
    ("reached", "until"),
    [
        ("2026-03-02T20:00:00", "2026-03-02T20:30:00"),
        ("2026-03-02T21:00:00", "2026-03-02T21:30:00"),  # the last moment of the day, in which it is not night yet
        ("2026-03-02T21:20:00", "2026-03-03T07:50:00"),
        ("2026-03-02T23:00:00", "2026-03-03T08:00:00"),  # a message that was tried again at night
        ("2026-03-03T07:29:59", "2026-03-03T08:00:00"),
    ],
)
def test_the_time_to_answer_stands_still_at_night_where_the_rule_book_says_so(reached, until):
    at = datetime.fromisoformat(f"{reached}+08:00")
    assert answer_until(at, HALF_AN_HOUR, NIGHT, rests=True) == datetime.fromisoformat(f"{until}+08:00")
    assert answer_until(at, HALF_AN_HOUR, NIGHT, rests=False) == at + timedelta(minutes=30)


@given(instants, hours, st.integers(0, 3000))
def test_nobody_has_less_waking_time_than_the_period(instant, quiet, minutes):
    until = waking_time_after(instant, Period(minutes, Unit.MINUTES), quiet)
    assert until >= instant + timedelta(minutes=minutes)
    at, waking = instant.replace(second=0, microsecond=0), 0
    while at + timedelta(minutes=1) <= until and waking <= minutes:
        waking += awake(at, quiet) == at
        at += timedelta(minutes=1)
    assert waking >= minutes - 1  # the minutes at either end are counted as one


def test_calls_that_fall_into_the_night_are_made_in_the_morning_where_the_time_rests():
    called = datetime.fromisoformat("2026-03-02T21:27:00+08:00")
    until = answer_until(called, HALF_AN_HOUR, NIGHT, rests=True)
    after = [Period(5, Unit.MINUTES), Period(15, Unit.MINUTES)]
    calls = telephone_calls(called, until, after, NIGHT, rests=True)
    assert [f"{at:%H:%M}" for at in calls] == ["07:32", "07:42"]
    assert telephone_calls(called, until, after, NIGHT) == ()
