"""A request for a correction that nobody answers: for how long the chair is waited for, and who answers then.

The chair permits or refuses. Once the profile's waiting time for refusals has passed since the request, any other
member than the one who asked may: a chair who has left, and who cannot be replaced since it has dissented, holds up no
end. As a chair answers nothing in a standstill or between two booths, the time counts anew when that is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from evaluation import sitting as rules
from evaluation.sitting import (
    BoothChanged,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    ReviewRolledBack,
    SheetReopened,
    SittingResumed,
    SittingState,
)

Asked = Mapping[int, datetime]  # by the seat that asked, since when the chair is waited for


def others_from(asked: Asked, sitting: SittingState, seat: int, profile: Profile) -> datetime | None:
    """From when others may answer a seat's request in the chair's place; None where they never may, or it is the
    chair's own."""
    if seat not in asked or seat == sitting.chair or profile.refusal_after is None:
        return None
    return add(asked[seat], profile.refusal_after)


def check(asked: Asked, sitting: SittingState, fact: Any, now: datetime, profile: Profile) -> None:
    """Raises RuleViolation `sitting_not_by_chair`, `correction_waits_for_chair` (since)."""
    match fact:
        case SheetReopened():
            about = fact.reopened
        case CorrectionRefused():
            about = fact.refused
        case _:
            return
    if about not in sitting.requests or rules.acts_about(sitting, fact.seat, about):
        return
    due = others_from(asked, sitting, about, profile)
    if due is None:
        raise RuleViolation("sitting_not_by_chair", seat=fact.seat, about=about)
    if now < due and fact.seat != about:
        raise RuleViolation("correction_waits_for_chair", since=due)


def answered_by(asked: Asked, sitting: SittingState, seat: int, now: datetime, profile: Profile) -> tuple[int, ...]:
    """The seats whose request whoever sits in `seat` may permit or refuse now."""

    def taken(about: int) -> bool:
        due = others_from(asked, sitting, about, profile)
        return rules.acts_about(sitting, seat, about) or (due is not None and now >= due)

    return tuple(about for about in rules.answered_by(sitting, seat) if taken(about))


def apply(asked: Asked, fact: Any, at: datetime) -> Asked:
    """The state after an accepted fact."""
    match fact:
        case CorrectionRequested():
            return {**asked, fact.seat: at}
        case SheetReopened():
            return _without(asked, fact.reopened)
        case CorrectionRefused():
            return _without(asked, fact.refused)
        case CorrectionWithdrawn():
            return _without(asked, fact.seat)
        case SittingResumed() | BoothChanged():
            return dict.fromkeys(asked, at)
        case ReviewRolledBack():
            return {}
    return asked


def _without(asked: Asked, seat: int) -> Asked:
    return {number: at for number, at in asked.items() if number != seat}
