"""Which prices are to be explained before there is a report, what members decide about it, and what follows.

1. Once results stand, and members know prices, the published rules mark the prices that are clearly low among the bids
   that passed the review. Each bidder of a marked price is asked, without a vote; about another price the committee
   votes. A bidder explains a price once.
2. Each member votes once on whether the answer proves the price reasonable, and says why where it does not. More than
   half of all members reject the bid; the vote is closed as soon as no further vote can change it.
3. A bidder that answers nothing in its time has proven nothing: its bid is rejected without a vote.
4. Where a member leaves, whoever sits then decides about the answer anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.errors import RuleViolation
from evaluation.low_prices import MarkedPrice, marked_prices
from evaluation.sitting.checks import require_once, require_text
from evaluation.sitting.clarification_folding import overtaken
from evaluation.sitting.clarifications import (
    ARITHMETIC_CONFIRMED,
    PRICE_PROVEN,
    Clarification,
    ClarificationProposed,
    ClarificationStanding,
    ExplanationDecided,
    ExplanationJudged,
    PricesMarked,
)
from evaluation.sitting.events import Rejection
from evaluation.sitting.stages import PRICES_ASKED
from evaluation.sitting.state import SittingState

S = ClarificationStanding
REJECTED_FOR_PRICE = frozenset({PRICE_PROVEN.id, ARITHMETIC_CONFIRMED.id})
MAY_ASK_AGAIN = frozenset({S.WITHDRAWN, S.DROPPED})


def marked(state: SittingState) -> tuple[MarkedPrice, ...]:
    """The prices that the rules mark, of the bids that passed the review: one that was rejected for its price since is
    compared still, so that its rejection marks nobody else."""
    if state.rules.low_price is None:
        return ()
    passed = {*state.valid, *(found.bid for found in state.rejected if found.item in REJECTED_FOR_PRICE)}
    prices = {bid.bid: state.price_of(bid.bid) for bid in state.bids if bid.bid in passed}
    return marked_prices(state.rules.low_price, prices, state.rules.ceiling)


def marking(state: SittingState) -> PricesMarked | None:
    """What the rules mark, where that is not on record."""
    found = marked(state)
    return PricesMarked(found) if found != state.marked else None


def of_price(state: SittingState, bid: str) -> Clarification | None:
    """What became of the request to explain the price of a bid; None where there is none that counts: what was
    explained of a price that was corrected since does not."""
    for one in state.clarifications.values():
        about = one.of_price and one.proposed.bid == bid and one.standing not in MAY_ASK_AGAIN
        if about and not overtaken(state.clarifications, one):
            return one
    return None


def _being_corrected(state: SittingState, bid: str) -> bool:
    return any(one.of_arithmetic and one.proposed.bid == bid for one in state.clarifications_awaited)


def explainable(state: SittingState) -> tuple[str, ...]:
    """The bids whose price a bidder may be asked to explain now: marked ones first."""
    if state.stage not in PRICES_ASKED:
        return ()
    by_rule = {price.bid for price in state.marked}
    found = [bid for bid in state.valid if of_price(state, bid) is None and not _being_corrected(state, bid)]
    return tuple(sorted(found, key=lambda bid: bid not in by_rule))


def check_price_proposal(fact: ClarificationProposed, state: SittingState) -> None:
    """Raises RuleViolation `price_not_known`, `clarification_bid_unknown`, `price_asked_before`,
    `price_being_asked`."""
    if state.stage not in PRICES_ASKED:
        raise RuleViolation("price_not_known")
    if fact.bid not in state.valid:
        raise RuleViolation("clarification_bid_unknown", bid=fact.bid)
    if of_price(state, fact.bid) is not None:
        raise RuleViolation("price_asked_before", bid=fact.bid)
    if _being_corrected(state, fact.bid):
        raise RuleViolation("price_being_asked", bid=fact.bid)


def asked_by_rule(state: SittingState, one: Clarification) -> bool:
    """Whether no vote is held on a request: the rules mark the price."""
    return one.of_price and any(price.bid == one.proposed.bid for price in state.marked)


def check_judgement(fact: ExplanationJudged, state: SittingState) -> None:
    """Raises RuleViolation `clarification_unknown`, `explanation_not_awaited`, `sitting_already_done`,
    `sitting_text_missing`."""
    found = state.clarifications.get(fact.id)
    if found is None:
        raise RuleViolation("clarification_unknown")
    if not found.to_judge:
        raise RuleViolation("explanation_not_awaited")
    require_once(fact.seat, fact.seat in found.judged, "explanation_vote")
    if not fact.proven:
        require_text(fact.reason, "reason")


def judged(state: SittingState) -> ExplanationDecided | None:
    """The decision on an answer on which enough members have voted."""
    members = len(state.seats)
    for one in state.clarifications.values():
        opposed = sum(not vote.proven for vote in one.judged.values())
        agreed = len(one.judged) - opposed
        if one.to_judge and (2 * opposed > members or 2 * agreed >= members):
            return ExplanationDecided(one.proposed.id, one.proposed.bid, 2 * opposed <= members, agreed, opposed)
    return None


def price_rejections(state: SittingState) -> Iterator[Rejection]:
    """Of bids that passed the review: whose price is not proven, and who explained nothing."""
    for one in state.clarifications.values():
        if not one.of_price or one.proposed.bid not in state.valid:
            continue
        against = tuple(one.judged[seat].reason for seat in sorted(one.judged) if not one.judged[seat].proven)
        if one.standing is S.LAPSED:
            yield Rejection(one.proposed.bid, PRICE_PROVEN.id, 0, ())
        elif one.proven is False:
            yield Rejection(one.proposed.bid, PRICE_PROVEN.id, len(against), against)


def unexplained(state: SittingState) -> tuple[str, ...]:
    """The bids whose price is to be asked about, explained or decided on still."""
    waiting = [one.proposed.bid for one in state.clarifications_awaited if one.of_price]
    waiting += [one.proposed.bid for one in state.clarifications.values() if one.to_judge]
    waiting += [price.bid for price in state.marked if of_price(state, price.bid) is None]
    return tuple(bid for bid in state.valid if bid in waiting)


def check_prices_explained(state: SittingState) -> None:
    """That no price is left of which the report could not tell. Raises RuleViolation `prices_unexplained` (bids)."""
    if bids := unexplained(state):
        raise RuleViolation("prices_unexplained", bids=", ".join(bids), count=len(bids))
