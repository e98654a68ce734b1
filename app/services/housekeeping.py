"""What nobody needs any more goes, once an hour: expired uploads, films whose years are over, files that no row names,
who was where yesterday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DbSession

from app.models import Job, RecordingPiece, StoredFile, Upload
from app.services.platform import Platform
from app.services.presences import forget_absent
from app.services.recording_disposal import dispose_recordings
from app.services.unit_of_work import plain_transaction, schedule_job
from app.services.uploads import KEPT_FOR, forget_expired

PERIOD = timedelta(hours=1)
UNNAMED_FOR = 2 * KEPT_FOR  # a file is written before the row that names it is committed


def begin_housekeeping(platform: Platform) -> None:
    """Tidy up from now on; nothing happens where that is so already."""
    waits = select(Job.id).where(Job.task == "tidy_up", Job.done_at.is_(None)).limit(1)
    with platform.database.reading() as db_session:
        if db_session.scalar(waits) is not None:
            return
    with plain_transaction(platform.database) as (db_session, now):
        _schedule_next(db_session, now)


def tidy_up(platform: Platform) -> None:
    """The job: once through, then again after PERIOD."""
    forget_expired(platform)
    forget_absent(platform)
    dispose_recordings(platform)
    platform.blobs.sweep(platform.database.now() - UNNAMED_FOR, lambda names: _named(platform, names))
    with plain_transaction(platform.database) as (db_session, now):
        _schedule_next(db_session, now)


def _schedule_next(db_session: DbSession, now: datetime) -> None:
    db_session.execute(delete(Job).where(Job.task == "tidy_up", Job.done_at.is_not(None)))
    slot = int(now.timestamp() // PERIOD.total_seconds()) + 1
    schedule_job(db_session, "tidy_up", datetime.fromtimestamp(slot * PERIOD.total_seconds(), UTC), detail=str(slot))


def _named(platform: Platform, names: set[str]) -> set[str]:
    with platform.database.reading() as db_session:
        kinds = (StoredFile, Upload, RecordingPiece)
        rows = [db_session.scalars(select(kind.blob).where(kind.blob.in_(names))) for kind in kinds]
        return {blob for found in rows for blob in found}
