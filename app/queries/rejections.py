"""On which item of the review a bid was rejected, in the words of the lot's regime."""

from __future__ import annotations

from app.messages import sentence
from evaluation.sitting import GROUND_ITEMS, WITHIN_CEILING, ReviewItem, SittingState


def rejection_items(state: SittingState, regime: str) -> dict[str, ReviewItem]:
    """By id: the published items, the ceiling, and the grounds of the law on which a finding leads to a rejection."""
    of_the_law = {
        item.id: ReviewItem(item.id, *(sentence(f"{regime}_ground_{ground}", {}, lang) for lang in ("zh", "en")))
        for ground, item in GROUND_ITEMS.items()
    }
    return of_the_law | {item.id: item for item in (*state.rules.review_items, WITHIN_CEILING)}
