"""Policy deductions: to whose prices the committee grants them, and what is compared then.

The documents publish an item of the review with its share; who meets it is found by the members like any other item,
by more than half of them, before anybody knows a price. Shares of several items add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from evaluation.arithmetic import ZERO
from evaluation.sitting.events import ReviewItem
from evaluation.sitting.state import SittingState

Granted = dict[str, tuple[str, ...]]


def deduction_items(items: Iterable[ReviewItem]) -> dict[str, Decimal]:
    """The share of each item that has one."""
    return {item.id: item.deduction for item in items if item.deduction is not None}


def sound_deductions(items: Iterable[ReviewItem]) -> bool:
    """Whether something of a price is left whatever is granted."""
    shares = deduction_items(items).values()
    return all(share > ZERO for share in shares) and sum(shares, ZERO) < 1


def granted_deductions(state: SittingState, valid: Iterable[str]) -> Granted | None:
    """By bid, the items that more than half of the members found it to meet."""
    shares = deduction_items(state.rules.review_items)
    if not shares:
        return None
    met = [(found.bid, found.item) for given in state.reviews.values() for found in given if found.passed]
    return standing_deductions(
        {bid: tuple(item for item in shares if 2 * met.count((bid, item)) > len(state.seats)) for bid in valid}, valid
    )


def standing_deductions(granted: Granted | None, valid: Iterable[str]) -> Granted | None:
    """Of these bids alone."""
    return None if granted is None else {bid: granted[bid] for bid in valid if granted.get(bid)}


def shares_granted(items: Iterable[ReviewItem], granted: Granted | None) -> dict[str, Decimal]:
    """What is left out of the price of each bid that has a deduction."""
    shares = deduction_items(items)
    return {bid: sum((shares[item] for item in met), ZERO) for bid, met in (granted or {}).items()}
