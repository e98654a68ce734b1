"""Whether a finding may be put to the vote and voted on, and what an adopted vote leads to."""

from __future__ import annotations

from collections.abc import Iterable

from evaluation.errors import RuleViolation
from evaluation.sitting.arithmetic_rules import arithmetic_rejections
from evaluation.sitting.brand_rules import standing_brands
from evaluation.sitting.checks import require_once, require_text
from evaluation.sitting.deductions import standing_deductions
from evaluation.sitting.events import Rejection, ReviewConcluded
from evaluation.sitting.price_rules import price_rejections
from evaluation.sitting.questions import (
    GROUND_ITEMS,
    Disposal,
    FindingDisposed,
    FindingPut,
    FindingVoted,
    FindingWithdrawn,
)
from evaluation.sitting.stages import Stage
from evaluation.sitting.state import SittingState


def check_put(fact: FindingPut, state: SittingState) -> None:
    """One at a time, by the chair, with a reason; what was settled stays settled, a bid is rejected once, and not while
    its bidder is being asked.

    Raises RuleViolation `sitting_not_chair`, `finding_vote_open`, `finding_settled`, `finding_rejection_incomplete`,
    `finding_bid_unexpected`, `finding_bid_asked`, `correction_unanswered`.
    """
    if state.chair != fact.seat:
        raise RuleViolation("sitting_not_chair", seat=fact.seat)
    if state.put is not None:
        raise RuleViolation("finding_vote_open", finding=state.put.finding)
    if fact.finding in settled(state):
        raise RuleViolation("finding_settled", finding=fact.finding)
    if state.requests:
        raise RuleViolation("correction_unanswered", seats=", ".join(map(str, sorted(state.requests))))
    require_text(fact.reason, "reason")
    rejects = fact.disposal is Disposal.REJECT
    if rejects != bool(fact.bids) or rejects != (fact.ground is not None) or len(set(fact.bids)) != len(fact.bids):
        raise RuleViolation("finding_rejection_incomplete", finding=fact.finding)
    standing = standing_bids(state)
    for bid in fact.bids:
        if bid not in standing:
            raise RuleViolation("finding_bid_unexpected", bid=bid)
    if asked := {one.proposed.bid for one in state.clarifications_awaited} & set(fact.bids):
        raise RuleViolation("finding_bid_asked", bid=min(asked))


def standing_bids(state: SittingState) -> frozenset[str]:
    """The bids that nobody has rejected yet: those under review, or those that passed it."""
    if state.stage is Stage.REVIEW:
        return frozenset(bid.bid for bid in state.bids) - {rejection.bid for rejection in rejections(state)}
    return frozenset(state.valid)


def check_vote(fact: FindingVoted, state: SittingState) -> None:
    """Raises RuleViolation `finding_not_put` (finding), `sitting_already_done`."""
    _require_put(fact.finding, state)
    require_once(fact.seat, fact.seat in state.put_votes, "finding_vote")


def check_withdrawal(fact: FindingWithdrawn, state: SittingState) -> None:
    """A vote that cannot be decided for now holds up neither report nor review. The chair alone, who put it, takes it
    back: else one member could undo what the others are about to decide.

    Raises RuleViolation `finding_not_put`, `finding_not_withdrawable`.
    """
    _require_put(fact.finding, state)
    require_text(fact.reason, "reason")
    if fact.seat != state.chair:
        raise RuleViolation("finding_not_withdrawable", seat=fact.seat)


def _require_put(finding: int, state: SittingState) -> None:
    if state.put is None or state.put.finding != finding:
        raise RuleViolation("finding_not_put", finding=finding)


def check_none_open(state: SittingState) -> None:
    """What is being voted on is to be in the report. Raises RuleViolation `finding_vote_open`."""
    if state.put is not None:
        raise RuleViolation("finding_vote_open", finding=state.put.finding)


def settled(state: SittingState) -> frozenset[int]:
    """The findings about which the committee has decided for good: who is to be asked is still to be decided on."""
    return frozenset(put.finding for put, found in state.disposed if found.adopted and put.disposal is not Disposal.ASK)


def disposal_due(state: SittingState) -> FindingDisposed | None:
    """The count, as soon as no further vote can change it: more than half of all members adopt."""
    if state.put is None:
        return None
    members, agreeing = len(state.seats), sum(vote.agrees for vote in state.put_votes.values())
    against = len(state.put_votes) - agreeing
    adopted = 2 * agreeing > members
    if not adopted and 2 * (members - against) > members:
        return None
    return FindingDisposed(state.put.finding, agreeing, against, adopted)


def rejections(state: SittingState) -> tuple[Rejection, ...]:
    """The bids that adopted votes have rejected."""
    return tuple(_rejections(state))


def _rejections(state: SittingState) -> Iterable[Rejection]:
    for put, found in state.disposed:
        if found.adopted and put.ground is not None:
            for bid in put.bids:
                yield Rejection(bid, GROUND_ITEMS[put.ground].id, found.agreeing, (put.reason,))


def concluded_anew(state: SittingState) -> ReviewConcluded | None:
    """After the last lock: the review as adopted votes, and what bidders answered about their prices, have it, where
    they reject a bid that passed it."""
    rejected = [one for one in rejections(state) if one.bid in state.valid]
    by_votes = {one.bid for one in rejected}
    about_prices = (*price_rejections(state), *arithmetic_rejections(state))
    rejected += [one for one in about_prices if one.bid not in by_votes]
    if not rejected:
        return None
    gone = {rejection.bid for rejection in rejected}
    valid = tuple(bid for bid in state.valid if bid not in gone)
    left = standing_deductions(state.granted, valid), standing_brands(state, valid)
    return ReviewConcluded((*state.rejected, *rejected), valid, *left)
