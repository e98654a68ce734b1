"""Bids that are not to be opened: what was kept of them is destroyed before anything can open them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.casefile.case import Case
from app.models import StoredFile
from app.queries.cases import load_case
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work


def destroy_ended(platform: Platform, case_id: str, lot: str) -> None:
    """Once the lot is closed: capsules and files of bids that were replaced or withdrawn. No share may come before.

    The store is asked for its word first, whether there are such bids or not: what is answered and logged while it is
    down is the same for every lot. Raises StoreUnavailable, OSError.
    """
    platform.blobs.probe()
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        stored = select(StoredFile.id).where(
            StoredFile.case_id == case.id, StoredFile.lot == lot, StoredFile.owner.in_(_ended(case, lot))
        )
        if db_session.scalar(stored.limit(1)) is None:
            return
    with unit_of_work(platform.database, case_id, lot) as work:
        destroy_files(platform, work, lot, _ended(work.case, lot))


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
