"""What inspections found on an organisation, or an expert, as it finds it itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Expert
from app.procedure.inspections.facts import Inspected
from app.procedure.inspections.items import ObjectClass
from app.procedure.inspections.results import speaks_for
from app.procedure.inspections.state import Campaign, Outcome
from app.procedure.roles import Actor
from app.queries.inspections import years


@dataclass(frozen=True)
class OwnResult:
    """What one authority found on an object of one's own, published or not yet."""

    case: Case
    campaign: Campaign
    object: Inspected
    authority: str
    outcome: Outcome


def own_number(db_session: DbSession, account: str) -> str:
    """The number of the expert behind an account, "" for anybody else."""
    return db_session.scalar(select(Expert.number).where(Expert.account_id == account)) or ""


def is_own(found: Inspected, actor: Actor, number: str) -> bool:
    """Whether the object is the actor's organisation, or the expert of that number himself or herself."""
    mine = found.id == number if found.object_class is ObjectClass.EXPERT else True
    return mine and speaks_for(found, actor)


def own_results(db_session: DbSession, actor: Actor) -> list[OwnResult]:
    """Everything that was found on the actor's organisation, of the latest year first."""
    number = own_number(db_session, actor.id)
    return [one for case in years(db_session) for one in results_in(case, actor, number)]


def results_in(case: Case, actor: Actor, number: str) -> Iterator[OwnResult]:
    """The same of one year."""
    assert case.inspection is not None
    for _n, campaign in sorted(case.inspection.campaigns.items(), reverse=True):
        for (object_, authority), outcome in campaign.outcomes.items():
            if is_own(campaign.objects[object_], actor, number):
                yield OwnResult(case, campaign, campaign.objects[object_], authority, outcome)
