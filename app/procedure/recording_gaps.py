"""What of a recording is there, what came late, and what is missing: stretches of time, each with its reason.

A gap of the line shows as pieces that came late; pieces that were made and have not come, a camera that was off or a
page that was loaded anew, and an end that nobody stated show each as what they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from app.procedure.calendar import add
from app.procedure.profiles import RecordingRules
from app.procedure.recordings import SEAM, Piece, Run

CLOCK_STEP_MS = 2_000  # of a machine's own clock between two pieces: somebody, or something, has set it


class Stretch(StrEnum):
    """What a stretch of time is."""

    KEPT = "kept"
    LATE = "late"  # handed in after the line, or the machine, was back
    MISSING = "missing"  # pieces that were made and have not come
    PAUSED = "paused"  # no piece was made: no camera, or the page was loaded anew
    CUT = "cut"  # pieces at the end, as the witness states them, that have not come
    OPEN = "open"  # nobody has stated the end


GAPS = frozenset({Stretch.MISSING, Stretch.PAUSED, Stretch.CUT, Stretch.OPEN})


@dataclass(frozen=True)
class Part:
    """A stretch of one recording; `first` and `last`: numbers of pieces, 0 where it is about none."""

    kind: Stretch
    since: datetime
    until: datetime
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class ClockStep:
    """The clock of a site's machine was set, as its `piece` tells: by so many milliseconds, ahead or (below 0) back."""

    at: datetime
    piece: int
    by_ms: int


def parts(run: Run, rules: RecordingRules, until: datetime) -> tuple[Part, ...]:
    """A recording from its beginning to its end, or as far as it is known at `until`."""
    found: list[Part] = []
    for part in _parts(run, rules, until):
        last = found[-1] if found else None
        if last is not None and last.kind is part.kind and last.last + 1 == part.first and part.kind not in GAPS:
            found[-1] = Part(part.kind, last.since, part.until, last.first, part.last)
        else:
            found.append(part)
    return tuple(found)


def _parts(run: Run, rules: RecordingRules, until: datetime) -> Iterator[Part]:
    before, reached = 0, run.begun_at
    for number in sorted(run.pieces):
        piece = run.pieces[number]
        if number > before + 1:
            yield Part(Stretch.MISSING, reached, piece.started_at, before + 1, number - 1)
        elif piece.started_at - reached > SEAM:
            yield Part(Stretch.PAUSED, reached, piece.started_at)
        kind = Stretch.LATE if is_late(piece, rules) else Stretch.KEPT
        yield Part(kind, piece.started_at, piece.ended_at, number, number)
        before, reached = number, piece.ended_at
    if run.ended is None or run.ended_at is None:
        if until - reached > _awaited(rules, reached):
            yield Part(Stretch.OPEN, reached, until)
    elif run.ended.pieces > before:
        yield Part(Stretch.CUT, reached, run.ended_at, before + 1, run.ended.pieces)
    elif run.ended_at - reached > _awaited(rules, reached):
        yield Part(Stretch.PAUSED, reached, run.ended_at)


def is_late(piece: Piece, rules: RecordingRules) -> bool:
    """Whether a piece came longer after its end than a line takes."""
    return piece.received_at > add(piece.ended_at, rules.late_after)


def _awaited(rules: RecordingRules, at: datetime) -> timedelta:
    """How long nothing of a recording stands in the log while all is well: a piece, its way, and the next entry."""
    return add(at, rules.piece) - at + (add(at, rules.entry) - at) + (add(at, rules.late_after) - at)


def clock_steps(run: Run) -> tuple[ClockStep, ...]:
    """Where the clock of the site's machine was set while it filmed."""
    ordered = [run.pieces[number] for number in sorted(run.pieces)]
    return tuple(
        ClockStep(after.started_at, after.number, by)
        for before, after in pairwise(ordered)
        if abs(by := after.clock_ms - before.clock_ms) > CLOCK_STEP_MS
    )
