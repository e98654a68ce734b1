"""A clock that is set back, or differs from the database's (T10): order stays, nothing is dated wrongly, it is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database import CLOCK_TOLERANCE, ClockBehind, Database
from app.factory import create_app
from app.procedure.errors import RuleViolation
from app.procedure.tender import QuestionAsked
from app.queries.clocks import read_clocks
from app.services import ticks
from app.services.platform import open_platform
from app.services.unit_of_work import plain_transaction, unit_of_work
from app.worker import run_next
from tests.app.workbench import LOT, Bench

pytestmark = pytest.mark.each_database
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def published(bench: Bench) -> Iterator[Bench]:
    bench.publish()
    yield bench
    bench.clock.go_on()


def set_back(bench: Bench, seconds: float) -> None:
    bench.clock.stop_at(bench.clock.at - timedelta(seconds=seconds))


def ask(bench: Bench, name: str) -> None:
    bench.act("bidder-a", QuestionAsked(name, "交货地点？"), "")


def times(bench: Bench) -> list[datetime]:
    return [record.at for record in bench.records()]


def other_process(bench: Bench) -> Bench:
    """One that has written nothing yet."""
    other = copy(bench)
    other.platform = open_platform(bench.platform.settings, bench.clock)
    return other


@given(st.lists(st.integers(-1500, 1500), max_size=30))
def test_stamps_of_a_process_never_go_back(steps):
    database, now = Database("sqlite://"), AT
    latest = database.stamp(now)
    for step in steps:
        now += timedelta(milliseconds=step)
        if latest - now > CLOCK_TOLERANCE:
            with pytest.raises(ClockBehind) as refused:
                database.stamp(now)
            assert timedelta(seconds=refused.value.seconds) == latest - now
        else:
            latest = max(latest, now)
            assert database.stamp(now) == latest


def test_while_the_clock_is_a_little_behind_time_stands_still(published: Bench):
    ask(published, "q1")
    set_back(published, 0.9)
    ask(published, "q2")
    ask(other_process(published), "q3")
    found = times(published)
    assert found == sorted(found)
    assert found[-1] == found[-3]


@pytest.mark.parametrize("seconds", [1.1, 5, 3600])
def test_a_clock_that_is_set_back_further_stops_what_is_written_until_it_has_caught_up(published: Bench, seconds):
    ask(published, "q1")
    before = times(published)
    set_back(published, seconds)
    for bench in (published, other_process(published)):
        with pytest.raises(ClockBehind) as refused:
            ask(bench, "q2")
        assert refused.value.seconds == pytest.approx(seconds, abs=0.1)
    with pytest.raises(ClockBehind), plain_transaction(published.platform.database):
        pass
    assert times(published) == before
    published.clock.stop_at(before[-1] + timedelta(milliseconds=1))
    ask(published, "q2")
    assert times(published)[-1] > before[-1]


def test_what_is_late_is_not_taken_when_the_clock_goes_back(published: Bench):
    published.clock.stop_at(published.deadline_at + timedelta(seconds=2))
    with pytest.raises(RuleViolation) as late:
        published.hand_in("bidder-a")
    assert late.value.code == "deadline_passed"
    published.clock.stop_at(published.deadline_at - timedelta(seconds=30))
    with pytest.raises(ClockBehind):
        published.hand_in("bidder-a")


def test_at_the_gate_the_register_s_latest_tick_counts_in_every_process(published: Bench):
    sealed = published.seal("bidder-a")
    attached = published.attach("bidder-a", sealed)
    published.clock.stop_at(published.deadline_at + timedelta(seconds=5))  # nothing is written in the case meanwhile
    ticks.run_tick(published.platform, regular=False)
    published.clock.stop_at(published.deadline_at - timedelta(seconds=5))
    with pytest.raises(ClockBehind):
        other_process(published).act("bidder-a", sealed.submission, LOT, "BidSubmitted", attached)
    assert not published.records("BidSubmitted")


def test_case_files_that_are_written_together_have_one_instant_and_each_its_order(published: Bench):
    database, register = published.platform.database, "register"
    with unit_of_work(database, published.case_id) as work:
        later = work.now + timedelta(milliseconds=5)
        work.case = replace(work.case, latest_at=later)  # as if another one had been there meanwhile
        assert work.join(register).now >= work.now


def test_nothing_is_run_meanwhile_and_the_log_says_so(published: Bench, caplog):
    ask(published, "q1")
    with plain_transaction(published.platform.database) as (db_session, now):
        ticks.schedule_job(db_session, "make_tick", now - timedelta(minutes=10), detail="early")
    set_back(published, 60)
    with caplog.at_level(logging.ERROR):
        assert not run_next(published.platform)
    assert "60.0 s behind" in caplog.text


def test_a_program_is_told_by_how_much_and_may_try_again(published: Bench):
    app = create_app(published.platform.settings, published.clock)
    app.extensions["tenderhall"] = published.platform
    ask(published, "q1")
    set_back(published, 42)
    client = app.test_client()
    answer = client.post("/api/v1/web-sessions", json={"login": "bidder-a", "password": "x" * 12, "code": "123456"})
    assert answer.status_code == 503, answer.text
    error = answer.get_json()["error"]
    assert error["code"] == "clock_behind"
    assert "42" in error["message"]
    assert "42" in error["message_en"]
    assert answer.headers["Retry-After"]


def test_a_machine_whose_clock_differs_from_the_database_s_is_named(published: Bench, monkeypatch, caplog):
    platform = published.platform
    ticks.run_tick(platform, regular=False)
    with platform.database.reading() as db_session:
        assert not read_clocks(platform.database, db_session).wrong
        monkeypatch.setattr(platform.database, "machine_now", lambda: published.clock.at - timedelta(seconds=1.5))
        found = read_clocks(platform.database, db_session)
    assert found.wrong
    assert found.figures["apart"] == "-1.5"
    with caplog.at_level(logging.ERROR):
        ticks.run_tick(platform, regular=False)
    assert "the clock is wrong: -1.5 s" in caplog.text
