"""The deadlines of a case as everybody may know them: where each stands, and what moved or stopped it last.

Nothing here depends on bids: a lot without any reads like one with twenty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.casefile.case import Case
from app.procedure.deadlines import Change, rule_proposal


@dataclass(frozen=True)
class DeadlineState:
    """A lot's deadline. `left` is the time that was left when the lot was paused, None while it runs.

    `first_at` is the deadline as published first; `change` what has concerned the lot last, if anything has.
    """

    lot: str
    deadline_at: datetime
    first_at: datetime
    left: timedelta | None
    change: Change | None


def deadline_state(case: Case, lot: str) -> DeadlineState:
    """The deadline of a lot of a published case. Raises RuleViolation `lot_unknown`."""
    case.lot(lot)
    timetable = case.tender.timetable
    first_at = case.tender.published.lot(lot).deadline_at
    change = next((change for change in reversed(timetable.changes) if lot in change.before), None)
    return DeadlineState(lot, timetable.deadlines[lot], first_at, timetable.left.get(lot), change)


def rule_until(case: Case, now: datetime) -> datetime | None:
    """Until when somebody has to take up what the platform's rule proposes after an outage; None for nothing."""
    found = rule_proposal(case.tender.timetable, now)
    return min(case.tender.deadlines[number] for number in found.deadlines) if found else None


def deadline_news(case: Case) -> tuple[DeadlineState, ...]:
    """The lots that still take bids and whose deadline is not, or not only, what was published first."""
    taking = [number for number, lot in case.lots.items() if lot.opening.closed is None]
    return tuple(state for state in (deadline_state(case, lot) for lot in taking) if state.change is not None)
