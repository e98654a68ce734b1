"""The standstills of a sitting, from its log: each ground from when it began to its own end, whatever lay over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.casefile.record import Record
from evaluation.sitting import FaultRepaired, RecessEnded, SittingResumed, SittingSuspended, SuspensionGround


@dataclass(frozen=True)
class Interruption:
    """One standstill; `ended` is None where none of these records ended it."""

    began: Record
    ended: Record | None


def interruptions(records: Iterable[Record]) -> tuple[Interruption, ...]:
    """In the order in which they began, as `SittingState.standing` stacks them.

    A ground that stands again when the one above it ends has never ended; giving up the evaluation ends none.
    """
    found: list[Interruption] = []
    standing: dict[SuspensionGround, Record] = {}  # the one on top last

    for record in records:
        if isinstance(record.fact, SittingSuspended):
            standing.setdefault(record.fact.ground, record)
        ended = _ended(record.fact, tuple(standing))
        if ended in standing:
            found.append(Interruption(standing.pop(ended), record))
    found += [Interruption(began, None) for began in standing.values()]
    return tuple(sorted(found, key=lambda one: one.began.seq))


def _ended(fact: object, standing: tuple[SuspensionGround, ...]) -> SuspensionGround | None:
    """Which ground a fact ends: the one on top ends as the sitting resumes, though its own end came just before."""
    top = standing[-1] if standing else None
    match fact:
        case SittingResumed():
            return top
        case FaultRepaired():
            ground = SuspensionGround.FAULT
        case RecessEnded():
            ground = SuspensionGround.RECESS
        case _:
            return None
    return None if ground is top else ground
