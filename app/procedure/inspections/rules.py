"""The lawful order of a year of inspections: which act may follow, and whose it is."""

from __future__ import annotations

import re
from datetime import datetime

from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import (
    CampaignProposed,
    CampaignPublished,
    CertainInspectorsProposed,
    Fact,
    InspectionYearOpened,
    InspectorRecused,
    InspectorsDrawOpened,
    InspectorsListed,
    Part,
    Parties,
    PlanApproved,
    PlanProposed,
    RedrawOrdered,
    RedrawProposed,
)
from app.procedure.inspections.items import ObjectClass, check_item
from app.procedure.inspections.pools import (
    Draws,
    authorities_of,
    certain_groups,
    certain_places,
    drawn_objects,
    free_inspectors,
    group,
    inspectors_of,
    object_candidates,
    pair,
    recused_pairs,
    shares,
    visits,
)
from app.procedure.inspections.results import RESULT_FACTS, decide_result
from app.procedure.inspections.state import Campaign, InspectionYear, lot_of
from app.procedure.roles import Actor
from app.procedure.witnesses import check_register_terms
from crypto.canonical import Json, digest
from crypto.committee import Committee

YEARS = range(2000, 2200)
NAME_OF_OBJECT = re.compile(r"[^\s:\x00-\x1f\ud800-\uffff]{1,60}\Z")
UNIT = re.compile(r"[0-9A-Za-z-]{1,40}\Z")
SALT = re.compile(r"(?:[0-9a-f]{64})?\Z")
Drawn = InspectorRecused | CertainInspectorsProposed | InspectorsDrawOpened | RedrawProposed | RedrawOrdered


def frozen_sha256(campaign: Campaign, encoded_lists: Json) -> str:
    """What the second person publishes: the campaign as proposed, and the lists of inspectors (JSON, by authority)."""
    return digest({"campaign": campaign.proposed_sha256, "inspectors": encoded_lists})


def check_year_is_near(year: int, now: int) -> None:
    """A year's case file stands for ever: it is begun for this year or the next. Raises RuleViolation
    `inspection_year_far`.
    """
    if year not in (now, now + 1):
        raise RuleViolation("inspection_year_far", year=year, this=now, next=now + 1)


def decide(
    state: InspectionYear | None, draws: Draws, fact: Fact, actor: Actor, frozen: str = "", now: datetime | None = None
) -> tuple[Fact, ...]:
    """The accepted act, or its refusal. `frozen` is the digest of the campaign that a publication names, as it stands;
    `now` is needed by what has a time: statements of inspected parties.

    Raises RuleViolation; CryptoError where the description of a committee is malformed.
    """
    if isinstance(fact, InspectionYearOpened):
        if state is not None or fact.year not in YEARS:
            raise RuleViolation("inspection_year_wrong", year=fact.year)
        return (fact,)
    if state is None:
        raise RuleViolation("inspection_unknown")
    if isinstance(fact, RESULT_FACTS):
        decide_result(state.campaign(fact.campaign), draws, fact, actor, now)
        return (fact,)
    if getattr(fact, "authority", actor.organisation_id) != actor.organisation_id:
        raise RuleViolation("act_for_another_authority")
    match fact:
        case PlanProposed():
            _propose_plan(state, fact)
        case PlanApproved():
            _approve_plan(state, fact, actor)
        case CampaignProposed():
            _propose_campaign(state, fact)
        case InspectorsListed():
            _list_inspectors(state.campaign(fact.campaign), fact, actor)
        case CampaignPublished():
            _publish(state, fact, actor, frozen)
        case _:
            _decide_drawn(state.campaign(fact.campaign), draws, fact, actor)
    return (fact,)


def _decide_drawn(campaign: Campaign, draws: Draws, fact: Drawn, actor: Actor) -> None:
    match fact:
        case InspectorRecused():
            _recuse(campaign, draws, fact, actor)
        case CertainInspectorsProposed():
            _propose_certain(campaign, draws, fact)
        case InspectorsDrawOpened():
            _open_inspectors(campaign, draws, fact, actor)
        case RedrawProposed():
            _propose_redraw(campaign, draws, fact, actor)
        case RedrawOrdered():
            _order_redraw(campaign, draws, fact, actor)


def _propose_plan(state: InspectionYear, fact: PlanProposed) -> None:
    if fact.parties != state.parties:
        raise RuleViolation("plan_of_others")
    if not fact.title.strip() or not fact.items:
        raise RuleViolation("plan_empty")
    names = [item.id for item in fact.items]
    for item in fact.items:
        check_item(item)
        if names.count(item.id) > 1:
            raise RuleViolation("item_repeated", item=item.title)
        if item.authority not in {party.id for party in state.parties.authorities}:
            raise RuleViolation("item_of_others", item=item.title)
    check_register_terms(fact.register)
    committee = Committee.from_description(fact.committee)
    if state.plan is not None:
        same = committee.id == Committee.from_description(state.committee).id
        if not same or fact.register != state.plan.register:
            raise RuleViolation("plan_trust_changed")


def _approve_plan(state: InspectionYear, fact: PlanApproved, actor: Actor) -> None:
    if state.proposed is None:
        raise RuleViolation("plan_not_proposed")
    if actor.id == state.proposed_by:
        raise RuleViolation("second_person_needed")
    if fact.plan_sha256 != state.proposed_sha256:
        raise RuleViolation("object_has_changed", expected=state.proposed_sha256[:12], stated=fact.plan_sha256[:12])


def _propose_campaign(state: InspectionYear, fact: CampaignProposed) -> None:
    plan, before = state.approved(), state.campaigns.get(fact.campaign)
    if before is not None and before.published_at is not None:
        raise RuleViolation("campaign_published", campaign=fact.campaign)
    if before is None and fact.campaign != len(state.campaigns) + 1:
        raise RuleViolation("campaign_not_next", campaign=fact.campaign, next=len(state.campaigns) + 1)
    known = {item.id: item for item in plan.items}
    if not fact.title.strip() or not fact.items or not fact.objects:
        raise RuleViolation("campaign_empty")
    if unknown := [id_ for id_ in fact.items if id_ not in known]:
        raise RuleViolation("item_unknown", item=unknown[0][:60])
    if len(fact.objects) > plan.rules.objects_at_most:
        raise RuleViolation("objects_too_many", objects=len(fact.objects), most=plan.rules.objects_at_most)
    _check_objects(fact, {known[id_].object_class.value for id_ in fact.items})
    drafted = state.drafted(fact)
    wanted = shares(drafted)
    for item in drafted.items:
        if not any(item.id in items for items in wanted.values()):
            raise RuleViolation("item_without_objects", item=item.title, occasion=drafted.occasions[item.id])
    if plan.rules.choice_needed and not fact.certain.strip() and (certain := certain_groups(drafted)):
        class_, _, grade = certain[0].partition(":")
        raise RuleViolation("campaign_without_choice", groups=len(certain), object_class=class_, grade=grade)


def _check_objects(fact: CampaignProposed, classes: set[str]) -> None:
    seen: set[str] = set()
    for found in fact.objects:
        if not NAME_OF_OBJECT.match(found.id):
            raise RuleViolation("object_malformed", object=found.id[:60])
        if found.id in seen:
            raise RuleViolation("object_repeated", object=found.id)
        if found.object_class.value not in classes:
            raise RuleViolation("object_without_item", object=found.id)
        if found.object_class is ObjectClass.EXPERT and (found.name or found.units):
            raise RuleViolation("object_name_not_public", object=found.id)
        if not all(map(UNIT.match, found.units)):
            raise RuleViolation("object_unit_wrong", object=found.id)
        seen.add(found.id)


def _list_inspectors(campaign: Campaign, fact: InspectorsListed, actor: Actor) -> None:
    if campaign.published_at is not None:
        raise RuleViolation("campaign_published", campaign=fact.campaign)
    if actor.organisation_id not in campaign.authorities:
        raise RuleViolation("authority_without_item", authority=actor.organisation_name)
    accounts = [inspector.account for inspector in fact.inspectors]
    least = campaign.plan.rules.inspectors_per_object
    if any(id_ not in campaign.objects for inspector in fact.inspectors for id_ in inspector.objects):
        raise RuleViolation("inspectors_changed")
    if len(set(accounts)) != len(accounts):
        raise RuleViolation("inspector_repeated")
    if not SALT.match(fact.salt):
        raise RuleViolation("malformed", path="$.salt", expected="64 hex")
    if len(accounts) < least:
        raise RuleViolation("inspectors_too_few", available=len(accounts), needed=least)


def _publish(state: InspectionYear, fact: CampaignPublished, actor: Actor, frozen: str) -> None:
    campaign = state.campaign(fact.campaign)
    if campaign.published_at is not None:
        raise RuleViolation("campaign_published", campaign=fact.campaign)
    if actor.id == campaign.proposed_by:
        raise RuleViolation("second_person_needed")
    if missing := [authority for authority in campaign.authorities if authority not in campaign.lists]:
        raise RuleViolation("inspectors_not_listed", missing=len(missing))
    if fact.frozen_sha256 != frozen:
        raise RuleViolation("object_has_changed", expected=frozen[:12], stated=fact.frozen_sha256[:12])
    if (campaign.plan, campaign.occasions) != (state.plan, state.occasions(campaign.proposed.items, campaign.number)):
        raise RuleViolation("campaign_outdated", campaign=campaign.number)
    _check_size(campaign)
    wanted = shares(campaign)
    for candidate in object_candidates(campaign):
        items = tuple(wanted[group(campaign.objects[candidate.id])])
        for authority in authorities_of(campaign, items):
            _check_inspectors(campaign, authority, candidate.id)


def _check_size(campaign: Campaign) -> None:
    """The statement of the inspectors' draw can be signed and carried, however the objects are drawn."""
    people = {authority: len(listed.inspectors) for authority, listed in campaign.lists.items()}
    pairs, most = 0, campaign.plan.rules.pairs_at_most
    for items in shares(campaign).values():
        pairs += max(items.values()) * sum(people[a] for a in authorities_of(campaign, tuple(items)))
    if pairs > most:
        raise RuleViolation("draw_too_large", pairs=pairs, most=most)


def _check_inspectors(campaign: Campaign, authority: str, object_: str) -> None:
    """Enough of an authority's inspectors are left for an object after recusals."""
    available, needed = len(free_inspectors(campaign, authority, object_)), campaign.plan.rules.inspectors_per_object
    if available < needed:
        raise RuleViolation("inspectors_too_few_for", object=object_, available=available, needed=needed)


def _drawn(campaign: Campaign, draws: Draws, part: Part) -> None:
    """The draw has its result, and nobody or nothing is being drawn again."""
    draw = draws.get(lot_of(campaign.number, part))
    if draw is None or draw.current is None or draw.current.result is None:
        raise RuleViolation("inspection_not_drawn", part=part.value)


def _recuse(campaign: Campaign, draws: Draws, fact: InspectorRecused, actor: Actor) -> None:
    _drawn(campaign, draws, Part.OBJECTS)
    if fact.object not in drawn_objects(campaign, draws):
        raise RuleViolation("object_not_drawn", object=fact.object[:60])
    if not fact.ground.strip():
        raise RuleViolation("text_missing")
    listed = campaign.lists.get(actor.organisation_id)
    if listed is None or actor.id not in {inspector.account for inspector in listed.inspectors}:
        raise RuleViolation("inspector_not_listed")
    if (fact.object, actor.organisation_id) in campaign.outcomes:
        raise RuleViolation("recusal_after_results", object=fact.object)
    if (actor.id, fact.object) in campaign.recusals:
        raise RuleViolation("already_recused", object=fact.object)


def _may_open_inspectors(campaign: Campaign, draws: Draws) -> None:
    _drawn(campaign, draws, Part.OBJECTS)
    if campaign.inspectors_opened:
        raise RuleViolation("inspectors_draw_begun")
    for object_, authority in visits(campaign, draws):
        _check_inspectors(campaign, authority, object_)


def _propose_certain(campaign: Campaign, draws: Draws, fact: CertainInspectorsProposed) -> None:
    """Why inspectors are drawn of places that leave nothing to chance: of exactly those that there are."""
    _may_open_inspectors(campaign, draws)
    if not campaign.plan.rules.choice_needed or fact.places != certain_places(campaign, draws) or not fact.places:
        raise RuleViolation("certain_places_differ", places=len(certain_places(campaign, draws)))
    if not fact.reason.strip():
        raise RuleViolation("text_missing")


def _open_inspectors(campaign: Campaign, draws: Draws, fact: InspectorsDrawOpened, actor: Actor) -> None:
    _may_open_inspectors(campaign, draws)
    certain = certain_places(campaign, draws) if campaign.plan.rules.choice_needed else ()
    if not certain:
        if fact.certain_sha256:
            raise RuleViolation("certain_places_differ", places=0)
        return
    proposed = campaign.certain
    if proposed is None or proposed.places != certain:
        raise RuleViolation("draw_without_choice", places=len(certain))
    if actor.id == campaign.certain_by:
        raise RuleViolation("second_person_needed")
    if fact.certain_sha256 != campaign.certain_sha256:
        stated, expected = fact.certain_sha256[:12], campaign.certain_sha256[:12]
        raise RuleViolation("object_has_changed", expected=expected, stated=stated or "-")


def _propose_redraw(campaign: Campaign, draws: Draws, fact: RedrawProposed, actor: Actor) -> None:
    _drawn(campaign, draws, fact.part)
    if not fact.ground.strip():
        raise RuleViolation("text_missing")
    draw = draws[lot_of(campaign.number, fact.part)]
    seat = draw.seats.get(fact.candidate)
    if seat is None or not seat.holds_a_seat:
        raise RuleViolation("redraw_not_drawn", candidate=fact.candidate[:80])
    if fact.part is Part.OBJECTS:
        if campaign.inspectors_opened:
            raise RuleViolation("redraw_too_late")
        stratum = draw.drawn_for[fact.candidate]
        left = [c for c in object_candidates(campaign) if stratum in c.strata and c.id not in draw.seats]
    else:
        _account, _, object_ = fact.candidate.partition(":")
        authority = draw.drawn_for[fact.candidate].rpartition(":")[2]
        _check_unsettled(campaign, draws, (object_, authority), actor)
        free = free_inspectors(campaign, authority, object_)
        listed = campaign.lists[authority]
        left = [account for account in free if pair(listed, account, object_) not in draw.seats]  # type: ignore[misc]
    if not left:
        raise RuleViolation("redraw_pool_exhausted", candidate=fact.candidate[:80])


def _check_unsettled(campaign: Campaign, draws: Draws, visit: tuple[str, str], actor: Actor) -> None:
    """An inspector may be replaced until a result was confirmed: who has left can confirm none. Once one is entered,
    those drawn for the object have no say in it, so that nobody sends away who does not agree (ADR 0150).
    """
    outcome = campaign.outcomes.get(visit)
    if outcome is None:
        return
    if outcome.confirmed is not None:
        raise RuleViolation("redraw_after_results", object=visit[0])
    if actor.id in inspectors_of(campaign, draws).get(visit, ()):
        raise RuleViolation("redraw_by_inspector", object=visit[0])


def _order_redraw(campaign: Campaign, draws: Draws, fact: RedrawOrdered, actor: Actor) -> None:
    waiting = campaign.redraw
    if waiting is None:
        raise RuleViolation("redraw_not_proposed")
    if actor.id == campaign.redraw_by:
        raise RuleViolation("second_person_needed")
    if vars(waiting) != vars(fact):
        raise RuleViolation("object_has_changed", expected=waiting.candidate[:12], stated=fact.candidate[:12])
    _propose_redraw(campaign, draws, waiting, actor)


def check_inspection_party(parties: Parties, party: str, actor: Actor) -> None:
    """A party's randomness comes from that party (ROLES 26). Raises RuleViolation `draw_party_of_another`."""
    found = parties.by_name.get(party)
    if found is None or found.id != actor.organisation_id:
        raise RuleViolation("draw_party_of_another", party=party)


def check_no_draw_open(state: InspectionYear, draws: Draws) -> None:
    """The record of a year is whole: no draw waits for shares or bytes. Raises RuleViolation `export_during_draw`."""
    for lot, draw in draws.items():
        if draw.current is not None and draw.current.result is None:
            raise RuleViolation("export_during_draw", year=state.opened.year, draw=lot)


def still_recused(campaign: Campaign, draws: Draws) -> tuple[str, ...]:
    """Drawn pairs whose inspector has stepped back since: each waits for its replacement."""
    draw, recused = draws.get(lot_of(campaign.number, Part.INSPECTORS)), recused_pairs(campaign, draws)
    if draw is None:
        return ()
    return tuple(id_ for id_, seat in draw.seats.items() if seat.holds_a_seat and id_ in recused)
