"""Whether the tenderer can name the chair now, and which seats.

1. Only where the rule book knows it (works, O12 art. 9), between the convening and the first vote for a chair, and once
   for each committee: what members have begun to decide is theirs, a vote that is void by now included.
2. A seat whose member may chair, and that is not waiting for a successor.
3. It takes office when the election would begin. Where its member leaves, before or after, the committee elects.
4. The committee does not elect another in its place: that stage was not held (`rollback_rules`).
"""

from __future__ import annotations

from evaluation.committee import may_chair
from evaluation.errors import RuleViolation
from evaluation.sitting.naming import ChairNamed
from evaluation.sitting.stages import TRANSITIONS
from evaluation.sitting.state import SittingState


def nameable(state: SittingState) -> tuple[int, ...]:
    """The seats that the tenderer could name now, ascending; none where it cannot name any more, or never could."""
    in_time = (state.stage, ChairNamed) in TRANSITIONS and state.suspended is None
    begun = state.chair_voted or state.chair_named is not None
    if begun or not in_time or not state.rules.committee.tenderer_may_name_chair:
        return ()
    able = (number for number, seat in state.seats.items() if may_chair(seat.role, state.rules.committee))
    return tuple(sorted(set(able) - state.empty))


def check_naming(fact: ChairNamed, state: SittingState) -> None:
    """Raises RuleViolation `chair_not_nameable`, `chair_named_already` (seat), `chair_named_too_late`,
    `sitting_seat_empty`, `chair_not_eligible` (seat)."""
    rules = state.rules.committee
    if not rules.tenderer_may_name_chair:
        raise RuleViolation("chair_not_nameable")
    if state.chair_named is not None:
        raise RuleViolation("chair_named_already", seat=state.chair_named)
    if state.chair_voted:
        raise RuleViolation("chair_named_too_late")
    if fact.seat not in state.seats or fact.seat in state.empty:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
    if not may_chair(state.seats[fact.seat].role, rules):
        raise RuleViolation("chair_not_eligible", seat=fact.seat)
