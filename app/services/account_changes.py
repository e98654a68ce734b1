"""Accounts that are suspended, and people who get new credentials: each for a stated reason, kept in the access log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as DbSession

from app.models import AccessLog, Account, AccountRole, Invitation, WebSession
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.queries.people import find_login
from app.services.actors import load_actor, rights_of
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, take_turns

LONGEST_REASON = 400
KEYS_WAIT = timedelta(hours=24)  # time for the owner to hear of a renewal that somebody else brought about


def suspend_account(platform: Platform, actor_id: str, login: str, reason: str, address: str = "") -> None:
    """It acts no more, from now on: its log-ins and live lines end. What it signed stays, and so do its certificates.

    Raises RuleViolation `account_unknown`, `account_own`, `account_reason_missing`, `account_last_operator`,
    `account_suspended_already`.
    """
    with _turn_at(platform, login) as (db_session, now):
        authorize(load_actor(db_session, actor_id), Action.ACCOUNT_SUSPEND)
        account = _changed(db_session, actor_id, Action.ACCOUNT_SUSPEND, login, reason, address, now)
        if account.suspended_at is not None:
            raise RuleViolation("account_suspended_already", login=login)
        account.suspended_at = now


def renew_account(platform: Platform, actor_id: str, login: str, reason: str, address: str = "") -> None:
    """For who lost the second factor, and for who comes back: the old credentials are void at once, and the account
    waits for the approval of a second person, whose code lets its owner set a new password and second factor. For
    KEYS_WAIT after it no new key is certified for the account (`check_renewal`).

    Raises RuleViolation as `suspend_account` does.
    """
    with _turn_at(platform, login) as (db_session, now):
        authorize(load_actor(db_session, actor_id), Action.ACCOUNT_PREPARE)
        account = _changed(db_session, actor_id, Action.ACCOUNT_PREPARE, login, reason, address, now)
        account.prepared_by, account.approved_by, account.approved_at = actor_id, None, None
        account.password_hash, account.totp_secret, account.suspended_at = None, None, None
        account.failures, account.locked_until = 0, None


@contextmanager
def _turn_at(platform: Platform, login: str) -> Iterator[tuple[DbSession, datetime]]:
    """A transaction in which nobody acts as this account, and nobody else changes one."""
    with platform.database.reading() as db_session:
        account = find_login(db_session, login.strip())
    with plain_transaction(platform.database, turn=rights_of(account.id) if account else "") as (db_session, now):
        take_turns(db_session, "accounts")  # of two who suspend each other, the second may nothing any more
        yield db_session, now


def check_renewal(db_session: DbSession, account_id: str, now: datetime) -> None:
    """Raises RuleViolation `account_renewed_lately` while no new key may be certified."""
    renewed = select(func.max(AccessLog.at)).where(
        AccessLog.subject == account_id, AccessLog.action == Action.ACCOUNT_PREPARE.value
    )
    at = db_session.scalar(renewed)
    if at is not None and now < at + KEYS_WAIT:
        raise RuleViolation("account_renewed_lately", until=at + KEYS_WAIT)


def _changed(
    db_session: DbSession, actor_id: str, action: Action, login: str, reason: str, address: str, now: datetime
) -> Account:
    """The account that is to change, its log-ins and open invitations ended, the reason kept."""
    account = find_login(db_session, login.strip())
    if account is None:
        raise RuleViolation("account_unknown")
    if account.id == actor_id:
        raise RuleViolation("account_own")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise RuleViolation("account_reason_missing", most=LONGEST_REASON)
    _check_operators(db_session, account)
    ended = update(WebSession).where(WebSession.account_id == account.id, WebSession.ended_at.is_(None))
    db_session.execute(ended.values(ended_at=now))
    used = update(Invitation).where(Invitation.account_id == account.id, Invitation.used_at.is_(None))
    db_session.execute(used.values(used_at=now))
    kept = {"case_id": "", "action": action.value, "subject": account.id, "reason": reason.strip()}
    db_session.add(AccessLog(at=now, account_id=actor_id, address=address, **kept))
    return account


def _check_operators(db_session: DbSession, account: Account) -> None:
    """Somebody has to be left who approves accounts. Raises RuleViolation `account_last_operator`."""
    if Role.CENTRE_OPERATOR not in {row.role for row in account.roles}:
        return
    others = (
        select(func.count())
        .select_from(Account)
        .join(AccountRole)
        .where(
            AccountRole.role == Role.CENTRE_OPERATOR,
            Account.id != account.id,
            Account.totp_secret.is_not(None),
            Account.approved_at.is_not(None),
            Account.suspended_at.is_(None),
        )
    )
    if not db_session.scalar(others):
        raise RuleViolation("account_last_operator", login=account.login)
