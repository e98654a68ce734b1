"""What is looked at before a fact of a sitting is decided: who may say it of which site, times, what is still open."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.casefile.bid_ids import bid_of, findings_of_sitting
from app.procedure import bid_checking, clarifying, rollbacks, signing, standstill, talk, unanswered
from app.procedure.roles import Actor
from evaluation import sitting

if TYPE_CHECKING:
    from app.casefile.case import Case


def check_sitting(case: Case, lot: str, fact: Any, actor: Actor, now: datetime) -> None:
    """Raises RuleViolation."""
    state, profile = case.lots[lot], case.tender.published.profile
    if isinstance(fact, sitting.ClarificationAnswered):  # before all that is for the room alone
        rests = state.sitting.suspended is not None
        clarifying.check_asked(state.clarifying, fact, _answerer(case, lot, actor, fact), rests=rests)
    standstill.check_site(state.sitting, fact, actor)
    standstill.check(state.standstill, state.sitting, fact, actor.id, now, profile)
    rollbacks.check(state.rollback, state.sitting, fact, actor.id, now, profile)
    signing.check(state.signing, state.sitting, fact, now, profile)
    talk.check(state.talk, {number: seat.site for number, seat in state.sitting.seats.items()}, fact, now)
    unanswered.check(state.asked, state.sitting, fact, now, profile)
    clarifying.check(state.clarifying, fact, _answerer(case, lot, actor, fact), now, profile)
    if isinstance(fact, sitting.FindingPut):
        anonymous = bool(case.tender.published.lot(lot).anonymous)
        bid_checking.check_put(
            fact,
            findings_of_sitting(state),
            state.sitting.stage,
            anonymous=anonymous,
            checked_in=state.checked_in,
        )


def _answerer(case: Case, lot: str, actor: Actor, fact: Any) -> clarifying.Answerer:
    """As which bidder the actor could answer the committee; about its price members read once they know names."""
    state = case.lots[lot]
    own = state.bidding.of_bidder(actor.organisation_id)
    if own is None or own.receipt_id not in state.opening.opened:
        return clarifying.Answerer()
    asked = state.sitting.clarifications.get(fact.id) if isinstance(fact, sitting.ClarificationAnswered) else None
    hidden = case.tender.published.lot(lot).anonymous and not (asked is not None and asked.after_locks)
    opened, bid = state.opening.opened[own.receipt_id], bid_of(state, own.receipt_id)
    return clarifying.Answerer(bid, opened.bidder_name, opened.project_manager) if hidden else clarifying.Answerer(bid)
