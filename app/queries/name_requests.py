"""Requests for a name before an evaluation is over: to the authority with the number, to others that they were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import AccessLog, Account, NameRequest, Tender
from app.permissions.actions import Action
from app.procedure.calendar import Period, Unit, add
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case

LISTED = 200  # requests on one page
VALID = Period(15, Unit.MINUTES)  # where the profile has no time for approvals


@dataclass(frozen=True)
class Look:
    """That somebody was shown the name."""

    at: datetime
    by: str


@dataclass(frozen=True)
class NameRequestRow:
    """One request. `number` is "" to everybody but the authority; `decided_by` a name; `grant_until` is until when it
    can be granted, `valid_until` until when a granted one shows the name, `looks` how often it was shown, the first one
    first.
    """

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
    grant_until: datetime
    valid_until: datetime | None
    looks: tuple[Look, ...]


def approval_period(case: Case) -> Period:
    """How long a request waits for its second person, and a granted one shows the name."""
    return case.tender.published.profile.approval_valid or VALID


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

    Others than the authority learn of a request once it is granted. What waits, was refused or taken back is a
    suspicion that is looked into: of that they learn when the evaluation is over.
    """
    query = select(NameRequest)
    if not actor.is_(Role.REGULATOR):
        query = query.where(or_(NameRequest.granted.is_(True), NameRequest.id.in_(_past(db_session))))
    if not actor.is_(Role.SYSTEM_ADMIN):
        asked = db_session.scalars(select(NameRequest.case_id).distinct())
        query = query.where(NameRequest.case_id.in_([case for case in asked if _is_party(db_session, case, actor)]))
    return _rows(db_session, query, first, most, whole=False)


def standing_alarms(db_session: DbSession, actor: Actor) -> list[NameRequestRow]:
    """What was granted for evaluations that are not over: for the boards of those who are alarmed."""
    query = select(NameRequest).where(NameRequest.granted.is_(True))
    rows = [row for row in db_session.scalars(query) if not _is_over(db_session, row)]
    seen = [row for row in rows if actor.is_(Role.SYSTEM_ADMIN) or _is_party(db_session, row.case_id, actor)]
    return _rows(db_session, select(NameRequest).where(NameRequest.id.in_([row.id for row in seen])), 0, LISTED)[0]


def _past(db_session: DbSession) -> list[int]:
    """Requests without consent of evaluations that are over."""
    rows = db_session.scalars(select(NameRequest).where(NameRequest.granted.is_not(True)))
    return [row.id for row in rows if _is_over(db_session, row)]


def _is_over(db_session: DbSession, row: NameRequest) -> bool:
    lot = load_case(db_session, row.case_id).lots.get(row.lot)
    return lot is not None and lot.evaluation_over


def _rows(
    db_session: DbSession, query: Select[tuple[NameRequest]], first: int, most: int, *, whole: bool = False
) -> tuple[list[NameRequestRow], bool]:
    rows = list(db_session.scalars(query.order_by(NameRequest.id.desc()).offset(first).limit(most + 1)))
    people = {one for row in rows for one in (row.asked_by, row.decided_by) if one}
    signed = select(Account.id, Account.name).where(Account.id.in_(people))
    names = {account: name for account, name in db_session.execute(signed)}
    return [_row(db_session, row, names, whole=whole) for row in rows[:most]], len(rows) > most


def _is_party(db_session: DbSession, case_id: str, actor: Actor) -> bool:
    parties = load_case(db_session, case_id).tender.parties
    return parties is not None and actor.organisation_id in (parties.centre.id, parties.regulator.id)


def _looks(db_session: DbSession, row: NameRequest, until: datetime | None) -> tuple[Look, ...]:
    """From the access log, which has a line before each name that is shown."""
    if until is None:
        return ()
    query = (
        select(AccessLog.at, Account.name)
        .join(Account, Account.id == AccessLog.account_id)
        .where(AccessLog.case_id == row.case_id, AccessLog.lot == row.lot, AccessLog.action == Action.NAME_SEE)
        .where(AccessLog.subject == subject_of(row.number), AccessLog.at >= row.decided_at, AccessLog.at < until)
    )
    return tuple(Look(at, name) for at, name in db_session.execute(query.order_by(AccessLog.id)))


def subject_of(number: str) -> str:
    """The first places of a number: the access log is read by more than the two who may see the name."""
    return number[:8]


def _row(db_session: DbSession, row: NameRequest, names: dict[str, str], *, whole: bool) -> NameRequestRow:
    case = load_case(db_session, row.case_id)
    until = add(row.decided_at, approval_period(case)) if row.granted and row.decided_at else None
    return NameRequestRow(
        id=row.id,
        case_id=row.case_id,
        title=case.tender.published.title,
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
        grant_until=add(row.asked_at, approval_period(case)),
        valid_until=until,
        looks=_looks(db_session, row, until),
    )
