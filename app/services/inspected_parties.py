"""Who speaks for an inspected object, and is told of what was found on it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import Account, Expert, Organisation
from app.procedure.inspections.facts import HITS, ResultsEntered
from app.procedure.inspections.items import ObjectClass
from app.procedure.inspections.results import stated_until, units_of
from app.procedure.inspections.state import Campaign
from app.procedure.roles import Role
from app.services.notices import whoever_is
from app.services.unit_of_work import UnitOfWork

SPEAKING = (Role.AGENCY_OFFICER, Role.AGENCY_SUPERVISOR, Role.BIDDER)


def tell_party(work: UnitOfWork, number: int, object_: str, authority: str) -> None:
    """The inspected party is told of what was found, when it is entered, and of every result when it is published."""
    year = work.case.inspection
    assert year is not None  # results are entered in nothing else
    campaign = year.campaign(number)
    outcome, facts = campaign.outcomes[object_, authority], {"title": campaign.proposed.title, "object": object_}
    until = stated_until(campaign, outcome)
    if campaign.plan.rules.statement_within is None or (until is None and not _found(outcome.entered)):
        return
    for account in _people(work.db_session, campaign, object_):
        if until is None:
            work.notify(account, "result_entered_of_you", **facts)
        else:
            work.notify(account, "result_published_of_you", **facts, until=until)


def _found(entered: ResultsEntered) -> bool:
    return any(result.code.value in HITS for result in entered.results)


def _people(db_session: DbSession, campaign: Campaign, object_: str) -> list[str]:
    """The accounts that may speak for an object."""
    found = campaign.objects[object_]
    if found.object_class is ObjectClass.EXPERT:
        query = select(Account.id).join(Expert, Expert.account_id == Account.id).where(Expert.number == object_)
        return list(db_session.scalars(query))
    owners = db_session.scalars(select(Organisation.id).where(Organisation.credit_code.in_(units_of(found))))
    accounts = [id_ for owner in owners for role in SPEAKING for id_ in whoever_is(db_session, owner, role)]
    return list(dict.fromkeys(accounts))
