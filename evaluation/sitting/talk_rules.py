"""When members may speak to each other, and what an announcement is.

1. Members speak once all have declared that they have no conflict, and until the review is concluded and, where it is
   voted on, it is decided whether competition is lacking; then each scores alone, and nobody speaks before results
   stand (again). Where a member leaves after that, those who stay know scores that its successor must not: nothing
   is said until results stand anew.
2. Nobody speaks while the sitting stands still. Announcements are made and noted then, too.
"""

from __future__ import annotations

import unicodedata

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import UNFIT, require_text
from evaluation.sitting.stages import SPEAKING, Stage
from evaluation.sitting.state import SittingState
from evaluation.sitting.talk import AnnouncementMade, AnnouncementNoted, FloorGiven, MessagePosted

MOST_LETTERS = 500
_UNFIT = UNFIT | {"Zl", "Zp"}  # line ends, too


def may_speak(state: SittingState) -> bool:
    """Whether members may speak to each other now."""
    return state.stage in SPEAKING and state.suspended is None and not _rests(state)


def _rests(state: SittingState) -> bool:
    if state.stage is Stage.COMPETITION:  # bids are valid here from the first time on
        return state.kept_from_some
    return state.stage in (Stage.CHAIR, Stage.REVIEW) and bool(state.valid)


def _check_speaking(state: SittingState) -> None:
    if _rests(state):
        raise RuleViolation("talk_rests_for_successor")


def _check_words(text: str) -> None:
    if any(unicodedata.category(letter) in _UNFIT for letter in text):
        raise RuleViolation("message_unfit")
    require_text(text, "text")
    if len(text) > MOST_LETTERS:
        raise RuleViolation("message_too_long", length=len(text), most=MOST_LETTERS)


def check_message(fact: MessagePosted, state: SittingState) -> None:
    """Raises RuleViolation `talk_rests_for_successor`, `sitting_text_missing`, `message_too_long`, `message_unfit`."""
    _check_speaking(state)
    _check_words(fact.text)


def check_floor(fact: FloorGiven, state: SittingState) -> None:
    """Raises RuleViolation `talk_rests_for_successor`, `floor_by_chair`, `sitting_seat_empty`."""
    _check_speaking(state)
    if state.chair != fact.seat:
        raise RuleViolation("floor_by_chair", seat=fact.seat)
    if fact.to and (fact.to not in state.seats or fact.to in state.empty):
        raise RuleViolation("sitting_seat_empty", seat=fact.to)


def check_announcement(fact: AnnouncementMade, state: SittingState) -> None:
    """Raises RuleViolation `sitting_text_missing`, `message_too_long`, `message_unfit`, `standstill_site_unknown`."""
    _check_words(fact.text)
    if fact.site and fact.site not in {seat.site for seat in state.seats.values()}:
        raise RuleViolation("standstill_site_unknown", site=fact.site)


def check_noted(fact: AnnouncementNoted, state: SittingState) -> None:
    """That there is such an announcement, for this seat, the state around the sitting knows. Raises RuleViolation
    `sitting_seat_empty`."""
    if fact.seat not in state.keys:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
