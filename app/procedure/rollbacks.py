"""A stage that is to be held again: since when it waits for its second member, and until when.

Another person than proposed it releases it, within the profile's period for two persons. A proposal dies with the stage
that it was made in (`evaluation.sitting.folding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from evaluation.sitting import RollbackProposed, RollbackReleased, SittingState


@dataclass(frozen=True)
class RollbackWaiting:
    """Who proposed last, and when."""

    by: str
    at: datetime

    def until(self, profile: Profile) -> datetime | None:
        """Until when another member may release it; None where the profile knows no period."""
        return add(self.at, profile.approval_valid) if profile.approval_valid else None

    def lapsed(self, now: datetime, profile: Profile) -> bool:
        """Whether it is too late, so that it has to be proposed again."""
        until = self.until(profile)
        return until is not None and now >= until


def check(
    waiting: RollbackWaiting | None, sitting: SittingState, fact: Any, by: str, now: datetime, profile: Profile
) -> None:
    """What a release needs beyond the rules of the sitting.

    Raises RuleViolation `second_person_needed`, `proposal_lapsed` (proposed_at, until, period).
    """
    if not isinstance(fact, RollbackReleased) or waiting is None or sitting.rollback is None:
        return
    if waiting.by == by:
        raise RuleViolation("second_person_needed")
    if waiting.lapsed(now, profile):
        facts = {"proposed_at": waiting.at, "until": waiting.until(profile)}
        raise RuleViolation("proposal_lapsed", **facts, period=str(profile.approval_valid))


def apply(waiting: RollbackWaiting | None, fact: Any, by: str, at: datetime) -> RollbackWaiting | None:
    """The state after an accepted fact. A later proposal takes the place of one that waits."""
    if isinstance(fact, RollbackProposed):
        return RollbackWaiting(by, at)
    return None if isinstance(fact, RollbackReleased) else waiting
