"""Who may see which fact of a year of inspections: plan, list of objects and draws everybody, people and findings those
who inspect."""

from __future__ import annotations

from collections.abc import Callable

from app.casefile.case import Case
from app.casefile.record import Record
from app.procedure.roles import Actor, Role
from app.procedure.trustees import TrusteesChanged

Rule = Callable[[Actor, Case, Record], bool]
SECRETS = frozenset({"DrawShareReleased", "DrawSignatureRecorded", "CapsuleShareReleased"})


def inspects(actor: Actor, case: Case) -> bool:
    """Whether the actor belongs to an authority of this year."""
    state = case.inspection
    mine = state is not None and actor.organisation_id in {party.id for party in state.parties.authorities}
    return mine and actor.is_(Role.REGULATOR)


def _authorities(actor: Actor, case: Case, record: Record) -> bool:
    return inspects(actor, case)


def _speaker(actor: Actor, case: Case, record: Record) -> bool:
    """The authorities and who made the statement; its words stand on the public page, its files do not."""
    return inspects(actor, case) or (bool(actor.id) and record.actor == actor.id)


def _planned(actor: Actor, case: Case, record: Record) -> bool:
    """Everybody, once a plan is approved; the authorities before. So it is with each plan that replaces one."""
    state = case.inspection
    approved = state is not None and state.plan is not None
    waits = state is not None and record.type == "PlanProposed" and record.payload_sha256 == state.proposed_sha256
    return (approved and not waits) or inspects(actor, case)


def _published(actor: Actor, case: Case, record: Record) -> bool:
    """Everybody, once the campaign is published."""
    state = case.inspection
    campaign = state.campaigns.get(record.payload["campaign"]) if state is not None else None
    return (campaign is not None and campaign.published_at is not None) or inspects(actor, case)


def _drawing(actor: Actor, case: Case, record: Record) -> bool:
    """A draw is everybody's to watch; what its signature is made of, once the round has its result."""
    if record.type not in SECRETS:
        return True
    mine = bool(actor.id) and record.actor == actor.id
    rounds = case.lots[record.lot].draw.rounds if record.lot in case.lots else ()
    return mine or any(found.number == record.payload["round"] and found.result is not None for found in rounds)


INSPECTION_SIGHT: dict[str, Rule] = {
    "InspectionYearOpened": _planned,
    "PlanProposed": _planned,
    "PlanApproved": _planned,
    "CampaignProposed": _published,
    "InspectorsListed": _authorities,
    "CampaignPublished": _published,
    "InspectorRecused": _authorities,
    "CertainInspectorsProposed": _published,
    "InspectorsDrawOpened": _published,
    "RedrawProposed": _published,
    "RedrawOrdered": _published,
    "ResultsEntered": _authorities,
    "ResultsConfirmed": _authorities,
    "ViewStated": _speaker,
    "ViewAnswered": _authorities,
    "RectificationRecorded": _authorities,
    "RectificationConfirmed": _authorities,
}


def sees_inspection(actor: Actor, case: Case, record: Record) -> bool:
    """Whether the actor may see a fact of this year."""
    if record.type == TrusteesChanged.__name__:
        return _planned(actor, case, record)
    if rule := INSPECTION_SIGHT.get(record.type):
        return rule(actor, case, record)
    return bool(record.lot) and _drawing(actor, case, record)
