"""The actor of an act, loaded afresh inside the transaction, and the log of what was denied."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.database import Database
from app.models import Account, Certificate, DeniedAttempt, Site
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.roles import ANYONE, Actor, Role
from app.services.unit_of_work import plain_transaction


def load_actor(db_session: DbSession, account_id: str, seat: str = "") -> Actor:
    """The actor of an account as it is now; ANYONE when it may not act (unknown, not approved, suspended).

    At a booth (`seat`) the actor is only the expert on that seat, whatever else the person may be.
    """
    account = db_session.get(Account, account_id) if account_id else None
    if account is None or account.approved_at is None or account.suspended_at is not None:
        return ANYONE
    organisation = account.organisation
    roles = frozenset(Role(row.role) for row in account.roles)
    return Actor(
        id=account.id,
        name=account.name,
        roles=frozenset({Role.EXPERT}) if seat else roles,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        credit_code=organisation.credit_code,
        sites=frozenset(db_session.scalars(select(Site.id).where(Site.witness_id == account.id))),
        keys=_keys(db_session, account.id, seat),
        seat=seat,
    )


def _keys(db_session: DbSession, account_id: str, scope: str) -> frozenset[str]:
    query = select(Certificate.key_id).where(
        Certificate.account_id == account_id, Certificate.scope == scope, Certificate.revoked_at.is_(None)
    )
    return frozenset(db_session.scalars(query))


def authorize_or_record(
    database: Database, actor: Actor, action: Action, case: Case | None = None, lot: str = "", address: str = ""
) -> None:
    """As `authorize`, outside a write transaction: a denied attempt is kept in its own log."""
    try:
        authorize(actor, action, case, lot)
    except NotAllowed:
        record_denial(database, actor, action, case.id if case else "", address)
        raise


def record_denial(database: Database, actor: Actor, action: Action, case_id: str = "", address: str = "") -> None:
    """Keep a refusal by the policy (EU 2014/24 annex IV g)."""
    with plain_transaction(database) as (db_session, now):
        name = actor.signs_as or "anyone"
        db_session.add(DeniedAttempt(at=now, actor=name, action=action, case_id=case_id, address=address))
