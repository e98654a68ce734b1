"""Who a bidder is: its licence and the authority of its people, looked at by two persons before a key is certified.

Once for all tenders, and before anything is sealed: so nothing here depends on a tender, and nobody who looks at papers
learns more than that somebody wants a key, which the register tells everybody.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.register import REGISTER, RegistrationChecked
from app.models import Account, AccountRole, Organisation, RegistrationCheck
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.applications import Document, check_documents, document_kind
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import leave_notice, plain_transaction, take_turns, unit_of_work

LONGEST_REASON = 500
LISTED = 100


@dataclass(frozen=True)
class Registration:
    """A check as its page shows it; of a person the account and the name. `decided`: by the second person."""

    id: str
    organisation: str
    credit_code: str
    applicant: str
    submitted_at: datetime
    looked_by: str
    looked_name: str
    accepted: bool | None
    reason: str
    decided_at: datetime | None


def submit(platform: Platform, log_in: LogIn, licence: Document, authority: Document) -> None:
    """A bidder hands in its papers. Raises NotAllowed, RuleViolation `registration_waits`, `registration_accepted`, and
    those of `check_documents`.
    """
    check_documents([licence, authority])
    sealed = [platform.keys.protect(paper.data) for paper in (licence, authority)]
    hashes = [hashlib.sha256(paper.data).hexdigest() for paper in (licence, authority)]
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, "registrations")
        actor = load_actor(db_session, log_in.account_id)
        authorize(actor, Action.REGISTRATION_SUBMIT)
        latest = _latest(db_session, actor.organisation_id)
        if latest is not None and latest.decided_at is None:
            raise RuleViolation("registration_waits", since=latest.submitted_at)
        if latest is not None and latest.accepted:
            raise RuleViolation("registration_accepted", at=latest.decided_at)
        row = RegistrationCheck(id=secrets.token_hex(16), organisation_id=actor.organisation_id, account_id=actor.id)
        row.submitted_at, row.reason = now, ""
        (row.licence, row.authority), (row.licence_sha256, row.authority_sha256) = sealed, hashes
        db_session.add(row)
        keepers = select(AccountRole.account_id).join(Account).where(AccountRole.role == Role.CENTRE_OPERATOR)
        for account_id in db_session.scalars(keepers.where(Account.suspended_at.is_(None))):
            leave_notice(db_session, now, account_id, "registration_waits", {})


def look(platform: Platform, log_in: LogIn, check_id: str, reason: str, *, accepted: bool) -> None:
    """The first person's word, until a second one has confirmed it. What is to be refused says why.

    Raises NotAllowed, RuleViolation `registration_unknown`, `registration_decided`, `text_missing`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row, actor = _open(db_session, log_in, check_id)
        if (not accepted and not reason.strip()) or len(reason) > LONGEST_REASON:
            raise RuleViolation("text_missing")
        row.looked_by, row.looked_at, row.accepted, row.reason = actor.id, now, accepted, reason.strip()


def confirm(platform: Platform, log_in: LogIn, check_id: str, seen: bool) -> None:
    """The second person confirms exactly that word (`seen`: accepted or refused); what is accepted is in the register.

    Raises NotAllowed, RuleViolation `registration_unknown`, `registration_decided`, `registration_not_looked_at`,
    `second_person_needed`, `registration_changed`.
    """
    with unit_of_work(platform.database, REGISTER) as work:
        row, actor = _open(work.db_session, log_in, check_id)
        if row.looked_by is None or row.accepted is None:
            raise RuleViolation("registration_not_looked_at")
        if row.looked_by == actor.id:
            raise RuleViolation("second_person_needed")
        if row.accepted is not seen:
            raise RuleViolation("registration_changed")
        row.decided_by, row.decided_at = actor.id, work.now
        if row.accepted:
            owner = work.db_session.get_one(Organisation, row.organisation_id)
            papers = (row.licence_sha256, row.authority_sha256)
            work.append(RegistrationChecked(owner.name, owner.credit_code, *papers, row.looked_by, actor.id))
        else:
            row.licence, row.authority = b"", b""
        code = "registration_accepted" if row.accepted else "registration_refused"
        facts = {} if row.accepted else {"reason": row.reason}
        leave_notice(work.db_session, work.now, row.account_id, code, facts)


def check_registered(platform: Platform, db_session: DbSession, actor: Actor) -> None:
    """Two persons have looked at the papers of this bidder, where the installation asks for it.

    Raises RuleViolation `registration_unchecked`.
    """
    if not platform.settings.bidders_checked or not actor.is_(Role.BIDDER):
        return
    latest = _latest(db_session, actor.organisation_id)
    if latest is None or latest.decided_at is None or not latest.accepted:
        raise RuleViolation("registration_unchecked", organisation=actor.organisation_name)


def check_own(platform: Platform, log_in: LogIn) -> None:
    """The same of one's own organisation, for a page."""
    with platform.database.reading() as db_session:
        check_registered(platform, db_session, load_actor(db_session, log_in.account_id))


def _latest(db_session: DbSession, organisation_id: str) -> RegistrationCheck | None:
    mine = select(RegistrationCheck).where(RegistrationCheck.organisation_id == organisation_id)
    return db_session.scalars(mine.order_by(RegistrationCheck.submitted_at.desc(), RegistrationCheck.id)).first()


def _open(db_session: DbSession, log_in: LogIn, check_id: str) -> tuple[RegistrationCheck, Actor]:
    """A check that nobody has decided, locked, and who looks at it."""
    actor = load_actor(db_session, log_in.account_id)
    authorize(actor, Action.REGISTRATION_CHECK)
    row = db_session.get(RegistrationCheck, check_id, with_for_update=True)
    if row is None:
        raise RuleViolation("registration_unknown")
    if row.decided_at is not None:
        raise RuleViolation("registration_decided")
    return row, actor


def own_registration(db_session: DbSession, organisation_id: str) -> Registration | None:
    """How the papers of a bidder stand, the last ones."""
    row = _latest(db_session, organisation_id)
    return _shown(db_session, row) if row is not None else None


def registrations(db_session: DbSession) -> list[Registration]:
    """What waits, the oldest first, and after it what was decided last."""
    waits = select(RegistrationCheck).where(RegistrationCheck.decided_at.is_(None))
    over = select(RegistrationCheck).where(RegistrationCheck.decided_at.is_not(None))
    rows = [*db_session.scalars(waits.order_by(RegistrationCheck.submitted_at).limit(LISTED))]
    rows += db_session.scalars(over.order_by(RegistrationCheck.decided_at.desc()).limit(LISTED))
    return [_shown(db_session, row) for row in rows]


def registration(db_session: DbSession, check_id: str) -> Registration:
    """Raises RuleViolation `registration_unknown`."""
    row = db_session.get(RegistrationCheck, check_id)
    if row is None:
        raise RuleViolation("registration_unknown")
    return _shown(db_session, row)


def _shown(db_session: DbSession, row: RegistrationCheck) -> Registration:
    owner, applicant = (
        db_session.get_one(Organisation, row.organisation_id),
        db_session.get_one(Account, row.account_id),
    )
    looked = db_session.get(Account, row.looked_by) if row.looked_by else None
    return Registration(
        row.id,
        owner.name,
        owner.credit_code,
        applicant.name,
        row.submitted_at,
        row.looked_by or "",
        looked.name if looked else "",
        row.accepted,
        row.reason,
        row.decided_at,
    )


def paper(platform: Platform, log_in: LogIn, check_id: str, which: str) -> tuple[str, bytes]:
    """Media type and bytes of a paper, for whoever looks at it. Raises NotAllowed, RuleViolation
    `registration_unknown`.
    """
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id), Action.REGISTRATION_CHECK)
        row = db_session.get(RegistrationCheck, check_id)
        sealed = b"" if row is None else row.licence if which == "licence" else row.authority
    if not sealed:
        raise RuleViolation("registration_unknown")
    data = platform.keys.reveal(sealed)
    return document_kind(data), data
