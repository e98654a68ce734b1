"""Which valid bids offer one brand of the core product, and whether enough bidders are left (O87 art. 31)."""

from __future__ import annotations

from collections.abc import Iterable

from evaluation.brands import Groups, among, found_same, same_brands, sound_groups, spellings
from evaluation.errors import RuleViolation
from evaluation.sitting.events import BidsReviewed, SittingFailed
from evaluation.sitting.state import SittingState

TOO_FEW_VALID_BIDS = "too_few_valid_bids"
TOO_FEW_BRANDS = "too_few_brands"


def check_brands(fact: BidsReviewed, state: SittingState) -> None:
    """What a member joins are brands that were stated, each in one group alone. Raises RuleViolation
    `review_brands_wrong`."""
    if not sound_groups(fact.brands or (), spellings(state.stated_brands.values())):
        raise RuleViolation("review_brands_wrong", seat=fact.seat)


def joined_brands(state: SittingState) -> Groups:
    """The stated brands that more than half of the members hold to be the same."""
    return found_same(state.brand_findings.values(), len(state.seats))


def concluded_brands(state: SittingState, valid: Iterable[str]) -> Groups | None:
    """The valid bids of one brand, by groups; None where the documents name no core product."""
    if state.rules.core_product is None:
        return None
    return among(same_brands(state.stated_brands, joined_brands(state)), valid)


def standing_brands(state: SittingState, valid: Iterable[str]) -> Groups | None:
    """What was concluded, of these bids alone."""
    return None if state.brands is None else among(state.brands, valid)


def too_few(state: SittingState) -> SittingFailed | None:
    """The failure of a lot with fewer valid bids than are wanted, or with bids of fewer brands."""
    least = state.rules.least_valid_bids
    if state.bidders_counted >= least:
        return None
    if len(state.valid) < least:
        return SittingFailed(TOO_FEW_VALID_BIDS, len(state.valid), least)
    return SittingFailed(TOO_FEW_BRANDS, state.bidders_counted, least)
