"""A stage of the sitting is taken back (环节退回) by two of its members: what they say, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluation.sitting.events import SeatFact, SittingEvent


class RollbackTarget(StrEnum):
    """The stage that is held again; locked scores are never among what is taken back."""

    CHAIR = "chair"
    REVIEW = "review"


class RollbackGround(StrEnum):
    """Why a stage is held again, never what it came to: the documents' criteria alone count (Regulation art. 49)."""

    PROCEDURE = "procedure"  # a step was left out or taken out of order
    MISTAKE = "mistake"  # something was entered for the wrong bid or item
    BASIS = "basis"  # it rested on a wrong or an overlooked document, answer or published criterion


@dataclass(frozen=True)
class RollbackProposed(SeatFact):
    """A member asks that a stage is held again. A later proposal takes the place of one that waits."""

    to: RollbackTarget
    ground: RollbackGround
    note: str


@dataclass(frozen=True)
class RollbackReleased(SeatFact):
    """Another member releases word for word what the member in `proposed_by` has proposed."""

    proposed_by: int
    to: RollbackTarget
    ground: RollbackGround
    note: str


@dataclass(frozen=True)
class ReviewRolledBack(SittingEvent):
    """Members review every bid again; what they found before is void and stays on record."""


@dataclass(frozen=True)
class ChairRolledBack(SittingEvent):
    """The chair is elected again, and the review begins anew after it."""
