"""Films whose years are over are deleted: a fact of the case, whose log goes on naming every piece by its hash."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.casefile.case import Case
from app.models import RecordingPiece
from app.procedure.errors import RuleViolation
from app.procedure.recordings import RecordingsDisposed
from app.procedure.roles import SYSTEM, Role
from app.queries.cases import load_case
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.recordings import DELETED, LOGGED, REFUSED
from app.services.unit_of_work import unit_of_work

LEAST = timedelta(days=365)  # whatever a rule book says, nothing younger is looked at


def dispose_recordings(platform: Platform) -> None:
    """Delete what is due of every sitting; repeating it is harmless.

    Who dies between the fact and the files leaves files that no row names, which the housekeeping sweeps.
    """
    kind = RecordingPiece
    with platform.database.reading() as db_session:
        now = platform.database.now(db_session.connection())
        old = select(kind.case_id, kind.lot).where(kind.blob != "").group_by(kind.case_id, kind.lot)
        old = old.having(func.max(kind.received_at) < now - LEAST)
        found = [(load_case(db_session, case_id), lot) for case_id, lot in db_session.execute(old)]
    due = [(case.id, lot) for case, lot in found if _due(case, lot, now)]
    for case_id, lot in due:
        _dispose(platform, case_id, lot)


def _due(case: Case, lot: str, now: datetime) -> bool:
    """Whether the rules let it be; what was deleted and has rows left is only cleared."""
    found = case.lot(lot).recordings
    if found.disposed_at is not None:
        return True
    try:
        case.decide(RecordingsDisposed(found.pieces), lot, SYSTEM, now)
    except RuleViolation:
        return False
    return True


def _dispose(platform: Platform, case_id: str, lot: str) -> None:
    with unit_of_work(platform.database, case_id, lot) as work:
        if not _due(work.case, lot, work.now):
            return
        found, terms = work.case.lot(lot).recordings, work.case.tender.published
        if found.disposed_at is None:
            work.conclude(RecordingsDisposed(found.pieces), lot)
            years = terms.profile.recording.kept_years if terms.profile.recording else 0
            facts = {"title": terms.title, "lot": lot, "pieces": found.pieces, "years": years}
            tell_role(work, terms.parties.centre.id, Role.CENTRE_OPERATOR, "recordings_disposed", **facts)
            tell_role(work, terms.parties.regulator.id, Role.REGULATOR, "recordings_disposed", **facts)
        rows = select(RecordingPiece).where(RecordingPiece.case_id == case_id, RecordingPiece.lot == lot)
        blobs = []
        for row in work.db_session.scalars(rows.where(RecordingPiece.blob != "").with_for_update()):
            blobs.append(row.blob)
            row.blob, row.state = "", DELETED if row.state in (LOGGED, DELETED) else REFUSED
    for blob in blobs:
        platform.blobs.delete(blob)
