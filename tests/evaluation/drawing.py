"""A draw from conditions to result, with parties, pool and trustees of its own."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

import pytest

from evaluation.draw import (
    Candidate,
    DrawCommitted,
    DrawCompleted,
    DrawConditions,
    DrawConditionsApproved,
    DrawConditionsProposed,
    DrawEvent,
    DrawRevealed,
    DrawShareReleased,
    DrawSignatureRecorded,
    DrawState,
    DrawStated,
    EarlierRound,
    Stratum,
    apply,
    commitment,
    conditions_sha256,
    decide,
    excluded,
    reason_sha256,
    statement,
    statement_bytes,
)
from evaluation.errors import RuleViolation

CONDITIONS = DrawConditions(
    tender="T-1",
    lot="1",
    purpose="experts",
    strata=(Stratum("急救@host", 2, 2), Stratum("设备@sub", 2, 2)),
    max_per_unit=1,
    parties=("centre", "agency", "supervisor"),
    pool_factor=3,
    committee="c" * 64,
    trustees_needed=3,
)
POOL = tuple(
    Candidate(f"{i:032x}", f"unit-{i % 20}", (CONDITIONS.strata[i % 2].name,) if i % 5 else ("急救@host", "设备@sub"))
    for i in range(60)
)


def value_of(party: str, round_: int) -> bytes:
    return hashlib.sha256(f"{party}/{round_}".encode()).digest()


def stand_in_signature(message: bytes) -> bytes:
    """48 bytes that depend on the statement, where no trustees take part in the test."""
    return hmac.digest(b"trustees", message, "sha384")


@dataclass
class Draw:
    """Runs facts through `decide` and keeps the events."""

    conditions: DrawConditions = CONDITIONS
    pool: tuple[Candidate, ...] = POOL
    sign: object = stand_in_signature
    state: DrawState = field(default_factory=DrawState)
    events: list[DrawEvent] = field(default_factory=list)

    def act(self, *facts: DrawEvent) -> tuple[DrawEvent, ...]:
        accepted: tuple[DrawEvent, ...] = ()
        for fact in facts:
            accepted = decide(self.state, fact)
            for event in accepted:
                self.state = apply(self.state, event)
            self.events += accepted
        return accepted

    def approved(self) -> Draw:
        self.act(DrawConditionsProposed(self.conditions), DrawConditionsApproved(conditions_sha256(self.conditions)))
        return self

    @property
    def number(self) -> int:
        return self.state.current.number

    def commit(self) -> Draw:
        for party in self.conditions.parties:
            promise = commitment(self.conditions.draw_id, party, value_of(party, self.number))
            self.act(DrawCommitted(self.number, party, promise, "capsule"))
        return self

    def stated(self, recused: dict[str, str] | None = None, changes: dict[str, object] | None = None) -> DrawStated:
        """The statement that is due now, with `changes` for the tests that tamper."""
        out = excluded(self.state, self.pool)
        reasons = {id_: reason_sha256(b"salt", id_, reason) for id_, reason in out.items()}
        now, earlier = self.state.current, None
        if now.reason is not None:
            earlier = EarlierRound(now.earlier_record_sha256, str(now.reason), now.second_signature)
        due = statement(
            self.conditions,
            round_=self.number,
            strata=self.state.strata,
            candidates=self.pool,
            recused=reasons | (recused or {}),
            commitments=now.commitments,
            earlier=earlier,
            wider=now.wider_sha256,
            passed_over=now.passed_over,
        )
        return DrawStated(self.number, statement_bytes(due | (changes or {})).decode(), self.pool)

    def signed(self) -> Draw:
        for index in (1, 3, 4):
            self.act(DrawShareReleased(self.number, index, f"{index:096x}"))
        self.act(DrawSignatureRecorded(self.number, self.sign(self.state.current.statement.encode()).hex()))
        return self

    def reveal(self) -> DrawCompleted:
        for party in self.conditions.parties:
            done = self.act(DrawRevealed(self.number, party, value_of(party, self.number).hex()))
        return done[-1]

    def round(self, recused: dict[str, str] | None = None) -> DrawCompleted:
        self.commit().act(self.stated(recused))
        return self.signed().reveal()


def refused(draw: Draw, fact: DrawEvent) -> RuleViolation:
    """The refusal of a fact, which must leave nothing behind."""
    before = len(draw.events)
    with pytest.raises(RuleViolation) as refusal:
        draw.act(fact)
    assert len(draw.events) == before
    return refusal.value
