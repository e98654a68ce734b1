"""What a sitting must be given before anybody sits down: who judges, by which rules, over which bids."""

from __future__ import annotations

from evaluation.committee import Member, check_composition
from evaluation.errors import RuleViolation
from evaluation.evaluate import check_evaluation_rules
from evaluation.sitting.clarifications import ARITHMETIC_CONFIRMED, PRICE_PROVEN
from evaluation.sitting.competition_rules import sound_competition
from evaluation.sitting.deductions import sound_deductions
from evaluation.sitting.events import WITHIN_CEILING, SittingConvened
from evaluation.sitting.questions import GROUND_ITEMS
from evaluation.sitting.state import SittingState

OF_THE_LAW = (WITHIN_CEILING, PRICE_PROVEN, ARITHMETIC_CONFIRMED, *GROUND_ITEMS.values())
RESERVED_ITEMS = {item.id for item in OF_THE_LAW}  # no item of the documents is called like one of these


def check_convened(fact: SittingConvened, state: SittingState) -> None:
    """Raises RuleViolation `sitting_convened_invalid` (field), and what composition and evaluation rules raise."""
    rules = fact.rules
    check_composition([Member(seat.role, seat.site) for seat in fact.seats], fact.host_site, rules.committee)
    check_evaluation_rules(rules.evaluation)
    sound = {
        "seats": [s.number for s in fact.seats] == list(range(state.first_seat, state.first_seat + len(fact.seats))),
        "persons": len({s.person for s in fact.seats} - state.persons) == len(fact.seats),
        "bids": len({bid.bid for bid in fact.bids}) == len(fact.bids) > 0,
        "prices": all(bid.price.is_finite() and bid.price > 0 for bid in fact.bids),
        "review_items": len({item.id for item in rules.review_items} - RESERVED_ITEMS) == len(rules.review_items),
        "deductions": sound_deductions(rules.review_items),
        "least_valid_bids": rules.least_valid_bids >= 1,
        "brands": all((bid.brand is None) is (rules.core_product is None) for bid in fact.bids),
        "vote_below": sound_competition(rules.least_valid_bids, rules.vote_below),
        "chair_rounds": rules.chair_rounds >= 1,
    }
    for field, ok in sound.items():
        if not ok:
            raise RuleViolation("sitting_convened_invalid", field=field)
