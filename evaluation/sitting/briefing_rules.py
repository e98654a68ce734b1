"""Whether a committee can be briefed now, and in these words.

The tenderer may say what the documents say, before anybody has reviewed a bid, and name no bidder (O87 art. 45).
Whether a text is neutral beyond that no machine knows: it is signed, on record, and in the report.
"""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.recusal import same_name
from evaluation.sitting.briefing import BriefingGiven
from evaluation.sitting.checks import require_text
from evaluation.sitting.stages import TRANSITIONS
from evaluation.sitting.state import SittingState

MOST_LETTERS = 3_000


def may_brief(state: SittingState) -> bool:
    """Whether the committee of now has not been briefed and has not begun to review."""
    in_time = (state.stage, BriefingGiven) in TRANSITIONS and not _begun(state)
    return in_time and not state.briefing and state.suspended is None


def _begun(state: SittingState) -> bool:
    """Also before: a successor, a recheck or a stage that is held again begins nothing anew."""
    return bool(state.reviews or state.valid or state.seen or state.result or state.rollbacks)


def check_briefing(fact: BriefingGiven, state: SittingState) -> None:
    """Raises RuleViolation `briefing_too_late`, `briefing_given`, `sitting_text_missing`, `sitting_text_unfit`,
    `briefing_long` (length, most), `briefing_names_bidder` (name)."""
    if _begun(state):
        raise RuleViolation("briefing_too_late")
    if state.briefing:
        raise RuleViolation("briefing_given")
    require_text(fact.text, "text")
    if len(fact.text) > MOST_LETTERS:
        raise RuleViolation("briefing_long", length=len(fact.text), most=MOST_LETTERS)
    said = same_name(fact.text)
    for bid in state.bids:
        if same_name(bid.bidder_name) in said:
            raise RuleViolation("briefing_names_bidder", name=bid.bidder_name)
