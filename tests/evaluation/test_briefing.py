"""The tenderer briefs a committee once, before anybody has reviewed a bid, and about no bidder."""

from __future__ import annotations

import pytest

from evaluation.sitting import (
    BidsReviewed,
    BriefingGiven,
    FaultReported,
    MemberRecused,
    RollbackTarget,
    Stage,
    may_brief,
    recheck,
)
from evaluation.sitting.briefing_rules import MOST_LETTERS
from tests.evaluation.sittings import Sitting, findings
from tests.evaluation.test_more_time import refused
from tests.evaluation.test_rollbacks import rolled_back

BEDS = BriefingGiven("Twelve beds for training.\nOnly the documents count.")


@pytest.mark.parametrize("stage", [Stage.GATHERING, Stage.STATEMENTS, Stage.CHAIR, Stage.REVIEW])
def test_once_before_anybody_has_reviewed(stage):
    sitting = Sitting().until(stage)
    assert may_brief(sitting.state)
    sitting.act(BEDS)
    assert (sitting.state.stage, sitting.state.briefing) == (stage, BEDS.text)
    assert not may_brief(sitting.state)
    assert refused(sitting, BEDS) == "briefing_given"
    assert recheck(sitting.events) == sitting.state


@pytest.mark.parametrize("stage", [Stage.SCORING, Stage.RESULTS, Stage.REPORT])
def test_never_once_the_review_is_over(stage):
    sitting = Sitting().until(stage)
    assert not may_brief(sitting.state)
    assert refused(sitting, BEDS) == "sitting_out_of_order"


def test_not_once_one_member_has_reviewed_nor_for_a_successor():
    sitting = Sitting().until(Stage.REVIEW)
    sitting.act(BidsReviewed(1, findings()))
    assert refused(sitting, BEDS) == "briefing_too_late"
    sitting.act(MemberRecused(2, "ill"))
    assert sitting.state.stage is Stage.GATHERING
    assert refused(sitting, BEDS) == "briefing_too_late"
    assert not may_brief(sitting.state)


def test_not_while_the_sitting_stands_still():
    sitting = Sitting().until(Stage.CHAIR)
    sitting.act(FaultReported("sub", "line down"))
    assert not may_brief(sitting.state)
    assert refused(sitting, BEDS) == "sitting_suspended"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sitting_text_missing"),
        ("\x00", "sitting_text_unfit"),
        ("x" * (MOST_LETTERS + 1), "briefing_long"),
        ("As for {name}: it knows the house", "briefing_names_bidder"),
        ("as for {spread}", "briefing_names_bidder"),
    ],
)
def test_what_it_may_say(text, code):
    sitting = Sitting().until(Stage.CHAIR)
    name = sitting.state.bids[0].bidder_name
    said = text.format(name=name, spread=" ".join(name).upper())
    assert refused(sitting, BriefingGiven(said)) == code


def test_a_chair_elected_again_begins_nothing_anew():
    sitting = Sitting().until(Stage.REVIEW)
    rolled_back(sitting, RollbackTarget.CHAIR)
    assert refused(sitting, BEDS) == "briefing_too_late"
