"""People and organisations as lists."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as DbSession

from app.database import Database
from app.models import Account, AccountRole, Expert, Organisation
from app.procedure.roles import Actor, Role
from crypto.canonical import Json

LISTED_KINDS = ("agency", "centre", "regulator")


def waiting_accounts(database: Database, actor: Actor) -> Json:
    """Accounts that wait for the actor's approval: of the own organisation, for the centre of all."""
    with database.reading() as db_session:
        query = select(Account).where(Account.approved_at.is_(None)).order_by(Account.created_at)
        if not actor.is_(Role.CENTRE_OPERATOR):
            query = query.where(Account.organisation_id == actor.organisation_id)
        return [
            {
                "id": account.id,
                "login": account.login,
                "name": account.name,
                "roles": sorted(row.role for row in account.roles),
                "organisation": account.organisation.name,
            }
            for account in db_session.scalars(query)
        ]


def find_organisations(database: Database, kind: str) -> Json:
    """Organisations of a listed kind: id, name."""
    if kind not in LISTED_KINDS:
        return []
    with database.reading() as db_session:
        query = select(Organisation).where(Organisation.kind == kind).order_by(Organisation.name)
        return [{"id": row.id, "name": row.name, "kind": row.kind} for row in db_session.scalars(query)]


def find_login(db_session: DbSession, login: str) -> Account | None:
    """The account of a log-in name; never one of the library's experts, whose names are nobody's to look up."""
    of_an_expert = exists().where(Expert.account_id == Account.id)
    return db_session.scalar(select(Account).where(Account.login == login, ~of_an_expert))


def holders(db_session: DbSession, organisation_id: str, role: Role) -> list[str]:
    """Accounts of an organisation that have a role and may act."""
    mine = (Account.organisation_id == organisation_id, AccountRole.role == role, Account.suspended_at.is_(None))
    return list(db_session.scalars(select(Account.id).join(AccountRole).where(*mine)))


def names_of_accounts(database: Database, ids: set[str]) -> dict[str, str]:
    """Person and organisation of accounts, as one line each."""
    with database.reading() as db_session:
        rows = db_session.scalars(select(Account).where(Account.id.in_(ids)))
        return {row.id: f"{row.organisation.name} {row.name}" for row in rows}


def find_account(db_session: DbSession, login: str) -> tuple[str, str] | None:
    """Id and "organisation name" of the account with exactly this log-in."""
    account = db_session.scalar(select(Account).where(Account.login == login.strip()))
    return (account.id, f"{account.organisation.name} {account.name}") if account else None
