"""Inspections as their authorities, the centre, the trustees and the public find them."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import decode
from app.models import Account, AccountRole, CaseFile, Expert, InspectionEntry, Organisation, Tender
from app.procedure.inspections.facts import Inspected, InspectorsListed
from app.procedure.inspections.facts import Inspector as ListedInspector
from app.procedure.inspections.items import Grade, Item, ObjectClass
from app.procedure.inspections.state import Campaign, InspectionYear
from app.procedure.roles import Role
from app.queries.cases import load_case
from evaluation.standing import Status

INSPECTION = "inspection"  # the kind of the case file of a year
ITEM, INSPECTOR = "item", "inspector"
YEARS_SHOWN = 200


@dataclass(frozen=True)
class InspectorEntry:
    """An inspector in an authority's register: `unit` is a section in words, `ties` are credit codes to avoid."""

    account: str
    name: str
    unit: str
    ties: tuple[str, ...]
    in_use: bool
    at: datetime


@dataclass(frozen=True)
class ItemEntry:
    """An item in an authority's register."""

    item: Item
    in_use: bool
    at: datetime


@dataclass(frozen=True)
class ItemVersion(ItemEntry):
    """An earlier or the present version of an item, and who entered it."""

    by: str


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be put on an authority's list of inspectors."""

    account: str
    name: str


def _entries(db_session: DbSession, organisation_id: str, kind: str) -> list[InspectionEntry]:
    latest = (
        select(func.max(InspectionEntry.id))
        .where(InspectionEntry.organisation_id == organisation_id, InspectionEntry.kind == kind)
        .group_by(InspectionEntry.key)
    )
    query = select(InspectionEntry).where(InspectionEntry.id.in_(latest)).order_by(InspectionEntry.id)
    return list(db_session.scalars(query))


def item_entries(db_session: DbSession, organisation_id: str) -> list[ItemEntry]:
    """The items of an authority, those that are out of use included."""
    rows = _entries(db_session, organisation_id, ITEM)
    return [ItemEntry(decode(Item, json.loads(row.entry)), row.in_use, row.at) for row in rows]


def item_versions(db_session: DbSession, organisation_id: str, item: str) -> list[ItemVersion]:
    """Every version of an item of an authority, the latest first."""
    mine = (InspectionEntry.organisation_id == organisation_id, InspectionEntry.kind == ITEM)
    query = (
        select(InspectionEntry, Account.name)
        .join(Account, Account.id == InspectionEntry.by, isouter=True)
        .where(*mine, InspectionEntry.key == item)
        .order_by(InspectionEntry.id.desc())
    )
    return [
        ItemVersion(decode(Item, json.loads(row.entry)), row.in_use, row.at, name or row.by)
        for row, name in db_session.execute(query)
    ]


def inspector_entries(db_session: DbSession, organisation_id: str) -> list[InspectorEntry]:
    """The inspectors of an authority; whose account may not act any more counts as out of use."""
    serving = {person.account: person.name for person in possible_inspectors(db_session, organisation_id)}
    found = []
    for row in _entries(db_session, organisation_id, INSPECTOR):
        entry: dict[str, Any] = json.loads(row.entry)
        account = db_session.get(Account, row.key)
        name = account.name if account else row.key
        in_use = row.in_use and row.key in serving
        found.append(InspectorEntry(row.key, name, entry["unit"], tuple(entry["ties"]), in_use, row.at))
    return found


def possible_inspectors(db_session: DbSession, organisation_id: str) -> list[Candidate]:
    """The people of an authority who may act."""
    query = (
        select(Account)
        .join(AccountRole)
        .where(
            Account.organisation_id == organisation_id,
            AccountRole.role == Role.REGULATOR,
            Account.approved_at.is_not(None),
            Account.suspended_at.is_(None),
        )
    )
    return [Candidate(row.id, row.name) for row in db_session.scalars(query.order_by(Account.name, Account.id))]


def inspectors_list(db_session: DbSession, campaign: Campaign, organisation_id: str, code: str) -> InspectorsListed:
    """What an authority lays before a campaign: its register as it is now, with a fresh salt. Everybody steps back from
    the own unit.

    Whom an expert works for is looked up here, because the published list does not say it.
    """
    employers = expert_employers(db_session, {o.id for o in campaign.objects.values() if not o.units})
    people = []
    for entry in sorted(inspector_entries(db_session, organisation_id), key=lambda entry: entry.account):
        if entry.in_use:
            ties = {*entry.ties, code}
            objects = tuple(sorted(number for number, employer in employers.items() if employer in ties))
            people.append(ListedInspector(entry.account, tuple(sorted(ties)), objects))
    return InspectorsListed(campaign.number, organisation_id, tuple(people), secrets.token_hex(32))


def years(db_session: DbSession) -> list[Case]:
    """The years of inspections of all authorities, the latest first."""
    query = select(CaseFile.id).where(CaseFile.kind == INSPECTION).order_by(CaseFile.created_at.desc(), CaseFile.id)
    found = (load_case(db_session, id_) for id_ in db_session.scalars(query.limit(YEARS_SHOWN)))
    return [case for case in found if case.inspection is not None]


def earlier_years(db_session: DbSession, year: InspectionYear) -> list[InspectionYear]:
    """The years before it that the same authority leads, whose plans are approved."""
    found = [case.inspection for case in years(db_session) if case.inspection is not None]
    lead = year.parties.authority.id
    return [
        one
        for one in found
        if one.plan is not None and one.parties.authority.id == lead and one.opened.year < year.opened.year
    ]


def known_objects(db_session: DbSession, classes: set[ObjectClass]) -> list[Inspected]:
    """What the platform itself knows of these classes, at a common risk: a list to begin with."""
    found: list[Inspected] = []
    for class_, kind in ((ObjectClass.AGENCY, "agency"), (ObjectClass.BIDDER, "bidder")):
        if class_ in classes:
            rows = db_session.scalars(select(Organisation).where(Organisation.kind == kind).order_by("name", "id"))
            found += [Inspected(o.credit_code, o.name, class_, Grade.B, (o.credit_code,)) for o in rows]
    if ObjectClass.PROJECT in classes:
        query = (
            select(Tender.code, Tender.title, Tender.case_id, Organisation.credit_code)
            .join(Organisation, Organisation.id == Tender.agency_id)
            .where(Tender.published_at.is_not(None))
            .order_by(Tender.published_at)
        )
        for code, title, case_id, unit in db_session.execute(query):
            found.append(Inspected(case_id, f"{code} {title}", ObjectClass.PROJECT, Grade.B, (unit,)))
    if ObjectClass.EXPERT in classes:
        numbers = select(Expert.number).where(Expert.status == Status.ADMITTED).order_by(Expert.number)
        found += [Inspected(number, "", ObjectClass.EXPERT, Grade.B, ()) for number in db_session.scalars(numbers)]
    return found


def expert_employers(db_session: DbSession, numbers: set[str]) -> dict[str, str]:
    """Credit codes of experts' employers by the experts' numbers."""
    query = (
        select(Expert.number, Organisation.credit_code)
        .join(Account, Account.id == Expert.account_id)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(Expert.number.in_(numbers))
    )
    return {number: code for number, code in db_session.execute(query)}


def expert_names(db_session: DbSession, numbers: set[str]) -> dict[str, str]:
    """Names of experts by their numbers, for the authorities that inspect them."""
    query = select(Expert.number, Account.name).join(Account, Account.id == Expert.account_id)
    return {number: name for number, name in db_session.execute(query.where(Expert.number.in_(numbers)))}
