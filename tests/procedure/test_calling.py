"""Quiet hours and telephone calls, at any instant and for any hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.calendar import Period, Unit
from app.procedure.calling import QuietHours, awake, telephone_calls

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
