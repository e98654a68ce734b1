"""When a stage is held again, and by whose word.

1. A member proposes, another releases word for word. One of the two is the chair; where the chair itself is elected
   again, any two are enough. A chair in office whom the tenderer named is not elected again: there was no election.
2. Nobody goes back while a sheet is locked that others may not see: until the first lock, and again after the last one.
   In between the words of a reason could tell a score (as of a question to a bidder, `clarification_rules`); so they
   could where a successor of somebody reviews bids that others have scored.
3. Reviews, rejections and results after them are void. Scores that results have shown are not: as they were locked they
   stand for every bid that passes again, and only the four grounds of a correction change them (O87 art. 61, 64).
4. Before a signature, and not while a vote about a finding is open. What a bidder was asked it answers all the same.
5. Not during a recheck: its committee has the sealed stages before it as they are, and answers what was asked of them
   (`recheck_rules`); what cannot stand then is no more for the same people to hold again.
"""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import require_text
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.question_rules import check_none_open
from evaluation.sitting.rollback import (
    ChairRolledBack,
    ReviewRolledBack,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
)
from evaluation.sitting.stages import Stage
from evaluation.sitting.state import SittingState

# From where each stage can be held again.
_BACK_FROM = {
    RollbackTarget.CHAIR: (Stage.REVIEW, Stage.COMPETITION, Stage.SCORING),
    RollbackTarget.REVIEW: (Stage.COMPETITION, Stage.SCORING, Stage.RESULTS, Stage.REPORT),
}


def rollback_targets(state: SittingState) -> tuple[RollbackTarget, ...]:
    """The stages that can be held again now, were it proposed and released."""
    if state.suspended is not None or state.recheck or _scored_alone(state):
        return ()
    found = tuple(target for target, stages in _BACK_FROM.items() if state.stage in stages)
    return tuple(target for target in found if target is not RollbackTarget.CHAIR or not _chair_named(state))


def _chair_named(state: SittingState) -> bool:
    return state.chair is not None and state.chair == state.named_chair


def _scored_alone(state: SittingState) -> bool:
    return state.kept_from_some or (state.stage is Stage.SCORING and bool(state.sheets))


def check_rollback(fact: RollbackProposed | RollbackReleased, state: SittingState) -> None:
    """Raises RuleViolation `sitting_text_missing`, `rollback_in_recheck`, `rollback_while_scoring`,
    `rollback_of_named_chair` (seat), `rollback_stage_wrong` (to, stage), `finding_vote_open`, and of a release
    `rollback_not_proposed`, `second_person_needed`, `rollback_by_chair`."""
    require_text(fact.note, "note")
    if state.recheck:
        raise RuleViolation("rollback_in_recheck")
    if _scored_alone(state):
        raise RuleViolation("rollback_while_scoring")  # how many have locked members are not told
    if fact.to is RollbackTarget.CHAIR and _chair_named(state):
        raise RuleViolation("rollback_of_named_chair", seat=state.chair)
    if fact.to not in rollback_targets(state):
        raise RuleViolation("rollback_stage_wrong", to=str(fact.to), stage=str(state.stage))
    check_none_open(state)
    if isinstance(fact, RollbackReleased):
        _check_release(fact, state)


def _check_release(fact: RollbackReleased, state: SittingState) -> None:
    waiting = state.rollback
    if waiting != RollbackProposed(fact.proposed_by, fact.to, fact.ground, fact.note):
        raise RuleViolation("rollback_not_proposed", seat=fact.proposed_by)
    if fact.seat == fact.proposed_by:
        raise RuleViolation("second_person_needed")
    if fact.to is not RollbackTarget.CHAIR and state.chair not in (fact.seat, fact.proposed_by):
        raise RuleViolation("rollback_by_chair", seat=fact.seat)


def may_release(state: SittingState, seat: int) -> bool:
    """Whether whoever sits in `seat` could be the second of the two, of what waits now."""
    waiting = state.rollback
    if waiting is None or waiting.seat == seat or waiting.to not in rollback_targets(state):
        return False
    return waiting.to is RollbackTarget.CHAIR or state.chair in (seat, waiting.seat)


def taken_back(fact: RollbackReleased, state: SittingState) -> SittingEvent:
    """What a release brings about at once."""
    return ChairRolledBack() if fact.to is RollbackTarget.CHAIR else ReviewRolledBack()
