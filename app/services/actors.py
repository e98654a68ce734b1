"""The actor of an act, loaded afresh inside the transaction, and the log of what was denied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, literal, select, union_all
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.database import Database
from app.models import AccessLog, Account, AccountRole, Certificate, DeniedAttempt, Organisation, Site
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, asks_reason, authorize
from app.procedure.roles import ANYONE, Actor, Role
from app.services.access import record_reading
from app.services.unit_of_work import plain_transaction

# Both are asked for with every request: made once, and of columns, not objects.
_WHO = (
    select(Account.name, Organisation.id, Organisation.name, Organisation.credit_code)
    .join(Organisation, Organisation.id == Account.organisation_id)
    .where(Account.id == bindparam("account"), Account.approved_at.is_not(None), Account.suspended_at.is_(None))
)
_MAY = union_all(
    select(literal("role"), AccountRole.role).where(AccountRole.account_id == bindparam("account")),
    select(literal("site"), Site.id).where(Site.witness_id == bindparam("account")),
    select(literal("key"), Certificate.key_id).where(
        Certificate.account_id == bindparam("account"),
        Certificate.scope == bindparam("seat"),
        Certificate.revoked_at.is_(None),
    ),
)


def load_actor(db_session: DbSession, account_id: str, seat: str = "") -> Actor:
    """The actor of an account as it is now; ANYONE when it may not act (unknown, not approved, suspended).

    At a booth (`seat`) the actor is only the expert on that seat, whatever else the person may be.
    """
    asking = db_session.connection()
    who = asking.execute(_WHO, {"account": account_id}).one_or_none() if account_id else None
    if who is None:
        return ANYONE
    name, organisation_id, organisation_name, credit_code = who
    found: dict[str, set[str]] = {"role": set(), "site": set(), "key": set()}
    for kind, value in asking.execute(_MAY, {"account": account_id, "seat": seat}):
        found[kind].add(value)
    return Actor(
        id=account_id,
        name=name,
        roles=frozenset({Role.EXPERT} if seat else map(Role, found["role"])),
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        credit_code=credit_code,
        sites=frozenset(found["site"]),
        keys=frozenset(found["key"]),
        seat=seat,
    )


def load_reader(db_session: DbSession, account_id: str, seat: str, web_session: str, now: datetime) -> Actor:
    """As `load_actor`, with the cases for which this very log-in has stated why it reads, while that counts."""
    actor = load_actor(db_session, account_id, seat)
    if not actor.is_(Role.REGULATOR):
        return actor
    query = select(AccessLog.case_id, AccessLog.id).where(
        AccessLog.web_session == web_session, AccessLog.account_id == actor.id, AccessLog.until > now
    )
    return replace(actor, reasons={case_id: row for case_id, row in db_session.execute(query.order_by(AccessLog.id))})


def authorize_or_record(
    database: Database, actor: Actor, action: Action, case: Case | None = None, lot: str = "", address: str = ""
) -> None:
    """As `authorize`, outside a write transaction: a denied attempt is kept in a log of its own, and so is what was
    read for a stated reason."""
    try:
        authorize(actor, action, case, lot)
    except NotAllowed:
        record_denial(database, actor, action, case.id if case else "", address)
        raise
    if case is not None and asks_reason(actor, action, case, lot):
        record_reading(database, actor, action, case.id, lot=lot, address=address)


def record_denial(database: Database, actor: Actor, action: Action, case_id: str = "", address: str = "") -> None:
    """Keep a refusal by the policy (EU 2014/24 annex IV g)."""
    with plain_transaction(database) as (db_session, now):
        name = actor.signs_as or "anyone"
        db_session.add(DeniedAttempt(at=now, actor=name, action=action, case_id=case_id, address=address))
