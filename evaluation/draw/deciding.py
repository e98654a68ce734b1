"""What follows from a fact of a draw: the one table of rules, and what they ask of the round that is meant."""

from __future__ import annotations

from functools import singledispatch

from evaluation.draw.events import DrawEvent, RoundReason
from evaluation.draw.state import DrawRound, DrawState, SeatState
from evaluation.draw.tickets import DrawConditions
from evaluation.errors import RuleViolation

LONGEST_REASON = 2000  # characters
_OPEN_SEAT_OF = {
    RoundReason.REFUSED: SeatState.REFUSED,
    RoundReason.EXPIRED: SeatState.EXPIRED,
    RoundReason.DISMISSED: SeatState.DISMISSED,
}


@singledispatch
def consequences(fact: DrawEvent, state: DrawState) -> tuple[DrawEvent, ...]:
    """What follows from a fact, by its type. Raises RuleViolation for one that only follows, or may not come now."""
    raise RuleViolation("draw_fact_not_proposable", fact=type(fact).__name__)


def conditions_of(state: DrawState) -> DrawConditions:
    """The approved conditions. Raises RuleViolation `draw_conditions_not_approved`."""
    if state.conditions is None or not state.approved:
        raise RuleViolation("draw_conditions_not_approved")
    return state.conditions


def round_meant(state: DrawState, number: int) -> DrawRound:
    """The latest round, which must be the one that is meant. Raises RuleViolation `draw_round_not_current`."""
    conditions_of(state)
    current = state.current
    if current is None or current.number != number:
        raise RuleViolation("draw_round_not_current", round=number, current=current.number if current else 0)
    return current


def stated_round(state: DrawState, number: int) -> DrawRound:
    """The same with its statement. Raises RuleViolation `draw_not_stated`."""
    current = round_meant(state, number)
    if not current.statement:
        raise RuleViolation("draw_not_stated", round=number)
    return current


def signed_round(state: DrawState, number: int) -> DrawRound:
    """The same with its signature. Raises RuleViolation `draw_not_signed`."""
    current = stated_round(state, number)
    if not current.signature_hex:
        raise RuleViolation("draw_not_signed", round=number)
    return current


def reason_recorded(state: DrawState, reason: RoundReason | None) -> bool:
    """Whether the machine itself has recorded the reason, so that no second person need sign for it."""
    if reason is RoundReason.UNFILLED:
        drawn_for = state.drawn_for.values()
        return any(
            list(drawn_for).count(s.name) < s.quota for s in (state.conditions.strata if state.conditions else ())
        )
    return reason in _OPEN_SEAT_OF and _OPEN_SEAT_OF[reason] in state.seats.values()
