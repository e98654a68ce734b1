"""On which item of the review a bid was rejected, in the words of the lot's regime."""

from __future__ import annotations

from dataclasses import dataclass

from app.messages import sentence
from evaluation.sitting import (
    ARITHMETIC_CONFIRMED,
    GROUND_ITEMS,
    PRICE_PROVEN,
    WITHIN_CEILING,
    ReviewItem,
    SittingState,
)


@dataclass(frozen=True)
class RejectedBid:
    """A bid that the majority rejected, with the item and the stated grounds; without votes the system found it."""

    bidder: str
    item_zh: str
    item_en: str
    votes: int
    grounds: tuple[str, ...]


def rejection_items(state: SittingState, regime: str) -> dict[str, ReviewItem]:
    """By id: the published items, the ceiling, and the grounds of the law on which a finding leads to a rejection."""
    of_the_law = {
        item.id: ReviewItem(item.id, *(sentence(f"{regime}_ground_{ground}", {}, lang) for lang in ("zh", "en")))
        for ground, item in GROUND_ITEMS.items()
    }
    unproven = (sentence(f"{regime}_ground_price_not_proven", {}, lang) for lang in ("zh", "en"))
    of_the_law[PRICE_PROVEN.id] = ReviewItem(PRICE_PROVEN.id, *unproven)
    unconfirmed = (sentence("correction_not_confirmed", {}, lang) for lang in ("zh", "en"))
    of_the_law[ARITHMETIC_CONFIRMED.id] = ReviewItem(ARITHMETIC_CONFIRMED.id, *unconfirmed)
    return of_the_law | {item.id: item for item in (*state.rules.review_items, WITHIN_CEILING)}


def rejected_bids(sitting: SittingState, names: dict[str, str], regime: str) -> tuple[RejectedBid, ...]:
    """Under the names that the room has for them."""
    if not sitting.rejected:
        return ()
    items = rejection_items(sitting, regime)
    return tuple(
        RejectedBid(names[r.bid], items[r.item].name_zh, items[r.item].name_en, r.votes, r.grounds)
        for r in sitting.rejected
    )
