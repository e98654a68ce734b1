"""Arithmetic corrections of prices (算术修正): when one may be asked about, and what follows from the answer.

1. Once results stand, and members know prices, a member proposes the price that a bid has by one of the published rules
   of correction; the committee votes and the chair sends, as with every other question.
2. The bidder confirms it or does not. What it confirms counts from then on: results are computed anew, and a price that
   is above the ceiling now is rejected. What it does not confirm, or does not answer, rejects the bid without a vote.
3. A price is explained, or corrected, but not both at once: what was explained of another price counts no more.
4. No report is prepared while a bidder is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.arithmetic import MONEY_PLACES
from evaluation.errors import RuleViolation
from evaluation.price_corrections import PriceCorrection
from evaluation.sitting.clarifications import ARITHMETIC_CONFIRMED, ClarificationProposed, ClarificationStanding
from evaluation.sitting.events import WITHIN_CEILING, Rejection
from evaluation.sitting.price_rules import check_prices_explained
from evaluation.sitting.stages import PRICES_ASKED
from evaluation.sitting.state import SittingState

MOST_DIGITS = 16  # of a price in yuan before the point, as of one that is bid


def price_correctable(state: SittingState) -> tuple[str, ...]:
    """The bids whose price may be asked about now, in their order."""
    if state.stage not in PRICES_ASKED or not state.rules.arithmetic:
        return ()
    about = {one.proposed.bid for one in state.clarifications_awaited}
    about |= {one.proposed.bid for one in state.clarifications.values() if one.to_judge}
    about |= set(state.put.bids if state.put is not None else ())
    return tuple(bid for bid in state.valid if bid not in about)


def check_correction(fact: ClarificationProposed, state: SittingState) -> None:
    """Raises RuleViolation `arithmetic_not_known`, `price_not_known`, `clarification_bid_unknown`, `price_being_asked`,
    `correction_ground_unknown`, `correction_price_wrong`, `corrected_price_same`."""
    if not state.rules.arithmetic:
        raise RuleViolation("arithmetic_not_known")
    if state.stage not in PRICES_ASKED:
        raise RuleViolation("price_not_known")
    if fact.bid not in state.valid:
        raise RuleViolation("clarification_bid_unknown", bid=fact.bid)
    if fact.bid not in price_correctable(state):
        raise RuleViolation("price_being_asked", bid=fact.bid)
    if fact.correction is None or fact.correction.ground not in state.rules.arithmetic:
        raise RuleViolation("correction_ground_unknown")
    if not sound_price(fact.correction):
        raise RuleViolation("correction_price_wrong")
    if fact.correction.price == state.price_of(fact.bid):
        raise RuleViolation("corrected_price_same", bid=fact.bid)


def sound_price(correction: PriceCorrection) -> bool:
    """Whether it is a price: above zero, of whole fen, of no more digits than a price has."""
    price = correction.price
    whole = price.is_finite() and price > 0 and price.adjusted() < MOST_DIGITS
    return whole and price == round(price, MONEY_PLACES)


def unconfirmed(state: SittingState) -> tuple[str, ...]:
    """The bids whose correction is voted on, to be sent, or to be confirmed still."""
    waiting = {one.proposed.bid for one in state.clarifications_awaited if one.of_arithmetic}
    return tuple(bid for bid in state.valid if bid in waiting)


def check_none_unconfirmed(state: SittingState) -> None:
    """Raises RuleViolation `corrections_unconfirmed` (bids)."""
    if bids := unconfirmed(state):
        raise RuleViolation("corrections_unconfirmed", bids=", ".join(bids), count=len(bids))


def check_prices_settled(state: SittingState) -> None:
    """That no price is left of which the report could not tell. Raises RuleViolation `prices_unexplained`,
    `corrections_unconfirmed`."""
    check_prices_explained(state)
    check_none_unconfirmed(state)


def arithmetic_rejections(state: SittingState) -> Iterator[Rejection]:
    """Of bids that passed the review: whose bidder does not confirm, and whose corrected price is above the ceiling."""
    for one in state.clarifications.values():
        lapsed = one.standing is ClarificationStanding.LAPSED
        if one.of_arithmetic and one.proposed.bid in state.valid and (lapsed or one.confirms is False):
            yield Rejection(one.proposed.bid, ARITHMETIC_CONFIRMED.id, 0, ())
    for bid, correction in state.corrections.items():
        if bid in state.valid and not state.rules.within_ceiling(correction.price):
            yield Rejection(bid, WITHIN_CEILING.id, 0, ())
