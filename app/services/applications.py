"""Somebody applies to the library: the entry is sealed, an officer reviews it, another one admits or refuses.

The applicant has no account; a code that is shown once tells how it stands. Nobody is in the library before the second
person has admitted.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as DbSession

from app.models import Account, AccountRole, ApplicationFile, Expert, ExpertApplication, Notice, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.applications import Document, check_documents, check_term, document_kind
from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import Fault, Known, read_row
from app.procedure.roles import Role
from app.procedure.typed_codes import plain_code
from app.queries.experts import current_tree
from app.services.accounts import LogIn, check_source, count_source, token_hash
from app.services.actors import load_actor
from app.services.experts import check_entries, enter_experts, known_alike
from app.services.platform import Platform
from app.services.standings import LONGEST_REASON, note
from app.services.unit_of_work import leave_notice, plain_transaction, schedule_job, take_turns
from evaluation.standing import Standing, Status, Step, after

NO_TERM = "9999-12-31"  # until the reviewer has said it
MOST_WAITING = 2000  # of everybody together: a flood fills no disk
LISTED = 200  # applications on one page


@dataclass(frozen=True)
class Received:
    """The code, or what is wrong in the form, or since when an application of the same person waits."""

    code: str
    faults: tuple[Fault, ...] = ()
    stands: datetime | None = None


def apply(platform: Platform, cells: Mapping[str, str], documents: Sequence[Document], address: str) -> Received:
    """Take an application: what is wrong in it, or the code by which the applicant follows it.

    Raises RuleViolation `applications_throttled`, `applications_full`, and those of `check_documents`.
    """
    check_documents(documents)
    source = hashlib.sha256(f"application\0{address}".encode()).hexdigest()
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, "applications")
        check_source(db_session, source, now)
        entry, faults = _read(db_session, cells, now)
        if faults:
            return Received("", faults)
        waiting = select(func.count()).where(ExpertApplication.status.in_((Status.APPLIED, Status.REVIEWED)))
        if (db_session.scalar(waiting) or 0) >= MOST_WAITING:
            raise RuleViolation("applications_full")
        count_source(db_session, source, now, failed=True)
        if (stands := _waiting_since(platform, db_session, entry["id_number"])) is not None:
            return Received("", stands=stands)  # counted, so that nobody asks for many
        code = secrets.token_hex(10).upper()
        row = ExpertApplication(
            id=secrets.token_hex(8), code_hash=token_hash(code), at=now, status=Status.APPLIED.value
        )
        row.sealed = platform.keys.protect(json.dumps(entry, ensure_ascii=False).encode())
        db_session.add(row)
        db_session.flush()
        for document in documents:
            _keep(platform, db_session, row.id, document)
        _tell_centre(db_session, now)
    return Received(code)


def _waiting_since(platform: Platform, db_session: DbSession, id_number: str) -> datetime | None:
    """When somebody with this identity number applied, where that still waits; each sealed entry is opened for it."""
    waiting = (ExpertApplication.status.in_((Status.APPLIED, Status.REVIEWED)), ExpertApplication.sealed.is_not(None))
    for row in db_session.scalars(select(ExpertApplication).where(*waiting)):
        if opened_entry(platform, row).get("id_number") == id_number:
            return row.at
    return None


def _read(db_session: DbSession, cells: Mapping[str, str], now: datetime) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The form as a row of a list; the library gives the number, the reviewer the term."""
    sites = {name: site for site, name in db_session.execute(select(Site.id, Site.name))}
    given = dict(cells) | {"number": f"SQ{secrets.token_hex(6).upper()}", "certified_until": NO_TERM}
    return read_row(1, given, Known(sites, current_tree(db_session), now.date()))


def _keep(platform: Platform, db_session: DbSession, application_id: str, document: Document) -> None:
    row = ApplicationFile(id=secrets.token_hex(8), application_id=application_id, name=document.name[:200])
    row.media_type, row.size = document_kind(document.data), len(document.data)
    row.sealed = platform.keys.protect(document.data)
    db_session.add(row)


def _tell_centre(db_session: DbSession, now: datetime) -> None:
    """Everybody who keeps the library hears of it, once until it is read."""
    unread = select(Notice.account_id).where(Notice.code == "application_waits", Notice.read_at.is_(None))
    keepers = (
        select(AccountRole.account_id)
        .join(Account)
        .where(AccountRole.role == Role.CENTRE_OPERATOR, Account.suspended_at.is_(None), Account.id.not_in(unread))
    )
    for account_id in db_session.scalars(keepers):
        leave_notice(db_session, now, account_id, "application_waits", {})


@dataclass(frozen=True)
class Progress:
    """How an application stands, as its applicant reads it by code."""

    at: datetime
    status: str
    reason: str
    decided_at: datetime | None
    number: str


def progress(platform: Platform, code: str, address: str) -> Progress:
    """Raises RuleViolation `application_unknown`; `log_in_throttled` for who guesses."""
    source = hashlib.sha256(f"application-code\0{address}".encode()).hexdigest()
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, source)
        check_source(db_session, source, now)
        row = db_session.scalar(
            select(ExpertApplication).where(ExpertApplication.code_hash == token_hash(plain_code(code)))
        )
        if row is None:
            count_source(db_session, source, now, failed=True)
            found = None
        else:
            expert = db_session.get(Expert, row.expert_id) if row.expert_id else None
            reason = row.decision if row.decided_at else ""
            found = Progress(row.at, row.status, reason, row.decided_at, expert.number if expert else "")
    if found is None:  # outside, so that the failure is kept
        raise RuleViolation("application_unknown")
    return found


def take_step(
    platform: Platform, log_in: LogIn, application_id: str, step: Step, reason: str, until: date | None = None
) -> str:
    """Review it (with the last day of the term), refuse it, or admit whoever another person has reviewed; the expert's
    id once there is one.

    Raises RuleViolation `application_unknown`, those of `check_term`, of `evaluation.standing.after`, and of
    `check_entries`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        action = Action.EXPERT_MANAGE if step is Step.REVIEW else Action.EXPERT_ADMIT
        authorize(load_actor(db_session, log_in.account_id), action)
        row = db_session.get(ExpertApplication, application_id, with_for_update=True)
        if row is None or row.sealed is None or step not in (Step.REVIEW, Step.REFUSE, Step.ADMIT):
            raise RuleViolation("application_unknown")
        standing = after(Standing(Status(row.status), row.status_by), step, log_in.account_id, reason)
        reviewer, words = row.status_by, reason.strip()[:LONGEST_REASON]
        row.status, row.status_by = standing.status.value, standing.by
        if step is Step.REVIEW:
            check_term(until, now.date())
            term = {"certified_until": until.isoformat() if until else NO_TERM}
            entry = opened_entry(platform, row) | term
            row.sealed = platform.keys.protect(json.dumps(entry, ensure_ascii=False).encode())
            row.reviewed_at, row.review = now, words
            return ""
        row.decided_at, row.decision = now, words
        if step is Step.ADMIT:
            row.expert_id = _enter(platform, db_session, row, reviewer, log_in.account_id, words, now)
        row.sealed = None
        if step is Step.REFUSE:
            db_session.execute(delete(ApplicationFile).where(ApplicationFile.application_id == row.id))
        return row.expert_id or ""


def _enter(
    platform: Platform,
    db_session: DbSession,
    row: ExpertApplication,
    reviewer: str,
    admitter: str,
    words: str,
    now: datetime,
) -> str:
    """The entry as its reviewer's, admitted by the second person; the expert gets its invitation."""
    entry = opened_entry(platform, row)
    check_entries(platform, db_session, [entry])
    (expert_id,) = enter_experts(platform, db_session, [entry], row.id, reviewer, now)
    expert = db_session.get_one(Expert, expert_id)
    standing = after(Standing(Status(expert.status), expert.status_by), Step.ADMIT, admitter, words)
    expert.status, expert.status_by = standing.status.value, standing.by
    note(db_session, expert_id, Step.ADMIT.value, admitter, words, now, application=row.id)
    schedule_job(db_session, "invite_expert", now, detail=f"{expert.account_id}/0")
    return expert_id


def likenesses_of(platform: Platform, db_session: DbSession, entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an applicant has in common with somebody in the library: in which column, with which number."""
    return [(column, number) for _entry, column, number in known_alike(platform, db_session, [entry])]


def opened_entry(platform: Platform, row: ExpertApplication) -> dict[str, Any]:
    """The sealed entry, for who reviews and admits; {} once it is decided."""
    return json.loads(platform.keys.reveal(row.sealed)) if row.sealed else {}


def opened_file(platform: Platform, log_in: LogIn, file_id: str) -> tuple[str, str, bytes]:
    """Name, type and bytes of a document. Raises RuleViolation `application_unknown`."""
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_ADMIT)
        row = db_session.get(ApplicationFile, file_id)
        if row is None:
            raise RuleViolation("application_unknown")
        return row.name, row.media_type, platform.keys.reveal(row.sealed)


@dataclass(frozen=True)
class ApplicationView:
    """An application as who reviews and admits reads it; `entry` is {} once it is decided, `alike` what it has in
    common with somebody in the library.
    """

    id: str
    at: datetime
    status: str
    status_by: str
    review: str
    reviewed_at: datetime | None
    decision: str
    decided_at: datetime | None
    expert_id: str
    entry: dict[str, Any]
    alike: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, int], ...]


def load_application(platform: Platform, log_in: LogIn, application_id: str) -> ApplicationView:
    """One, opened. Raises RuleViolation `application_unknown`."""
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_ADMIT)
        row = db_session.get(ExpertApplication, application_id)
        if row is None:
            raise RuleViolation("application_unknown")
        entry = opened_entry(platform, row)
        files = select(ApplicationFile.id, ApplicationFile.name, ApplicationFile.size).where(
            ApplicationFile.application_id == row.id
        )
        return ApplicationView(
            id=row.id,
            at=row.at,
            status=row.status,
            status_by=row.status_by,
            review=row.review,
            reviewed_at=row.reviewed_at,
            decision=row.decision,
            decided_at=row.decided_at,
            expert_id=row.expert_id or "",
            entry=entry,
            alike=tuple(likenesses_of(platform, db_session, entry)) if entry else (),
            files=tuple((file_id, name, size) for file_id, name, size in db_session.execute(files)),
        )


@dataclass(frozen=True)
class ApplicationLine:
    """A line of the list: no name, since it is sealed."""

    id: str
    at: datetime
    status: str
    status_by: str
    decided_at: datetime | None


def list_applications(platform: Platform, first: int = 0, most: int = LISTED) -> tuple[list[ApplicationLine], bool]:
    """What waits, the oldest first; then what was decided, the latest first: from place `first` on, and whether more
    follow. Nothing that waits is out of reach, however many apply.
    """
    order = (ExpertApplication.decided_at.is_not(None), ExpertApplication.decided_at.desc(), ExpertApplication.at)
    columns = (getattr(ExpertApplication, each.name) for each in fields(ApplicationLine))
    query = select(*columns).order_by(*order, ExpertApplication.id).offset(first).limit(most + 1)
    with platform.database.reading() as db_session:
        found = [ApplicationLine(*row) for row in db_session.execute(query)]
    return found[:most], len(found) > most
