"""What is said in the opening hall: objections and queries on the spot, their answers, and that it is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.casefile.case import Case
from app.models import Account
from app.procedure.attribution import disputable_until
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.services.acts import Act, Answer, completes, explains


@explains("ObjectionRaised", "ObjectionAnswered", "FaultAttributed", "AttributionDisputed", "OpeningConfirmed")
def explain_concluded(case: Case, actor: Actor, lot: str, now: datetime) -> None:
    """Who comes too late is told that the opening is concluded, which is public, where the policy only says no.

    Raises RuleViolation `opening_concluded`, `lot_unknown`.
    """
    if case.lot(lot).opening.concluded_at is not None:
        raise RuleViolation("opening_concluded")


@completes("ObjectionRaised")
def raise_objection(act: Act) -> Answer:
    """The agency's officers are told at once."""
    regime = act.work.case.tender.published.profile.regime
    notify_agency(act, "objection_raised", objection=act.fact.objection, regime=regime.value)
    return {}


@completes("ObjectionAnswered")
def answer_objection(act: Act) -> Answer:
    """An answer may be what the conclusion was waiting for."""
    until = act.work.case.lots[act.lot].opening.objections_until
    assert until is not None
    act.work.schedule("conclude_opening", max(until, act.work.now), lot=act.lot, detail=act.fact.objection)
    return {}


@completes("FaultAttributed")
def attribute_fault(act: Act) -> Answer:
    """The bidder is told at once; the conclusion waits for as long as it may object, and not for its silence."""
    state, profile = act.work.case.lots[act.lot], act.work.case.tender.published.profile
    found, until = state.attributions[act.fact.receipt_id], state.opening.objections_until
    assert until is not None
    submission = state.bidding.submissions[act.fact.receipt_id]
    objects = found.answer is None
    code = f"fault_{found.fault}" if objects else f"fault_{found.fault}_for_good"
    act.work.notify(submission.by, code, lot=act.lot, until=disputable_until(found, profile))
    due = max(until, disputable_until(found, profile)) if objects else max(until, act.work.now)
    step = "named" if objects else "answered"
    act.work.schedule("conclude_opening", due, lot=act.lot, detail=f"{step} {act.fact.receipt_id}")
    return {}


@completes("AttributionDisputed")
def dispute_attribution(act: Act) -> Answer:
    """The agency's officers are told at once, and answer it."""
    notify_agency(act, "fault_disputed", receipt=act.fact.receipt_id)
    return {}


def notify_agency(act: Act, code: str, **facts: object) -> None:
    """A notice for every active account of the case's agency."""
    parties = act.work.case.tender.parties
    assert parties is not None
    query = select(Account.id).where(Account.organisation_id == parties.agency.id, Account.suspended_at.is_(None))
    for account_id in act.work.db_session.scalars(query):
        act.work.notify(account_id, code, lot=act.lot, **facts)
