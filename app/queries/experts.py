"""The expert library as its keepers read it: the tree in force, imports, the list, one expert with the history."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.adapters.specialities import read_tree, shipped_document
from app.casefile.codec import decode
from app.models import Account, Expert, ExpertImport, SpecialityList
from app.procedure.expert_rows import Fault
from evaluation.specialities import SpecialityTree
from evaluation.standing import Status


def current_tree(db_session: DbSession) -> SpecialityTree:
    """The classification in force: the one put in last, else the one that comes with the platform."""
    return read_tree(current_document(db_session))


def current_document(db_session: DbSession) -> str:
    """The same as `specialities/v1`, to the letter."""
    text = db_session.scalar(select(SpecialityList.document).order_by(SpecialityList.id.desc()).limit(1))
    return text or shipped_document()


@dataclass(frozen=True)
class ImportRow:
    """An import; `waiting` are those who wait for a second person. `by` is a name, or what ran it."""

    id: str
    name: str
    sha256: str
    by_id: str
    by: str
    at: datetime
    stage: str
    total: int
    faulty: int
    known: int
    taken: int
    waiting: int
    faults: tuple[Fault, ...]

    @property
    def good(self) -> int:
        """Rows that can be taken."""
        return self.total - self.faulty - self.known


def load_import(db_session: DbSession, import_id: str) -> ImportRow | None:
    row = db_session.get(ExpertImport, import_id)
    return _import_row(db_session, row) if row else None


def latest_imports(db_session: DbSession, limit: int = 20) -> list[ImportRow]:
    """The newest first."""
    rows = db_session.scalars(select(ExpertImport).order_by(ExpertImport.at.desc(), ExpertImport.id).limit(limit))
    return [_import_row(db_session, row) for row in rows]


def waiting_imports(db_session: DbSession) -> list[ImportRow]:
    """Imports of which somebody waits to be admitted."""
    waiting = select(Expert.batch).where(Expert.status == Status.REVIEWED, Expert.batch != "").distinct()
    rows = db_session.scalars(select(ExpertImport).where(ExpertImport.id.in_(waiting)).order_by(ExpertImport.at))
    return [_import_row(db_session, row) for row in rows if row.stage != "taking"]


def _import_row(db_session: DbSession, row: ExpertImport) -> ImportRow:
    count = select(func.count()).where(Expert.batch == row.id, Expert.status == Status.REVIEWED)
    account = db_session.get(Account, row.by)
    return ImportRow(
        row.id,
        row.name,
        row.sha256,
        row.by,
        account.name if account else row.by,
        row.at,
        row.stage,
        row.total,
        row.faulty,
        row.known,
        row.taken,
        db_session.scalar(count) or 0,
        decode(tuple[Fault, ...], json.loads(row.faults)),
    )
