"""The worker: runs what is due, wakes when somebody commits, sleeps until the next due time.

Embedded, it runs tasks in its own process; with Redis it only hands the job's id to Celery, as a hint.
"""

from __future__ import annotations

import logging
import signal
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from app.config import Settings
from app.database import CommitWatch
from app.procedure.errors import RuleViolation
from app.services.jobs import ClaimedJob, claim_job, fail_job, finish_job, next_due
from app.services.platform import Platform, open_platform
from app.tasks.jobs import run_job
from crypto.errors import CryptoError

log = logging.getLogger("tenderhall.worker")
IDLE_AT_MOST = timedelta(seconds=5)


def run_claimed(platform: Platform, job: ClaimedJob) -> None:
    """Run one claimed job; a failure leaves it to be tried again, and says where to look."""
    try:
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


def work(platform: Platform, stopped: threading.Event, hand_over: Callable[[ClaimedJob], None] | None = None) -> None:
    """Until `stopped`: claim what is due and run it, or hand it over."""
    watch = CommitWatch(platform.database)
    try:
        while not stopped.is_set():
            job = claim_job(platform)
            if job is not None:
                (hand_over or (lambda found: run_claimed(platform, found)))(job)
                continue
            watch.wait(_idle_seconds(platform))
    finally:
        watch.close()


def _idle_seconds(platform: Platform) -> float:
    due_at = next_due(platform)
    if due_at is None:
        return IDLE_AT_MOST.total_seconds()
    left = due_at - platform.database.now()
    return max(0.001, min(left, IDLE_AT_MOST).total_seconds())


def make_celery(settings: Settings) -> Celery:
    """The Celery application of a grown installation; its one task runs the job whose fields it is given."""
    application = Celery("tenderhall", broker=settings.redis_url)
    application.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)
    platform = open_platform(settings)

    @application.task(name="tenderhall.run_job")
    def run(job_id: int, task: str, case_id: str, lot: str, detail: str) -> None:
        run_claimed(platform, ClaimedJob(job_id, task, case_id, lot, detail))

    application.run_claimed_job = run
    return application


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; the job at hand is finished first."""
    platform, stopped = open_platform(settings), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    if settings.redis_url is None:
        work(platform, stopped)
        return
    celery = make_celery(settings)
    work(
        platform,
        stopped,
        lambda job: celery.run_claimed_job.delay(job.id, job.task, job.case_id, job.lot, job.detail),
    )
