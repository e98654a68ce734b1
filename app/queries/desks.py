"""Desks: the lists with which people begin their day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, Phase
from app.models import Account, Certificate, Download, Tender
from app.procedure.roles import Actor
from app.procedure.terms import LotTerms
from app.queries.cases import load_case
from app.queries.next_steps import IDLE, NextStep, bidders_step, next_steps


@dataclass(frozen=True)
class CaseRow:
    """One line of a desk: a case, or on a bidder's desk a lot of it (`lot_title` where there are several)."""

    case_id: str
    code: str
    title: str
    phase: Phase
    due_at: datetime | None
    step: NextStep
    lot_title: str = ""


def agency_cases(db_session: DbSession, actor: Actor, now: datetime) -> list[CaseRow]:
    """Published cases of the actor's agency: where there is something to do first, then by deadline."""
    query = select(Tender.case_id).where(Tender.agency_id == actor.organisation_id).order_by(Tender.published_at.desc())
    rows = [_row(load_case(db_session, case_id), actor, now) for case_id in db_session.scalars(query.limit(200))]
    return sorted(rows, key=lambda row: (row.step.tone in IDLE, row.due_at or now))


def _row(case: Case, actor: Actor, now: datetime) -> CaseRow:
    terms = case.tender.published
    ahead = [at for number in case.lots if (at := case.tender.timetable.closes_at(number)) and at > now]
    step = next_steps(case, actor, now)[0]
    return CaseRow(case.id, terms.code, terms.title, case.phase(), min(ahead, default=None), step)


def bidder_cases(db_session: DbSession, actor: Actor, now: datetime) -> list[CaseRow]:
    """Lots of tenders whose documents the bidder took or in which it has bid, by time left."""
    taken = set(db_session.scalars(select(Download.case_id).where(Download.account_id == actor.id)))
    query = select(Tender.case_id).where(Tender.published_at.is_not(None)).order_by(Tender.published_at.desc())
    cases = [load_case(db_session, case_id) for case_id in db_session.scalars(query.limit(500))]
    mine = [case for case in cases if case.id in taken or takes_part(case, actor)]
    rows = [_lot_row(case, lot, actor, now) for case in mine for lot in case.tender.published.lots]
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or now))


def _lot_row(case: Case, lot: LotTerms, actor: Actor, now: datetime) -> CaseRow:
    terms, closes_at = case.tender.published, case.tender.timetable.closes_at(lot.number)
    due_at = closes_at if closes_at and closes_at > now else None
    step = bidders_step(case, lot.number, actor, now)
    name = lot.title if len(terms.lots) > 1 else ""
    return CaseRow(case.id, terms.code, terms.title, case.phase(lot.number), due_at, step, name)


def takes_part(case: Case, actor: Actor) -> bool:
    """The actor's organisation has or had a bid, or the actor asked a question."""
    bids = (s.bidder for lot in case.lots.values() for s in lot.bidding.submissions.values())
    askers = (question.asker for question in case.tender.questions.values())
    return actor.organisation_id in bids or actor.id in askers


@dataclass(frozen=True)
class OwnKey:
    """A certificate of one's own."""

    key_id: str
    serial: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_because: str


def own_keys(db_session: DbSession, account_id: str) -> list[OwnKey]:
    """Personal certificates of an account, latest first."""
    query = (
        select(Certificate)
        .where(Certificate.account_id == account_id, Certificate.scope == "")
        .order_by(Certificate.issued_at.desc())
    )
    return [
        OwnKey(c.key_id, c.serial, c.issued_at, c.expires_at, c.revoked_at, c.revoked_because)
        for c in db_session.scalars(query)
    ]


@dataclass(frozen=True)
class OwnAccount:
    """One's own data."""

    login: str
    name: str
    mail: str
    organisation: str
    credit_code: str


def own_account(db_session: DbSession, account_id: str) -> OwnAccount:
    account = db_session.get_one(Account, account_id)
    owner = account.organisation
    return OwnAccount(account.login, account.name, account.mail, owner.name, owner.credit_code)
