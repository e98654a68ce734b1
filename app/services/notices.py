"""Messages to people: a notice after log-in, the same by mail; call-ups, which name neither project nor bidders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.adapters.mail import send_mail
from app.messages import LANGUAGES, sentence
from app.models import Account, AccountRole, Download, Notice
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.services.accounts import LogIn
from app.services.contacts import mail_address
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, plain_transaction


@dataclass(frozen=True)
class NoticeView:
    """A notice as its owner reads it."""

    id: str
    case_id: str
    code: str
    facts: dict[str, Any]
    created_at: datetime
    read: bool


def tell_downloaders(work: UnitOfWork, code: str, **facts: Any) -> None:
    """Each downloader gets its own notice; their number stays the platform's secret (O20 art. 22)."""
    for account_id in work.db_session.scalars(select(Download.account_id).where(Download.case_id == work.case.id)):
        work.notify(account_id, code, **facts)


def tell_role(
    work: UnitOfWork, organisation_id: str, role: Role, code: str, *, besides: str = "", **facts: Any
) -> None:
    """A notice for everybody of an organisation, `besides` one, who has this role and may act."""
    mine = (Account.organisation_id == organisation_id, AccountRole.role == role, Account.suspended_at.is_(None))
    for account_id in work.db_session.scalars(select(Account.id).join(AccountRole).where(*mine, Account.id != besides)):
        work.notify(account_id, code, **facts)


SERVING = (
    ("agency", Role.AGENCY_OFFICER),
    ("agency", Role.AGENCY_SUPERVISOR),
    ("centre", Role.CENTRE_OPERATOR),
    ("regulator", Role.REGULATOR),
)


def tell_serving(work: UnitOfWork, lot: str, code: str, note: str) -> None:
    """A notice about a sitting for everybody who serves its case."""
    for party, role in SERVING:
        tell_party(work, lot, party, role, code, note)


def tell_party(work: UnitOfWork, lot: str, party: str, role: Role, code: str, note: str, *, besides: str = "") -> None:
    """The same for those of one party who have a role."""
    terms = work.case.tender.published
    facts = {"title": terms.title, "lot": lot, "note": note}
    tell_role(work, getattr(terms.parties, party).id, role, code, besides=besides, **facts)


def _sender(platform: Platform) -> str:
    return f"tenderhall@{platform.origin}"


def send_notice(platform: Platform, notice_id: str) -> None:
    """Mail a notice once, where its owner has an address."""
    with plain_transaction(platform.database) as (db_session, now):
        notice = db_session.get_one(Notice, notice_id)
        account = db_session.get_one(Account, notice.account_id)
        if notice.sent_at is not None:
            return
        address = mail_address(platform, db_session, account, "notice", now)
    if address:
        text = sentence(f"notice_{notice.code}", json.loads(notice.facts), account.language)
        _mail(platform, address, "Tenderhall", f"{text}\n\n{platform.settings.base_url}/", notice.id)
    with plain_transaction(platform.database) as (db_session, now):
        db_session.get_one(Notice, notice_id).sent_at = now


def mail_call_up(platform: Platform, address: str, code: str, answer_by: datetime, site: str) -> None:
    """The call-up: a code, a link, a place and a time to answer; the same message however often it is sent."""
    facts = {
        "answer_by": answer_by.replace(microsecond=0),
        "site": site,
        "link": f"{platform.settings.base_url}/call-up",
    }
    _mail_code(platform, address, code, "mail_call_up", facts)


def mail_seat_code(platform: Platform, address: str, code: str) -> None:
    """The code with which the buyer's representative sits down."""
    _mail_code(platform, address, code, "mail_seat_code", {"link": f"{platform.settings.base_url}/seat"})


def mail_call_up_over(platform: Platform, address: str, code: str) -> None:
    """That nobody need come any more: the evaluation has ended."""
    _mail_code(platform, address, code, "mail_call_up_over", {})


def _mail_code(platform: Platform, address: str, code: str, text: str, facts: dict[str, Any]) -> None:
    if not address:
        raise RuleViolation("mail_address_missing")
    texts = [sentence(text, facts, language) for language in LANGUAGES]
    key = hashlib.sha256(f"{text}/{address}/{code}".encode()).hexdigest()[:32]
    subject = sentence("mail_call_up_subject", {}, "zh")
    _mail(platform, address, subject, "\n\n".join(texts) + f"\n\ncode: {code}\n", key)


def _mail(platform: Platform, to: str, subject: str, text: str, key: str) -> None:
    settings = platform.settings
    send_mail(settings.smtp_url, settings.mail, sender=_sender(platform), to=to, subject=subject, text=text, key=key)


def own_notices(platform: Platform, log_in: LogIn, limit: int = 50) -> tuple[NoticeView, ...]:
    """One's own latest notices, newest first."""
    with platform.database.reading() as db_session:
        query = (
            select(Notice)
            .where(Notice.account_id == log_in.account_id)
            .order_by(Notice.created_at.desc(), Notice.id)
            .limit(limit)
        )
        return tuple(
            NoticeView(n.id, n.case_id, n.code, json.loads(n.facts), n.created_at, n.read_at is not None)
            for n in db_session.scalars(query)
        )


def mark_read(platform: Platform, log_in: LogIn) -> None:
    """All one's notices are read."""
    with plain_transaction(platform.database) as (db_session, now):
        query = select(Notice).where(Notice.account_id == log_in.account_id, Notice.read_at.is_(None))
        for notice in db_session.scalars(query):
            notice.read_at = now
