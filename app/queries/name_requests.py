"""Requests for a name before an evaluation is over: to the authority with the number, to others that they were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as DbSession

from app.models import Account, NameRequest, Tender
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case

LISTED = 200  # requests on one page


@dataclass(frozen=True)
class NameRequestRow:
    """One request. `number` is "" to everybody but the authority; `decided_by` a name."""

    id: int
    case_id: str
    title: str
    lot: str
    number: str
    ground: str
    reason: str
    asked_id: str
    asked_by: str
    asked_at: datetime
    decided_id: str
    decided_by: str
    decided_at: datetime | None
    granted: bool | None


def name_requests(
    db_session: DbSession, actor: Actor, first: int = 0, most: int = LISTED
) -> tuple[list[NameRequestRow], bool]:
    """Of the actor's own authority, with numbers and reasons, what waits first, then the latest; from place `first` on,
    and whether more follow.
    """
    own = select(Tender.case_id).where(Tender.regulator_id == actor.organisation_id)
    query = select(NameRequest).where(NameRequest.case_id.in_(own)).order_by(NameRequest.granted.is_not(None))
    return _rows(db_session, query, first, most, whole=True)


def name_alarms(
    db_session: DbSession, actor: Actor, first: int = 0, most: int = LISTED
) -> tuple[list[NameRequestRow], bool]:
    """That names were asked for, for ever: to the centre and the authority of their cases, to system administrators of
    all; without number and words. From place `first` on, and whether more follow.
    """
    query = select(NameRequest)
    if not actor.is_(Role.SYSTEM_ADMIN):
        asked = db_session.scalars(select(NameRequest.case_id).distinct())
        query = query.where(NameRequest.case_id.in_([case for case in asked if _is_party(db_session, case, actor)]))
    return _rows(db_session, query, first, most, whole=False)


def _rows(
    db_session: DbSession, query: Select[tuple[NameRequest]], first: int, most: int, *, whole: bool
) -> tuple[list[NameRequestRow], bool]:
    rows = list(db_session.scalars(query.order_by(NameRequest.id.desc()).offset(first).limit(most + 1)))
    people = {one for row in rows for one in (row.asked_by, row.decided_by) if one}
    signed = select(Account.id, Account.name).where(Account.id.in_(people))
    names = {account: name for account, name in db_session.execute(signed)}
    return [_row(db_session, row, names, whole=whole) for row in rows[:most]], len(rows) > most


def _is_party(db_session: DbSession, case_id: str, actor: Actor) -> bool:
    parties = load_case(db_session, case_id).tender.parties
    return parties is not None and actor.organisation_id in (parties.centre.id, parties.regulator.id)


def _row(db_session: DbSession, row: NameRequest, names: dict[str, str], *, whole: bool) -> NameRequestRow:
    return NameRequestRow(
        id=row.id,
        case_id=row.case_id,
        title=load_case(db_session, row.case_id).tender.published.title,
        lot=row.lot,
        number=row.number if whole else "",
        ground=row.ground,
        reason=row.reason if whole else "",
        asked_id=row.asked_by,
        asked_by=names.get(row.asked_by, ""),
        asked_at=row.asked_at,
        decided_id=row.decided_by or "",
        decided_by=names.get(row.decided_by or "", ""),
        decided_at=row.decided_at,
        granted=row.granted,
    )
