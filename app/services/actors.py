"""The actor of an act, loaded afresh inside the transaction, and the log of what was denied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, literal_column, select, union_all
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.database import Database, padded
from app.models import AccessLog, Account, AccountRole, Certificate, DeniedAttempt, Organisation, Site
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, asks_reason, authorize
from app.procedure.roles import ANYONE, Actor, Role
from app.sending import find
from app.services.access import record_reading
from app.services.unit_of_work import plain_transaction

NONE = literal_column("''")


def rows_of_accounts(those: Callable[[Any], ColumnElement[bool]]) -> tuple[Select[Any], ...]:
    """Who they are and what they may, as rows (what, account, value, …, …, …), of accounts whose id fulfils `those`."""
    who = select(
        literal_column("'who'"),
        Account.id,
        Account.name,
        Organisation.id,
        Organisation.name,
        Organisation.credit_code,
    )
    key = literal_column("'key'"), Certificate.account_id, Certificate.key_id, Certificate.scope, NONE, NONE
    return (
        who.join(Organisation, Organisation.id == Account.organisation_id).where(
            those(Account.id), Account.approved_at.is_not(None), Account.suspended_at.is_(None)
        ),
        select(literal_column("'role'"), AccountRole.account_id, AccountRole.role, NONE, NONE, NONE).where(
            those(AccountRole.account_id)
        ),
        select(literal_column("'site'"), Site.witness_id, Site.id, NONE, NONE, NONE).where(those(Site.witness_id)),
        select(*key).where(those(Certificate.account_id), Certificate.revoked_at.is_(None)),
    )


# Asked for with every request: made once, and of columns, not objects.
_ONE = union_all(*rows_of_accounts(lambda column: column == bindparam("account")))
_SEVERAL = union_all(*rows_of_accounts(lambda column: column.in_(bindparam("accounts", expanding=True))))


def rights_of(account_id: str) -> str:
    """Whose turn it is to end what an account may do, by whichever way: acts of that account share it
    (`unit_of_work`), so that none is dated after its end."""
    return f"rights/{account_id}"


def load_actor(db_session: DbSession, account_id: str, seat: str = "") -> Actor:
    """The actor of an account as it is now; ANYONE when it may not act (unknown, not approved, suspended).

    At a booth (`seat`) the actor is only the expert on that seat, whatever else the person may be.
    """
    if not account_id:
        return ANYONE
    return load_actors(db_session.connection(), [(account_id, seat)])[account_id, seat]


def load_actors(connection: Connection, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], Actor]:
    """The same of several, each given by account and seat."""
    if len(asked) == 1:
        ((account_id, seat),) = asked
        return {(account_id, seat): actor_of(find(connection, _ONE, account=account_id), account_id, seat)}
    rows: dict[str, list[Sequence[Any]]] = {account_id: [] for account_id, _seat in asked}
    for row in find(connection, _SEVERAL, accounts=padded(rows)):
        rows[row[1]].append(row)
    return {(account_id, seat): actor_of(rows[account_id], account_id, seat) for account_id, seat in asked}


def actor_of(rows: Sequence[Sequence[Any]], account_id: str, seat: str) -> Actor:
    """The actor of an account, out of the rows about it."""
    who, found = None, {"role": set[str](), "site": set[str](), "key": set[str]()}
    for row in rows:
        if row[0] == "who":
            who = row
        elif row[0] != "key" or row[3] == seat:
            found[row[0]].add(row[2])
    if who is None:
        return ANYONE
    return Actor(
        id=account_id,
        name=who[2],
        roles=frozenset({Role.EXPERT} if seat else map(Role, found["role"])),
        organisation_id=who[3],
        organisation_name=who[4],
        credit_code=who[5],
        sites=frozenset(found["site"]),
        keys=frozenset(found["key"]),
        seat=seat,
    )


def with_reasons(connection: Connection, actor: Actor, web_session: str, now: datetime) -> Actor:
    """The actor with the cases for which this very log-in has stated why it reads, while that counts."""
    if not actor.is_(Role.REGULATOR):
        return actor
    query = select(AccessLog.case_id, AccessLog.id).where(
        AccessLog.web_session == web_session, AccessLog.account_id == actor.id, AccessLog.until > now
    )
    return replace(actor, reasons={case_id: row for case_id, row in connection.execute(query.order_by(AccessLog.id))})


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
