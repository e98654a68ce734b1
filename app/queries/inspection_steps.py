"""What a year of inspections waits for, and from whom: the one next step of each person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.permissions.predicates import joins_inspection, signs_inspection, states_inspection
from app.procedure.inspections.facts import Part
from app.procedure.inspections.pools import certain_places, inspectors_of, visits
from app.procedure.inspections.rules import still_recused
from app.procedure.inspections.state import Campaign, InspectionYear, Outcome, lot_of
from app.procedure.roles import Actor
from app.queries.inspections import years

ACT, WAIT, WARN, OVER = "act", "wait", "warning", "over"
ORDER = {WARN: 0, ACT: 0, WAIT: 1, OVER: 2}  # what is one's own first


@dataclass(frozen=True)
class Step:
    """`code` names what is to be done, in `campaign` (0: in the plan); `subject` is a draw's part or an object."""

    code: str
    tone: str = ACT
    campaign: int = 0
    subject: str = ""
    due_at: datetime | None = None


def year_of(case: Case) -> InspectionYear:
    """The year that a case file of inspections holds."""
    assert case.inspection is not None
    return case.inspection


def own_years(db_session: DbSession, actor: Actor) -> list[Case]:
    """The years in which the actor inspects, states draws or signs them, and that the actor may open: of the latest
    first. A year whose plan is not approved is the authorities' own matter.
    """
    mine = (joins_inspection, states_inspection, signs_inspection)
    found = [case for case in years(db_session) if any(is_mine(actor, case, "") for is_mine in mine)]
    return [case for case in found if allowed(actor, Action.INSPECTION_READ, case)]


def own_todo(db_session: DbSession, actor: Actor, now: datetime) -> list[tuple[Case, Step]]:
    """What waits for the actor in all of them, what is due first."""
    found = [(case, step) for case in own_years(db_session, actor) for step in steps(case, actor, now)]
    acts = [(case, step) for case, step in found if step.tone in (ACT, WARN)]
    return sorted(acts, key=lambda one: (one[1].due_at is None, one[1].due_at or now))


def party_of(case: Case, actor: Actor) -> str:
    """The name under which the actor gives randomness, "" for who only watches."""
    if not (allowed(actor, Action.DRAW_COMMIT, case)):
        return ""
    found = year_of(case).parties.by_name
    return next((name for name, party in found.items() if party.id == actor.organisation_id), "")


def draw_task(case: Case, lot: str, actor: Actor) -> str:
    """What a draw waits for from the actor: commit, state, reveal; "" where it is somebody else's turn."""
    state = case.lot(lot).draw
    current, conditions = state.current, state.conditions
    if current is None or conditions is None or current.result is not None:
        return ""
    party = party_of(case, actor)
    if len(current.commitments) < len(conditions.parties):
        return "commit" if party and party not in current.commitments else ""
    if not current.statement:
        return "state" if allowed(actor, Action.DRAW_STATE, case, lot) else ""
    if current.signature_hex and party and party not in current.reveals:
        return "reveal"
    return ""


def steps(case: Case, actor: Actor, now: datetime) -> tuple[Step, ...]:
    """Everything that waits, what is the actor's to do first; the plan, then the campaigns from the latest on."""
    year = year_of(case)
    found = [*_plan_steps(case, year, actor)]
    for number in sorted(year.campaigns, reverse=True):
        found += campaign_steps(case, number, actor, now)
    return tuple(sorted(found, key=lambda step: ORDER[step.tone]))


def _plan_steps(case: Case, year: InspectionYear, actor: Actor) -> Iterator[Step]:
    leads = allowed(actor, Action.INSPECTION_PREPARE, case)
    if year.proposed is not None:
        mine = leads and actor.id != year.proposed_by
        yield Step("approve_plan") if mine else Step("plan_waits", WAIT)
    elif year.plan is None:
        yield Step("propose_plan") if leads else Step("plan_waits", WAIT)
    elif not year.campaigns and leads:
        yield Step("propose_campaign")


def campaign_steps(case: Case, number: int, actor: Actor, now: datetime) -> list[Step]:
    """What one campaign waits for, the actor's own part first."""
    campaign = year_of(case).campaign(number)
    if campaign.published_at is None:
        found = list(_before_publication(case, campaign, actor))
    else:
        found = list(_drawing(case, campaign, actor))
        if campaign.inspectors_drawn_at is not None:
            found += _inspecting(case, campaign, actor, now)
    return sorted(found, key=lambda step: ORDER[step.tone])


def _before_publication(case: Case, campaign: Campaign, actor: Actor) -> Iterator[Step]:
    number, leads = campaign.number, allowed(actor, Action.INSPECTION_APPROVE, case)
    missing = [authority for authority in campaign.authorities if authority not in campaign.lists]
    if actor.organisation_id in missing and allowed(actor, Action.INSPECTORS_LIST, case):
        yield Step("list_inspectors", ACT, number)
    elif missing:
        yield Step("lists_wait", WAIT, number)
    elif leads and actor.id != campaign.proposed_by:
        yield Step("publish_campaign", ACT, number)
    else:
        yield Step("publication_waits", WAIT, number)


def _drawing(case: Case, campaign: Campaign, actor: Actor) -> Iterator[Step]:
    number, leads = campaign.number, allowed(actor, Action.INSPECTION_PREPARE, case)
    if campaign.redraw is not None:
        mine = leads and actor.id != campaign.redraw_by
        yield Step("order_redraw", ACT, number) if mine else Step("redraw_waits", WAIT, number)
    for part in Part:
        lot = lot_of(number, part)
        current = case.lots[lot].draw.current
        if current is not None and current.result is None:
            task = draw_task(case, lot, actor)
            yield (
                Step(f"draw_{task}", ACT, number, part.value) if task else Step("draw_waits", WAIT, number, part.value)
            )
            return
    if not campaign.inspectors_opened:
        yield _opening(case, campaign, actor) if leads else Step("recusals", WAIT, number)
    elif leads and still_recused(campaign, case.draws) and campaign.redraw is None:
        yield Step("propose_redraw", ACT, number)


def _opening(case: Case, campaign: Campaign, actor: Actor) -> Step:
    """The draw of inspectors is begun; where it leaves nothing to chance, by another person than who says why."""
    places = certain_places(campaign, case.draws) if campaign.plan.rules.choice_needed else ()
    if not places:
        return Step("open_inspectors", ACT, campaign.number)
    if campaign.certain is None or campaign.certain.places != places:
        return Step("propose_certain", ACT, campaign.number)
    if campaign.certain_by == actor.id:
        return Step("certain_waits", WAIT, campaign.number)
    return Step("open_inspectors", ACT, campaign.number)


def _asked(outcome: Outcome, actor: Actor) -> bool:
    """Whether a statement waits for this inspector's words."""
    return any(said.asks(actor.id) and not said.unchecked for said in outcome.statements)


def _correction(outcome: Outcome, actor: Actor) -> str:
    """What a correction that is due waits for from an inspector: to be looked at, or to be confirmed."""
    return "confirm_rectified" if any(seen.by != actor.id for seen in outcome.seen.values()) else "rectify"


def _inspecting(case: Case, campaign: Campaign, actor: Actor, now: datetime) -> Iterator[Step]:
    number, due_at, open_ones = campaign.number, campaign.due_at, 0
    drawn = inspectors_of(campaign, case.draws)
    for visit in visits(campaign, case.draws):
        outcome, mine = campaign.outcomes.get(visit), actor.id in drawn.get(visit, ())
        settled = outcome is not None and not outcome.waits
        open_ones += not settled
        late = WARN if due_at is not None and due_at <= now else ACT
        if mine and (outcome is None or (outcome.waits and (outcome.upheld or outcome.entered_by not in drawn[visit]))):
            yield Step("enter_results", late, number, visit[0], due_at)
        elif mine and outcome is not None and _asked(outcome, actor):
            yield Step("answer_statement", late if outcome.waits else ACT, number, visit[0])
        elif mine and outcome is not None and outcome.waits and outcome.entered_by != actor.id:
            yield Step("confirm_results", late, number, visit[0], due_at)
        elif mine and outcome is not None and settled and outcome.awaited():
            yield Step(_correction(outcome, actor), ACT, number, visit[0], campaign.correction_due_at(outcome))
    if open_ones:
        yield Step("results_wait", WAIT, number, "", due_at)
    else:
        yield Step("campaign_done", OVER, number)
