"""What an expert of the library does for itself: takes its account over, enters days off, asks for corrections."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import Account, Expert, ExpertAbsence, ExpertRequest
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.days_off import check_days_off
from app.procedure.errors import RuleViolation
from app.services.accounts import LogIn, check_source, count_source
from app.services.actors import load_actor
from app.services.expert_corrections import correction_waits
from app.services.experts import mail_likeness
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, schedule_job, take_turns
from evaluation.standing import Status

INVITED_ONCE_IN = timedelta(hours=1)
LONGEST_WORDS = 1000
WAITING_AT_MOST = 5  # requests of one expert
ABOUT = ("entry", "fee", "other")
IN_THE_LIBRARY = frozenset({Status.ADMITTED, Status.SUSPENDED, Status.LEAVING})


def ask_to_enter(platform: Platform, number: str, mail: str, address: str) -> None:
    """Have an invitation sent to the address that the library holds, where both are those of one expert whose account
    nobody has taken over. The answer is the same whoever asks: nothing.

    Raises RuleViolation `log_in_throttled` after too many for one number from one network address.
    """
    source = hashlib.sha256(f"expert-entry\0{address}\0{number.strip().upper()}".encode()).hexdigest()
    key = mail_likeness(platform, mail)
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, source)
        check_source(db_session, source, now)
        count_source(db_session, source, now, failed=True)
        spelt = (number.strip(), number.strip().upper())  # numbers of the library's own making have small letters
        row = db_session.scalar(select(Expert).where(Expert.number.in_(spelt)).limit(1))
        if row is None or key is None or row.mail_key != key or Status(row.status) not in IN_THE_LIBRARY:
            return
        if db_session.get_one(Account, row.account_id).password_hash is None:
            slot = int(now.timestamp() // INVITED_ONCE_IN.total_seconds())
            schedule_job(db_session, "invite_expert", now, detail=f"{row.account_id}/{slot}")


def own_expert(db_session: DbSession, log_in: LogIn) -> Expert:
    """The entry behind a log-in that is at no booth. Raises NotAllowed."""
    row = find_own_expert(db_session, log_in)
    if row is None:
        raise NotAllowed(Action.EXPERT_OWN)
    return row


def find_own_expert(db_session: DbSession, log_in: LogIn) -> Expert | None:
    """The same; None for the buyer's representative, who has the role and no entry. Raises NotAllowed at a booth."""
    authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.EXPERT_OWN)
    return db_session.scalar(select(Expert).where(Expert.account_id == log_in.account_id))


def add_days_off(platform: Platform, log_in: LogIn, first: date, last: date, today: date) -> None:
    """Days on which one is not drawn for what is published from now on. Raises RuleViolation of `check_days_off`."""
    with plain_transaction(platform.database) as (db_session, now):
        row = own_expert(db_session, log_in)
        take_turns(db_session, f"own/{row.id}")
        standing = select(ExpertAbsence.first, ExpertAbsence.last).where(
            ExpertAbsence.expert_id == row.id, ExpertAbsence.withdrawn_at.is_(None), ExpertAbsence.last >= today
        )
        check_days_off(first, last, today, [(since, until) for since, until in db_session.execute(standing)])
        db_session.add(ExpertAbsence(expert_id=row.id, first=first, last=last, at=now))


def withdraw_days_off(platform: Platform, log_in: LogIn, absence_id: int) -> None:
    """One can come after all, to what is published from now on. Raises RuleViolation `days_off_unknown`."""
    with plain_transaction(platform.database) as (db_session, now):
        row = own_expert(db_session, log_in)
        found = db_session.get(ExpertAbsence, absence_id, with_for_update=True)
        if found is None or found.expert_id != row.id or found.withdrawn_at is not None:
            raise RuleViolation("days_off_unknown")
        found.withdrawn_at = now


def ask_for_correction(platform: Platform, log_in: LogIn, about: str, words: str) -> None:
    """Tell the centre what is wrong.

    Raises RuleViolation `request_empty`, `request_long`, `request_stands`, `requests_wait`.
    """
    words = words.strip()
    if about not in ABOUT or not words:
        raise RuleViolation("request_empty")
    if len(words) > LONGEST_WORDS:
        raise RuleViolation("request_long", most=LONGEST_WORDS)
    with plain_transaction(platform.database) as (db_session, now):
        row = own_expert(db_session, log_in)
        take_turns(db_session, f"own/{row.id}")
        waiting = select(ExpertRequest).where(ExpertRequest.expert_id == row.id, ExpertRequest.answered_at.is_(None))
        waits = list(db_session.scalars(waiting))
        for one in waits:
            if (one.about, one.words) == (about, words):
                raise RuleViolation("request_stands", at=one.at)
        if len(waits) >= WAITING_AT_MOST:
            raise RuleViolation("requests_wait", most=WAITING_AT_MOST)
        db_session.add(ExpertRequest(expert_id=row.id, at=now, about=about, words=words))


def withdraw_request(platform: Platform, log_in: LogIn, request_id: int) -> None:
    """Take a request back that nobody has answered. Raises RuleViolation `request_unknown`."""
    with plain_transaction(platform.database) as (db_session, now):
        own = own_expert(db_session, log_in)
        row = db_session.get(ExpertRequest, request_id, with_for_update=True)
        if row is None or row.expert_id != own.id or row.answered_at is not None:
            raise RuleViolation("request_unknown")
        row.answered_at, row.answered_by = now, own.account_id


def answer_request(platform: Platform, log_in: LogIn, request_id: int, answer: str) -> None:
    """The centre answers, once. What was done to the entry meanwhile is no matter of its words: the page says that by
    itself.

    Raises RuleViolation `request_unknown`, `request_empty`, `request_long`, `correction_waits` while a change of the
    entry that was asked for waits for its second person.
    """
    answer = answer.strip()
    if not answer:
        raise RuleViolation("request_empty")
    if len(answer) > LONGEST_WORDS:
        raise RuleViolation("request_long", most=LONGEST_WORDS)
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_MANAGE)
        row = db_session.get(ExpertRequest, request_id, with_for_update=True)
        if row is None or row.answered_at is not None:
            raise RuleViolation("request_unknown")
        if row.about == "entry" and correction_waits(db_session, row.expert_id):
            raise RuleViolation("correction_waits")
        row.answered_at, row.answered_by, row.answer = now, log_in.account_id, answer
