"""A sitting played back from the records of its case file that somebody may see, one step after the other.

What nobody shows the holder is not in it, neither as a step nor as a number: the state after a step is the fold of the
visible records up to it, and of nothing else (`evaluation.sitting.shown`). So a page can show no more than the records
themselves, and a bundle is played back by the same code without the platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.casefile.lot import LotCase, apply_to_lot
from app.casefile.record import Record
from app.procedure.errors import RuleViolation
from app.procedure.picture_ends import MemberPictureAllowed, MemberPictureEnded
from app.procedure.recordings import RecordingBegun, RecordingEnded, RecordingKept
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.shown import GAPS, apply_shown, awaiting
from evaluation.sitting.stages import Stage

OF_A_SITTING = (
    SittingEvent,
    RecordingBegun,
    RecordingKept,
    RecordingEnded,
    MemberPictureEnded,
    MemberPictureAllowed,
)


@dataclass(frozen=True)
class Step:
    """The `number`-th visible record (from 1), the stage before it, and the lot after it as far as it is known."""

    number: int
    record: Record
    before: Stage
    after: LotCase

    @property
    def stage(self) -> Stage:
        """The stage that the sitting is in after it."""
        return self.after.sitting.stage


@dataclass(frozen=True)
class Stretch:
    """Steps during which the sitting was in one stage, or stood still in it: the first of them, and its end.

    `until`: when the next stretch began; of the last one, the time of its last step.
    """

    stage: Stage
    still: bool
    first: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Playback:
    """All steps of the sitting of a lot, earlier committees of it among them."""

    lot: str
    steps: tuple[Step, ...]

    def at(self, number: int) -> Step:
        """The step of that number. Raises RuleViolation `replay_step_unknown`."""
        if not 1 <= number <= len(self.steps):
            raise RuleViolation("replay_step_unknown", number=number, last=len(self.steps))
        return self.steps[number - 1]

    def between(self, first: int, last: int) -> Sequence[Step]:
        """The steps from one number to another. Raises RuleViolation `replay_step_unknown`, `replay_range_wrong`."""
        self.at(first), self.at(last)
        if first > last:
            raise RuleViolation("replay_range_wrong", first=first, last=last)
        return self.steps[first - 1 : last]

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The time line: in what the sitting was, from its first step to its last."""
        begun: list[Step] = []
        for step in self.steps:
            if not begun or _in(begun[-1]) != _in(step):
                begun.append(step)
        ends = [step.record.at for step in (*begun[1:], self.steps[-1])]
        return tuple(
            Stretch(*_in(step), step.number, step.record.at, until) for step, until in zip(begun, ends, strict=True)
        )


def _in(step: Step) -> tuple[Stage, bool]:
    return step.stage, step.after.sitting.suspended is not None


def played_lots(records: Iterable[Record]) -> tuple[str, ...]:
    """The lots of which there is a sitting to play back."""
    return tuple(sorted({record.lot for record in records if isinstance(record.fact, OF_A_SITTING)}))


def play_back(records: Sequence[Record], lot: str) -> Playback:
    """The steps of a lot's sitting from the records of its case that somebody may see, in their order.

    Raises RuleViolation `replay_no_sitting` (lot, records, lots) where none of them is of it.
    """
    state, before, steps = LotCase(), Stage.UNCONVENED, list[Step]()
    for record in records:
        if record.lot != lot or not isinstance(record.fact, OF_A_SITTING):
            continue
        state = _after(state, record)
        steps.append(Step(len(steps) + 1, record, before, state))
        before = state.sitting.stage
    if not steps:
        lots = ", ".join(played_lots(records)) or "—"
        raise RuleViolation("replay_no_sitting", lot=lot, records=len(records), lots=lots)
    return Playback(lot, tuple(steps))


def _after(state: LotCase, record: Record) -> LotCase:
    fact = record.fact
    if isinstance(fact, SittingEvent) and (before := awaiting(state.sitting, fact)) is not state.sitting:
        state = replace(state, sitting=before)
    try:
        return apply_to_lot(state, fact, record)
    except GAPS:
        if not isinstance(fact, SittingEvent):
            return state
        return replace(state, sitting=apply_shown(state.sitting, fact))
