"""Calling up who was drawn: which fact may follow, until every seat is taken or a further round is due."""

from __future__ import annotations

from evaluation.draw.deciding import LONGEST_REASON, conditions_of, consequences, reason_recorded, round_meant
from evaluation.draw.events import (
    CallAttempted,
    CallUpAnswered,
    CallUpExpired,
    CallUpSent,
    CandidateDismissed,
    DrawEvent,
    ReserveCalled,
    RoundReason,
)
from evaluation.draw.state import DrawState, SeatState, missing, units_held
from evaluation.errors import RuleViolation

__all__ = ["consequences"]


def _require_seat(state: DrawState, candidate: str, *allowed: SeatState) -> None:
    found = state.seats.get(candidate)
    if found is None:
        raise RuleViolation("call_up_not_drawn", candidate=candidate)
    if found not in allowed:
        raise RuleViolation("call_up_out_of_order", candidate=candidate, seat=str(found))


def _require_round(state: DrawState, number: int) -> None:
    if not 1 <= number <= len(state.rounds) or state.rounds[number - 1].result is None:
        raise RuleViolation("draw_round_unfinished", round=number)


@consequences.register
def _send_call_up(fact: CallUpSent, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.DRAWN)
    return ()


@consequences.register
def _attempt(fact: CallAttempted, state: DrawState) -> tuple[DrawEvent, ...]:
    """It may be on record after the answer: who is telephoned can answer meanwhile by the message."""
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, *(seat for seat in SeatState if seat is not SeatState.DRAWN))
    return ()


@consequences.register
def _answer_call_up(fact: CallUpAnswered, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    taking_back = () if fact.accepted else (SeatState.ACCEPTED,)  # who falls ill need not wait for the day
    _require_seat(state, fact.candidate, SeatState.CALLED, *taking_back)
    if not fact.accepted and not fact.reason.strip():
        raise RuleViolation("call_up_reason_missing", candidate=fact.candidate)
    if len(fact.reason) > LONGEST_REASON:
        raise RuleViolation("call_up_reason_long", length=len(fact.reason), most=LONGEST_REASON)
    return ()


@consequences.register
def _expire_call_up(fact: CallUpExpired, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.CALLED)
    if not state.reached(fact.candidate):
        raise RuleViolation("call_up_not_sent", candidate=fact.candidate)
    return ()


@consequences.register
def _dismiss(fact: CandidateDismissed, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.DRAWN, SeatState.CALLED, SeatState.ACCEPTED)
    if not fact.ground.strip():
        raise RuleViolation("call_up_reason_missing", candidate=fact.candidate)
    return ()


@consequences.register
def _call_reserve(fact: ReserveCalled, state: DrawState) -> tuple[DrawEvent, ...]:
    current = round_meant(state, fact.round)
    if current.result is None:
        raise RuleViolation("draw_round_unfinished", round=fact.round)
    if fact.stratum not in missing(state):
        raise RuleViolation("draw_no_seat_missing")
    if not any(reason_recorded(state, reason) for reason in (RoundReason.REFUSED, RoundReason.EXPIRED)):
        raise RuleViolation("draw_reserve_not_due", stratum=fact.stratum)
    units, unit_of = units_held(state), {candidate.id: candidate.unit for candidate in current.candidates}
    reserve = (id_ for id_ in current.result.reserve.get(fact.stratum, ()) if id_ not in state.seats)
    due = next((id_ for id_ in reserve if units[unit_of[id_]] < conditions_of(state).max_per_unit), "-")
    if fact.candidate != due:
        raise RuleViolation("draw_reserve_not_due", stratum=fact.stratum)
    return ()
