"""A recheck that the tenderer asks for: what is sealed stays, and the committee answers in a further version.

1. It is asked for once the report is sealed, by two persons of the agency, with a reason on record.
2. The same members sign in again, with new keys. They have reviews, sheets and results before them as they were sealed;
   a score is corrected on the four legal grounds alone, as before any signing.
3. The chair writes down what the committee has found, once all are back but those who have dissented: these cannot be
   replaced, and hold nothing up by staying away, a chair among them neither. Whether the result stands or is corrected
   is no statement of anybody's: it is whether results were computed anew and are others.
4. Then the report is prepared again, and signed and sealed like the first one. Both stay.
"""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import require_text
from evaluation.sitting.correction_rules import check_answered
from evaluation.sitting.question_rules import check_none_open
from evaluation.sitting.rechecks import RecheckAnswered, RecheckOrdered, RecheckProposed
from evaluation.sitting.state import SittingState


def check_order(fact: RecheckProposed | RecheckOrdered, state: SittingState) -> None:
    """Raises RuleViolation `sitting_text_missing`, `sitting_text_unfit`."""
    require_text(fact.note, "note")


def answers_recheck(state: SittingState, seat: int) -> bool:
    """Whether the answer is that seat's to give: the chair's; where the chair has dissented and does not come back, any
    other member's."""
    return bool(state.recheck) and (seat == state.chair or state.chair in state.not_waited_for)


def check_answer(fact: RecheckAnswered, state: SittingState) -> None:
    """Once nothing is open that could change it, and everybody is back whom it waits for.

    Raises RuleViolation `recheck_not_asked`, `sitting_not_by_chair`, `recheck_incomplete` (seats),
    `correction_unanswered`, `finding_vote_open`, `sitting_text_missing`.
    """
    if not state.recheck:
        raise RuleViolation("recheck_not_asked")
    if not answers_recheck(state, fact.seat):
        raise RuleViolation("sitting_not_by_chair", seat=fact.seat, about=fact.seat)
    if absent := state.waiting({*state.keys, *state.not_waited_for}):
        raise RuleViolation("recheck_incomplete", seats=", ".join(map(str, absent)), count=len(absent))
    check_answered(state)
    check_none_open(state)
    require_text(fact.text, "text")


def check_recheck_answered(state: SittingState) -> None:
    """That no report is prepared that would not say what the recheck found. Raises RuleViolation
    `recheck_unanswered`."""
    if state.recheck and not state.recheck_answer:
        raise RuleViolation("recheck_unanswered")
