"""A sitting as it is followed by whoever is not shown every event of it.

Between two events that somebody may see others can lie that it may not: its stage is then taken from what the next
event needs, and what only the hidden ones could tell stays as it was. Nothing is made up, and nothing is refused.
"""

from __future__ import annotations

from dataclasses import replace

from evaluation.errors import RuleViolation
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.folding import apply
from evaluation.sitting.stages import TRANSITIONS, Stage
from evaluation.sitting.state import SittingState

# With what an event is refused, or falls over, whose own beginnings were not shown.
GAPS = (RuleViolation, KeyError, ValueError, AssertionError)
_ORDER = tuple(Stage)


def awaiting(state: SittingState, event: SittingEvent) -> SittingState:
    """The state in which an event can have been: as it is, or in the next stage that takes it; else in the first.

    Raises RuleViolation `sitting_out_of_order` for an event that no stage takes.
    """
    kind = type(event)
    if (state.stage, kind) in TRANSITIONS:
        return state
    takes = [stage for stage in _ORDER if (stage, kind) in TRANSITIONS]
    if not takes:
        raise RuleViolation("sitting_out_of_order", fact=kind.__name__, stage=str(state.stage))
    place = _ORDER.index(state.stage)
    return replace(state, stage=next((stage for stage in takes if _ORDER.index(stage) > place), takes[0]))


def apply_shown(state: SittingState, event: SittingEvent) -> SittingState:
    """The state after an event, as far as it can be known from those that were shown.

    With every event shown it is the same as `apply`. Raises RuleViolation `sitting_out_of_order`.
    """
    before = awaiting(state, event)
    try:
        return apply(before, event)
    except GAPS:
        return replace(before, stage=TRANSITIONS[before.stage, type(event)])
