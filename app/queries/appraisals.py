"""Appraisals by seat for the parties, without a name; and an expert's own, without who marked it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, true
from sqlalchemy.orm import Session as DbSession

from app.casefile.attendance import attendances, no_shows
from app.casefile.case import Case
from app.models import Account, ExpertAppraisal, Lot, Site, Tender
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.roles import Actor, Role
from app.queries.cases import load_besides_bids, load_case
from evaluation.appraisal import AppraisalGround, AppraisalRules, Points, Presence, in_force

ABSENT = Presence.ABSENT.value  # had a seat and never signed in
CASES = 100  # looked through for one page


@dataclass(frozen=True)
class AppraisalView:
    """One appraisal. `entered_by` and `confirmed_by` are names of staff, "" for the expert."""

    id: int
    case_id: str
    title: str
    lot: str
    seat: int
    party: str
    grounds: tuple[AppraisalGround, ...]
    points: int
    note: str
    entered_id: str
    entered_by: str
    entered_at: datetime
    confirmed_id: str
    confirmed_by: str
    confirmed_at: datetime | None
    objection_until: datetime | None
    objection: str
    objected_at: datetime | None
    decided_at: datetime | None
    decision: str
    upheld: bool | None
    settled_at: datetime | None

    @property
    def stage(self) -> str:
        """entered, confirmed, objected, withdrawn or settled."""
        if self.confirmed_at is None:
            return "entered"
        if self.upheld is False:
            return "withdrawn"
        if self.settled_at is not None:
            return "settled"
        return "confirmed" if self.objected_at is None else "objected"


@dataclass(frozen=True)
class AppraisedSeat:
    """Who had a seat, by the number of the draw, and what the asker's party has marked. `course` is of `Course`, or
    ABSENT.
    """

    seat: int
    person: str
    site: str
    course: str
    own: AppraisalView | None

    @property
    def presence(self) -> Presence:
        """Whether the member signed in."""
        return Presence.ABSENT if self.course == ABSENT else Presence.CAME


@dataclass(frozen=True)
class AppraisedLot:
    """A lot whose evaluation is over."""

    case_id: str
    code: str
    title: str
    lot: str
    seats: tuple[AppraisedSeat, ...]
    objections: tuple[AppraisalView, ...]

    @property
    def unmarked(self) -> int:
        """Seats that the asker's party has not marked."""
        return sum(seat.own is None for seat in self.seats)


def lots_to_appraise(
    db_session: DbSession, actor: Actor, first: int = 0, most: int = CASES
) -> tuple[list[AppraisedLot], bool]:
    """Those of the actor's party, the latest publication first; a regulator sees objections alone. Looked through are
    at most `most` closed cases from place `first` on; and whether more follow.
    """
    parties = [Tender.agency_id == actor.organisation_id]
    if actor.is_(Role.CENTRE_OPERATOR):
        parties.append(true())  # whose centre it is stands in the case alone
    if actor.is_(Role.REGULATOR):
        waits = (ExpertAppraisal.objected_at.is_not(None), ExpertAppraisal.decided_at.is_(None))
        objected = Tender.case_id.in_(select(ExpertAppraisal.case_id).where(*waits))
        parties.append(and_(Tender.regulator_id == actor.organisation_id, objected))
    closed = select(Lot.number).where(Lot.case_id == Tender.case_id, Lot.closed_at.is_not(None)).exists()
    query = select(Tender.case_id).where(Tender.published_at.is_not(None), closed, or_(*parties))
    query = query.order_by(Tender.published_at.desc(), Tender.case_id).offset(first).limit(most + 1)
    ids = list(db_session.scalars(query))
    found = [
        found
        for case_id in ids[:most]
        for lot in _lots(load_case(db_session, case_id), actor)
        if (found := appraised_lot(db_session, actor, case_id, lot)) is not None
    ]
    return found, len(ids) > most


def _lots(case: Case, actor: Actor) -> Iterator[str]:
    mine = (Action.APPRAISAL_GIVE, Action.APPRAISAL_CONFIRM, Action.APPRAISAL_DECIDE)
    for lot in case.lots:
        if any(allowed(actor, action, case, lot) for action in mine):
            yield lot


def appraised_lot(db_session: DbSession, actor: Actor, case_id: str, lot: str) -> AppraisedLot | None:
    """One lot for one actor; None where its rule book asks for no appraisal, or nobody had come."""
    case = load_case(db_session, case_id)
    terms = case.tender.published
    records = load_besides_bids(db_session, case_id)
    members = [(one.seat, one.person, one.site, str(one.course)) for one in attendances(records, lot)]
    members += [(one.number, one.person, one.site, ABSENT) for one in no_shows(records, lot)]
    if terms.profile.appraisal is None or not members:
        return None
    views = _views(db_session, case, lot)
    party = "centre" if actor.is_(Role.CENTRE_OPERATOR) else "agency"
    own = {view.seat_key: view.view for view in views if view.view.party == party and not actor.is_(Role.REGULATOR)}
    sites = {site.id: site.name for site in db_session.scalars(select(Site))}
    seats = tuple(
        AppraisedSeat(seat, person, sites.get(site, ""), course, own.get(person))
        for seat, person, site, course in sorted(members)
    )
    decides = allowed(actor, Action.APPRAISAL_DECIDE, case, lot)
    objections = tuple(one.view for one in views if one.view.stage == "objected" and decides)
    shown = () if actor.is_(Role.REGULATOR) else seats
    return AppraisedLot(case_id, terms.code, terms.title, lot, shown, objections)


def appraisals_of_lot(db_session: DbSession, case: Case, lot: str) -> list[AppraisalView]:
    """Both parties' of a lot, by seat: for the authority."""
    return [one.view for one in _views(db_session, case, lot)]


@dataclass(frozen=True)
class _Keyed:
    seat_key: str
    view: AppraisalView


def _views(db_session: DbSession, case: Case, lot: str) -> list[_Keyed]:
    query = select(ExpertAppraisal).where(ExpertAppraisal.case_id == case.id, ExpertAppraisal.lot == lot)
    rows = list(db_session.scalars(query.order_by(ExpertAppraisal.seat, ExpertAppraisal.id)))
    people = {by for row in rows for by in (row.entered_by, row.confirmed_by) if by}
    query_names = select(Account.id, Account.name).where(Account.id.in_(people))
    names = {account: name for account, name in db_session.execute(query_names)}
    return [_Keyed(row.person, _view(case, row, names)) for row in rows]


def _view(case: Case, row: ExpertAppraisal, names: dict[str, str]) -> AppraisalView:
    rules = case.tender.published.profile.appraisal
    codes = json.loads(row.grounds)
    return AppraisalView(
        id=row.id,
        case_id=row.case_id,
        title=case.tender.published.title,
        lot=row.lot,
        seat=row.seat,
        party=row.party,
        grounds=tuple(ground for ground in (rules.grounds if rules else ()) if ground.code in codes),
        points=row.points,
        note=row.note,
        entered_id=row.entered_by,
        entered_by=names.get(row.entered_by, ""),
        entered_at=row.entered_at,
        confirmed_id=row.confirmed_by or "",
        confirmed_by=names.get(row.confirmed_by or "", ""),
        confirmed_at=row.confirmed_at,
        objection_until=row.objection_until,
        objection=row.objection,
        objected_at=row.objected_at,
        decided_at=row.decided_at,
        decision=row.decision,
        upheld=row.upheld,
        settled_at=row.settled_at,
    )


@dataclass(frozen=True)
class OwnAppraisals:
    """An expert's own, the latest first, and its points that count now by the rules of the latest case."""

    rows: tuple[AppraisalView, ...]
    points: int
    rules: AppraisalRules | None


def own_appraisals(db_session: DbSession, expert_id: str, now: datetime) -> OwnAppraisals:
    """What a second person has confirmed; never who marked it."""
    query = select(ExpertAppraisal).where(
        ExpertAppraisal.expert_id == expert_id, ExpertAppraisal.confirmed_at.is_not(None)
    )
    rows = list(db_session.scalars(query.order_by(ExpertAppraisal.confirmed_at.desc(), ExpertAppraisal.id)))
    cases = {row.case_id: load_case(db_session, row.case_id) for row in rows}
    rules = cases[rows[0].case_id].tender.published.profile.appraisal if rows else None
    settled = [Points(row.points, row.settled_at) for row in rows if row.settled_at is not None]
    views = tuple(_view(cases[row.case_id], row, {}) for row in rows)
    return OwnAppraisals(views, in_force(rules, settled, now) if rules else 0, rules)
