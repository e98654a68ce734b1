"""Talk among members: never while somebody scores alone, whoever comes and goes; announcements at any time."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    FINAL,
    MOST_LETTERS,
    AnnouncementMade,
    AnnouncementNoted,
    FloorGiven,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    MessagePosted,
    RecessCalled,
    Stage,
    StatementMade,
    decide,
    may_speak,
    recheck,
)
from tests.evaluation.sittings import Sitting, key_of
from tests.evaluation.test_sitting_changes import at, refused

SAYS = MessagePosted(1, "投标人乙的第 14 页缺签章")
SPEAKING = {Stage.CHAIR, Stage.REVIEW, Stage.COMPETITION, Stage.RESULTS, Stage.REPORT, Stage.SIGNING}
RUNNING = [stage for stage in Stage if stage not in FINAL | {Stage.UNCONVENED}]


@pytest.mark.parametrize("stage", RUNNING)
def test_members_speak_before_they_score_and_after_all_have(stage):
    sitting = at(stage)
    assert may_speak(sitting.state) == (stage in SPEAKING)
    if stage not in SPEAKING:
        assert refused(sitting, SAYS).code == "sitting_out_of_order"
        return
    before = sitting.state
    assert sitting.act(SAYS) == (SAYS,)
    assert sitting.state == before, "nothing follows from words"
    assert recheck(sitting.events) == sitting.state


def gone_after_the_results() -> Sitting:
    sitting = at(Stage.RESULTS)
    sitting.act(MemberRecused(5, "ill"))
    return sitting


def test_nobody_speaks_to_a_successor_before_results_stand_again():
    """Those who stay know scores, and its own are still to come: on its way through every stage."""
    sitting = gone_after_the_results()
    assert refused(sitting, SAYS).code == "sitting_out_of_order"
    sitting.act(MemberReplaced(5, "sub", "person-6"), MemberIdentified(5, key_of(5, 1), "witness"))
    sitting.act(StatementMade(5, True, ""))
    assert sitting.state.stage is Stage.REVIEW
    assert refused(sitting, SAYS).code == "talk_rests_for_successor"
    assert refused(sitting, FloorGiven(sitting.state.chair, 5)).code == "talk_rests_for_successor"
    assert not may_speak(sitting.state)


def test_the_chair_alone_gives_the_floor_to_who_is_there():
    sitting = at(Stage.REVIEW)
    chair = sitting.state.chair
    other = next(n for n in sitting.numbers if n != chair)
    assert refused(sitting, FloorGiven(other, chair)).code == "floor_by_chair"
    assert refused(sitting, FloorGiven(chair, 9)).code == "sitting_seat_empty"
    sitting.act(FloorGiven(chair, other), FloorGiven(chair, 0))
    with pytest.raises(RuleViolation, match="sitting_not_own_seat"):
        decide(sitting.state, SAYS, 2)
    with pytest.raises(RuleViolation, match="sitting_not_own_seat"):
        decide(sitting.state, SAYS, None)


def test_nothing_is_said_in_a_standstill_but_announcements():
    sitting = at(Stage.REVIEW)
    sitting.act(RecessCalled(sitting.state.chair, "lunch"))
    assert refused(sitting, SAYS).code == "sitting_suspended"
    assert not may_speak(sitting.state)
    sitting.act(AnnouncementMade("sub", "a test of the line at noon"), AnnouncementNoted(1, 1))
    assert refused(sitting, AnnouncementMade("elsewhere", "noon")).code == "standstill_site_unknown"
    assert refused(sitting, AnnouncementMade("", "  ")).code == "sitting_text_missing"
    with pytest.raises(RuleViolation, match="sitting_not_for_members"):
        decide(sitting.state, AnnouncementMade("", "noon"), 1)


@given(st.text(max_size=MOST_LETTERS + 2))
def test_what_is_said_is_one_readable_line(text):
    sitting = at(Stage.REVIEW)
    unfit = any(unicodedata.category(letter) in {"Cc", "Cs", "Cn", "Zl", "Zp"} for letter in text)
    wrong = {
        "sitting_text_missing": not text.strip(),
        "message_too_long": len(text) > MOST_LETTERS,
        "message_unfit": unfit,
    }
    if any(wrong.values()):
        assert wrong[refused(sitting, MessagePosted(1, text)).code]
    else:
        assert sitting.act(MessagePosted(1, text))
