"""When the page of a booth leaves for one that says nothing of the case: soon after its sitting is over."""

from __future__ import annotations

from app.casefile.case import LotCase
from app.extensions import platform
from app.services.closed_booths import STAYS


def leaves_in(state: LotCase, seat: int) -> int | None:
    """In how many seconds; None for who observes, and while the sitting goes on."""
    over_at = state.since.get(state.phase)
    if not seat or not state.evaluation_over or over_at is None:
        return None
    return max(1, int((over_at + STAYS - platform().database.now()).total_seconds()))
