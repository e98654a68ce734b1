"""How an expert stands in the library: applied for, reviewed, admitted, suspended, removed; by whom, and who is second.

Admission and removal take two persons: whoever reviewed or proposed is never the one who decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluation.errors import RuleViolation


class Status(StrEnum):
    """Only who is ADMITTED is drawn."""

    APPLIED = "applied"
    REVIEWED = "reviewed"
    REFUSED = "refused"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"
    LEAVING = "leaving"  # removal is proposed
    REMOVED = "removed"


class Step(StrEnum):
    """What changes a standing."""

    APPLY = "apply"
    REVIEW = "review"
    REFUSE = "refuse"
    ADMIT = "admit"
    SUSPEND = "suspend"
    RESTORE = "restore"
    PROPOSE_REMOVAL = "propose_removal"
    REMOVE = "remove"


@dataclass(frozen=True)
class Standing:
    """A status, and who brought it about."""

    status: Status
    by: str


NEXT: dict[Status | None, dict[Step, Status]] = {
    None: {Step.APPLY: Status.APPLIED, Step.REVIEW: Status.REVIEWED},
    Status.APPLIED: {Step.REVIEW: Status.REVIEWED, Step.REFUSE: Status.REFUSED},
    Status.REVIEWED: {Step.ADMIT: Status.ADMITTED, Step.REFUSE: Status.REFUSED},
    Status.REFUSED: {Step.REVIEW: Status.REVIEWED},
    Status.ADMITTED: {Step.SUSPEND: Status.SUSPENDED, Step.PROPOSE_REMOVAL: Status.LEAVING},
    Status.SUSPENDED: {Step.RESTORE: Status.ADMITTED, Step.PROPOSE_REMOVAL: Status.LEAVING},
    Status.LEAVING: {Step.REMOVE: Status.REMOVED, Step.RESTORE: Status.ADMITTED},
    Status.REMOVED: {Step.REVIEW: Status.REVIEWED},
}
SECOND_PERSON = frozenset({Step.ADMIT, Step.REMOVE})


def steps_from(status: Status | None) -> tuple[Step, ...]:
    """What may be done next."""
    return tuple(NEXT[status])


def after(standing: Standing | None, step: Step, by: str, reason: str) -> Standing:
    """The standing after a step.

    Raises RuleViolation `standing_step_impossible`, `standing_reason_missing`, `second_person_needed`.
    """
    status = standing.status if standing else None
    following = NEXT[status].get(step)
    if following is None:
        raise RuleViolation("standing_step_impossible", status=status or "none", step=step)
    if not reason.strip():
        raise RuleViolation("standing_reason_missing")
    if step in SECOND_PERSON and standing is not None and by == standing.by:
        raise RuleViolation("second_person_needed")
    return Standing(following, by)
