"""What only the case file can say of a year of inspections: digests over what was signed, and statements of draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.casefile.codec import encode
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import CampaignPublished
from app.procedure.inspections.pools import candidates_of, conditions, reason_hash, recused_of
from app.procedure.inspections.rules import frozen_sha256
from app.procedure.inspections.state import Campaign, InspectionYear, part_of
from crypto.committee import Committee
from evaluation.draw import (
    DrawConditions,
    DrawStated,
    EarlierRound,
    excluded,
    statement,
    statement_bytes,
)

if TYPE_CHECKING:
    from app.casefile.case import Case


def published_digest(campaign: Campaign) -> str:
    """What a publication of the campaign names: the proposal as signed, and the lists of inspectors."""
    lists = {authority: encode(listed) for authority, listed in campaign.lists.items()}
    return frozen_sha256(campaign, {authority: _as_signed(listed) for authority, listed in lists.items()})


def _as_signed(listed: dict[str, Any]) -> dict[str, Any]:
    """A list without a salt as it was signed before lists had one."""
    return {name: value for name, value in listed.items() if name != "salt" or value}


def campaign_digest(year: InspectionYear | None, fact: Any) -> str:
    """That of the campaign which `fact` publishes, "" for every other fact."""
    if year is None or not isinstance(fact, CampaignPublished):
        return ""
    return published_digest(year.campaign(fact.campaign))


def draw_conditions(case: Case, lot: str) -> DrawConditions:
    """The only conditions that a draw of the year can have. Raises RuleViolation `campaign_unknown`."""
    assert case.inspection is not None
    committee = Committee.from_description(case.committee)
    return conditions(case.id, case.inspection, lot, case.draws, (committee.id, committee.k))


def draw_statement(case: Case, lot: str) -> DrawStated:
    """The only statement that the open round of a draw of the year can have: pool and recusals as the record has them.

    Raises RuleViolation `campaign_unknown`, `draw_conditions_not_approved`.
    """
    assert case.inspection is not None
    number, part = part_of(lot)
    campaign, state = case.inspection.campaign(number), case.lot(lot).draw
    current, known = state.current, state.conditions
    if current is None or known is None:
        raise RuleViolation("draw_conditions_not_approved")
    first = state.rounds[0]
    candidates = first.candidates or candidates_of(campaign, case.draws, part)
    ids = {candidate.id for candidate in candidates}
    before = {entry["id"] for found in state.rounds if found.statement for entry in found.stated["recused"]}
    reasons = {id_: reason for id_, reason in recused_of(campaign, case.draws, part).items() if id_ in ids}
    reasons |= dict.fromkeys(before - reasons.keys(), "earlier") | excluded(state)
    earlier = None
    if current.number > 1:
        earlier = EarlierRound(current.earlier_record_sha256, str(current.reason or ""), current.second_signature)
    stated = statement(
        known,
        round_=current.number,
        strata=state.strata,
        candidates=candidates,
        recused={id_: reason_hash(known.draw_id, id_, reason) for id_, reason in reasons.items()},
        commitments=current.commitments,
        earlier=earlier,
    )
    return DrawStated(current.number, statement_bytes(stated).decode(), tuple(candidates))
