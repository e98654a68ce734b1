"""An expert's own entry, days off, courses, call-ups and requests: what the library holds of it, shown to itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.attendance import attendances
from app.models import (
    Account,
    CallUp,
    ContactLookUp,
    Expert,
    ExpertAbsence,
    ExpertCorrection,
    ExpertRequest,
    ExpertTraining,
    Organisation,
    Site,
)
from app.queries.cases import load_besides_bids, load_case
from app.queries.experts import read_expert
from evaluation import experts as catalogue
from evaluation.draw import SeatState
from evaluation.training import Training


@dataclass(frozen=True)
class OwnEntry:
    """The entry, and how often the notification service has opened the contact."""

    id: str
    number: str
    name: str
    employer: str
    site: str
    entry: catalogue.Expert
    contact_openings: int


def own_entry(db_session: DbSession, row: Expert) -> OwnEntry:
    account, site = db_session.get_one(Account, row.account_id), db_session.get_one(Site, row.site_id)
    employer = db_session.get_one(Organisation, account.organisation_id).name
    openings = select(func.count()).where(ContactLookUp.expert_id == row.id)
    return OwnEntry(
        row.id, row.number, account.name, employer, site.name, read_expert(row), db_session.scalar(openings) or 0
    )


@dataclass(frozen=True)
class DaysOff:
    """Days off that one has entered; `withdrawn_at` where they were taken back."""

    id: int
    first: date
    last: date
    at: datetime
    withdrawn_at: datetime | None


def own_days_off(db_session: DbSession, expert_id: str, since: date) -> list[DaysOff]:
    """Those that have not passed, by their first day."""
    query = (
        select(ExpertAbsence)
        .where(ExpertAbsence.expert_id == expert_id, ExpertAbsence.last >= since)
        .order_by(ExpertAbsence.first, ExpertAbsence.id)
    )
    return [DaysOff(row.id, row.first, row.last, row.at, row.withdrawn_at) for row in db_session.scalars(query)]


@dataclass(frozen=True)
class TrainingLine:
    """A course on record; `struck_at` where a second person has taken it back. `by_id` entered it."""

    id: int
    training: Training
    at: datetime
    by_id: str
    struck_at: datetime | None


def trainings_of(db_session: DbSession, expert_id: str) -> list[TrainingLine]:
    """Every course, the latest first."""
    query = select(ExpertTraining).where(ExpertTraining.expert_id == expert_id).order_by(ExpertTraining.id)
    rows = list(db_session.scalars(query))
    struck = {row.strikes: row.at for row in rows if row.strikes is not None}
    found = [
        TrainingLine(row.id, Training(row.course, row.hours, row.on, row.until), row.at, row.by, struck.get(row.id))
        for row in rows
        if row.strikes is None
    ]
    return sorted(found, key=lambda line: (line.training.on, line.id), reverse=True)


@dataclass(frozen=True)
class OwnCallUp:
    """One call-up: when it had to be answered, how it was, and where. The project is named only to who was there, and
    once the evaluation is over.
    """

    answer_by: datetime
    answered_at: datetime | None
    outcome: str
    site: str
    title: str
    over: bool


OUTCOMES = {SeatState.REFUSED: "declined", SeatState.EXPIRED: "expired", SeatState.DISMISSED: "dismissed"}


def own_call_ups(db_session: DbSession, account_id: str, limit: int = 100) -> list[OwnCallUp]:
    """One's own, the latest first."""
    query = select(CallUp).where(CallUp.account_id == account_id).order_by(CallUp.answer_by.desc()).limit(limit)
    return [_call_up(db_session, row) for row in db_session.scalars(query)]


def _call_up(db_session: DbSession, row: CallUp) -> OwnCallUp:
    case = load_case(db_session, row.case_id)
    lot = case.lots[row.lot]
    _speciality, _slash, site_id = lot.draw.drawn_for.get(row.number, "").rpartition("/")
    site = db_session.get(Site, site_id)
    outcome = OUTCOMES.get(lot.draw.seats[row.number]) if row.number in lot.draw.seats else None
    outcome = outcome or {None: "waits", True: "accepted", False: "declined"}[row.accepted]
    came = lot.evaluation_over and any(
        one.person == row.number for one in attendances(load_besides_bids(db_session, row.case_id), row.lot)
    )
    title = f"{case.tender.published.title} · {row.lot}" if came else ""
    return OwnCallUp(row.answer_by, row.answered_at, outcome, site.name if site else "", title, lot.evaluation_over)


@dataclass(frozen=True)
class RequestLine:
    """A request for a correction. `number` and `expert_id` tell the centre whose; `withdrawn` where its author took it
    back; `changed_at` is when two persons last changed the entry since.
    """

    id: int
    expert_id: str
    number: str
    at: datetime
    about: str
    words: str
    answered_at: datetime | None
    answer: str
    withdrawn: bool
    changed_at: datetime | None


def requests_of(db_session: DbSession, expert_id: str) -> list[RequestLine]:
    """An expert's own, the latest first."""
    query = _REQUESTS.where(ExpertRequest.expert_id == expert_id).order_by(ExpertRequest.id.desc())
    return [_request(*found) for found in db_session.execute(query)]


def open_requests(db_session: DbSession) -> list[RequestLine]:
    """What waits for the centre's answer, the oldest first."""
    query = _REQUESTS.where(ExpertRequest.answered_at.is_(None)).order_by(ExpertRequest.id)
    return [_request(*found) for found in db_session.execute(query)]


_CHANGED = (
    select(func.max(ExpertCorrection.decided_at))
    .where(
        ExpertCorrection.expert_id == ExpertRequest.expert_id,
        ExpertCorrection.accepted.is_(True),
        ExpertCorrection.decided_at >= ExpertRequest.at,
    )
    .scalar_subquery()
)
_REQUESTS = select(ExpertRequest, Expert, _CHANGED).join(Expert, Expert.id == ExpertRequest.expert_id)


def _request(row: ExpertRequest, expert: Expert, changed_at: datetime | None) -> RequestLine:
    withdrawn = row.answered_by == expert.account_id
    asked = (row.at, row.about, row.words, row.answered_at, row.answer)
    return RequestLine(row.id, row.expert_id, expert.number, *asked, withdrawn, changed_at)
