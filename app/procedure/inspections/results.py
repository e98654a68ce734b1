"""The lawful order of what is found on an object: results, their confirmation, what the inspected party says of them,
whether it has been put right.
"""

from __future__ import annotations

from datetime import datetime

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import (
    FOLLOWED_UP,
    Inspected,
    RectificationConfirmed,
    RectificationRecorded,
    ResultsConfirmed,
    ResultsEntered,
    ViewAnswered,
    ViewStated,
)
from app.procedure.inspections.items import ObjectClass
from app.procedure.inspections.pools import Draws, free_inspectors, inspectors_of, items_at
from app.procedure.inspections.state import Campaign, Outcome
from app.procedure.roles import Actor, Role

FILES_AT_MOST = 20
STATEMENTS_AT_MOST = 20  # of one party on one result, whoever of its people makes them
RESULT_FACTS = (
    ResultsEntered | ResultsConfirmed | ViewStated | ViewAnswered | RectificationRecorded | RectificationConfirmed
)


def decide_result(campaign: Campaign, draws: Draws, fact: RESULT_FACTS, actor: Actor, now: datetime | None) -> None:
    """Raises RuleViolation where the act may not stand. `now`: its instant."""
    if isinstance(fact, ViewStated):
        assert now is not None  # whoever lets parties speak knows the time
        _state_view(campaign, fact, actor, now)
        return
    if fact.authority != actor.organisation_id:
        raise RuleViolation("act_for_another_authority")
    match fact:
        case ResultsEntered():
            _enter(campaign, draws, fact, actor)
        case ResultsConfirmed():
            _confirm(campaign, draws, fact, actor)
        case ViewAnswered():
            _answer(campaign, draws, fact, actor)
        case RectificationRecorded():
            _rectify(campaign, fact, actor)
        case RectificationConfirmed():
            _confirm_rectified(campaign, fact, actor)


def _drawn_for(campaign: Campaign, draws: Draws, object_: str, actor: Actor) -> None:
    """The actor is one of the inspectors drawn for the object, nobody is missing there, and has not stepped back."""
    people = inspectors_of(campaign, draws).get((object_, actor.organisation_id), ())
    if actor.id not in people:
        raise RuleViolation("inspector_not_drawn", object=object_[:60])
    if recused := [account for account in people if (account, object_) in campaign.recusals]:
        raise RuleViolation("inspector_to_be_replaced", object=object_, people=len(recused))
    if len(people) < campaign.plan.rules.inspectors_per_object:
        raise RuleViolation("inspector_to_be_replaced", object=object_, people=1)


def _enter(campaign: Campaign, draws: Draws, fact: ResultsEntered, actor: Actor) -> None:
    _drawn_for(campaign, draws, fact.object, actor)
    asked = {item.id: item.title for item in items_at(campaign, draws, fact.object, actor.organisation_id)}
    given = [result.item for result in fact.results]
    if sorted(given) != sorted(asked):
        missing = "、".join(title for id_, title in asked.items() if id_ not in given)
        raise RuleViolation("results_incomplete", object=fact.object, missing=missing or "-")
    for result in fact.results:
        if result.code in FOLLOWED_UP and not result.finding.strip():
            raise RuleViolation("finding_missing", item=asked[result.item])
    check_files(fact.files)
    outcome = campaign.outcomes.get((fact.object, actor.organisation_id))
    if outcome is not None and outcome.confirmed is not None and not fact.reason.strip():
        raise RuleViolation("results_need_reason", object=fact.object)


def check_files(files: tuple[object, ...]) -> None:
    if len(files) > FILES_AT_MOST:
        raise RuleViolation("files_too_many", files=len(files), most=FILES_AT_MOST)


def _outcome(campaign: Campaign, object_: str, authority: str) -> Outcome:
    found = campaign.outcomes.get((object_, authority))
    if found is None:
        raise RuleViolation("results_not_entered", object=object_[:60])
    return found


def _confirm(campaign: Campaign, draws: Draws, fact: ResultsConfirmed, actor: Actor) -> None:
    _drawn_for(campaign, draws, fact.object, actor)
    outcome = _outcome(campaign, fact.object, actor.organisation_id)
    if not outcome.waits:
        raise RuleViolation("results_confirmed", object=fact.object)
    if actor.id == outcome.entered_by:
        raise RuleViolation("second_person_needed")
    if outcome.entered_by not in inspectors_of(campaign, draws)[fact.object, actor.organisation_id]:
        raise RuleViolation("results_of_replaced", object=fact.object)
    if fact.results_sha256 != outcome.entered_sha256:
        raise RuleViolation("object_has_changed", expected=outcome.entered_sha256[:12], stated=fact.results_sha256[:12])
    _check_heard(outcome, fact.object)
    if outcome.upheld:
        raise RuleViolation("statement_upheld", object=fact.object)


def _follows(campaign: Campaign, object_: str, actor: Actor) -> None:
    """Weeks after a visit not everybody who made it is there: whoever of the authority's list need not step back from
    the object may look after its correction. Raises RuleViolation `inspector_may_not_follow`."""
    if campaign.plan.rules.corrections_confirmed and actor.id not in free_inspectors(
        campaign, actor.organisation_id, object_
    ):
        raise RuleViolation("inspector_may_not_follow", object=object_)


def _rectify(campaign: Campaign, fact: RectificationRecorded, actor: Actor) -> None:
    outcome = _outcome(campaign, fact.object, actor.organisation_id)
    _follows(campaign, fact.object, actor)
    _check_heard(outcome, fact.object, besides=fact.item)
    if fact.item not in outcome.awaited():
        raise RuleViolation("nothing_to_rectify", object=fact.object)
    if not fact.note.strip():
        raise RuleViolation("text_missing")
    check_files(fact.files)


def _confirm_rectified(campaign: Campaign, fact: RectificationConfirmed, actor: Actor) -> None:
    """By another inspector than the one who recorded it, and exactly what was recorded last."""
    outcome = _outcome(campaign, fact.object, actor.organisation_id)
    _follows(campaign, fact.object, actor)
    seen = outcome.seen.get(fact.item)
    if seen is None:
        raise RuleViolation("rectification_not_recorded", object=fact.object)
    if actor.id == seen.by:
        raise RuleViolation("second_person_needed")
    if fact.record_sha256 != seen.sha256:
        raise RuleViolation("object_has_changed", expected=seen.sha256[:12], stated=fact.record_sha256[:12])
    _check_heard(outcome, fact.object, besides=fact.item)


def units_of(found: Inspected) -> tuple[str, ...]:
    """The credit codes of who may speak for an object: the organisation itself; of a project those behind it.

    A list may name more organisations behind an agency or a bidder, for recusals: those have no say in its result.
    """
    if found.object_class is ObjectClass.PROJECT:
        return found.units
    return (found.id,) if found.id in found.units or len(found.units) != 1 else found.units


def speaks_for(found: Inspected, actor: Actor) -> bool:
    """Whether the actor is of the inspected organisation. Which number an expert has, the platform knows alone."""
    if found.object_class is ObjectClass.EXPERT:
        return actor.is_(Role.EXPERT)
    return bool(actor.credit_code) and actor.credit_code in units_of(found)


def _state_view(campaign: Campaign, fact: ViewStated, actor: Actor, now: datetime) -> None:
    rules, found = campaign.plan.rules, campaign.objects.get(fact.object)
    if rules.statement_within is None:
        raise RuleViolation("statements_not_provided")
    own = found is not None and speaks_for(found, actor)
    expert = found is not None and found.object_class is ObjectClass.EXPERT
    due = ("", "") if expert else (actor.credit_code, actor.organisation_name)
    if not own or (fact.unit, fact.name) != due:
        raise RuleViolation("statement_of_another", object=fact.object[:60])
    outcome = campaign.outcomes.get((fact.object, fact.authority))
    if outcome is None:
        raise RuleViolation("results_not_entered", object=fact.object)
    if fact.results_sha256 != outcome.entered_sha256:
        raise RuleViolation("object_has_changed", expected=outcome.entered_sha256[:12], stated=fact.results_sha256[:12])
    if not fact.words.strip():
        raise RuleViolation("text_missing")
    check_files(fact.files)
    if len(outcome.statements) >= STATEMENTS_AT_MOST:
        raise RuleViolation("statements_too_many", most=STATEMENTS_AT_MOST)
    if not set(fact.corrected) <= set(outcome.awaited()) or len(set(fact.corrected)) != len(fact.corrected):
        raise RuleViolation("nothing_to_rectify", object=fact.object)
    until = stated_until(campaign, outcome)
    if until is not None and now >= until and not fact.corrected:
        raise RuleViolation("statement_too_late", object=fact.object, until=until)


def stated_until(campaign: Campaign, outcome: Outcome) -> datetime | None:
    """Until when the party may state its view of a published result; None before it is published. That something has
    been put right may be said as long as that is awaited.
    """
    within = campaign.plan.rules.statement_within
    if within is None or outcome.waits or outcome.confirmed_at is None:
        return None
    return add(outcome.confirmed_at, within)


def _answer(campaign: Campaign, draws: Draws, fact: ViewAnswered, actor: Actor) -> None:
    """By a drawn inspector who did not enter the result that the statement is about."""
    _drawn_for(campaign, draws, fact.object, actor)
    outcome = _outcome(campaign, fact.object, actor.organisation_id)
    said = next((s for s in outcome.statements if s.sha256 == fact.statement_sha256), None)
    if said is None:
        raise RuleViolation("statement_unknown", object=fact.object)
    if said.answered is not None:
        raise RuleViolation("statement_answered", object=fact.object)
    if actor.id == said.of:
        raise RuleViolation("second_person_needed")
    if not fact.words.strip():
        raise RuleViolation("text_missing")


def _check_heard(outcome: Outcome, object_: str, besides: str = "") -> None:
    """Nothing goes on over a statement that nobody has answered; that of `besides` being put right is answered by the
    record of it. Raises RuleViolation `statement_unanswered`.
    """
    waiting = [said for said in outcome.statements if said.open and besides not in said.unchecked]
    if waiting:
        raise RuleViolation("statement_unanswered", object=object_, statements=len(waiting))
