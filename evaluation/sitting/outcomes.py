"""What the system itself concludes: a function of the state alone, so that a replay must find the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from evaluation.evaluate import evaluate
from evaluation.sitting.brand_rules import concluded_brands, too_few
from evaluation.sitting.clarification_rules import decided
from evaluation.sitting.competition_rules import counted, questioned
from evaluation.sitting.deductions import granted_deductions, shares_granted
from evaluation.sitting.events import (
    WITHIN_CEILING,
    ChairElected,
    ChairVoteTied,
    MemberRecused,
    Rejection,
    ResultsComputed,
    ReviewConcluded,
    SittingClosed,
    SittingEvent,
    SittingOpened,
    StatementsCompleted,
)
from evaluation.sitting.grounds import ElectedBy
from evaluation.sitting.price_rules import judged, marking
from evaluation.sitting.question_rules import concluded_anew, disposal_due, rejections
from evaluation.sitting.stages import Stage
from evaluation.sitting.state import SittingState


def _gathering(state: SittingState) -> SittingEvent | None:
    return None if state.waiting({*state.keys, *state.not_waited_for}) else SittingOpened()


def _statements(state: SittingState) -> SittingEvent | None:
    return None if state.waiting(state.statements) else StatementsCompleted()


def _chair(state: SittingState) -> SittingEvent | None:
    """Whom the tenderer has named, else the seat with the most votes; equal votes are voted on again, and in the last
    round the lowest seat wins."""
    if state.chair is not None:
        return ChairElected(state.chair, state.chair_round, None)
    if state.named_chair is not None:
        return ChairElected(state.named_chair, state.chair_round, ElectedBy.TENDERER)
    if state.waiting(state.chair_votes):
        return None
    votes = Counter(state.chair_votes.values())
    first = tuple(sorted(seat for seat, count in votes.items() if count == max(votes.values())))
    if len(first) == 1:
        return ChairElected(first[0], state.chair_round, ElectedBy.VOTES)
    if state.chair_round < state.rules.chair_rounds:
        return ChairVoteTied(state.chair_round, first)
    return ChairElected(first[0], state.chair_round, ElectedBy.LOWEST_SEAT)


def _review(state: SittingState) -> SittingEvent | None:
    """A bid is rejected on an item when more than half of the members fail it there, on a finding by an adopted vote,
    and above the ceiling. A vote that is open is finished before."""
    if (counted := disposal_due(state)) is not None:
        return counted
    if state.put is not None or state.waiting(state.reviews):
        return None
    rejected = list(rejections(state))
    for bid in state.bids:
        if not state.rules.within_ceiling(bid.price):
            rejected.append(Rejection(bid.bid, WITHIN_CEILING.id, 0, ()))
        for item in state.rules.review_items:
            if item.deduction is not None:
                continue
            findings = [f for seat in sorted(state.reviews) for f in state.reviews[seat]]
            grounds = [f.ground for f in findings if (f.bid, f.item, f.passed) == (bid.bid, item.id, False)]
            if 2 * len(grounds) > len(state.seats):
                rejected.append(Rejection(bid.bid, item.id, len(grounds), tuple(grounds)))
    gone = {rejection.bid for rejection in rejected}
    valid = tuple(bid.bid for bid in state.bids if bid.bid not in gone)
    return ReviewConcluded(tuple(rejected), valid, granted_deductions(state, valid), concluded_brands(state, valid))


def _scoring(state: SittingState) -> SittingEvent | None:
    if (failure := too_few(state)) is not None:
        return failure
    if (doubted := questioned(state)) is not None:
        return doubted
    # Where the documents put a price on no deviation there is nothing to lock: the review was the members' last word.
    locking = bool(state.rules.evaluation.criteria.scored)
    return None if locking and state.waiting(state.sheets) else computed(state)


def computed(state: SittingState) -> ResultsComputed:
    """The results that the locked sheets give."""
    prices = {bid.bid: bid.price for bid in state.bids if bid.bid in state.valid}
    sheets = {str(seat): state.sheets[seat] for seat in sorted(state.sheets)}
    shares = shares_granted(state.rules.review_items, state.granted)
    corrections = {bid: one for bid, one in state.corrections.items() if bid in prices}
    return ResultsComputed(
        evaluate(state.rules.evaluation, prices, sheets, state.drawn, shares, corrections, state.brands or ())
    )


def _results(state: SittingState) -> SittingEvent | None:
    if (counted := disposal_due(state)) is not None:
        return counted
    if (anew := concluded_anew(state)) is not None:
        return anew
    if state.result is None:  # a bidder has confirmed another price
        return computed(state)
    if (found := marking(state) or judged(state)) is not None:
        return found
    return computed(state) if state.result.to_draw and state.drawn else None


def _signing(state: SittingState) -> SittingEvent | None:
    return SittingClosed() if state.sealed_sha256 else None


OUTCOMES: dict[Stage, Callable[[SittingState], SittingEvent | None]] = {
    Stage.GATHERING: _gathering,
    Stage.STATEMENTS: _statements,
    Stage.CHAIR: _chair,
    Stage.REVIEW: _review,
    Stage.COMPETITION: counted,
    Stage.SCORING: _scoring,
    Stage.RESULTS: _results,
    Stage.REPORT: disposal_due,
    Stage.SIGNING: _signing,
}


def outcome(state: SittingState) -> SittingEvent | None:
    """The one thing that follows now without anybody's act, or None while the sitting waits for people."""
    if state.suspended is None and state.beneath:
        return state.beneath[-1]
    for seat, conflict in state.conflicts.items():
        return MemberRecused(seat, conflict)
    if (decision := decided(state)) is not None:
        return decision
    conclude = OUTCOMES.get(state.stage)
    return conclude(state) if conclude else None
