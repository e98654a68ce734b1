"""The worker: runs what is due, wakes when somebody commits, sleeps until the next due time.

Embedded, it runs jobs in its own process. With Redis it gives Celery's workers a hint for each due job; what nobody
takes soon it runs itself, so that a silent broker delays work and never loses it.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

from celery import Celery
from kombu.exceptions import OperationalError

from app.config import Settings
from app.database import ClockBehind, CommitWatch
from app.procedure.errors import RuleViolation
from app.services.housekeeping import begin_housekeeping
from app.services.jobs import (
    RENEWED_EVERY,
    ClaimedJob,
    claim_job,
    due_jobs,
    fail_job,
    finish_job,
    next_due,
    renew_lease,
)
from app.services.platform import Platform, open_platform
from app.services.ticks import begin_ticking
from app.tasks.jobs import run_job
from crypto.errors import CryptoError

log = logging.getLogger("tenderhall.worker")
IDLE_AT_MOST = timedelta(seconds=5)
LOOK_EVERY = 0.5  # seconds between looks at hints that nobody took yet
STOPS_WITHIN = 0.2  # seconds
TAKEN_WITHIN = 3.0  # seconds, after which a hinted job is run here
LONG_AGO = float("-inf")
HINT_EXPIRES = 60  # seconds; by then its job was run without it
CELERY_THREADS = 2


@contextmanager
def lease_held(platform: Platform, job: ClaimedJob) -> Iterator[None]:
    """The lease is renewed for as long as the block runs."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(RENEWED_EVERY.total_seconds()):
            try:
                renew_lease(platform, job)
            except Exception:
                log.exception("job %s (%s): lease not renewed", job.id, job.task)

    keeper = threading.Thread(target=renew, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def run_next(platform: Platform) -> bool:
    """Claim and run the most overdue job; whether there was one that could be claimed."""
    try:
        job = claim_job(platform)
    except ClockBehind as exc:
        log.error("nothing is done while the clock is %.1f s behind what was written last", exc.seconds)
        return False
    if job is not None:
        run_claimed(platform, job)
    return job is not None


def run_claimed(platform: Platform, job: ClaimedJob) -> None:
    """Run one claimed job; a failure leaves it to be tried again, and says where to look."""
    try:
        with lease_held(platform, job):
            run_job(platform, job)
    except (RuleViolation, CryptoError) as refused:
        log.warning("job %s (%s) refused: %s", job.id, job.task, refused.code)
        fail_job(platform, job, refused.code)
    except Exception:
        incident = uuid.uuid4().hex[:12]
        log.exception("job %s (%s) failed, incident %s", job.id, job.task, incident)
        fail_job(platform, job, f"incident {incident}")
    else:
        finish_job(platform, job)


def work(platform: Platform, stopped: threading.Event) -> None:
    """Until `stopped`: run what is due, one job after the other."""
    watch = CommitWatch(platform.database)
    try:
        while not stopped.is_set():
            if not run_next(platform):
                _rest(watch, stopped, _idle_seconds(platform))
    finally:
        watch.close()


def hand_out(platform: Platform, stopped: threading.Event, hint: Callable[[], None]) -> None:
    """Until `stopped`: one hint for each due job, and run here what nobody took within TAKEN_WITHIN."""
    watch, hinted = CommitWatch(platform.database), dict[int, float]()
    try:
        while not stopped.is_set():
            due = due_jobs(platform)
            hinted = _hint_each(due, hinted, hint)
            if any(time.monotonic() - at > TAKEN_WITHIN for at in hinted.values()):
                run_next(platform)
                continue
            _rest(watch, stopped, LOOK_EVERY if due else _idle_seconds(platform))
    finally:
        watch.close()


def _rest(watch: CommitWatch, stopped: threading.Event, seconds: float) -> None:
    """Until somebody commits, `seconds` have passed, or the end is wanted, which is noticed within STOPS_WITHIN."""
    until = time.monotonic() + seconds
    while not stopped.is_set() and (left := until - time.monotonic()) > 0:
        if watch.wait(min(left, STOPS_WITHIN)):
            return


def _hint_each(due: list[int], hinted: dict[int, float], hint: Callable[[], None]) -> dict[int, float]:
    """When each due job was hinted; long ago where the broker takes no hint, which is found out once a time."""
    given, silent = dict[int, float](), False
    for id_ in due:
        given[id_] = hinted[id_] if id_ in hinted else LONG_AGO if silent else _hint(hint)
        silent = silent or given[id_] == LONG_AGO
    return given


def _hint(hint: Callable[[], None]) -> float:
    try:
        hint()
        return time.monotonic()
    except OperationalError as exc:
        log.warning("the broker takes no hint (%s); working without it", exc)
        return LONG_AGO


def _idle_seconds(platform: Platform) -> float:
    due_at = next_due(platform)
    if due_at is None:
        return IDLE_AT_MOST.total_seconds()
    left = due_at - platform.database.now()
    return max(0.001, min(left, IDLE_AT_MOST).total_seconds())


def make_celery(settings: Settings) -> Celery:
    """The Celery application of a grown installation. Its one task runs whatever is most overdue."""
    application = Celery("tenderhall", broker=settings.redis_url)
    application.conf.update(
        task_ignore_result=True,
        task_default_queue=f"tenderhall.{settings.origin}",
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_timeout": 3, "socket_connect_timeout": 3},
        worker_hijack_root_logger=False,
    )

    @application.task(name="tenderhall.run_next")
    def run() -> None:
        run_next(open_once(settings))

    return application


@cache
def open_once(settings: Settings) -> Platform:
    """The installation, opened at the first hint that a process takes."""
    return open_platform(settings)


def run_celery(settings: Settings) -> None:
    """A Celery worker on threads, until SIGTERM; the jobs at hand are finished first."""
    words = ["--quiet", "worker", "--pool", "threads", "--concurrency", str(CELERY_THREADS), "--loglevel", "WARNING"]
    make_celery(settings).worker_main([*words, "--without-gossip", "--without-mingle", "--without-heartbeat"])


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; the job at hand is finished first."""
    platform, stopped = open_platform(settings), threading.Event()
    begin_ticking(platform)
    begin_housekeeping(platform)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    if settings.redis_url is None:
        work(platform, stopped)
        return
    task = make_celery(settings).tasks["tenderhall.run_next"]
    hand_out(platform, stopped, lambda: task.apply_async(retry=False, expires=HINT_EXPIRES))
