"""Job rows: claimed with a lease, run, marked done. A worker that dies loses its lease and another goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from app.models import Job
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction

LEASE = timedelta(seconds=30)
RETRY_AFTER = timedelta(seconds=2)
RETRY_AT_MOST = timedelta(minutes=10)


@dataclass(frozen=True)
class ClaimedJob:
    """A job that this worker holds until its lease ends."""

    id: int
    task: str
    case_id: str
    lot: str
    detail: str


def claim_job(platform: Platform) -> ClaimedJob | None:
    """The most overdue job that nobody holds, now held by the caller; None when nothing is due."""
    with plain_transaction(platform.database) as (db_session, now):
        query = (
            select(Job)
            .where(Job.done_at.is_(None), Job.due_at <= now, or_(Job.lease_until.is_(None), Job.lease_until <= now))
            .order_by(Job.due_at, Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = db_session.scalar(query)
        if row is None:
            return None
        row.lease_until, row.attempts = now + LEASE, row.attempts + 1
        return ClaimedJob(row.id, row.task, row.case_id, row.lot, row.detail)


def finish_job(platform: Platform, job: ClaimedJob) -> None:
    """The job's effect is committed; it is not run again."""
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get_one(Job, job.id)
        row.done_at, row.lease_until = now, None


def fail_job(platform: Platform, job: ClaimedJob, error: str) -> None:
    """Try again later, ever more seldom; what went wrong is kept for `tenderhall doctor`."""
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get_one(Job, job.id)
        wait = min(RETRY_AFTER * 2 ** min(row.attempts, 10), RETRY_AT_MOST)
        row.lease_until, row.last_error = now + wait, error[:2000]


def next_due(platform: Platform) -> datetime | None:
    """When there is something to do next, leases included."""
    with platform.database.reading() as db_session:
        query = select(func.min(func.coalesce(Job.lease_until, Job.due_at))).where(Job.done_at.is_(None))
        return db_session.scalar(query)
