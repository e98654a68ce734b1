"""Bids that are not to be opened: what was kept of them is destroyed before anything can open them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.adapters.blobs import StoreUnavailable
from app.casefile.case import Case
from app.models import StoredFile
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work


def destroy_ended(platform: Platform, case_id: str, lot: str) -> None:
    """Once the lot is closed: capsules and files of bids that were replaced or withdrawn."""
    with unit_of_work(platform.database, case_id, lot) as work:
        destroy_files(platform, work, lot, _ended(work.case, lot))


def check_destroyed(db_session: DbSession, case: Case, lot: str) -> None:
    """Raises StoreUnavailable while a capsule of an ended bid is still there: no share may come before."""
    stored = select(StoredFile.id).where(
        StoredFile.case_id == case.id, StoredFile.lot == lot, StoredFile.owner.in_(_ended(case, lot))
    )
    if db_session.scalar(stored.limit(1)) is not None:
        raise StoreUnavailable("files of ended bids are not destroyed yet")


def _ended(case: Case, lot: str) -> list[str]:
    return [submission.receipt_id for submission in case.lots[lot].bidding.submissions.values() if submission.ended]


def destroy_files(platform: Platform, work: UnitOfWork, lot: str, receipts: Sequence[str]) -> None:
    """The files of these bids, and their rows."""
    query = select(StoredFile).where(
        StoredFile.case_id == work.case.id, StoredFile.lot == lot, StoredFile.owner.in_(receipts)
    )
    for row in work.db_session.scalars(query).all():
        platform.blobs.delete(row.blob)
        work.db_session.delete(row)
