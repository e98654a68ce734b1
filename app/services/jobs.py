"""Job rows: claimed with a lease, run, marked done. A worker that dies loses its lease and another goes on.

A lease is short, so that little time is lost with a dead worker; who is alive renews it while the job runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select

from app.models import Job
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction

LEASE = timedelta(seconds=6)
RENEWED_EVERY = timedelta(seconds=2)
RETRY_AFTER = timedelta(seconds=2)
RETRY_AT_MOST = timedelta(minutes=10)


@dataclass(frozen=True)
class ClaimedJob:
    """A job that this worker holds until its lease ends; `attempt` tells this claim from a later one."""

    id: int
    attempt: int
    task: str
    case_id: str
    lot: str
    detail: str


def _due(now: datetime) -> Select[tuple[Job]]:
    """Jobs that nobody holds and that may run, the most overdue first."""
    free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
    return select(Job).where(Job.done_at.is_(None), Job.due_at <= now, free).order_by(Job.due_at, Job.id)


def due_jobs(platform: Platform) -> list[int]:
    """Ids of the jobs that wait for somebody."""
    with platform.database.reading() as db_session:
        now = platform.database.now(db_session.connection())
        return [row.id for row in db_session.scalars(_due(now))]


def claim_job(platform: Platform) -> ClaimedJob | None:
    """The most overdue job that nobody holds, now held by the caller; None when nothing is due."""
    if not due_jobs(platform):
        return None  # looking writes nothing, and so wakes nobody
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.scalar(_due(now).limit(1).with_for_update(skip_locked=True))
        if row is None:
            return None
        row.lease_until, row.attempts = now + LEASE, row.attempts + 1
        return ClaimedJob(row.id, row.attempts, row.task, row.case_id, row.lot, row.detail)


def renew_lease(platform: Platform, job: ClaimedJob) -> None:
    """Hold the job for longer, unless it is done or another worker has taken it over."""
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get_one(Job, job.id, with_for_update=True)
        if row.done_at is None and row.attempts == job.attempt:
            row.lease_until = now + LEASE


def finish_job(platform: Platform, job: ClaimedJob) -> None:
    """The job's effect is committed; it is not run again."""
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get_one(Job, job.id)
        row.done_at, row.lease_until = now, None


def fail_job(platform: Platform, job: ClaimedJob, error: str) -> None:
    """Try again later, ever more seldom; what went wrong is kept for `tenderhall doctor`."""
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get_one(Job, job.id, with_for_update=True)
        row.last_error = error[:2000]
        if row.attempts == job.attempt:
            row.lease_until = now + min(RETRY_AFTER * 2 ** min(row.attempts, 10), RETRY_AT_MOST)


def next_due(platform: Platform) -> datetime | None:
    """When there is something to do next, leases included."""
    with platform.database.reading() as db_session:
        query = select(func.min(func.coalesce(Job.lease_until, Job.due_at))).where(Job.done_at.is_(None))
        return db_session.scalar(query)
