"""Fees as the centre, the authority and the expert itself read them: of evaluations that are over, and no others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import decode
from app.models import Account, Expert, ExpertFee, Organisation, Site, Tender
from app.procedure.roles import Actor
from app.queries.cases import load_case
from evaluation.fees import UNNAMED, Attendance, FeeLine, due_at


@dataclass(frozen=True)
class FeeRow:
    """One fee. `amount` is None until somebody has entered it; `name` stands on sheets to pay from alone, and there
    without anything else of the row but the sum of its month.
    """

    id: int
    case_id: str
    code: str
    title: str
    lot: str
    seat: int
    number: str
    name: str
    employer: str
    site: str
    over_at: datetime
    attendance: Attendance
    minutes: int
    origin: str
    lines: tuple[FeeLine, ...]
    computed: Decimal
    amount: Decimal | None
    reason: str
    entered_by: str
    entered_id: str
    entered_at: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None

    @property
    def due_at(self) -> datetime | None:
        """From when it may stand on a sheet; None while nobody has confirmed it."""
        return None if self.confirmed_at is None else due_at(self.over_at, self.confirmed_at)

    @property
    def corrected(self) -> bool:
        """Whether people have put another amount in the place of the computed one."""
        return self.amount is not None and self.amount != self.computed


def fees_to_settle(db_session: DbSession, actor: Actor) -> list[FeeRow]:
    """What nobody has confirmed yet, of the cases of the actor's centre, the oldest first; by seat, without names."""
    rows = _rows(db_session, ExpertFee.confirmed_at.is_(None))
    return [row for row in rows if _of_the_centre(db_session, actor, row.case_id)]


def unsettled_fees(db_session: DbSession) -> int:
    """How many fees nobody has confirmed; of evaluations that are over."""
    return db_session.scalar(select(func.count()).where(ExpertFee.confirmed_at.is_(None))) or 0


def fees_of_lot(db_session: DbSession, case_id: str, lot: str) -> list[FeeRow]:
    """Every fee of a lot."""
    return _rows(db_session, ExpertFee.case_id == case_id, ExpertFee.lot == lot)


def own_fees(db_session: DbSession, expert_id: str) -> list[FeeRow]:
    """An expert's own, the latest first."""
    return _rows(db_session, ExpertFee.expert_id == expert_id)[::-1]


@dataclass(frozen=True)
class Payee:
    """What one person is due for a month, in yuan. Of which evaluations, seats and sites is told nobody."""

    number: str
    name: str
    employer: str
    amount: Decimal


@dataclass(frozen=True)
class MonthSheet:
    """What a centre has to pay: every fee that came due in a month of the local calendar, so that the sheet of a month
    that is over stays as it is and nothing stands on two. While the month runs nobody is named.
    """

    month: date
    closed: bool
    count: int
    amount: Decimal
    payees: tuple[Payee, ...] = ()


def month_sheet(db_session: DbSession, actor: Actor, month: date, zone: str, now: datetime) -> MonthSheet:
    """The sheet of a month (its first day) of the actor's centre, by library number."""
    begin, end = _begin(month, zone), _begin(date(month.year + month.month // 12, month.month % 12 + 1, 1), zone)
    recent = or_(ExpertFee.confirmed_at >= begin, ExpertFee.over_at >= begin - UNNAMED)
    found = [
        row
        for row in _rows(db_session, ExpertFee.confirmed_at < end, recent)
        if row.due_at is not None and begin <= row.due_at < end and _of_the_centre(db_session, actor, row.case_id)
    ]
    amount = _sum(found)
    if now < end:
        return MonthSheet(month, closed=False, count=len(found), amount=amount)
    people: dict[str, list[FeeRow]] = {}
    for row in found:
        people.setdefault(row.number, []).append(row)
    payees = [Payee(number, rows[0].name, rows[0].employer, _sum(rows)) for number, rows in sorted(people.items())]
    return MonthSheet(month, closed=True, count=len(found), amount=amount, payees=tuple(payees))


def _begin(month: date, zone: str) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=ZoneInfo(zone))


def _sum(rows: Sequence[FeeRow]) -> Decimal:
    return sum((row.amount or Decimal(0) for row in rows), Decimal(0))


def months_with_fees(db_session: DbSession, zone: str) -> list[date]:
    """The months in which something came due or will, the latest first."""
    local = ZoneInfo(zone)
    confirmed = select(ExpertFee.over_at, ExpertFee.confirmed_at).where(ExpertFee.confirmed_at.is_not(None))
    days = {
        due_at(over, at).astimezone(local).date().replace(day=1) for over, at in db_session.execute(confirmed) if at
    }
    return sorted(days, reverse=True)


def _of_the_centre(db_session: DbSession, actor: Actor, case_id: str) -> bool:
    parties = load_case(db_session, case_id).tender.parties
    return parties is not None and parties.centre.id == actor.organisation_id


def _rows(db_session: DbSession, *wanted: ColumnElement[bool]) -> list[FeeRow]:
    query = (
        select(ExpertFee, Expert.number, Account.name, Organisation.name, Site.name, Tender.code, Tender.title)
        .join(Expert, Expert.id == ExpertFee.expert_id)
        .join(Account, Account.id == Expert.account_id)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .join(Site, Site.id == ExpertFee.site_id)
        .join(Tender, Tender.case_id == ExpertFee.case_id)
        .where(*wanted)
        .order_by(ExpertFee.over_at, ExpertFee.case_id, ExpertFee.lot, ExpertFee.seat, ExpertFee.id)
    )
    found = list(db_session.execute(query))
    people = {by for row, *_rest in found for by in (row.entered_by, row.confirmed_by) if by}
    signed = select(Account.id, Account.name).where(Account.id.in_(people))
    names = {one: name for one, name in db_session.execute(signed)}
    return [_row(names, *row) for row in found]


def _row(
    names: dict[str, str], row: ExpertFee, number: str, name: str, employer: str, site: str, code: str, title: str
) -> FeeRow:
    facts = json.loads(row.facts)
    return FeeRow(
        id=row.id,
        case_id=row.case_id,
        code=code,
        title=title,
        lot=row.lot,
        seat=row.seat,
        number=number,
        name=name,
        employer=employer,
        site=site,
        over_at=row.over_at,
        attendance=decode(Attendance, facts["attendance"]),
        minutes=facts["minutes"],
        origin=facts["origin"],
        lines=decode(tuple[FeeLine, ...], facts["lines"]),
        computed=row.computed,
        amount=row.amount,
        reason=row.reason,
        entered_by=names.get(row.entered_by or "", ""),
        entered_id=row.entered_by or "",
        entered_at=row.entered_at,
        confirmed_by=names.get(row.confirmed_by or "", ""),
        confirmed_at=row.confirmed_at,
    )
