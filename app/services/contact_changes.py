"""Another mail address and telephone, as an expert states them: told to the old ones at once, in use a day later.

Nobody on the staff sees either. Who has taken over somebody's log-in could have the call-ups of that person sent
elsewhere: so the old addresses hear of it first, and the change lapses where the expert takes it back, or nobody can
log in as the expert any more (`docs/adr/0118-experts-change-their-contact.md`).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import Account, ContactChange, Expert, ExpertContact
from app.procedure.errors import RuleViolation
from app.procedure.own_contact import check_contact
from app.services.accounts import LogIn
from app.services.contacts import Contact, opened, reopened, seal_contact
from app.services.experts import contact_likenesses
from app.services.notices import send_contact_changes
from app.services.own_expert import own_expert
from app.services.platform import Platform
from app.services.standings import note
from app.services.unit_of_work import plain_transaction, schedule_job, take_turns

WAITS = timedelta(hours=24)  # time for whoever reads the old address to say that it was somebody else
STEP = "contact"


def change_contact(platform: Platform, log_in: LogIn, mail: str, phone: str) -> datetime:
    """Have oneself reached there from that instant on.

    Raises RuleViolation of `check_contact`, `contact_change_waits`, NotAllowed.
    """
    mail, phone = mail.strip(), phone.strip()
    check_contact(mail, phone)
    with plain_transaction(platform.database) as (db_session, now):
        row = own_expert(db_session, log_in)
        take_turns(db_session, f"own/{row.id}")
        if (waiting := waiting_change(db_session, row.id)) is not None:
            raise RuleViolation("contact_change_waits", due_at=waiting.due_at)
        id = secrets.token_hex(8)
        change = ContactChange(id=id, expert_id=row.id, sealed=seal_contact(platform, Contact(mail, phone)), at=now)
        change.due_at = now + WAITS
        db_session.add(change)
        schedule_job(db_session, "tell_contact_change", now, detail=id)
        schedule_job(db_session, "take_contact", change.due_at, detail=id)
        return change.due_at


def waiting_change(db_session: DbSession, expert_id: str) -> ContactChange | None:
    """What an expert has stated and is not in use yet."""
    query = select(ContactChange).where(ContactChange.expert_id == expert_id, ContactChange.ended_at.is_(None))
    return db_session.scalar(query)


def withdraw_contact_change(platform: Platform, log_in: LogIn) -> None:
    """It stays as it was. Raises RuleViolation `contact_change_unknown`, NotAllowed."""
    with plain_transaction(platform.database) as (db_session, now):
        row = own_expert(db_session, log_in)
        take_turns(db_session, f"own/{row.id}")
        change = waiting_change(db_session, row.id)
        if change is None:
            raise RuleViolation("contact_change_unknown")
        _end(change, now)


def tell_contact_change(platform: Platform, id: str) -> None:
    """To the old addresses and the new ones, once."""
    with plain_transaction(platform.database) as (db_session, now):
        change = db_session.get_one(ContactChange, id)
        if change.ended_at is not None or change.told_at is not None:
            return
        old = opened(platform, db_session, change.expert_id, "contact_change", now)
        new, due_at = reopened(platform, change.sealed), change.due_at
    send_contact_changes(platform, old, new, due_at, id)
    with plain_transaction(platform.database) as (db_session, now):
        db_session.get_one(ContactChange, id).told_at = now


def take_contact(platform: Platform, id: str) -> None:
    """It is in use, if nobody has taken it back and the account is not closed meanwhile."""
    with plain_transaction(platform.database) as (db_session, now):
        change = db_session.get_one(ContactChange, id, with_for_update=True)
        if change.ended_at is not None:
            return
        new = reopened(platform, change.sealed)
        _end(change, now)
        expert = db_session.get_one(Expert, change.expert_id)
        account = db_session.get_one(Account, expert.account_id)
        if account.password_hash is None or account.suspended_at is not None:
            return
        old = opened(platform, db_session, expert.id, "contact_change", now)
        sealed = seal_contact(platform, Contact(new.mail, new.phone, old.id_number))
        db_session.get_one(ExpertContact, expert.id).sealed = sealed
        expert.mail_key, expert.phone_key = contact_likenesses(platform, new.mail, new.phone)
        note(db_session, expert.id, STEP, expert.account_id, "", now)


def _end(change: ContactChange, now: datetime) -> None:
    """What was stated is in use elsewhere by now, or nowhere: nothing of it stays here."""
    change.ended_at, change.sealed = now, b""
