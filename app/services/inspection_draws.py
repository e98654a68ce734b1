"""After a draw of inspections: who is told, what is due, and further rounds on the word of two persons."""

from __future__ import annotations

from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import Part
from app.procedure.inspections.pools import accounts_of, inspectors_of
from app.procedure.inspections.state import Campaign, lot_of, part_of
from app.procedure.roles import Role
from app.services.acts import Act, Answer, completes
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import unit_of_work
from evaluation.draw import CandidateDismissed, DrawRoundOpened, RoundReason


def _campaign(act: Act, number: int) -> Campaign:
    year = act.work.case.inspection
    assert year is not None  # else nobody may act so
    return year.campaign(number)


def after_inspection_draw(act: Act) -> None:
    """Objects: the inspectors may step back. Inspectors: the drawn are told of their tasks, and results are due."""
    number, part = part_of(act.lot)
    campaign = _campaign(act, number)
    facts = {"title": campaign.proposed.title}
    if part is Part.OBJECTS:
        for listed in campaign.lists.values():
            for inspector in listed.inspectors:
                act.work.notify(inspector.account, "inspection_objects_drawn", **facts)
        return
    due_at = campaign.due_at
    assert due_at is not None  # the fold has just seen the result
    current = act.work.case.lots[act.lot].draw.current
    assert current is not None
    assert current.result is not None
    people = accounts_of(campaign)
    drawn = {people[id_.partition(":")[0]] for ids in current.result.selected.values() for id_ in ids}
    for account in sorted(drawn):  # of this round: who is replaced is no news to the others
        act.work.notify(account, "inspection_task", due_at=due_at, **facts)
    act.work.schedule("results_overdue", due_at, detail=str(number))


@completes("RedrawProposed")
def propose_redraw(act: Act) -> Answer:
    year = act.work.case.inspection
    assert year is not None
    facts = {"title": _campaign(act, act.fact.campaign).proposed.title, "reason": act.fact.ground}
    tell_role(act.work, year.parties.authority.id, Role.REGULATOR, "redraw_waits", besides=act.actor.id, **facts)
    return {}


@completes("RedrawOrdered")
def order_redraw(act: Act) -> Answer:
    """The drawn one loses its place, and a further round with the second person's signature is open."""
    lot = lot_of(act.fact.campaign, act.fact.part)
    current = act.work.case.lots[lot].draw.current
    assert current is not None  # a drawn candidate has a round
    act.work.conclude(CandidateDismissed(current.number, act.fact.candidate, act.fact.ground), lot)
    signature = act.proposal.signed.to_json()["signature"]
    again = DrawRoundOpened(current.number + 1, RoundReason.DISMISSED, current.record_sha256, signature)
    act.work.conclude(again, lot)
    return {}


def tell_overdue(platform: Platform, case_id: str, campaign: int) -> None:
    """Results are due now: whoever has not given them is told, and the authority that leads."""
    with unit_of_work(platform.database, case_id) as work:
        year = work.case.inspection
        if year is None:
            raise RuleViolation("inspection_unknown")
        found = year.campaign(campaign)
        drawn = inspectors_of(found, work.case.draws)
        missing = {v for v in drawn if v not in found.outcomes or found.outcomes[v].confirmed is None}
        facts = {"title": found.proposed.title, "missing": len(missing)}
        for account in sorted({account for visit in missing for account in drawn[visit]}):
            work.notify(account, "results_overdue", **facts)
        if missing:
            tell_role(work, year.parties.authority.id, Role.REGULATOR, "results_overdue", **facts)
