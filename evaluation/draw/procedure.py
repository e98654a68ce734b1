"""The lawful order of a draw: which fact may follow, and what follows from it.

Per round: every party commits -> the statement is logged -> trustees sign it -> parties reveal -> the result follows.
The pool is the same in all rounds; a further round fills only what is missing and never draws anyone twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import singledispatch

from evaluation.draw.events import (
    ApprovedPool,
    CallAttempted,
    CallUpAnswered,
    CallUpExpired,
    CallUpSent,
    CandidateDismissed,
    CapsuleShareReleased,
    CapsulesOpened,
    DrawCommitted,
    DrawCompleted,
    DrawConditionsApproved,
    DrawConditionsProposed,
    DrawEvent,
    DrawRevealed,
    DrawRoundOpened,
    DrawShareReleased,
    DrawSignatureRecorded,
    DrawSigned,
    DrawStated,
    ReserveCalled,
    RoundReason,
)
from evaluation.draw.state import DrawRound, DrawState, SeatState, apply, missing, units_held
from evaluation.draw.stating import HEX_32, check_statement, plain
from evaluation.draw.tickets import (
    DrawConditions,
    commitment,
    conditions_sha256,
    extract,
    record,
    record_sha256,
    select,
    small_pools,
)
from evaluation.errors import RuleViolation

LEAST_PARTIES = 2
LONGEST_REASON = 2000  # characters
_HEX_48 = re.compile(r"[0-9a-f]{96}\Z")
_OPEN_SEAT_OF = {
    RoundReason.REFUSED: SeatState.REFUSED,
    RoundReason.EXPIRED: SeatState.EXPIRED,
    RoundReason.DISMISSED: SeatState.DISMISSED,
}


def decide(state: DrawState, fact: DrawEvent) -> tuple[DrawEvent, ...]:
    """The fact and what follows from it, or the refusal. Signatures and shares have been checked by the caller.

    Raises RuleViolation; the codes begin with `draw_` and `call_up_`.
    """
    return (fact, *_consequences(fact, state))


def recheck(events: Sequence[DrawEvent]) -> DrawState:
    """Decide a recorded draw again, fact by fact, and compare what followed; the state at its end.

    Raises RuleViolation `draw_record_differs` (the position, counted from 1), or what the fact itself breaks.
    """
    state, position = DrawState(), 0
    while position < len(events):
        for expected in decide(state, events[position]):
            if position >= len(events) or events[position] != expected:
                raise RuleViolation("draw_record_differs", position=position + 1, expected=type(expected).__name__)
            state, position = apply(state, expected), position + 1
    return state


@singledispatch
def _consequences(fact: DrawEvent, state: DrawState) -> tuple[DrawEvent, ...]:
    raise RuleViolation("draw_fact_not_proposable", fact=type(fact).__name__)


def _conditions(state: DrawState) -> DrawConditions:
    if state.conditions is None or not state.approved:
        raise RuleViolation("draw_conditions_not_approved")
    return state.conditions


def _current(state: DrawState, number: int) -> DrawRound:
    """The latest round, which must be the one that is meant."""
    _conditions(state)
    current = state.current
    if current is None or current.number != number:
        raise RuleViolation("draw_round_not_current", round=number, current=current.number if current else 0)
    return current


def _stated(state: DrawState, number: int) -> DrawRound:
    current = _current(state, number)
    if not current.statement:
        raise RuleViolation("draw_not_stated", round=number)
    return current


@_consequences.register
def _propose(fact: DrawConditionsProposed, state: DrawState) -> tuple[DrawEvent, ...]:
    if any(found.statement for found in state.rounds):
        raise RuleViolation("draw_conditions_settled")
    before, conditions, names = state.conditions, fact.conditions, [stratum.name for stratum in fact.conditions.strata]
    sound = {
        "strata": bool(names) and len(set(names)) == len(names) and all(map(plain, names)),
        "quota": all(stratum.quota >= 1 and stratum.reserve >= 0 for stratum in conditions.strata),
        "parties_of_before": before is None or not state.rounds or conditions.parties == before.parties,
        "parties": len(set(conditions.parties)) == len(conditions.parties) >= LEAST_PARTIES,
        "party_names": all(map(plain, conditions.parties)),
        "max_per_unit": conditions.max_per_unit >= 1,
        "pool_factor": conditions.pool_factor >= 1,
        "trustees_needed": conditions.trustees_needed >= 1,
        "draw_id": before is None or conditions.draw_id == before.draw_id,
    }
    for name, ok in sound.items():
        if not ok:
            raise RuleViolation("draw_conditions_invalid", field=name)
    _ = conditions.draw_id  # names that have no id are refused here
    return ()


@_consequences.register
def _approve(fact: DrawConditionsApproved, state: DrawState) -> tuple[DrawEvent, ...]:
    if state.conditions is None:
        raise RuleViolation("draw_conditions_missing")
    if state.approved and not _waits_for_statement(state):
        raise RuleViolation("draw_conditions_settled")
    proposed = conditions_sha256(state.conditions)
    if fact.conditions_sha256 != proposed:
        raise RuleViolation("draw_conditions_changed", approved=fact.conditions_sha256, proposed=proposed)
    if fact.pool is not None:
        _check_approved_pool(fact.pool, state.conditions)
    if not state.approved:
        return () if state.rounds else (DrawRoundOpened(1, None, "", ""),)
    if state.pool is None or fact.pool is None or fact.pool.candidates_sha256 != state.pool.candidates_sha256:
        raise RuleViolation("draw_pool_changed")
    return ()


def _waits_for_statement(state: DrawState) -> bool:
    """Whether the pool that was approved may still turn out to have shrunk, so that its size is approved once more."""
    return state.pool is not None and len(state.rounds) == 1 and not state.rounds[0].statement


def _check_approved_pool(pool: ApprovedPool, conditions: DrawConditions) -> None:
    sound = HEX_32.match(pool.candidates_sha256) and pool.sizes.keys() == {s.name for s in conditions.strata}
    if not sound or not all(0 <= size <= pool.candidates_count for size in pool.sizes.values()):
        raise RuleViolation("draw_value_malformed", field="pool", party="-")


@_consequences.register
def _open_round(fact: DrawRoundOpened, state: DrawState) -> tuple[DrawEvent, ...]:
    _conditions(state)
    last = state.current
    if last is None or last.result is None:
        raise RuleViolation("draw_round_unfinished", round=last.number if last else 0)
    if fact.round != last.number + 1:
        raise RuleViolation("draw_round_not_next", round=fact.round, next=last.number + 1)
    if fact.earlier_record_sha256 != last.record_sha256:
        raise RuleViolation("draw_earlier_record_differs", found=fact.earlier_record_sha256, record=last.record_sha256)
    if not missing(state):
        raise RuleViolation("draw_no_seat_missing")
    if not _recorded(state, fact.reason):  # a second person signs beside what is on record, never in its place
        raise RuleViolation("draw_second_person_missing", reason=str(fact.reason or "-"))
    return ()


def _recorded(state: DrawState, reason: RoundReason | None) -> bool:
    """Whether the machine itself has recorded the reason, so that no second person need sign for it."""
    if reason is RoundReason.UNFILLED:
        drawn_for = state.drawn_for.values()
        return any(
            list(drawn_for).count(s.name) < s.quota for s in (state.conditions.strata if state.conditions else ())
        )
    return reason in _OPEN_SEAT_OF and _OPEN_SEAT_OF[reason] in state.seats.values()


@_consequences.register
def _commit(fact: DrawCommitted, state: DrawState) -> tuple[DrawEvent, ...]:
    current = _current(state, fact.round)
    if current.statement:
        raise RuleViolation("draw_already_stated", round=fact.round)
    if fact.party not in _conditions(state).parties:
        raise RuleViolation("draw_party_unknown", party=fact.party)
    if fact.party in current.commitments:
        raise RuleViolation("draw_already_committed", party=fact.party, round=fact.round)
    if not HEX_32.match(fact.commitment):
        raise RuleViolation("draw_value_malformed", field="commitment", party=fact.party)
    if not fact.capsule_b64:
        raise RuleViolation("draw_capsule_missing", party=fact.party)
    if any(fact.commitment in earlier.commitments.values() for earlier in state.rounds):
        raise RuleViolation("draw_commitment_reused", party=fact.party)
    return ()


@_consequences.register
def _state(fact: DrawStated, state: DrawState) -> tuple[DrawEvent, ...]:
    conditions, current = _conditions(state), _current(state, fact.round)
    if current.statement:
        raise RuleViolation("draw_already_stated", round=fact.round)
    absent = sorted(set(conditions.parties) - current.commitments.keys())
    if absent:
        raise RuleViolation("draw_commitments_missing", parties=", ".join(absent))
    check_statement(fact, state, conditions, current)
    return ()


@_consequences.register
def _release_share(fact: DrawShareReleased, state: DrawState) -> tuple[DrawEvent, ...]:
    return _take_share(fact, _stated(state, fact.round).shares)


@_consequences.register
def _record_signature(fact: DrawSignatureRecorded, state: DrawState) -> tuple[DrawEvent, ...]:
    current, needed = _stated(state, fact.round), _conditions(state).trustees_needed
    if current.signature_hex:
        raise RuleViolation("draw_already_signed", round=fact.round)
    if len(current.shares) < needed:
        raise RuleViolation("draw_shares_missing", valid=len(current.shares), needed=needed)
    if not _HEX_48.match(fact.signature_hex):
        raise RuleViolation("draw_value_malformed", field="signature", party="-")
    return (DrawSigned(fact.round, hashlib.sha256(bytes.fromhex(fact.signature_hex)).hexdigest()),)


@_consequences.register
def _reveal(fact: DrawRevealed, state: DrawState) -> tuple[DrawEvent, ...]:
    return _take(state, _signed(state, fact.round), {fact.party: fact.value_hex})


@_consequences.register
def _release_capsule_share(fact: CapsuleShareReleased, state: DrawState) -> tuple[DrawEvent, ...]:
    """Not before the statement is signed: what the parties sealed must not be known while the pool may still change."""
    current = _signed(state, fact.round)
    if current.reveals.keys() == current.commitments.keys():
        raise RuleViolation("draw_all_revealed", round=fact.round)
    return _take_share(fact, current.capsule_shares)


def _take_share(fact: DrawShareReleased | CapsuleShareReleased, known: Mapping[int, str]) -> tuple[DrawEvent, ...]:
    if fact.index in known:
        raise RuleViolation("draw_share_repeated", index=fact.index)
    if fact.index < 1 or not _HEX_48.match(fact.share_hex):
        raise RuleViolation("draw_value_malformed", field="share", party=str(fact.index))
    return ()


@_consequences.register
def _open_capsule(fact: CapsulesOpened, state: DrawState) -> tuple[DrawEvent, ...]:
    current, needed = _signed(state, fact.round), _conditions(state).trustees_needed
    if len(current.capsule_shares) < needed:
        raise RuleViolation("draw_shares_missing", valid=len(current.capsule_shares), needed=needed)
    return _take(state, current, fact.values)


def _signed(state: DrawState, number: int) -> DrawRound:
    current = _stated(state, number)
    if not current.signature_hex:
        raise RuleViolation("draw_not_signed", round=number)
    return current


def _take(state: DrawState, current: DrawRound, values: Mapping[str, str]) -> tuple[DrawEvent, ...]:
    """Bytes by party, whoever brings them, are those that the party committed to. The last ones complete the round."""
    for party, value in values.items():
        if party not in current.commitments:
            raise RuleViolation("draw_party_unknown", party=party)
        if party in current.reveals:
            raise RuleViolation("draw_already_revealed", party=party)
        if not HEX_32.match(value):
            raise RuleViolation("draw_value_malformed", field="value", party=party)
        if commitment(_conditions(state).draw_id, party, bytes.fromhex(value)) != current.commitments[party]:
            raise RuleViolation("draw_reveal_differs", party=party)
    reveals = {**current.reveals, **values}
    return (_complete(state, current, reveals),) if reveals.keys() == current.commitments.keys() else ()


def _complete(state: DrawState, current: DrawRound, reveals: dict[str, str]) -> DrawCompleted:
    values = {party: bytes.fromhex(value) for party, value in reveals.items()}
    signature = bytes.fromhex(current.signature_hex)
    result = select(current.stated, current.candidates, extract(current.statement.encode(), signature, values))
    found = record(_conditions(state), current.stated, current.candidates, {}, signature, values, result)
    return DrawCompleted(
        round=current.number,
        selected=result.selected,
        reserve=result.reserve,
        small_pools=small_pools(current.stated, current.candidates, _conditions(state).pool_factor),
        record_sha256=record_sha256(found),
    )


def _require_seat(state: DrawState, candidate: str, *allowed: SeatState) -> None:
    found = state.seats.get(candidate)
    if found is None:
        raise RuleViolation("call_up_not_drawn", candidate=candidate)
    if found not in allowed:
        raise RuleViolation("call_up_out_of_order", candidate=candidate, seat=str(found))


def _require_round(state: DrawState, number: int) -> None:
    if not 1 <= number <= len(state.rounds) or state.rounds[number - 1].result is None:
        raise RuleViolation("draw_round_unfinished", round=number)


@_consequences.register
def _send_call_up(fact: CallUpSent, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.DRAWN)
    return ()


@_consequences.register
def _attempt(fact: CallAttempted, state: DrawState) -> tuple[DrawEvent, ...]:
    """It may be on record after the answer: who is telephoned can answer meanwhile by the message."""
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, *(seat for seat in SeatState if seat is not SeatState.DRAWN))
    return ()


@_consequences.register
def _answer_call_up(fact: CallUpAnswered, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    taking_back = () if fact.accepted else (SeatState.ACCEPTED,)  # who falls ill need not wait for the day
    _require_seat(state, fact.candidate, SeatState.CALLED, *taking_back)
    if not fact.accepted and not fact.reason.strip():
        raise RuleViolation("call_up_reason_missing", candidate=fact.candidate)
    if len(fact.reason) > LONGEST_REASON:
        raise RuleViolation("call_up_reason_long", length=len(fact.reason), most=LONGEST_REASON)
    return ()


@_consequences.register
def _expire_call_up(fact: CallUpExpired, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.CALLED)
    if not state.reached(fact.candidate):
        raise RuleViolation("call_up_not_sent", candidate=fact.candidate)
    return ()


@_consequences.register
def _dismiss(fact: CandidateDismissed, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.DRAWN, SeatState.CALLED, SeatState.ACCEPTED)
    if not fact.ground.strip():
        raise RuleViolation("call_up_reason_missing", candidate=fact.candidate)
    return ()


@_consequences.register
def _call_reserve(fact: ReserveCalled, state: DrawState) -> tuple[DrawEvent, ...]:
    current = _current(state, fact.round)
    if current.result is None:
        raise RuleViolation("draw_round_unfinished", round=fact.round)
    if fact.stratum not in missing(state):
        raise RuleViolation("draw_no_seat_missing")
    if not any(_recorded(state, reason) for reason in (RoundReason.REFUSED, RoundReason.EXPIRED)):
        raise RuleViolation("draw_reserve_not_due", stratum=fact.stratum)
    units, unit_of = units_held(state), {candidate.id: candidate.unit for candidate in current.candidates}
    reserve = (id_ for id_ in current.result.reserve.get(fact.stratum, ()) if id_ not in state.seats)
    due = next((id_ for id_ in reserve if units[unit_of[id_]] < _conditions(state).max_per_unit), "-")
    if fact.candidate != due:
        raise RuleViolation("draw_reserve_not_due", stratum=fact.stratum)
    return ()
