"""Years of inspections: registers of items and inspectors, the plan, campaigns up to their publication."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.adapters.inspection_rules import read_rules
from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.committees import check_in_use
from app.casefile.inspecting import draw_conditions
from app.models import InspectionEntry, Organisation
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import InspectionYearOpened, Part, Parties, PlanProposed
from app.procedure.inspections.items import Item, check_item
from app.procedure.inspections.rules import UNIT, check_year_is_near, decide
from app.procedure.inspections.state import InspectionYear, lot_of
from app.procedure.roles import Role
from app.procedure.terms import Party
from app.queries.cases import load_case
from app.queries.committees import find_committee
from app.queries.inspections import (
    INSPECTION,
    INSPECTOR,
    ITEM,
    inspectors_list,
    item_entries,
    possible_inspectors,
    years,
)
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.trustees import follow_resharings
from app.services.unit_of_work import UnitOfWork, plain_transaction, take_turns, unit_of_work
from crypto.canonical import Json
from crypto.committee import Committee
from evaluation import draw

LONGEST = 500


def open_year(platform: Platform, log_in: LogIn, year: int, joint: Iterable[str] = ()) -> str:
    """Begin an authority's inspections of a year, alone or with others; the id of its case file.

    Raises NotAllowed, RuleViolation `inspection_year_open`, `inspection_year_wrong`, `inspection_year_far`,
    `authority_unknown`.
    """
    case_id = secrets.token_hex(8)
    with unit_of_work(platform.database, case_id, begins=INSPECTION) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.INSPECTION_OPEN)
        check_year_is_near(year, work.now.astimezone(ZoneInfo(platform.settings.display_zone)).year)
        take_turns(work.db_session, f"inspections {actor.organisation_id}")
        for known in years(work.db_session):
            state = known.inspection
            if state and (state.opened.year, state.parties.authority.id) == (year, actor.organisation_id):
                raise RuleViolation("inspection_year_open", year=year)
        others = tuple(_authority(work.db_session, id_) for id_ in sorted(set(joint) - {actor.organisation_id}))
        centre = work.db_session.scalars(
            select(Organisation).where(Organisation.kind == "centre").order_by(Organisation.created_at)
        ).first()
        if centre is None:
            raise RuleViolation("centre_unknown")
        own = Party(actor.organisation_id, actor.organisation_name)
        opened = InspectionYearOpened(year, Parties(own, others, Party(centre.id, centre.name)))
        work.append(*decide(None, {}, opened, actor), actor=actor, role="RG")
    return case_id


def _authority(db_session: DbSession, organisation_id: str) -> Party:
    found = db_session.get(Organisation, organisation_id)
    if found is None or found.kind != "regulator":
        raise RuleViolation("authority_unknown")
    return Party(found.id, found.name)


def keep_item(platform: Platform, log_in: LogIn, item: Item, *, in_use: bool = True) -> str:
    """Enter an item into the register of the actor's authority, or a further version of it; its id.

    Raises NotAllowed, RuleViolation as `check_item` does.
    """
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.INSPECTION_REGISTER)
        item = replace(item, id=item.id or secrets.token_hex(6), authority=actor.organisation_id)
        check_item(item)
        row = InspectionEntry(organisation_id=actor.organisation_id, kind=ITEM, key=item.id, at=now, by=actor.id)
        row.in_use, row.entry = in_use, json.dumps(encode(item), ensure_ascii=False)
        db_session.add(row)
    return item.id


def keep_inspector(
    platform: Platform, log_in: LogIn, account: str, unit: str, ties: Iterable[str], *, in_use: bool = True
) -> None:
    """Enter an inspector of the actor's authority, or how it is now. `ties` are credit codes.

    Raises NotAllowed, RuleViolation `inspector_unknown`, `text_missing`, `text_too_long`, `object_unit_wrong`.
    """
    words, codes = unit.strip(), sorted({code.strip() for code in ties if code.strip()})
    if not words:
        raise RuleViolation("text_missing")
    if len(words) > LONGEST:
        raise RuleViolation("text_too_long", length=len(words), most=LONGEST)
    if wrong := [code for code in codes if not UNIT.match(code)]:
        raise RuleViolation("object_unit_wrong", object=wrong[0][:40])
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.INSPECTION_REGISTER)
        if account not in {person.account for person in possible_inspectors(db_session, actor.organisation_id)}:
            raise RuleViolation("inspector_unknown")
        row = InspectionEntry(organisation_id=actor.organisation_id, kind=INSPECTOR, key=account, at=now, by=actor.id)
        row.in_use, row.entry = in_use, json.dumps({"unit": words, "ties": codes}, ensure_ascii=False)
        db_session.add(row)


def read_year(platform: Platform, case_id: str) -> Case:
    """A year of inspections. Raises RuleViolation `inspection_unknown`."""
    with platform.database.reading() as db_session:
        found = load_case(db_session, case_id)
    if found.inspection is None:
        raise RuleViolation("inspection_unknown")
    return found


def plan_payload(platform: Platform, log_in: LogIn, case_id: str, title: str, committee_id: str, book: str) -> Json:
    """What is signed as the plan: the items in use of every authority of the year, as their registers have them now.

    Raises NotAllowed, RuleViolation `committee_unknown`, `profile_unknown`, `inspection_unknown`.
    """
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.INSPECTION_PREPARE, case)
        year = _year(case)
        committee = find_committee(db_session, committee_id)
        plan = PlanProposed(
            parties=year.parties,
            title=title.strip(),
            rules=read_rules(book),
            items=_items(db_session, year),
            committee=committee.description,
            register=year.plan.register if year.plan else platform.register_terms,
        )
    return encode(plan)


def _year(case: Case) -> InspectionYear:
    if case.inspection is None:
        raise RuleViolation("inspection_unknown")
    return case.inspection


def _items(db_session: DbSession, year: InspectionYear) -> tuple[Item, ...]:
    entries = [entry for party in year.parties.authorities for entry in item_entries(db_session, party.id)]
    return tuple(entry.item for entry in entries if entry.in_use)


@completes("PlanProposed")
def propose_plan(act: Act) -> Answer:
    """The items are those of the registers, the rule book the platform's, the committee a standing one."""
    plan, db_session = act.fact, act.work.db_session
    if plan.rules != read_rules(plan.rules.name):
        raise RuleViolation("profile_changed", profile=plan.rules.name)
    known = act.work.case.committee
    if not known and plan.register != act.platform.register_terms:
        raise RuleViolation("register_terms_changed")
    if plan.items != _items(db_session, _year(act.work.case)):
        raise RuleViolation("plan_items_changed")
    committee = find_committee(db_session, Committee.from_description(plan.committee).id)
    check_in_use(committee)
    if not known and committee.description != plan.committee:
        raise RuleViolation("committee_missing")
    _tell_authority(act, "inspection_plan_waits", title=plan.title)
    return {}


@completes("PlanApproved")
def approve_plan(act: Act) -> Answer:
    plan = _year(act.work.case).approved()
    check_in_use(find_committee(act.work.db_session, Committee.from_description(act.work.case.committee).id))
    follow_resharings(act.work)
    for party in plan.parties.joint:
        tell_role(act.work, party.id, Role.REGULATOR, "inspection_plan_approved", title=plan.title)
    return {}


@completes("CampaignProposed")
def propose_campaign(act: Act) -> Answer:
    """Every authority with an item is asked for its inspectors."""
    for authority in _year(act.work.case).campaign(act.fact.campaign).authorities:
        tell_role(act.work, authority, Role.REGULATOR, "inspectors_wanted", besides=act.actor.id, title=act.fact.title)
    return {}


@completes("InspectorsListed")
def list_inspectors(act: Act) -> Answer:
    """The list is the authority's register as it is now, word for word, under numbers that are told to nobody else."""
    campaign, actor = _year(act.work.case).campaign(act.fact.campaign), act.actor
    if not act.fact.salt:
        raise RuleViolation("malformed", path="$.salt", expected="64 hex")
    now = inspectors_list(act.work.db_session, campaign, actor.organisation_id, actor.credit_code)
    if replace(act.fact, salt=now.salt) != now:
        raise RuleViolation("inspectors_changed")
    if all(authority in campaign.lists for authority in campaign.authorities):
        _tell_authority(act, "campaign_waits", title=campaign.proposed.title)
    return {}


@completes("CampaignPublished")
def publish_campaign(act: Act) -> Answer:
    """What may be drawn is public; the draw of the objects begins."""
    begin_draw(act.work, lot_of(act.fact.campaign, Part.OBJECTS))
    _tell_drawers(act)
    return {}


@completes("CertainInspectorsProposed")
def propose_certain(act: Act) -> Answer:
    """Another person of the authority that leads opens the draw, or does not."""
    title = _year(act.work.case).campaign(act.fact.campaign).proposed.title
    _tell_authority(act, "certain_inspectors_wait", title=title, reason=act.fact.reason)
    return {}


@completes("InspectorsDrawOpened")
def open_inspectors_draw(act: Act) -> Answer:
    begin_draw(act.work, lot_of(act.fact.campaign, Part.INSPECTORS))
    _tell_drawers(act)
    return {}


def begin_draw(work: UnitOfWork, lot: str) -> None:
    """The conditions, of which nobody chooses anything, stand, and the first round is open."""
    conditions = draw_conditions(work.case, lot)
    work.conclude(draw.DrawConditionsProposed(conditions), lot)
    work.conclude(draw.DrawConditionsApproved(draw.conditions_sha256(conditions)), lot)


def _tell_authority(act: Act, code: str, **facts: str) -> None:
    authority = _year(act.work.case).parties.authority
    tell_role(act.work, authority.id, Role.REGULATOR, code, besides=act.actor.id, **facts)


def _tell_drawers(act: Act) -> None:
    """Whoever gives randomness to the draw is told that it waits."""
    year = _year(act.work.case)
    title = year.campaign(act.fact.campaign).proposed.title
    for party in year.parties.authorities:
        tell_role(act.work, party.id, Role.REGULATOR, "inspection_draw_begun", title=title)
    tell_role(act.work, year.parties.centre.id, Role.CENTRE_OPERATOR, "inspection_draw_begun", title=title)
