"""Who may see what the committee asks a bidder, and what the bidder answers.

The room, the competent authority as it sees bids, and of what was asked the bidder that is asked: no other bidder, in
no phase. Of prices that are to be explained or confirmed no member reads before members know prices. The agency reads
it once results stand, or the lot has failed by the review; who proposed and voted how it never reads.
"""

from __future__ import annotations

from app.casefile.anonymous import scores_without_prices, unnamed
from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sides import Rule, agency, given_up, own, room, unread_by_successors
from app.procedure.clarifying import Course
from app.procedure.roles import Actor, Role
from evaluation.sitting import ClarificationStanding, Stage


def _asked_bidder(actor: Actor, case: Case, record: Record) -> bool:
    """Whether it was asked of the actor's own organisation; of a request that was not sent this is nobody."""
    course = case.lots[record.lot].clarifying.get(record.payload["id"], Course())
    mine = case.lots[record.lot].bidding.of_bidder(actor.organisation_id)
    if not actor.is_(Role.BIDDER) or course.asked is None or mine is None:
        return False
    return mine.receipt_id == receipt_of(case.lots[record.lot], course.asked.bid)


def _agency_afterwards(actor: Actor, case: Case, record: Record) -> bool:
    sitting = case.lots[record.lot].sitting
    known = sitting.stage is Stage.FAILED or (sitting.result is not None and sitting.stage is not Stage.ABANDONED)
    return known and agency(actor, case, record)


def _within(actor: Actor, case: Case, record: Record) -> bool:
    return room(actor, case, record) or given_up(actor, case, record)


def _decided(actor: Actor, case: Case, record: Record) -> bool:
    return _within(actor, case, record) or _agency_afterwards(actor, case, record)


def _asked(actor: Actor, case: Case, record: Record) -> bool:
    return _decided(actor, case, record) or _asked_bidder(actor, case, record)


def _answered(actor: Actor, case: Case, record: Record) -> bool:
    """Who answers is in the record of the act: the room reads an anonymous bidder's words on its pages alone."""
    return _asked(actor, case, record) and not unnamed(actor, case, record.lot)


def _vote(actor: Actor, case: Case, record: Record) -> bool:
    """One's own, and the others' once they can change nothing."""
    found = case.lots[record.lot].sitting.clarifications.get(record.payload["id"])
    open_ = found is not None and found.standing is ClarificationStanding.VOTING
    return own(actor, case, record) or (not open_ and _within(actor, case, record))


def _judgement(actor: Actor, case: Case, record: Record) -> bool:
    """One's own vote about an explanation, and the others' once they can change nothing."""
    found = case.lots[record.lot].sitting.clarifications.get(record.payload["id"])
    open_ = found is not None and found.to_judge
    return own(actor, case, record) or (not open_ and _within(actor, case, record))


def _kept_from_scoring(rule: Rule) -> Rule:
    """That a price is low, or corrected, tells of prices: whoever is to score again does not read it before."""

    def seen(actor: Actor, case: Case, record: Record) -> bool:
        found = case.lots[record.lot].sitting.clarifications.get(record.payload["id"])
        kept = found is not None and found.after_locks and scores_without_prices(actor, case, record.lot)
        return rule(actor, case, record) and not kept

    return seen


_SIGHT: dict[str, Rule] = {
    "ClarificationProposed": unread_by_successors(_within),
    "ClarificationVoted": unread_by_successors(_vote),
    "ClarificationWithdrawn": unread_by_successors(_within),
    "ClarificationDecided": _decided,
    "ClarificationSent": unread_by_successors(_within),
    "ClarificationAsked": _asked,
    "ClarificationAnswered": _answered,
    "ClarificationLapsed": _asked,
    "ExplanationJudged": unread_by_successors(_judgement),
    "ExplanationDecided": _decided,
}
CLARIFICATION_SIGHT = {name: _kept_from_scoring(rule) for name, rule in _SIGHT.items()}
