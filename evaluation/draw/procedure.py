"""The lawful order of a draw: which fact may follow, and what follows from it.

Per round: every party commits -> the statement is logged -> trustees sign it -> parties reveal -> the result follows.
The pool is the same in all rounds; a further round fills only what is missing and never draws anyone twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any

from evaluation.draw.events import (
    CallUpAnswered,
    CallUpExpired,
    CallUpSent,
    CandidateDismissed,
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
from evaluation.draw.state import DrawRound, DrawState, SeatState, apply, excluded, missing
from evaluation.draw.tickets import (
    Candidate,
    DrawConditions,
    EarlierRound,
    candidates_sha256,
    commitment,
    conditions_sha256,
    extract,
    pool_sizes,
    record,
    record_sha256,
    select,
    small_pools,
    statement,
    statement_bytes,
)
from evaluation.errors import RuleViolation

LEAST_PARTIES = 2
LAST_PLAIN_CHARACTER = "\ud7ff"  # beyond it, sorting by character and by UTF-16 unit differ
_HEX_32 = re.compile(r"[0-9a-f]{64}\Z")
_PERSON = re.compile(r"([0-9a-f]{64})?\Z")  # everybody is committed to, or nobody, as before there were commitments
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


def _plain(name: str) -> bool:
    return bool(name) and all("\0" < character <= LAST_PLAIN_CHARACTER for character in name)


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
    if state.approved:
        raise RuleViolation("draw_conditions_settled")
    conditions, names = fact.conditions, [stratum.name for stratum in fact.conditions.strata]
    sound = {
        "strata": bool(names) and len(set(names)) == len(names) and all(map(_plain, names)),
        "quota": all(stratum.quota >= 1 and stratum.reserve >= 0 for stratum in conditions.strata),
        "parties": len(set(conditions.parties)) == len(conditions.parties) >= LEAST_PARTIES,
        "party_names": all(map(_plain, conditions.parties)),
        "max_per_unit": conditions.max_per_unit >= 1,
        "pool_factor": conditions.pool_factor >= 1,
        "trustees_needed": conditions.trustees_needed >= 1,
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
    if state.approved:
        raise RuleViolation("draw_conditions_settled")
    proposed = conditions_sha256(state.conditions)
    if fact.conditions_sha256 != proposed:
        raise RuleViolation("draw_conditions_changed", approved=fact.conditions_sha256, proposed=proposed)
    return (DrawRoundOpened(1, None, "", ""),)


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
    if not _recorded(state, fact.reason) and not fact.second_signature:
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
    if not _HEX_32.match(fact.commitment):
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
    stated = _parsed(fact.statement)
    recused = _recused(stated)
    expected = _expected(state, current, fact.candidates, recused)
    for field, value in expected.items():
        if stated.get(field) != value:
            raise RuleViolation("draw_statement_differs", field=field)
    if stated.keys() != expected.keys():
        raise RuleViolation("draw_statement_differs", field=", ".join(sorted(stated.keys() ^ expected.keys())))
    if fact.statement.encode() != statement_bytes(expected):
        raise RuleViolation("draw_statement_not_canonical")
    _check_pool(state, fact.candidates, recused)
    _check_quotas(stated, fact.candidates)
    return ()


def _parsed(text: str) -> dict[str, Any]:
    try:
        stated = json.loads(text)
        text.encode()
    except (ValueError, RecursionError) as exc:
        raise RuleViolation("draw_statement_not_canonical") from exc
    if not isinstance(stated, dict):
        raise RuleViolation("draw_statement_not_canonical")
    return stated


def _recused(stated: dict[str, Any]) -> dict[str, str]:
    """The recused of an untrusted statement with their hashed reasons."""
    try:
        found = {str(entry["id"]): str(entry["reason_sha256"]) for entry in stated["recused"]}
    except (KeyError, TypeError) as exc:
        raise RuleViolation("draw_statement_differs", field="recused") from exc
    if not all(map(_HEX_32.match, found.values())):
        raise RuleViolation("draw_statement_differs", field="recused")
    return found


def _expected(
    state: DrawState, current: DrawRound, candidates: tuple[Candidate, ...], recused: dict[str, str]
) -> dict[str, Any]:
    """The only statement that this round can have with these candidates and recusals."""
    earlier = None
    if current.reason is not None:
        earlier = EarlierRound(current.earlier_record_sha256, str(current.reason), current.second_signature)
    return statement(
        _conditions(state),
        round_=current.number,
        strata=state.strata,
        candidates=candidates,
        recused=recused,
        commitments=current.commitments,
        earlier=earlier,
    )


def _check_pool(state: DrawState, candidates: tuple[Candidate, ...], recused: Iterable[str]) -> None:
    """The pool is sound and frozen, and no recusal and no earlier call is forgotten."""
    ids = [candidate.id for candidate in candidates]
    if len(set(ids)) != len(ids):
        raise RuleViolation("draw_candidate_repeated", candidate=next(id_ for id_ in ids if ids.count(id_) > 1))
    for candidate in candidates:
        if not (_plain(candidate.id) and candidate.unit):
            raise RuleViolation("draw_candidate_malformed", candidate=candidate.id)
        if bool(candidate.person) != bool(candidates[0].person) or not _PERSON.match(candidate.person):
            raise RuleViolation("draw_candidate_malformed", candidate=candidate.id)
    first = state.rounds[0]
    if first.statement and candidates_sha256(candidates) != candidates_sha256(first.candidates):
        raise RuleViolation("draw_pool_changed")
    before = {entry["id"] for found in state.rounds if found.statement for entry in found.stated["recused"]}
    forgotten = sorted((before | excluded(state).keys()) - set(recused))
    if forgotten:
        raise RuleViolation("draw_recusal_forgotten", candidates=", ".join(forgotten))


def _check_quotas(stated: dict[str, Any], candidates: tuple[Candidate, ...]) -> None:
    sizes = pool_sizes(stated, candidates)
    for stratum in stated["strata"]:
        available, quota = sizes[stratum["name"]], stratum["quota"]
        if available < quota:
            raise RuleViolation("draw_pool_exhausted", stratum=stratum["name"], available=available, quota=quota)


@_consequences.register
def _release_share(fact: DrawShareReleased, state: DrawState) -> tuple[DrawEvent, ...]:
    current = _stated(state, fact.round)
    if fact.index in current.shares:
        raise RuleViolation("draw_share_repeated", index=fact.index)
    if fact.index < 1 or not _HEX_48.match(fact.share_hex):
        raise RuleViolation("draw_value_malformed", field="share", party=str(fact.index))
    return ()


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
    current = _stated(state, fact.round)
    if not current.signature_hex:
        raise RuleViolation("draw_not_signed", round=fact.round)
    if fact.party not in current.commitments:
        raise RuleViolation("draw_party_unknown", party=fact.party)
    if fact.party in current.reveals:
        raise RuleViolation("draw_already_revealed", party=fact.party)
    if not _HEX_32.match(fact.value_hex):
        raise RuleViolation("draw_value_malformed", field="value", party=fact.party)
    found = commitment(_conditions(state).draw_id, fact.party, bytes.fromhex(fact.value_hex))
    if found != current.commitments[fact.party]:
        raise RuleViolation("draw_reveal_differs", party=fact.party)
    reveals = current.reveals | {fact.party: fact.value_hex}
    return (_complete(state, current, reveals),) if reveals.keys() == current.commitments.keys() else ()


def _complete(state: DrawState, current: DrawRound, reveals: dict[str, str]) -> DrawCompleted:
    values = {party: bytes.fromhex(value) for party, value in reveals.items()}
    signature = bytes.fromhex(current.signature_hex)
    result = select(current.stated, current.candidates, extract(current.statement.encode(), signature, values))
    return DrawCompleted(
        round=current.number,
        selected=result.selected,
        reserve=result.reserve,
        small_pools=small_pools(current.stated, current.candidates, _conditions(state).pool_factor),
        record_sha256=record_sha256(record(current.stated, current.candidates, {}, signature, values, result)),
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
def _answer_call_up(fact: CallUpAnswered, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.CALLED)
    if not fact.accepted and not fact.reason.strip():
        raise RuleViolation("call_up_reason_missing", candidate=fact.candidate)
    return ()


@_consequences.register
def _expire_call_up(fact: CallUpExpired, state: DrawState) -> tuple[DrawEvent, ...]:
    _require_round(state, fact.round)
    _require_seat(state, fact.candidate, SeatState.CALLED)
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
    reserve = current.result.reserve.get(fact.stratum, ())
    due = next((id_ for id_ in reserve if id_ not in state.seats), "-")
    if fact.candidate != due:
        raise RuleViolation("draw_reserve_not_due", stratum=fact.stratum)
    return ()
