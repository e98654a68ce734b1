"""A member's picture and sound between sites, ended by the centre or the authority as a recorded act.

1. Centre or authority ends what one seat sends, and says why; the member is told, and goes on with everything else: it
   sees and hears the others, scores and signs.
2. Who ended it lets it go on: what the authority has ended the centre does not undo.
3. It is of the member, not of the seat: a successor may send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from evaluation.sitting import MemberRecused
from evaluation.sitting.checks import require_text


@dataclass(frozen=True)
class MemberPictureEnded:
    """From here on the member of a seat sends neither picture nor sound to other sites."""

    seat: int
    note: str


@dataclass(frozen=True)
class MemberPictureAllowed:
    """The member of a seat may send again; it turns its camera on itself."""

    seat: int
    note: str


@dataclass(frozen=True)
class Ended:
    """Since when, by whom (`authority`: the supervision authority, else the centre), and why."""

    at: datetime
    authority: bool
    note: str


Fact = MemberPictureEnded | MemberPictureAllowed
PictureEnds = Mapping[int, Ended]  # by seat


def is_authority(actor: Actor) -> bool:
    """Whether the actor ends it for the authority; else for the centre."""
    return actor.is_(Role.REGULATOR)


def decide(ends: PictureEnds, fact: Fact, seats: frozenset[int], *, authority: bool) -> tuple[Any, ...]:
    """The accepted fact; `seats`: those in which somebody sits.

    Raises RuleViolation `sitting_seat_empty`, `picture_ended_before`, `picture_not_ended`, `picture_ended_by_other`,
    `sitting_text_missing`, `sitting_text_unfit`.
    """
    if fact.seat not in seats:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
    require_text(fact.note, "note")
    found = ends.get(fact.seat)
    if isinstance(fact, MemberPictureEnded):
        if found is not None:
            raise RuleViolation("picture_ended_before", seat=fact.seat)
    elif found is None:
        raise RuleViolation("picture_not_ended", seat=fact.seat)
    elif found.authority is not authority:
        raise RuleViolation("picture_ended_by_other", seat=fact.seat)
    return (fact,)


def apply(ends: PictureEnds, fact: Any, role: str, at: datetime) -> PictureEnds:
    """The state after an accepted fact of somebody in `role`."""
    match fact:
        case MemberPictureEnded():
            return {**ends, fact.seat: Ended(at, role == Role.REGULATOR, fact.note)}
        case MemberPictureAllowed() | MemberRecused():
            return {seat: one for seat, one in ends.items() if seat != fact.seat}
    return ends
