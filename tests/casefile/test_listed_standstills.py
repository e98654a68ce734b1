"""Standstills by ground, from the log, agree with the stack that the sitting folds."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given

from app.casefile.interruptions import interruptions
from evaluation.sitting import (
    FaultRepaired,
    RecessEnded,
    SittingEvent,
    SittingResumed,
    SittingState,
    SittingSuspended,
    Stage,
    SuspensionGround,
    apply,
)
from tests.choices import choices

OVER = {SuspensionGround.FAULT: FaultRepaired("x"), SuspensionGround.RECESS: RecessEnded(1)}
STEPS = [*SuspensionGround, *4 * ["resume"], *2 * [("over", ground) for ground in sorted(OVER)]]


class Course:
    """A sitting in which only what can happen does: what its rules take, and what follows from it."""

    def __init__(self) -> None:
        self.state, self.facts = SittingState(stage=Stage.SCORING), list[SittingEvent]()

    def happens(self, *facts: SittingEvent) -> None:
        for fact in facts:
            self.state = apply(self.state, fact)
            self.facts.append(fact)

    def step(self, step) -> None:
        standing = {one.ground for one in self.state.standing}
        if step == "resume":
            if standing:
                self.go_on()
        elif isinstance(step, tuple):
            if step[1] in standing:
                on_top = self.state.suspended.ground is step[1]
                self.happens(OVER[step[1]])
                if on_top:
                    self.go_on()
        elif step not in standing:
            self.happens(SittingSuspended(step, "", f"{len(self.facts)}"))

    def go_on(self) -> None:
        self.happens(SittingResumed("x"))
        if self.state.beneath:
            self.happens(self.state.beneath[-1])


@given(choices(21))
def test_what_has_not_ended_is_what_stands_and_each_ground_is_told_once_for_each_time(chosen):
    course = Course()
    for _ in range(chosen.one(range(21))):
        course.step(chosen.one(STEPS))
    records = [SimpleNamespace(seq=seq, fact=fact) for seq, fact in enumerate(course.facts)]
    found = interruptions(records)
    assert tuple(one.began.fact for one in found if one.ended is None) == course.state.standing
    assert [one.began.seq for one in found] == sorted({one.began.seq for one in found})
    for one in found:
        assert one.began.seq < (len(records) if one.ended is None else one.ended.seq)
        again = [other for other in found if other.began.fact.ground is one.began.fact.ground and other is not one]
        assert all(other.ended.seq < one.began.seq for other in again if other.began.seq < one.began.seq)
