"""The votes of a committee about findings and about competition, applied to the state before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evaluation.sitting.competition import CompetitionDecided, CompetitionVoted
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.questions import FindingDisposed, FindingPut, FindingVoted, FindingWithdrawn
from evaluation.sitting.state import SittingState
from evaluation.sitting.voiding import changed


def _put(event: FindingPut, state: SittingState) -> SittingState:
    return changed(state, put=event, put_votes={})


def _voted_on(event: FindingVoted, state: SittingState) -> SittingState:
    return changed(state, put_votes=state.put_votes | {event.seat: event})


def _taken_back(event: FindingWithdrawn, state: SittingState) -> SittingState:
    return changed(state, put=None, put_votes={})


def _disposed(event: FindingDisposed, state: SittingState) -> SittingState:
    assert state.put is not None  # only what was put is counted
    return changed(state, disposed=(*state.disposed, (state.put, event)), put=None, put_votes={})


def _voted_on_competition(event: CompetitionVoted, state: SittingState) -> SittingState:
    return changed(state, competition_votes=state.competition_votes | {event.seat: event})


def _competition_decided(event: CompetitionDecided, state: SittingState) -> SittingState:
    return changed(state, competition=event)


VOTE_FOLDING: dict[type[SittingEvent], Callable[[Any, SittingState], SittingState]] = {
    FindingPut: _put,
    FindingVoted: _voted_on,
    FindingWithdrawn: _taken_back,
    FindingDisposed: _disposed,
    CompetitionVoted: _voted_on_competition,
    CompetitionDecided: _competition_decided,
}
