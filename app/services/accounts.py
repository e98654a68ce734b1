"""People: prepared by one, approved by another, taken over with a code; log-in with password and a one-time code."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Connection, bindparam, delete, or_, select
from sqlalchemy.orm import Session as DbSession

from app.database import in_native_thread, padded
from app.models import Account, AccountRole, Invitation, LogInFailure, Organisation, WebSession
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.names import check_credit_code, check_name
from app.procedure.roles import Actor, Role, clash
from app.sending import find
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, take_turns

PASSWORD_LENGTH = 10
INVITATION_VALID = timedelta(days=7)
LOG_IN_VALID = timedelta(hours=12)
FAILURES_ALLOWED = 8
LOCKED_FOR = timedelta(minutes=10)
_hasher = PasswordHasher()
# Asked for with every request, so it is made once.
_LOG_INS = select(WebSession.account_id, WebSession.seat, WebSession.token_hash).where(
    WebSession.token_hash.in_(bindparam("hashes", expanding=True)),
    WebSession.ended_at.is_(None),
    WebSession.expires_at > bindparam("now", type_=WebSession.expires_at.type),
)


@dataclass(frozen=True)
class NewOrganisation:
    """An organisation by name, kind and unified social credit code (统一社会信用代码)."""

    name: str
    kind: str
    credit_code: str


def token_hash(token: str) -> str:
    """What the database keeps of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_or_add_organisation(db_session: DbSession, wanted: NewOrganisation, now: datetime) -> Organisation:
    """The organisation of that credit code. Raises RuleViolation `organisation_other_name`, `name_…`."""
    for field, value in (("organisation", wanted.name), ("kind", wanted.kind), ("credit_code", wanted.credit_code)):
        check_name(field, value)
    take_turns(db_session, "accounts")
    found = db_session.scalar(select(Organisation).where(Organisation.credit_code == wanted.credit_code))
    if found is None:
        found = Organisation(
            id=secrets.token_hex(16), name=wanted.name, kind=wanted.kind, credit_code=wanted.credit_code, created_at=now
        )
        db_session.add(found)
    elif found.name != wanted.name:
        raise RuleViolation("organisation_other_name", credit_code=wanted.credit_code)
    return found


def add_account(
    db_session: DbSession, organisation: Organisation, login: str, name: str, roles: frozenset[Role], now: datetime
) -> Account:
    """A new account that nobody has approved yet.

    Raises RuleViolation `roles_clash`, `account_incomplete`, `login_taken`, `name_…`.
    """
    if pair := clash(roles):
        raise RuleViolation("roles_clash", roles=", ".join(sorted(pair)))
    if not login.strip() or not name.strip() or not roles:
        raise RuleViolation("account_incomplete")
    check_name("login", login)
    check_name("name", name)
    if db_session.scalar(select(Account.id).where(Account.login == login)) is not None:
        raise RuleViolation("login_taken", login=login)
    account = Account(id=secrets.token_hex(16), organisation=organisation, login=login, name=name, created_at=now)
    account.roles = [AccountRole(role=role) for role in sorted(roles)]
    db_session.add(account)
    db_session.flush()  # other rows point to it
    return account


def _set_credentials(platform: Platform, account: Account, password: str) -> str:
    """Keep the password's hash and a fresh second factor; the TOTP secret, to be shown once."""
    account.password_hash = in_native_thread(_hasher.hash, password)
    return _second_factor(platform, account)


def _second_factor(platform: Platform, account: Account) -> str:
    secret = pyotp.random_base32()
    account.totp_secret, account.totp_last_step = platform.keys.protect(secret.encode()), 0
    return secret


def check_password(password: str) -> None:
    """Raises RuleViolation `password_short`; length is what counts (NIST SP 800-63B 5.1.1.1)."""
    if len(password) < PASSWORD_LENGTH:
        raise RuleViolation("password_short", length=len(password), least=PASSWORD_LENGTH)


def register_bidder(
    platform: Platform, organisation: NewOrganisation, login: str, name: str, password: str, mail: str = ""
) -> str:
    """A bidder's free account, once for all tenders (O20 art. 20); its TOTP secret, shown once.

    Raises RuleViolation `login_taken`, `password_short`, `organisation_exists`, `account_incomplete`, `name_…`,
    `credit_code_wrong`, `credit_code_digit`.
    """
    check_password(password)
    check_credit_code(organisation.credit_code, demo=platform.settings.demo)
    check_name("mail", mail, needed=False)
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, "accounts")
        taken = select(Organisation.id).where(Organisation.credit_code == organisation.credit_code)
        if db_session.scalar(taken) is not None:
            raise RuleViolation("organisation_exists", credit_code=organisation.credit_code)
        owner = find_or_add_organisation(
            db_session, NewOrganisation(organisation.name, "bidder", organisation.credit_code), now
        )
        account = add_account(db_session, owner, login, name, frozenset({Role.BIDDER}), now)
        account.approved_at, account.approved_by, account.mail = now, "self", mail
        return _set_credentials(platform, account, password)


def prepare_account(
    platform: Platform,
    actor_id: str,
    organisation: NewOrganisation,
    login: str,
    name: str,
    roles: frozenset[Role],
    mail: str = "",
) -> str:
    """A system administrator prepares an account; it does nothing until another person approves it. Its id."""
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, actor_id), Action.ACCOUNT_PREPARE)
        check_name("mail", mail, needed=False)
        owner = find_or_add_organisation(db_session, organisation, now)
        account = add_account(db_session, owner, login, name, roles, now)
        account.prepared_by, account.mail = actor_id, mail
        return account.id


def approve_account(platform: Platform, actor_id: str, account_id: str) -> str:
    """The second person; the one-time code with which the account's owner takes it over.

    An agency's supervisor approves for the own organisation, the centre for all. Raises RuleViolation
    `account_unknown`, `account_already_approved`, `second_person_needed`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, actor_id)
        authorize(actor, Action.ACCOUNT_APPROVE)
        account = db_session.get(Account, account_id, with_for_update=True)
        if account is None or not _may_approve(actor, account):
            raise RuleViolation("account_unknown")
        if account.approved_at is not None:
            raise RuleViolation("account_already_approved")
        if actor.id in (account.prepared_by, account.id):
            raise RuleViolation("second_person_needed")
        account.approved_at, account.approved_by = now, actor.id
        return invite(db_session, account, now)


def _may_approve(actor: Actor, account: Account) -> bool:
    return actor.is_(Role.CENTRE_OPERATOR) or account.organisation_id == actor.organisation_id


def invite(db_session: DbSession, account: Account, now: datetime) -> str:
    """A fresh one-time code with which the account's owner takes it over."""
    code = secrets.token_urlsafe(18)
    db_session.add(
        Invitation(token_hash=token_hash(code), account_id=account.id, expires_at=now + INVITATION_VALID, used_at=None)
    )
    return code


def found_people(
    platform: Platform, centre: NewOrganisation, admin: tuple[str, str], operator: tuple[str, str]
) -> dict[str, str]:
    """The first two people of an installation, made on its own machine: invitation codes by log-in.

    `admin` and `operator` are (log-in, name). Raises RuleViolation `already_founded`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        if db_session.scalar(select(Account.id).limit(1)) is not None:
            raise RuleViolation("already_founded")
        owner = find_or_add_organisation(db_session, centre, now)
        codes = {}
        for (login, name), role in ((admin, Role.SYSTEM_ADMIN), (operator, Role.CENTRE_OPERATOR)):
            account = add_account(db_session, owner, login, name, frozenset({role}), now)
            account.prepared_by, account.approved_by, account.approved_at = "founding", "founding", now
            codes[login] = invite(db_session, account, now)
        return codes


def accept_invitation(platform: Platform, code: str, password: str) -> tuple[str, str]:
    """The owner takes an account over: its log-in and TOTP secret, shown once.

    Raises RuleViolation `invitation_invalid`, `password_short`.
    """
    check_password(password)
    with plain_transaction(platform.database) as (db_session, now):
        invitation = db_session.get(Invitation, token_hash(code), with_for_update=True)
        if invitation is None or invitation.used_at is not None or invitation.expires_at <= now:
            raise RuleViolation("invitation_invalid")
        invitation.used_at = now
        account = db_session.get_one(Account, invitation.account_id)
        return account.login, _set_credentials(platform, account, password)


def begin_web_session(platform: Platform, login: str, password: str, code: str, address: str) -> str:
    """Log in from a network address: the token of a new web session.

    One refusal for every reason (`log_in_failed`), except: `log_in_throttled` after too many failures with this name
    from this address, whether there is such an account or not; `locked_out` after too many wrong codes by somebody who
    has the password. Who has not even the password can lock nobody out elsewhere.
    """
    source = _source(login, address)
    right = _knows_password(platform, login, password, source)
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, source)
        account = db_session.scalar(select(Account).where(Account.login == login).with_for_update())
        token = _check_log_in(platform, account, right, code, now)
        count_source(db_session, source, now, failed=not token)
        if account is not None and token:
            row = WebSession(token_hash=token_hash(token), account_id=account.id, created_at=now)
            row.expires_at = now + LOG_IN_VALID
            db_session.add(row)
    if not token:
        raise RuleViolation("log_in_failed")
    return token


def renew_second_factor(platform: Platform, login: str, password: str, address: str) -> str:
    """A fresh TOTP secret, to be shown once, for who has the password of an account that was never logged in to.

    Who lost the secret before the first log-in (a page that was closed) need not ask two people for a new one. One
    refusal, `second_factor_not_renewed`, for every reason, except `log_in_throttled`.
    """
    source = _source(login, address)
    right = _knows_password(platform, login, password, source)
    secret = ""
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, source)
        account = db_session.scalar(select(Account).where(Account.login == login).with_for_update())
        if account is not None and right and not account.totp_last_step and account.suspended_at is None:
            secret = _second_factor(platform, account)
        count_source(db_session, source, now, failed=not secret)
    if not secret:
        raise RuleViolation("second_factor_not_renewed")
    return secret


def _source(login: str, address: str) -> str:
    """Under what failures are counted: a name from an address."""
    return hashlib.sha256(f"{address}\0{login}".encode()).hexdigest()


def _knows_password(platform: Platform, login: str, password: str, source: str) -> bool:
    """Whether the password fits, outside any transaction, for that takes long. RuleViolation `log_in_throttled`."""
    with platform.database.reading() as db_session:
        check_source(db_session, source, platform.database.now(db_session.connection()))
        found = db_session.scalar(select(Account).where(Account.login == login))
        password_hash = (found.password_hash if found else None) or _no_password()
    return _password_fits(password_hash, password)


@cache
def _no_password() -> str:
    """What is compared against where there is no account, so that both answers take as long."""
    return _hasher.hash(secrets.token_hex(16))


def _password_fits(password_hash: str, password: str) -> bool:
    try:
        return bool(in_native_thread(_hasher.verify, password_hash, password))
    except VerifyMismatchError:
        return False


def check_source(db_session: DbSession, source: str, now: datetime) -> None:
    """Raises RuleViolation `log_in_throttled` for who has failed too often lately."""
    row = db_session.get(LogInFailure, source)
    if row is not None and row.until > now and row.failures >= FAILURES_ALLOWED:
        raise RuleViolation("log_in_throttled", until=row.until)


def count_source(db_session: DbSession, source: str, now: datetime, *, failed: bool) -> None:
    """One failure more, or none any more; what is over is forgotten."""
    row = db_session.get(LogInFailure, source, with_for_update=True)
    if not failed:
        db_session.execute(delete(LogInFailure).where(or_(LogInFailure.source == source, LogInFailure.until <= now)))
    elif row is None:
        db_session.add(LogInFailure(source=source, failures=1, until=now + LOCKED_FOR))
    else:
        row.failures = row.failures + 1 if row.until > now else 1
        row.until = now + LOCKED_FOR


def _check_log_in(platform: Platform, account: Account | None, right: bool, code: str, now: datetime) -> str:
    """A fresh token, or "" with the failure counted. A one-time code counts once: the last step used is kept."""
    if account is None:
        return ""
    if account.locked_until is not None and account.locked_until > now:
        if right:  # only who knows the password learns that the account exists and is locked
            raise RuleViolation("locked_out", until=account.locked_until)
        return ""
    usable = right and account.approved_at is not None and account.suspended_at is None
    step = _totp_step(platform, account, code, now) if usable else 0
    if not step:
        account.failures += right
        if account.failures >= FAILURES_ALLOWED:
            account.failures, account.locked_until = 0, now + LOCKED_FOR
        return ""
    account.failures, account.totp_last_step = 0, step
    return secrets.token_urlsafe(32)


def _totp_step(platform: Platform, account: Account, code: str, now: datetime) -> int:
    """The time step of a fitting code that is newer than the last one used, else 0 (RFC 6238 5.2)."""
    if account.totp_secret is None:
        return 0
    totp = pyotp.TOTP(platform.keys.reveal(account.totp_secret).decode())
    given = unicodedata.normalize("NFKC", code).strip().encode()  # digits as Chinese keyboards type them, too
    current = int(now.timestamp()) // totp.interval
    for step in (current - 1, current, current + 1):
        if step > account.totp_last_step and secrets.compare_digest(totp.generate_otp(step).encode(), given):
            return step
    return 0


def end_web_session(platform: Platform, token: str) -> None:
    """Log out; the token is dead at once."""
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get(WebSession, token_hash(token))
        if row is not None and row.ended_at is None:
            row.ended_at = now


@dataclass(frozen=True)
class LogIn:
    """Whose token it is; `web_session` names the log-in in the access log."""

    account_id: str
    seat: str
    web_session: str = ""


def read_web_session(db_session: DbSession, token: str, now: datetime) -> LogIn | None:
    """The log-in of a token, or None when it is unknown, ended or over."""
    return read_web_sessions(db_session.connection(), [token], now).get(token)


def read_web_sessions(connection: Connection, tokens: Iterable[str], now: datetime) -> dict[str, LogIn]:
    """The log-ins of these tokens, without those that are unknown, ended or over."""
    by_hash = {token_hash(token): token for token in tokens if token}
    if not by_hash:
        return {}
    rows = find(connection, _LOG_INS, hashes=padded(by_hash), now=now)
    return {by_hash[row[2]]: LogIn(*row) for row in rows}


def living_tokens(platform: Platform, tokens: Collection[str]) -> set[str]:
    """Those of `tokens` whose log-in has neither ended nor run out, and whose account is not suspended."""
    by_hash = {token_hash(token): token for token in tokens}
    if not by_hash:
        return set()
    with platform.database.reading() as db_session:
        now = platform.database.now(db_session.connection())
        query = (
            select(WebSession.token_hash)
            .join(Account, Account.id == WebSession.account_id)
            .where(
                WebSession.token_hash.in_(by_hash),
                WebSession.ended_at.is_(None),
                WebSession.expires_at > now,
                Account.suspended_at.is_(None),
            )
        )
        return {by_hash[found] for found in db_session.scalars(query)}
