"""What inspected parties say of results: their files are taken, and whoever is drawn for the object answers."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Expert
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.inspections.items import ObjectClass
from app.procedure.inspections.pools import inspectors_of
from app.procedure.inspections.state import Campaign
from app.services.accounts import LogIn
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.inspection_results import checked_evidence, keep_files
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork


@prepares("ViewStated")
def check_files(platform: Platform, log_in: LogIn, proposal: Proposal) -> dict[str, tuple[str, bytes]]:
    """As those of an inspector are checked. Raises NotAllowed, RuleViolation."""
    return checked_evidence(platform, log_in, proposal, Action.INSPECTION_ANSWER)


@completes("ViewStated")
def make_statement(act: Act) -> Answer:
    """Its files are kept, and whoever is drawn for the object is asked to answer it.

    Raises RuleViolation `statement_of_another` where an expert speaks under a number of somebody else.
    """
    fact, campaign = act.fact, _campaign(act.work, act.fact.campaign)
    if campaign.objects[fact.object].object_class is ObjectClass.EXPERT:
        owner = select(Expert.account_id).where(Expert.number == fact.object)
        if act.work.db_session.scalar(owner) != act.actor.id:
            raise RuleViolation("statement_of_another", object=fact.object)
    keep_files(act)
    facts = {"title": campaign.proposed.title, "object": fact.object}
    for account in inspectors_of(campaign, act.work.case.draws).get((fact.object, fact.authority), ()):
        act.work.notify(account, "statement_waits", **facts)
    return {}


@completes("ViewAnswered")
def answer_statement(act: Act) -> Answer:
    """Whoever spoke is told of the answer."""
    campaign = _campaign(act.work, act.fact.campaign)
    outcome = campaign.outcomes[act.fact.object, act.fact.authority]
    said = next(said for said in outcome.statements if said.sha256 == act.fact.statement_sha256)
    act.work.notify(said.by, "statement_answered", title=campaign.proposed.title, object=act.fact.object)
    return {}


def _campaign(work: UnitOfWork, number: int) -> Campaign:
    year = work.case.inspection
    assert year is not None  # else nobody may act so
    return year.campaign(number)
