"""A year of inspections judged again: whose each act is, and what of its draws must follow from which act."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.casefile.case import Case
from app.casefile.inspecting import draw_conditions, draw_statement
from app.casefile.record import Record
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import (
    CampaignPublished,
    InspectorsDrawOpened,
    Part,
    RedrawOrdered,
    ViewStated,
)
from app.procedure.inspections.rules import check_inspection_party
from app.procedure.inspections.state import lot_of
from app.procedure.roles import Actor
from evaluation import draw

# In a year these are the system's: nobody chooses any of it.
FOLLOWING = (
    draw.DrawConditionsProposed,
    draw.DrawConditionsApproved,
    draw.DrawRoundOpened,
    draw.CandidateDismissed,
)
LEADS = frozenset(
    {"PlanProposed", "PlanApproved", "CampaignProposed", "CampaignPublished", "InspectorsDrawOpened"}
    | {"CertainInspectorsProposed"}
    | {"RedrawProposed", "RedrawOrdered"}
)  # whose the authority that leads is, by the policy


def follows(case: Case, fact: Any) -> bool:
    """Whether a fact is the system's own in this case, although a person proposes its like in another."""
    return case.inspection is not None and isinstance(fact, FOLLOWING)


def organisation_id(case: Case, name: str) -> str:
    """The party of the year that is certified under this name, "" for none of them."""
    assert case.inspection is not None
    parties = case.inspection.parties
    return next((party.id for party in (*parties.authorities, parties.centre) if party.name == name), "")


def speaker(record: Record, organisation: str) -> tuple[str, str]:
    """Name and credit code of the party that a statement is from, if its signer is certified as one of its people.

    Of which expert a number is stands in no case file: there the verifier asks no more than the signature.
    """
    fact = record.fact
    if isinstance(fact, ViewStated) and fact.name == organisation:
        return fact.name, fact.unit
    return "", ""


def check_person(case: Case, record: Record, actor: Actor) -> None:
    """What the policy and the features ask beyond the rule of the fact.

    Raises RuleViolation `evidence_party_wrong`, `draw_party_of_another`, `draw_pool_differs`.
    """
    year, fact = case.inspection, record.fact
    assert year is not None
    if record.type in LEADS:
        _check_party(year.parties.authority.id, actor)
    elif isinstance(fact, draw.DrawCommitted | draw.DrawRevealed):
        check_inspection_party(year.parties, fact.party, actor)
    elif isinstance(fact, draw.DrawStated):
        _check_party(year.parties.centre.id, actor)
        if fact != draw_statement(case, record.lot):
            raise RuleViolation("draw_pool_differs")


def _check_party(expected: str, actor: Actor) -> None:
    if actor.organisation_id != expected:
        raise RuleViolation("evidence_party_wrong", expected=expected[:12], found=actor.organisation_id[:12])


def completed(case: Case, record: Record) -> Iterator[tuple[Any, str]]:
    """What stands right after an act of the year, each fact with its lot."""
    fact = record.fact
    match fact:
        case CampaignPublished():
            yield from _begun(case, lot_of(fact.campaign, Part.OBJECTS), record)
        case InspectorsDrawOpened():
            yield from _begun(case, lot_of(fact.campaign, Part.INSPECTORS), record)
        case RedrawOrdered():
            lot = lot_of(fact.campaign, fact.part)
            current = case.lot(lot).draw.current
            assert current is not None  # a drawn candidate has a round
            yield draw.CandidateDismissed(current.number, fact.candidate, fact.ground), lot
            reason, signature = draw.RoundReason.DISMISSED, str(record.act.get("signature", ""))
            yield draw.DrawRoundOpened(current.number + 1, reason, current.record_sha256, signature), lot


def _begun(case: Case, lot: str, record: Record) -> Iterator[tuple[Any, str]]:
    conditions = draw_conditions(case, lot)
    approved = draw.DrawConditionsApproved(draw.conditions_sha256(conditions))
    yield draw.DrawConditionsProposed(conditions), lot
    yield approved, lot
    proposed = case.lot(lot).draw
    after = draw.apply(proposed, draw.DrawConditionsProposed(conditions))
    for following in draw.decide(after, approved)[1:]:
        yield following, lot
