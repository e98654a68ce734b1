"""Job rows: who holds them, who takes over, in which order, how often they are tried; two workers, one effect."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from kombu.exceptions import OperationalError
from sqlalchemy import event, select

from app import worker
from app.models import Job
from app.procedure.errors import RuleViolation
from app.services import jobs
from app.services.jobs import LEASE, claim_job, due_jobs, fail_job, finish_job, next_due, renew_lease
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction, schedule_job
from tests.app.workbench import MILLISECOND

pytestmark = [
    pytest.mark.each_database,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
]


@pytest.fixture
def platform(bench):
    """No job waits; the clock goes on by itself."""
    bench.clock.go_on()
    with plain_transaction(bench.platform.database) as (db_session, _now):
        for row in db_session.scalars(select(Job)):
            db_session.delete(row)
    return bench.platform


def schedule(bench, task, seconds=0.0, detail=""):
    with plain_transaction(bench.platform.database) as (db_session, _now):
        due_at = bench.clock.at + timedelta(seconds=seconds)
        schedule_job(db_session, task, due_at, case_id="c", lot="1", detail=detail)
    return due_at


def row(platform, job):
    with platform.database.reading() as db_session:
        return db_session.get_one(Job, job.id)


def test_the_most_overdue_job_comes_first(bench, platform):
    schedule(bench, "third", -1)
    schedule(bench, "first", -9)
    schedule(bench, "second", -5)
    assert [claim_job(platform).task for _ in range(3)] == ["first", "second", "third"]
    assert claim_job(platform) is None


def test_no_job_runs_before_its_time(bench, platform):
    due_at = schedule(bench, "close_lot", 60)
    bench.clock.stop_at(due_at - MILLISECOND)
    assert claim_job(platform) is None
    assert next_due(platform) == due_at
    bench.clock.stop_at(due_at)
    assert claim_job(platform).task == "close_lot"


def test_scheduled_twice_is_one_job(bench, platform):
    for _ in range(2):
        schedule(bench, "close_lot", -1, "same")
    schedule(bench, "close_lot", -1, "other")
    assert len(due_jobs(platform)) == 2


def test_a_lease_keeps_others_away_until_it_ends(bench, platform):
    schedule(bench, "open_bids", -1)
    bench.clock.stop_at(bench.clock.at)
    job = claim_job(platform)
    taken_at = bench.clock.at
    assert claim_job(platform) is None
    bench.clock.stop_at(taken_at + LEASE - MILLISECOND)
    assert claim_job(platform) is None
    assert next_due(platform) == taken_at + LEASE
    bench.clock.stop_at(taken_at + LEASE)
    again = claim_job(platform)  # the first worker is dead
    assert (again.id, again.attempt) == (job.id, 2)


def test_a_living_worker_keeps_its_job(bench, platform):
    schedule(bench, "open_bids", -1)
    bench.clock.stop_at(bench.clock.at)
    job, taken_at = claim_job(platform), bench.clock.at
    bench.clock.stop_at(taken_at + LEASE / 2)
    renew_lease(platform, job)
    bench.clock.stop_at(taken_at + LEASE)
    assert claim_job(platform) is None


def test_who_lost_the_job_neither_renews_nor_fails_it(bench, platform):
    schedule(bench, "open_bids", -1)
    bench.clock.stop_at(bench.clock.at)
    late = claim_job(platform)
    bench.clock.stop_at(bench.clock.at + LEASE)
    holder = claim_job(platform)
    until = row(platform, holder).lease_until
    bench.clock.stop_at(bench.clock.at + timedelta(seconds=1))
    renew_lease(platform, late)
    fail_job(platform, late, "too late")
    assert row(platform, holder).lease_until == until
    finish_job(platform, holder)
    renew_lease(platform, holder)
    assert row(platform, holder).lease_until is None
    assert claim_job(platform) is None


def test_a_failing_job_is_tried_again_ever_more_seldom(bench, platform, monkeypatch):
    schedule(bench, "open_bids", -1)
    outcomes = iter([RuleViolation("share_wrong"), ValueError("secret detail"), None])

    def run(_platform, _job):
        outcome = next(outcomes)
        if outcome:
            raise outcome

    monkeypatch.setattr(worker, "run_job", run)
    bench.clock.stop_at(bench.clock.at)
    waits = []
    for expected in ("share_wrong", "incident"):
        assert worker.run_next(platform)
        assert not worker.run_next(platform)
        found = row_of_only_job(platform)
        assert found.last_error.startswith(expected)
        assert "secret" not in found.last_error
        waits.append(found.lease_until - bench.clock.at)
        bench.clock.stop_at(found.lease_until)
    assert waits[0] < waits[1]
    assert worker.run_next(platform)
    assert row_of_only_job(platform).done_at is not None
    bench.clock.stop_at(bench.clock.at + timedelta(days=1))
    assert not worker.run_next(platform)


def row_of_only_job(platform):
    with platform.database.reading() as db_session:
        return db_session.scalars(select(Job)).one()


def test_a_long_job_is_held_while_it_runs(bench, platform, monkeypatch):
    monkeypatch.setattr(worker, "RENEWED_EVERY", timedelta(seconds=0.02))
    renewed = threading.Event()
    real = jobs.renew_lease

    def renew(*arguments):
        real(*arguments)
        renewed.set()

    monkeypatch.setattr(worker, "renew_lease", renew)
    monkeypatch.setattr(worker, "run_job", lambda *_: renewed.wait(10))
    schedule(bench, "open_bids", -1)
    assert worker.run_next(platform)
    assert renewed.is_set()
    assert row_of_only_job(platform).done_at is not None


def test_two_workers_run_every_job_once(bench, platform, monkeypatch):
    ran, guard = [], threading.Lock()

    def run(_platform, job):
        with guard:
            ran.append(job.id)
        time.sleep(0.005)

    monkeypatch.setattr(worker, "run_job", run)
    for number in range(20):
        schedule(bench, "send_notice", -1, str(number))

    def work():
        while worker.run_next(platform):
            pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(ran) == len(set(ran)) == 20
    assert due_jobs(platform) == []


def test_a_closing_run_by_two_workers_at_once_has_one_effect(bench, platform):
    bench.publish()
    for login in ("bidder-a", "bidder-b", "bidder-c"):
        bench.hand_in(login)
    bench.clock.advance(120)
    barrier = threading.Barrier(4)

    def close():
        barrier.wait()
        worker.run_job(platform, jobs.ClaimedJob(0, 1, "close_lot", bench.case_id, "1", ""))

    workers = [threading.Thread(target=close) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(bench.records("LotClosed")) == 1


def until(condition):
    give_up_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


@pytest.fixture
def handing_out(bench, platform, monkeypatch):
    """Starts hand_out with a way to give hints; gives the ids of jobs that were run here."""
    ran, stopped, threads = [], threading.Event(), []
    monkeypatch.setattr(worker, "run_job", lambda _platform, job: ran.append(job.id))
    monkeypatch.setattr(worker, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(worker, "IDLE_AT_MOST", timedelta(seconds=0.1))

    def start(hint):
        thread = threading.Thread(target=worker.hand_out, args=(platform, stopped, hint))
        thread.start()
        threads.append(thread)
        return ran

    yield start
    stopped.set()
    for thread in threads:
        thread.join()


def test_each_due_job_is_hinted_once_and_left_to_celery(bench, platform, handing_out, monkeypatch):
    monkeypatch.setattr(worker, "TAKEN_WITHIN", 30)
    hints = []
    ran = handing_out(lambda: hints.append(1))
    for number in range(3):
        schedule(bench, "send_notice", -1, str(number))
    until(lambda: len(hints) == 3)
    time.sleep(0.2)
    assert len(hints) == 3
    assert ran == []
    assert len(due_jobs(platform)) == 3


def test_what_no_celery_worker_takes_is_run_here(bench, platform, handing_out, monkeypatch):
    monkeypatch.setattr(worker, "TAKEN_WITHIN", 0.1)
    ran = handing_out(lambda: None)
    schedule(bench, "send_notice", -1)
    until(lambda: ran)
    until(lambda: due_jobs(platform) == [])


def test_without_a_broker_the_work_goes_on(bench, platform, handing_out):
    tried = []

    def refuse():
        tried.append(1)
        raise OperationalError("no broker")

    for number in range(3):
        schedule(bench, "send_notice", -1, str(number))
    ran = handing_out(refuse)
    until(lambda: len(ran) == 3)
    until(lambda: due_jobs(platform) == [])
    assert len(tried) == 1  # asking a silent broker takes time


def test_looking_for_work_commits_nothing(platform):
    """An idle worker must not wake itself and everybody else."""
    commits = []

    def note(connection):
        commits.append(connection)

    event.listen(platform.database.engine, "commit", note)
    assert not worker.run_next(platform)
    assert worker._idle_seconds(platform) > 0
    event.remove(platform.database.engine, "commit", note)
    assert commits == []
