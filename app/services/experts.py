"""The expert library and the sites, as far as a draw and a sitting need them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import decode, encode
from app.models import Account, Expert, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.services.accounts import LogIn, NewOrganisation, add_account, find_or_add_organisation
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction
from evaluation import experts as catalogue


@dataclass(frozen=True)
class NewExpert:
    """An expert as entered by the centre. Employers and interests are named by credit code."""

    login: str
    name: str
    organisation: NewOrganisation
    mail: str
    site: str
    specialities: tuple[str, ...]
    born: date
    certified_until: date
    past_employments: tuple[catalogue.Employment, ...] = ()
    relatives: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()


def add_site(platform: Platform, log_in: LogIn, name: str, witness_id: str) -> str:
    """A place of evaluation with its witness; its id. Raises RuleViolation `witness_unknown`."""
    with plain_transaction(platform.database) as (db_session, _now):
        actor = load_actor(db_session, log_in.account_id)
        authorize(actor, Action.SITE_MANAGE)
        if not load_actor(db_session, witness_id).is_(Role.SITE_WITNESS):
            raise RuleViolation("witness_unknown")
        site = Site(id=secrets.token_hex(6), organisation_id=actor.organisation_id, name=name, witness_id=witness_id)
        db_session.add(site)
        return site.id


def list_sites(platform: Platform) -> list[dict[str, str]]:
    """Every site: id and name."""
    with platform.database.reading() as db_session:
        return [{"id": row.id, "name": row.name} for row in db_session.scalars(select(Site).order_by(Site.name))]


def add_experts(platform: Platform, log_in: LogIn, entries: Sequence[NewExpert]) -> list[str]:
    """Enter experts, all or none; their ids. Raises RuleViolation `site_unknown`, `login_taken`."""
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_MANAGE)
        ids = []
        for entry in entries:
            if db_session.get(Site, entry.site) is None:
                raise RuleViolation("site_unknown", site=entry.site)
            employer = find_or_add_organisation(db_session, entry.organisation, now)
            account = add_account(db_session, employer, entry.login, entry.name, frozenset({Role.EXPERT}), now)
            account.mail = entry.mail
            account.prepared_by, account.approved_by, account.approved_at = log_in.account_id, log_in.account_id, now
            expert = Expert(id=secrets.token_hex(8), account_id=account.id, site_id=entry.site)
            expert.facts = json.dumps(encode(_facts(expert.id, entry)), ensure_ascii=False)
            db_session.add(expert)
            ids.append(expert.id)
        return ids


def _facts(expert_id: str, entry: NewExpert) -> catalogue.Expert:
    return catalogue.Expert(
        id=expert_id,
        organisation=entry.organisation.credit_code,
        site=entry.site,
        specialities=entry.specialities,
        born=entry.born,
        certified_until=entry.certified_until,
        past_employments=entry.past_employments,
        relatives=entry.relatives,
        interests=entry.interests,
    )


def read_expert(row: Expert) -> catalogue.Expert:
    """The catalogue entry that the pure rules read."""
    facts: dict[str, Any] = json.loads(row.facts)
    return decode(catalogue.Expert, {**facts, "suspended": row.suspended_at is not None})


def all_experts(db_session: DbSession) -> list[catalogue.Expert]:
    """Every entry of the library, by id."""
    return [read_expert(row) for row in db_session.scalars(select(Expert).order_by(Expert.id))]


def account_of_expert(db_session: DbSession, expert_id: str) -> Account:
    """The account of an expert: for the notifier and the site witness alone."""
    return db_session.get_one(Account, db_session.get_one(Expert, expert_id).account_id)
