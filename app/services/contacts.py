"""Mail address, phone and identity number of experts: sealed, and opened for the notification service alone.

Only notices and call-ups may ask for one; a test holds it. Each opening is on record.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import Account, ContactLookUp, Expert, ExpertContact
from app.services.platform import Platform


@dataclass(frozen=True)
class Contact:
    """How a person is reached, and who it is by identity number; "" where it is not known."""

    mail: str
    phone: str = ""
    id_number: str = ""


def seal_contact(platform: Platform, contact: Contact) -> bytes:
    return platform.keys.protect(json.dumps(vars(contact)).encode())


def credential(platform: Platform, id_number: str) -> str | None:
    """By what a person is recognised without the number: its keyed hash; None where there is no number."""
    return contact_key(platform, "credential", id_number)


def contact_key(platform: Platform, kind: str, text: str) -> str | None:
    """The keyed hash of what tells who somebody is, by which it is found again and never read; None of nothing."""
    if not text:
        return None
    return hmac.digest(platform.keys.secret, f"expert-{kind}/{text}".encode(), "sha256").hex()


def mail_address(platform: Platform, db_session: DbSession, account: Account, purpose: str, now: datetime) -> str:
    """Where an account's mail goes."""
    return contact_of(platform, db_session, account, purpose, now).mail


def contact_of(platform: Platform, db_session: DbSession, account: Account, purpose: str, now: datetime) -> Contact:
    """How an account is reached. An expert's contact is sealed; its opening is kept, in a write transaction."""
    expert_id = db_session.scalar(select(Expert.id).where(Expert.account_id == account.id))
    if expert_id is None or db_session.get(ExpertContact, expert_id) is None:
        return Contact(account.mail)
    return opened(platform, db_session, expert_id, purpose, now)


def opened(platform: Platform, db_session: DbSession, expert_id: str, purpose: str, now: datetime) -> Contact:
    """The contact of an entry; its opening is kept, in a write transaction."""
    sealed = db_session.get_one(ExpertContact, expert_id)
    db_session.add(ContactLookUp(at=now, expert_id=expert_id, purpose=purpose))
    return reopened(platform, sealed.sealed)


def reopened(platform: Platform, sealed: bytes) -> Contact:
    """What `seal_contact` has sealed."""
    return Contact(**json.loads(platform.keys.reveal(sealed)))
