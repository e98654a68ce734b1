"""When members may ask for more time, and when the tenderer has to give it.

1. Any member asks once, while bids are reviewed or scored, results are checked or the report is read; each again after
   an extension. Who has asked nobody is told before more than the published share has (Regulation art. 48).
2. Then the tenderer extends, be it while the sitting stands still; before that nothing is to be extended.
3. The evaluation is never ended by the clock. An extension says for how long rooms and people are needed further.
"""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import require_once, require_text
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.more_time import MoreTimeAsked, MoreTimeDue, TimeExtended
from evaluation.sitting.stages import TRANSITIONS
from evaluation.sitting.state import SittingState

MOST_MINUTES = 7 * 24 * 60  # at once: a typing error gives nobody a year


def may_ask_for_time(state: SittingState, seat: int) -> bool:
    """Whether whoever sits in `seat` could say now that the time is too short."""
    open_to = (state.stage, MoreTimeAsked) in TRANSITIONS and state.suspended is None
    known = open_to and state.rules.more_time_share is not None
    return known and seat in state.keys and seat not in state.short_of_time and not state.more_time_due


def check_asked(fact: MoreTimeAsked, state: SittingState) -> None:
    """Raises RuleViolation `more_time_unpublished`, `more_time_due`, `sitting_already_done`."""
    if state.rules.more_time_share is None:
        raise RuleViolation("more_time_unpublished")
    if state.more_time_due:
        raise RuleViolation("more_time_due")
    require_once(fact.seat, fact.seat in state.short_of_time, "more_time")


def check_extended(fact: TimeExtended, state: SittingState) -> None:
    """Raises RuleViolation `more_time_not_due`, `extension_minutes_wrong` (minutes, most), `sitting_text_missing`."""
    if not state.more_time_due:
        raise RuleViolation("more_time_not_due")
    if not 0 < fact.minutes <= MOST_MINUTES:
        raise RuleViolation("extension_minutes_wrong", minutes=fact.minutes, most=MOST_MINUTES)
    require_text(fact.note, "note")


def time_is_short(fact: MoreTimeAsked, state: SittingState) -> SittingEvent | None:
    """What a request brings about, in the state before it: that more than the share have asked."""
    share, asked, of = state.rules.more_time_share, len(state.short_of_time | {fact.seat}), len(state.seats)
    return MoreTimeDue(asked, of) if share is not None and share.exceeded_by(asked, of) else None
