"""The lawful order of a draw: which fact may follow, and what follows from it.

Per round: every party commits -> the statement is logged -> trustees sign it -> parties reveal -> the result follows.
A further round fills only what is missing and never draws anyone twice. The pool is the same in all rounds, unless it
has nobody left for a seat: then wider conditions are approved, and everybody of before stays in it (`widening`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence

from evaluation.draw.calling import consequences  # with the rules of call-ups in it
from evaluation.draw.deciding import conditions_of, reason_recorded, round_meant, signed_round, stated_round
from evaluation.draw.events import (
    SEAL,
    ApprovedPool,
    CapsuleShareReleased,
    CapsulesOpened,
    CommitmentsOverdue,
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
)
from evaluation.draw.state import DrawRound, DrawState, apply, missing
from evaluation.draw.stating import HEX_32, check_statement, plain
from evaluation.draw.tickets import (
    DrawConditions,
    commitment,
    conditions_sha256,
    extract,
    record,
    record_sha256,
    replacement,
    select,
    small_pools,
    wider_sha256,
)
from evaluation.draw.widening import check_widening
from evaluation.errors import RuleViolation

LEAST_PARTIES = 2
_HEX_48 = re.compile(r"[0-9a-f]{96}\Z")


def decide(state: DrawState, fact: DrawEvent) -> tuple[DrawEvent, ...]:
    """The fact and what follows from it, or the refusal. Signatures and shares have been checked by the caller.

    Raises RuleViolation; the codes begin with `draw_` and `call_up_`.
    """
    return (fact, *consequences(fact, state))


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


@consequences.register
def _propose(fact: DrawConditionsProposed, state: DrawState) -> tuple[DrawEvent, ...]:
    if fact.widening is not None or any(found.statement for found in state.rounds):
        check_widening(fact, state)
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


@consequences.register
def _approve(fact: DrawConditionsApproved, state: DrawState) -> tuple[DrawEvent, ...]:
    due = state.to_approve
    if due is None:
        raise RuleViolation("draw_conditions_missing")
    if state.approved and state.wider is None and not _waits_for_statement(state):
        raise RuleViolation("draw_conditions_settled")
    proposed = proposal_sha256(due)
    if fact.conditions_sha256 != proposed:
        raise RuleViolation("draw_conditions_changed", approved=fact.conditions_sha256, proposed=proposed)
    if fact.pool is not None:
        _check_approved_pool(fact.pool, due.conditions)
    if state.wider is not None:
        _check_still_wider(fact, state)
        return ()
    if not state.approved:
        return () if state.rounds else (DrawRoundOpened(1, None, "", ""),)
    if state.pool is None or fact.pool is None or fact.pool.candidates_sha256 != state.pool.candidates_sha256:
        raise RuleViolation("draw_pool_changed")
    return ()


def _waits_for_statement(state: DrawState) -> bool:
    """Whether the pool that was approved may still turn out to have shrunk, so that its size is approved once more."""
    return state.pool is not None and state.pool_is_new


def proposal_sha256(proposed: DrawConditionsProposed) -> str:
    """Hex hash of proposed conditions: what the second person approves."""
    if proposed.widening is None:
        return conditions_sha256(proposed.conditions)
    return wider_sha256(proposed.conditions, proposed.widening)


def _check_still_wider(fact: DrawConditionsApproved, state: DrawState) -> None:
    """What was proposed for a round is approved for it as it is now, with a pool that is fixed."""
    assert state.wider is not None
    check_widening(state.wider, state)
    if fact.pool is None:
        raise RuleViolation("draw_pool_not_approved")


def _check_approved_pool(pool: ApprovedPool, conditions: DrawConditions) -> None:
    sound = HEX_32.match(pool.candidates_sha256) and pool.sizes.keys() == {s.name for s in conditions.strata}
    if not sound or not all(0 <= size <= pool.candidates_count for size in pool.sizes.values()):
        raise RuleViolation("draw_value_malformed", field="pool", party="-")


@consequences.register
def _open_round(fact: DrawRoundOpened, state: DrawState) -> tuple[DrawEvent, ...]:
    conditions_of(state)
    last = state.current
    if last is None or last.result is None:
        raise RuleViolation("draw_round_unfinished", round=last.number if last else 0)
    if fact.round != last.number + 1:
        raise RuleViolation("draw_round_not_next", round=fact.round, next=last.number + 1)
    if fact.earlier_record_sha256 != last.record_sha256:
        raise RuleViolation("draw_earlier_record_differs", found=fact.earlier_record_sha256, record=last.record_sha256)
    if not missing(state):
        raise RuleViolation("draw_no_seat_missing")
    if not reason_recorded(state, fact.reason):  # a second person signs beside what is on record, never in its place
        raise RuleViolation("draw_second_person_missing", reason=str(fact.reason or "-"))
    return ()


@consequences.register
def _commit(fact: DrawCommitted, state: DrawState) -> tuple[DrawEvent, ...]:
    current = round_meant(state, fact.round)
    if current.statement:
        raise RuleViolation("draw_already_stated", round=fact.round)
    if fact.party not in conditions_of(state).parties:
        raise RuleViolation("draw_party_unknown", party=fact.party)
    if fact.party in current.commitments:
        raise RuleViolation("draw_already_committed", party=fact.party, round=fact.round)
    if not HEX_32.match(fact.commitment):
        raise RuleViolation("draw_value_malformed", field="commitment", party=fact.party)
    if not fact.capsule_b64:
        raise RuleViolation("draw_capsule_missing", party=fact.party)
    if fact.seal not in (None, SEAL):
        raise RuleViolation("draw_value_malformed", field="seal", party=fact.party)
    if any(fact.commitment in earlier.commitments.values() for earlier in state.rounds):
        raise RuleViolation("draw_commitment_reused", party=fact.party)
    return ()


@consequences.register
def _pass_over(fact: CommitmentsOverdue, state: DrawState) -> tuple[DrawEvent, ...]:
    current, parties = round_meant(state, fact.round), set(conditions_of(state).parties)
    if current.statement:
        raise RuleViolation("draw_already_stated", round=fact.round)
    waited = parties - current.commitments.keys() - set(current.overdue)
    if not fact.parties or list(fact.parties) != sorted(waited):
        raise RuleViolation("draw_none_overdue", round=fact.round)
    return ()


@consequences.register
def _state(fact: DrawStated, state: DrawState) -> tuple[DrawEvent, ...]:
    conditions, current = conditions_of(state), round_meant(state, fact.round)
    if current.statement:
        raise RuleViolation("draw_already_stated", round=fact.round)
    absent = sorted(set(conditions.parties) - current.commitments.keys() - set(current.passed_over))
    if absent:
        raise RuleViolation("draw_commitments_missing", parties=", ".join(absent))
    if len(current.commitments) < LEAST_PARTIES:
        raise RuleViolation("draw_too_few_commitments", count=len(current.commitments), least=LEAST_PARTIES)
    check_statement(fact, state, conditions, current)
    return ()


@consequences.register
def _release_share(fact: DrawShareReleased, state: DrawState) -> tuple[DrawEvent, ...]:
    return _take_share(fact, stated_round(state, fact.round).shares)


@consequences.register
def _record_signature(fact: DrawSignatureRecorded, state: DrawState) -> tuple[DrawEvent, ...]:
    current, needed = stated_round(state, fact.round), conditions_of(state).trustees_needed
    if current.signature_hex:
        raise RuleViolation("draw_already_signed", round=fact.round)
    if len(current.shares) < needed:
        raise RuleViolation("draw_shares_missing", valid=len(current.shares), needed=needed)
    if not _HEX_48.match(fact.signature_hex):
        raise RuleViolation("draw_value_malformed", field="signature", party="-")
    return (DrawSigned(fact.round, hashlib.sha256(bytes.fromhex(fact.signature_hex)).hexdigest()),)


@consequences.register
def _reveal(fact: DrawRevealed, state: DrawState) -> tuple[DrawEvent, ...]:
    return _take(state, signed_round(state, fact.round), {fact.party: fact.value_hex})


@consequences.register
def _release_capsule_share(fact: CapsuleShareReleased, state: DrawState) -> tuple[DrawEvent, ...]:
    """Not before the statement is signed: what the parties sealed must not be known while the pool may still change."""
    current = signed_round(state, fact.round)
    if current.reveals.keys() == current.commitments.keys():
        raise RuleViolation("draw_all_revealed", round=fact.round)
    return _take_share(fact, current.capsule_shares)


def _take_share(fact: DrawShareReleased | CapsuleShareReleased, known: Mapping[int, str]) -> tuple[DrawEvent, ...]:
    if fact.index in known:
        raise RuleViolation("draw_share_repeated", index=fact.index)
    if fact.index < 1 or not _HEX_48.match(fact.share_hex):
        raise RuleViolation("draw_value_malformed", field="share", party=str(fact.index))
    return ()


@consequences.register
def _open_capsule(fact: CapsulesOpened, state: DrawState) -> tuple[DrawEvent, ...]:
    current, needed = signed_round(state, fact.round), conditions_of(state).trustees_needed
    if len(current.capsule_shares) < needed:
        raise RuleViolation("draw_shares_missing", valid=len(current.capsule_shares), needed=needed)
    replaced = set(fact.replaced or ())
    if not replaced <= current.bound or not replaced <= fact.values.keys():
        raise RuleViolation("draw_value_malformed", field="replaced", party=", ".join(sorted(replaced)))
    return _take(state, current, fact.values, replaced)


def _take(
    state: DrawState, current: DrawRound, values: Mapping[str, str], replaced: Collection[str] = ()
) -> tuple[DrawEvent, ...]:
    """Bytes by party, whoever brings them, are those that the party committed to, or those that replace them. The last
    ones complete the round."""
    for party, value in values.items():
        if party not in current.commitments:
            raise RuleViolation("draw_party_unknown", party=party)
        if party in current.reveals:
            raise RuleViolation("draw_already_revealed", party=party)
        if not HEX_32.match(value):
            raise RuleViolation("draw_value_malformed", field="value", party=party)
        promise = current.commitments[party]
        if party in replaced and value == replacement(promise):
            continue
        if commitment(conditions_of(state).draw_id, party, bytes.fromhex(value)) != promise:
            raise RuleViolation("draw_reveal_differs", party=party)
    reveals = {**current.reveals, **values}
    return (_complete(state, current, reveals),) if reveals.keys() == current.commitments.keys() else ()


def _complete(state: DrawState, current: DrawRound, reveals: dict[str, str]) -> DrawCompleted:
    values = {party: bytes.fromhex(value) for party, value in reveals.items()}
    signature = bytes.fromhex(current.signature_hex)
    result = select(current.stated, current.candidates, extract(current.statement.encode(), signature, values))
    found = record(conditions_of(state), current.stated, current.candidates, {}, signature, values, result)
    return DrawCompleted(
        round=current.number,
        selected=result.selected,
        reserve=result.reserve,
        small_pools=small_pools(current.stated, current.candidates, conditions_of(state).pool_factor),
        record_sha256=record_sha256(found),
    )
