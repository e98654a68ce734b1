"""Random walks through rechecks: who comes back brings each to its end, whoever dissented before and stays away."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    FINAL,
    DissentRecorded,
    MemberIdentified,
    RecheckAnswered,
    RecheckOrdered,
    RecheckProposed,
    ReportPrepared,
    ReportSealed,
    SittingEvent,
    Stage,
    answers_recheck,
    recheck,
)
from tests.evaluation.rules_of_walks import RULES
from tests.evaluation.sittings import REPORT, Sitting
from tests.evaluation.test_sitting_ends import Walk

WALKS, WHY = 150, "a sum seems wrong"


class Again(Walk):
    """A sealed sitting that is checked again; up to two members have dissented from its report."""

    def __post_init__(self) -> None:
        self.sitting = Sitting(RULES[self.rules]).until(Stage.REPORT)
        for seat in self.rng.sample(self.sitting.numbers, self.rng.choice((0, 0, 1, 2))):
            self.sitting.act(DissentRecorded(seat, "B never met the standard"))
        self.sitting.act(ReportPrepared(REPORT))
        self.sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))

    def onward(self) -> Iterator[SittingEvent]:
        if self.state.recheck and self.state.suspended is None:
            yield from (MemberIdentified(seat, self.fresh(), "witness") for seat in self.missing(self.state.keys))
        yield from super().onward()

    def to_conclude(self) -> Iterator[SittingEvent]:
        if self.state.recheck and not self.state.recheck_answer:
            there = (seat for seat in self.there() if answers_recheck(self.state, seat))
            yield from (RecheckAnswered(seat, "It stands.") for seat in there)
        yield from super().to_conclude()
        if not self.state.waiting(self.state.settled):
            yield ReportSealed("b" * 64, "c" * 64 if self.state.explained else "", self.state.version)

    def anything(self) -> SittingEvent:
        if self.rng.random() < 0.3:
            seats = self.sitting.numbers
            return MemberIdentified(self.rng.choice(seats), self.fresh(), "witness")
        return super().anything()


def test_whoever_comes_back_brings_a_recheck_to_its_end_and_the_record_replays():
    ends, answered = set(), 0
    for seed in range(WALKS):
        walk = Again(Random(seed), seed % len(RULES), seed)
        walk.wander()
        walk.end()
        ends.add(walk.state.stage)
        answered += any(isinstance(event, RecheckAnswered) for event in walk.sitting.events)
        assert recheck(walk.sitting.events) == walk.state, seed
    assert {Stage.CLOSED, Stage.ABANDONED} <= ends <= FINAL
    assert answered > WALKS // 4


def test_only_who_dissented_is_not_waited_for():
    for seed in range(30):
        walk = Again(Random(seed), seed % len(RULES), seed)
        assert walk.state.not_waited_for == walk.state.dissenters
        away = sorted(set(walk.sitting.numbers) - walk.state.dissenters)[0]
        for seat in walk.sitting.numbers:
            if seat not in {away, *walk.state.dissenters}:
                walk.sitting.act(MemberIdentified(seat, walk.fresh(), "witness"))
        seat = next((one for one in walk.sitting.numbers if answers_recheck(walk.state, one)), 0)
        with pytest.raises(RuleViolation, match="recheck_incomplete"):
            walk.sitting.act(RecheckAnswered(seat, "It stands."))
