"""Messages to people: a notice after log-in, the same by mail; call-ups, which name neither project nor bidders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.adapters.mail import send_mail
from app.adapters.messaging import send_message
from app.messages import LANGUAGES, sentence
from app.models import Account, AccountRole, Download, Notice, Tender
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.procedure.typed_codes import in_groups
from app.services.accounts import LogIn, invite
from app.services.contacts import Contact, mail_address
from app.services.meeting import Meeting
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, plain_transaction
from evaluation.draw import Channel, Outcome

LONGEST_SUBJECT = 60  # characters of a sentence


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
    for account_id in whoever_is(work.db_session, organisation_id, role, besides=besides):
        work.notify(account_id, code, **facts)


def whoever_is(db_session: DbSession, organisation_id: str, role: Role, *, besides: str = "") -> list[str]:
    """The accounts of an organisation, `besides` one, that have this role and may act."""
    mine = (Account.organisation_id == organisation_id, AccountRole.role == role, Account.suspended_at.is_(None))
    return list(db_session.scalars(select(Account.id).join(AccountRole).where(*mine, Account.id != besides)))


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
    facts = {"title": terms.title, "lot": lot, "note": note, "regime": terms.profile.regime}
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
        address, named = mail_address(platform, db_session, account, "notice", now), _case_named(db_session, notice)
    if address:
        text = sentence(f"notice_{notice.code}", json.loads(notice.facts), account.language)
        subject = _subject(named[0], text)
        lines = [*filter(None, [" ".join(named)]), text, f"{platform.settings.base_url}/"]
        _mail(platform, address, subject, "\n\n".join(lines), notice.id)
    with plain_transaction(platform.database) as (db_session, now):
        db_session.get_one(Notice, notice_id).sent_at = now


def _case_named(db_session: DbSession, notice: Notice) -> tuple[str, str]:
    """Code and title of the case that a notice leads to; nothing for an expert, whose mail is read outside the room."""
    role = select(AccountRole.role).where(AccountRole.account_id == notice.account_id, AccountRole.role == Role.EXPERT)
    tender = db_session.get(Tender, notice.case_id) if notice.case_id else None
    if tender is None or db_session.scalar(role) is not None:
        return "", ""
    return tender.code, tender.title


def _subject(code: str, text: str) -> str:
    """What a mail is about: the case by its code, and the first sentence."""
    first = " ".join(text.split("。")[0].split(". ")[0].split())
    short = first if len(first) <= LONGEST_SUBJECT else f"{first[:LONGEST_SUBJECT]}…"
    return f"[{code}] {short}" if code else short


def invite_expert(platform: Platform, account_id: str) -> None:
    """Mail an expert the code with which it takes its account over, unless somebody has done so."""
    with plain_transaction(platform.database) as (db_session, now):
        account = db_session.get_one(Account, account_id)
        if account.password_hash is not None:
            return
        address, login = mail_address(platform, db_session, account, "invitation", now), account.login
        code = invite(db_session, account, now)
    facts = {"link": f"{platform.settings.base_url}/invitation", "login": login}
    texts = [sentence("mail_expert_invitation", facts, language) for language in LANGUAGES]
    key = hashlib.sha256(f"invitation/{code}".encode()).hexdigest()[:32]
    subject = sentence("mail_expert_invitation_subject", {}, "zh")
    _mail(platform, address, subject, "\n\n".join(texts) + f"\n\ncode: {code}\n", key)


@dataclass(frozen=True)
class CallUpWords:
    """What a call-up says: a code, until when to answer, and when and where to be. Never of which project."""

    code: str
    answer_by: datetime
    meeting: Meeting


def send_call_up(
    platform: Platform, contact: Contact, channel: Channel, words: CallUpWords, attempt: str
) -> Outcome | None:
    """Call somebody up by one channel; None where he or she has no address for it. The same `attempt` is made once.

    What is spoken to whoever picks up the telephone holds no code: it points at the message. Raises OSError, NotSent.
    """
    facts = {"answer_by": words.answer_by.replace(microsecond=0), "link": f"{platform.settings.base_url}/call-up"}
    if channel is Channel.MAIL:
        if not contact.mail:
            return None
        _mail_code(platform, contact.mail, words.code, *_timed("mail_call_up", facts, words.meeting))
        return Outcome.TAKEN
    if not contact.phone:
        return None
    code = "voice_call_up"
    if channel is Channel.TEXT:
        code, facts = _timed("text_call_up", facts | {"code": in_groups(words.code)}, words.meeting)
    said = _tell(platform, channel, contact.phone, sentence(code, facts, "zh"), attempt)
    return {"answered": Outcome.ANSWERED, "unanswered": Outcome.UNANSWERED}.get(said, Outcome.TAKEN)


def _timed(code: str, facts: dict[str, Any], meeting: Meeting) -> tuple[str, dict[str, Any]]:
    """A letter that sends somebody to a place: at its hour where one is booked, else at once."""
    facts = facts | {"place": meeting.place}
    if meeting.begins_at is None or meeting.ends_at is None:
        return code, facts
    return f"{code}_timed", facts | {"begins_at": meeting.begins_at, "ends_at": meeting.ends_at}


def send_contact_changes(platform: Platform, old: Contact, new: Contact, due_at: datetime, id: str) -> None:
    """That somebody's addresses change: to the old ones, with what to do if it was somebody else, and to the new."""
    facts = {"due_at": due_at.replace(microsecond=0), "link": f"{platform.settings.base_url}/expert/contact"}
    subject = sentence("mail_contact_change_subject", {}, "zh")
    for contact, letter in ((old, "mail_contact_changes"), (new, "mail_contact_new")):
        key = hashlib.sha256(f"{letter}/{id}".encode()).hexdigest()[:32]
        if contact.mail:
            _mail(platform, contact.mail, subject, "\n\n".join(sentence(letter, facts, one) for one in LANGUAGES), key)
        if contact.phone:
            _tell(platform, Channel.TEXT, contact.phone, sentence(letter, facts, "zh"), f"{letter}/{id}")


def send_call_up_moved(platform: Platform, contact: Contact, code: str, meeting: Meeting) -> None:
    """That the hours have changed, to whoever was told others."""
    letter, facts = _timed("mail_call_up_moved", {}, meeting)
    key = f"{meeting.begins_at}/{meeting.ends_at}"
    if contact.mail:
        _mail_code(platform, contact.mail, code, letter, facts, again=key)
    if contact.phone:
        _tell(platform, Channel.TEXT, contact.phone, sentence(letter, facts, "zh"), f"moved/{key}/{code}")


def send_call_up_declined(platform: Platform, contact: Contact, code: str, answered_at: datetime) -> None:
    """That a call-up was declined, to whom it was sent."""
    facts = {"answered_at": answered_at.replace(microsecond=0)}
    if contact.mail:
        _mail_code(platform, contact.mail, code, "mail_call_up_declined", facts)
    if contact.phone:
        _tell(platform, Channel.TEXT, contact.phone, sentence("mail_call_up_declined", facts, "zh"), f"declined/{code}")


def send_call_up_over(platform: Platform, contact: Contact, code: str) -> None:
    """That nobody need come any more: the evaluation has ended."""
    if contact.mail:
        _mail_code(platform, contact.mail, code, "mail_call_up_over", {})
    if contact.phone:
        _tell(platform, Channel.TEXT, contact.phone, sentence("mail_call_up_over", {}, "zh"), f"over/{code}")


def _tell(platform: Platform, channel: Channel, phone: str, text: str, attempt: str) -> str:
    settings = platform.settings
    key = hashlib.sha256(f"{channel}/{phone}/{attempt}".encode()).hexdigest()[:32]
    gateway = settings.messaging_url, settings.messaging_token, settings.messages
    return send_message(*gateway, channel=str(channel), to=phone, text=text, key=key)


def mail_seat_code(platform: Platform, address: str, code: str, meeting: Meeting, regime: str) -> None:
    """The code with which the buyer's representative sits down, called as the regime does."""
    facts = {"link": f"{platform.settings.base_url}/seat", "regime": regime}
    _mail_code(platform, address, code, *_timed("mail_seat_code", facts, meeting))


def _mail_code(
    platform: Platform, address: str, code: str, text: str, facts: dict[str, Any], *, again: str = ""
) -> None:
    """The same letter goes once; `again` tells a further one of its kind from it."""
    if not address:
        raise RuleViolation("mail_address_missing")
    texts = [sentence(text, facts, language) for language in LANGUAGES]
    key = hashlib.sha256(f"{text}/{address}/{code}{again}".encode()).hexdigest()[:32]
    subject = sentence("mail_call_up_subject", {}, "zh")
    _mail(platform, address, subject, "\n\n".join(texts) + f"\n\ncode: {in_groups(code)}\n", key)


def _mail(platform: Platform, to: str, subject: str, text: str, key: str) -> None:
    settings = platform.settings
    if settings.contact:
        text = (
            f"{text.rstrip()}\n\n"
            + "\n".join(sentence("mail_contact", vars(settings), one) for one in LANGUAGES)
            + "\n"
        )
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
