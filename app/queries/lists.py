"""Lists across cases: published notices, and what concerns one actor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import CaseFile, Lot, Tender, TenderDraft
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case
from app.queries.inspections import INSPECTION

ASKED_FOR = timedelta(days=366)  # far longer than any evaluation: a draw of it asks trustees, too


@dataclass(frozen=True)
class NoticeRow:
    """One line of the list of notices. `stage` is the phase of the case, derived; `paused`: some lot stands still."""

    case_id: str
    code: str
    title: str
    buyer: str
    profile: str
    published_at: datetime
    deadline_at: datetime
    stage: str
    paused: bool


def published_notices(
    db_session: DbSession, words: str = "", limit: int = 50, before: datetime | None = None
) -> list[NoticeRow]:
    """Published tenders, newest first; `words` searches code, title and buyer, `before` continues a list."""
    deadline = select(func.min(Lot.deadline_at)).where(Lot.case_id == Tender.case_id).scalar_subquery()
    query = select(Tender, deadline).where(Tender.published_at.is_not(None)).order_by(Tender.published_at.desc())
    for word in words.split():
        pattern = f"%{word.replace('%', '')}%"
        query = query.where(or_(Tender.title.like(pattern), Tender.code.like(pattern), Tender.buyer.like(pattern)))
    if before is not None:
        query = query.where(Tender.published_at < before)
    return [_row(db_session, tender, deadline_at) for tender, deadline_at in db_session.execute(query.limit(limit))]


def current_cases(db_session: DbSession, now: datetime) -> list[str]:
    """Published cases that take bids, or closed less than ASKED_FOR ago, and the years of inspections whose plan is
    approved: those in which trustees may be asked for shares.
    """
    waiting = or_(Lot.closed_at.is_(None), Lot.closed_at > now - ASKED_FOR)
    query = select(Tender.case_id).where(
        Tender.published_at.is_not(None), exists().where(Lot.case_id == Tender.case_id, waiting)
    )
    tenders = list(db_session.scalars(query.order_by(Tender.published_at.desc())))
    years = select(CaseFile.id).where(CaseFile.kind == INSPECTION, CaseFile.created_at > now - 2 * ASKED_FOR)
    begun = db_session.scalars(years.order_by(CaseFile.created_at.desc()))
    return tenders + [case_id for case_id in begun if _is_planned(load_case(db_session, case_id))]


def _is_planned(case: Case) -> bool:
    """A year before that is its authorities' own matter."""
    return case.inspection is not None and case.inspection.plan is not None


def _row(db_session: DbSession, tender: Tender, deadline_at: datetime) -> NoticeRow:
    case = load_case(db_session, tender.case_id)
    assert tender.published_at is not None
    return NoticeRow(
        tender.case_id,
        tender.code,
        tender.title,
        tender.buyer,
        tender.profile,
        tender.published_at,
        deadline_at,
        case.phase().value,
        bool(case.tender.timetable.left),
    )


def next_round(db_session: DbSession, case_id: str, *, published: bool = False) -> str:
    """The case in which the failed lots of this one come again, if there is one; '' otherwise."""
    query = select(TenderDraft.case_id).where(TenderDraft.follows == case_id)
    if published:
        query = query.join(Tender, Tender.case_id == TenderDraft.case_id).where(Tender.published_at.is_not(None))
    return db_session.scalar(query) or ""


@dataclass(frozen=True)
class DraftRow:
    """A draft of one's own agency."""

    case_id: str
    title: str
    saved_at: datetime
    submitted: bool
    returned: str


def agency_drafts(db_session: DbSession, actor: Actor) -> list[DraftRow]:
    """Unpublished cases of the actor's agency, the last saved first."""
    if not actor.is_(Role.AGENCY_OFFICER, Role.AGENCY_SUPERVISOR):
        return []
    query = (
        select(TenderDraft)
        .where(TenderDraft.organisation_id == actor.organisation_id)
        .order_by(TenderDraft.saved_at.desc())
    )
    rows = []
    for draft in db_session.scalars(query):
        tender = load_case(db_session, draft.case_id).tender
        if tender.published_at is None:
            submitted = tender.terms is not None and not tender.returned
            rows.append(DraftRow(draft.case_id, draft.title, draft.saved_at, submitted, tender.returned))
    return rows
