"""The statement of a round: the only one that its record and its pool can have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from evaluation.draw.capacity import shortage
from evaluation.draw.events import DrawStated
from evaluation.draw.state import DrawRound, DrawState, excluded
from evaluation.draw.tickets import (
    Candidate,
    DrawConditions,
    EarlierRound,
    candidates_sha256,
    statement,
    statement_bytes,
)
from evaluation.draw.widening import lost
from evaluation.errors import RuleViolation

LAST_PLAIN_CHARACTER = "\ud7ff"  # beyond it, sorting by character and by UTF-16 unit differ
HEX_32 = re.compile(r"[0-9a-f]{64}\Z")
_PERSON = re.compile(r"([0-9a-f]{64})?\Z")  # everybody is committed to, or nobody, as before there were commitments


def plain(name: str) -> bool:
    """Whether a name sorts alike everywhere and cannot run into the next one."""
    return bool(name) and all("\0" < character <= LAST_PLAIN_CHARACTER for character in name)


def check_statement(fact: DrawStated, state: DrawState, conditions: DrawConditions, current: DrawRound) -> None:
    """Raises RuleViolation `draw_statement_…`, `draw_candidate_…`, `draw_pool_…` or `draw_recusal_forgotten`."""
    stated = read_statement(fact.statement)
    recused = _recused(stated)
    expected = _expected(state, conditions, current, fact.candidates, recused)
    for field, value in expected.items():
        if stated.get(field) != value:
            raise RuleViolation("draw_statement_differs", field=field)
    if stated.keys() != expected.keys():
        raise RuleViolation("draw_statement_differs", field=", ".join(sorted(stated.keys() ^ expected.keys())))
    if fact.statement.encode() != statement_bytes(expected):
        raise RuleViolation("draw_statement_not_canonical")
    _check_pool(state, current, fact.candidates, recused)
    _check_seats(state, conditions, fact.candidates, recused)


def read_statement(text: str) -> dict[str, Any]:
    """The object of an untrusted statement. Raises RuleViolation `draw_statement_not_canonical`."""
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
    if not all(map(HEX_32.match, found.values())):
        raise RuleViolation("draw_statement_differs", field="recused")
    return found


def _expected(
    state: DrawState,
    conditions: DrawConditions,
    current: DrawRound,
    candidates: tuple[Candidate, ...],
    recused: dict[str, str],
) -> dict[str, Any]:
    """The only statement that this round can have with these candidates and recusals."""
    earlier = None
    if current.reason is not None:
        earlier = EarlierRound(current.earlier_record_sha256, str(current.reason), current.second_signature)
    return statement(
        conditions,
        round_=current.number,
        strata=state.strata,
        candidates=candidates,
        recused=recused,
        commitments=current.commitments,
        earlier=earlier,
        wider=current.wider_sha256,
        passed_over=current.passed_over,
    )


def _check_pool(
    state: DrawState, current: DrawRound, candidates: tuple[Candidate, ...], recused: Iterable[str]
) -> None:
    """The pool is sound and frozen, and no recusal and no earlier call is forgotten."""
    ids = [candidate.id for candidate in candidates]
    if len(set(ids)) != len(ids):
        raise RuleViolation("draw_candidate_repeated", candidate=next(id_ for id_ in ids if ids.count(id_) > 1))
    for candidate in candidates:
        if not (plain(candidate.id) and candidate.unit):
            raise RuleViolation("draw_candidate_malformed", candidate=candidate.id)
        if bool(candidate.person) != bool(candidates[0].person) or not _PERSON.match(candidate.person):
            raise RuleViolation("draw_candidate_malformed", candidate=candidate.id)
    if state.pool is not None and candidates_sha256(candidates) != state.pool.candidates_sha256:
        raise RuleViolation("draw_pool_changed")
    if current.is_widened:
        if gone := lost(state.candidates, candidates):
            raise RuleViolation("draw_pool_narrowed", candidate=gone)
    elif state.candidates and candidates_sha256(candidates) != candidates_sha256(state.candidates):
        raise RuleViolation("draw_pool_changed")
    before = {entry["id"] for found in state.rounds if found.statement for entry in found.stated["recused"]}
    due = before | excluded(state, candidates).keys() | _found_for(current)
    forgotten = sorted(due - set(recused))
    if forgotten:
        raise RuleViolation("draw_recusal_forgotten", candidates=", ".join(forgotten))


def _found_for(current: DrawRound) -> set[str]:
    """Who was found to step back when the conditions of this round were widened: they were the reason for it."""
    return set(current.wider.widening.recused) if current.wider and current.wider.widening else set()


def _check_seats(
    state: DrawState, conditions: DrawConditions, candidates: tuple[Candidate, ...], recused: Mapping[str, str]
) -> None:
    """Every open seat will be filled, whoever is drawn; nobody is certain of one where the case asks for that."""
    free = [candidate for candidate in candidates if candidate.id not in recused]
    if short := shortage(state.strata, free, conditions.max_per_unit, spare=state.spare):
        raise RuleViolation("draw_pool_exhausted", **asdict(short), most=conditions.max_per_unit)
