"""Fees as the centre, the authority and the expert itself read them: of evaluations that are over, and no others."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, union
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import decode
from app.models import Account, Expert, ExpertFee, FeeSupplement, Organisation, Site, Tender
from app.procedure.roles import Actor
from app.queries.cases import load_case
from evaluation.fees import UNNAMED, Attendance, FeeLine, due_at

SETTLED_SHOWN = 100  # the latest, on one page


@dataclass(frozen=True)
class SupplementRow:
    """What was added to a fee, or taken off it; waiting while `confirmed_at` is None."""

    amount: Decimal
    reason: str
    entered_id: str
    entered_by: str
    entered_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None


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
    supplements: tuple[SupplementRow, ...]

    @property
    def waiting(self) -> SupplementRow | None:
        """What a second person has yet to confirm, of a fee that is confirmed itself."""
        return next((one for one in self.supplements if one.confirmed_at is None), None)

    @property
    def due(self) -> list[tuple[datetime, Decimal]]:
        """What two persons have confirmed, each from when it may stand on a sheet, in yuan."""
        found = [(self.confirmed_at, self.amount), *((one.confirmed_at, one.amount) for one in self.supplements)]
        return [(due_at(self.over_at, at), amount) for at, amount in found if at is not None and amount is not None]

    @property
    def corrected(self) -> bool:
        """Whether people have put another amount in the place of the computed one."""
        return self.amount is not None and self.amount != self.computed


def fees_to_settle(db_session: DbSession, actor: Actor) -> list[FeeRow]:
    """What nobody has confirmed yet, of the cases of the actor's centre, the oldest first; by seat, without names."""
    rows = _rows(db_session, ExpertFee.confirmed_at.is_(None))
    return [row for row in rows if _of_the_centre(db_session, actor, row.case_id)]


def settled_fees(db_session: DbSession, actor: Actor, most: int = SETTLED_SHOWN) -> list[FeeRow]:
    """What two persons have confirmed, of the cases of the actor's centre, the latest first; by seat, without names."""
    ids = select(ExpertFee.id).where(ExpertFee.confirmed_at.is_not(None)).order_by(ExpertFee.confirmed_at.desc())
    rows = _rows(db_session, ExpertFee.id.in_(list(db_session.scalars(ids.limit(most)))))
    return [row for row in rows if _of_the_centre(db_session, actor, row.case_id)][::-1]


def fee_at_centre(db_session: DbSession, actor: Actor, fee_id: int) -> FeeRow | None:
    """One fee of a case of the actor's centre."""
    rows = _rows(db_session, ExpertFee.id == fee_id)
    return next((row for row in rows if _of_the_centre(db_session, actor, row.case_id)), None)


def unsettled_fees(db_session: DbSession) -> int:
    """How many fees, and later corrections of some, nobody has confirmed; of evaluations that are over."""
    counts = (select(func.count()).where(table.confirmed_at.is_(None)) for table in (ExpertFee, FeeSupplement))
    return sum(db_session.scalar(count) or 0 for count in counts)


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
    supplemented = select(FeeSupplement.fee_id).where(FeeSupplement.confirmed_at >= begin)
    recent = or_(ExpertFee.confirmed_at >= begin, ExpertFee.over_at >= begin - UNNAMED, ExpertFee.id.in_(supplemented))
    found = [
        (row, sum((amount for at, amount in row.due if begin <= at < end), Decimal(0)))
        for row in _rows(db_session, ExpertFee.confirmed_at < end, recent)
        if any(begin <= at < end for at, _amount in row.due) and _of_the_centre(db_session, actor, row.case_id)
    ]
    total = sum((amount for _row, amount in found), Decimal(0))
    if now < end:
        return MonthSheet(month, closed=False, count=len(found), amount=total)
    people: dict[str, Payee] = {}
    for row, amount in found:
        before = people.get(row.number)
        people[row.number] = Payee(row.number, row.name, row.employer, amount + (before.amount if before else 0))
    return MonthSheet(
        month, closed=True, count=len(found), amount=total, payees=tuple(people[n] for n in sorted(people))
    )


def _begin(month: date, zone: str) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=ZoneInfo(zone))


def months_with_fees(db_session: DbSession, zone: str) -> list[date]:
    """The months in which something came due or will, the latest first."""
    local = ZoneInfo(zone)
    confirmed = select(ExpertFee.over_at, ExpertFee.confirmed_at).where(ExpertFee.confirmed_at.is_not(None))
    further = select(ExpertFee.over_at, FeeSupplement.confirmed_at).join(FeeSupplement)
    instants = db_session.execute(union(confirmed, further.where(FeeSupplement.confirmed_at.is_not(None))))
    due = [due_at(over, at).astimezone(local).date() for over, at in instants if at]
    return sorted({day.replace(day=1) for day in due}, reverse=True)


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
    ids = [row.id for row, *_rest in found]
    added = db_session.scalars(select(FeeSupplement).where(FeeSupplement.fee_id.in_(ids)).order_by(FeeSupplement.id))
    further: dict[int, list[FeeSupplement]] = defaultdict(list)
    for one in added:
        further[one.fee_id].append(one)
    entries = [row for row, *_rest in found] + [one for ones in further.values() for one in ones]
    people = {by for row in entries for by in (row.entered_by, row.confirmed_by) if by}
    signed = select(Account.id, Account.name).where(Account.id.in_(people))
    names = {one: name for one, name in db_session.execute(signed)}
    return [_row(names, further[row[0].id], *row) for row in found]


def _row(
    names: dict[str, str],
    added: Sequence[FeeSupplement],
    row: ExpertFee,
    number: str,
    name: str,
    employer: str,
    site: str,
    code: str,
    title: str,
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
        supplements=tuple(_supplement(names, one) for one in added),
    )


def _supplement(names: dict[str, str], row: FeeSupplement) -> SupplementRow:
    by = (row.entered_by, names.get(row.entered_by, ""), row.entered_at)
    return SupplementRow(row.amount, row.reason, *by, names.get(row.confirmed_by or "", ""), row.confirmed_at)
