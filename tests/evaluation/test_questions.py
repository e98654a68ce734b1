"""Findings about bids before the committee: the chair puts one, everybody votes, and a majority decides."""

from __future__ import annotations

import pytest

from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    GROUND_ITEMS,
    BidsReviewed,
    ClarificationSent,
    ClarificationVoted,
    ContractPointsStated,
    CorrectionGround,
    CorrectionRequested,
    Disposal,
    FindingDisposed,
    FindingPut,
    FindingVoted,
    FindingWithdrawn,
    MemberRecused,
    Rejection,
    RejectionGround,
    ReportPrepared,
    ReportSigned,
    ResultsComputed,
    ReviewConcluded,
    ScoreSheetLocked,
    SittingFailed,
    Stage,
    askable,
    recheck,
    settled,
)
from tests.evaluation.questions import ID, answer, proposal
from tests.evaluation.sittings import REPORT, UNMARKED, Sitting, findings, key_of, sheet, with_rules

CHAIR = 3
GROUND = RejectionGround.ABNORMALLY_ALIKE
LENIENT = with_rules(least_valid_bids=1)


def put(number: int = 1, disposal: Disposal = Disposal.EXPLAINED, *bids: str, seat: int = CHAIR) -> FindingPut:
    return FindingPut(seat, number, disposal, "as the files show", bids, GROUND if bids else None)


def vote(sitting: Sitting, number: int = 1, against: int = 0) -> tuple:
    """One after the other votes, so many against, until it is decided."""
    accepted: tuple = ()
    for n in sitting.numbers:
        if sitting.state.put is not None:
            accepted += tuple(sitting.act(FindingVoted(n, number, n > against, "")))
    return accepted


def refused(sitting: Sitting, fact: object) -> str:
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    return refusal.value.code


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (put(seat=1), "sitting_not_chair"),
        (FindingPut(CHAIR, 1, Disposal.EXPLAINED, " "), "sitting_text_missing"),
        (FindingPut(CHAIR, 1, Disposal.REJECT, "x"), "finding_rejection_incomplete"),
        (FindingPut(CHAIR, 1, Disposal.REJECT, "x", ("A",)), "finding_rejection_incomplete"),
        (FindingPut(CHAIR, 1, Disposal.ASK, "x", ("A",), GROUND), "finding_rejection_incomplete"),
        (put(1, Disposal.REJECT, "A", "A"), "finding_rejection_incomplete"),
        (put(1, Disposal.REJECT, "X"), "finding_bid_unexpected"),
        (FindingVoted(1, 1, True, ""), "finding_not_put"),
        (FindingWithdrawn(1, 1, "x"), "finding_not_put"),
    ],
)
def test_what_is_unsound_is_refused(fact, code):
    assert refused(Sitting().until(Stage.REVIEW), fact) == code


def test_one_finding_at_a_time_and_each_member_votes_once():
    sitting = Sitting().until(Stage.REVIEW)
    sitting.act(put(1), FindingVoted(1, 1, True, ""))
    assert refused(sitting, put(2)) == "finding_vote_open"
    assert refused(sitting, FindingVoted(2, 2, True, "")) == "finding_not_put"
    assert refused(sitting, FindingVoted(1, 1, False, "")) == "sitting_already_done"


def test_a_majority_decides_and_what_is_settled_stays_settled():
    sitting = Sitting().until(Stage.REVIEW)
    sitting.act(put(1))
    assert vote(sitting, against=3)[-1] == FindingDisposed(1, 0, 3, False)
    assert not settled(sitting.state)
    sitting.act(put(1))
    assert vote(sitting, against=2)[-1] == FindingDisposed(1, 3, 2, True)
    assert settled(sitting.state) == {1}
    assert refused(sitting, put(1)) == "finding_settled"


def test_who_is_to_be_asked_can_be_decided_on_afterwards():
    sitting = Sitting().until(Stage.REVIEW)
    sitting.act(put(1, Disposal.ASK))
    vote(sitting)
    assert not settled(sitting.state)
    sitting.act(put(1, Disposal.EXPLAINED))


def test_bids_that_a_vote_rejects_do_not_pass_the_review():
    sitting = Sitting(LENIENT).until(Stage.REVIEW)
    sitting.act(put(1, Disposal.REJECT, "A", "B"))
    vote(sitting, against=1)
    assert refused(sitting, put(2, Disposal.REJECT, "A")) == "finding_bid_unexpected"
    accepted = sitting.act(*(BidsReviewed(n, findings(("A", "formal"))) for n in sitting.numbers))
    item = GROUND_ITEMS[GROUND].id
    of_the_vote = tuple(Rejection(bid, item, 3, ("as the files show",)) for bid in ("A", "B"))
    of_the_review = Rejection("A", "formal", 5, ("no seal",) * 5)
    assert accepted[-1] == ReviewConcluded((*of_the_vote, of_the_review), ("C",))


def test_a_review_waits_for_the_vote_that_is_open():
    sitting = Sitting().until(Stage.REVIEW)
    sitting.act(put(1), *(BidsReviewed(n, findings()) for n in sitting.numbers))
    assert sitting.state.stage is Stage.REVIEW
    assert [type(event) for event in vote(sitting)[-2:]] == [FindingDisposed, ReviewConcluded]


@pytest.mark.parametrize("stage", [Stage.RESULTS, Stage.REPORT])
def test_after_the_last_lock_a_rejection_computes_the_results_anew_from_the_same_sheets(stage):
    sitting = Sitting(LENIENT).until(stage)
    before = sitting.state.result
    sitting.act(put(1, Disposal.REJECT, "A"))
    kinds = [type(event) for event in vote(sitting)]
    assert kinds[-3:] == [FindingDisposed, ReviewConcluded, ResultsComputed]
    assert sitting.state.stage is Stage.RESULTS
    assert [row.bid for row in sitting.state.result.bids] == ["B", "C"]
    assert sitting.state.sheets[1] == {bid: row for bid, row in sheet(1).items() if bid != "A"}
    assert sitting.state.result["B"].price_score > before["B"].price_score  # the lowest price is another one now
    assert recheck(sitting.events) == sitting.state


def test_with_too_few_bids_left_the_lot_fails():
    sitting = Sitting().until(Stage.RESULTS)
    sitting.act(put(1, Disposal.REJECT, "A"))
    assert isinstance(vote(sitting)[-1], SittingFailed)
    assert recheck(sitting.events) == sitting.state


def test_a_report_is_prepared_anew_where_something_was_decided_and_not_signed_while_it_is_open():
    sitting = Sitting().until(Stage.REPORT)
    sitting.act(put(1))
    assert refused(sitting, ReportSigned(1, REPORT, key_of(1))) == "finding_vote_open"
    vote(sitting)
    assert sitting.state.stage is Stage.RESULTS
    sitting.act(put(2))
    assert refused(sitting, ReportPrepared(REPORT)) == "finding_vote_open"


def test_a_member_who_does_not_vote_holds_up_no_majority():
    sitting = Sitting().until(Stage.REVIEW)
    sitting.act(put(1), FindingVoted(1, 1, False, ""), *(FindingVoted(n, 1, True, "") for n in (2, 4)))
    assert sitting.state.put is not None
    assert sitting.act(FindingVoted(5, 1, True, ""))[-1] == FindingDisposed(1, 3, 1, True)
    assert refused(sitting, FindingVoted(CHAIR, 1, True, "")) == "finding_not_put"


def test_a_vote_that_somebody_leaves_open_is_taken_back_by_the_chair_and_nobody_else():
    sitting = Sitting().until(Stage.REVIEW)
    sitting.act(put(1), FindingVoted(1, 1, False, ""))
    assert refused(sitting, FindingWithdrawn(2, 1, "x")) == "finding_not_withdrawable"
    assert refused(sitting, FindingWithdrawn(1, 1, "x")) == "finding_not_withdrawable"
    sitting.act(FindingWithdrawn(CHAIR, 1, "seat 5 does not answer"))
    assert sitting.state.put is None
    sitting.act(put(1), FindingWithdrawn(CHAIR, 1, "the wrong one"))


def test_no_bid_is_rejected_while_its_bidder_is_asked_and_none_asked_while_its_rejection_is_voted_on():
    sitting = Sitting(LENIENT).until(Stage.REVIEW)
    sitting.act(proposal(1, bid="A"))
    for step in (
        [],
        [ClarificationVoted(2, ID, True), ClarificationVoted(4, ID, True)],
        [ClarificationSent(CHAIR, ID, 600)],
    ):
        sitting.act(*step)
        assert refused(sitting, put(1, Disposal.REJECT, "A", "B")) == "finding_bid_asked"
    sitting.act(put(1, Disposal.REJECT, "B"))
    assert refused(sitting, proposal(2, "q-2", "B")) == "clarification_bid_unknown"
    vote(sitting)
    assert askable(sitting.state) == ("A", "C")
    assert refused(sitting, proposal(2, "q-2", "B")) == "clarification_bid_unknown"
    sitting.act(answer(bid="A"), put(2, Disposal.REJECT, "A"))


def test_nothing_is_put_while_a_correction_is_asked_for():
    sitting = Sitting(UNMARKED).until(Stage.RESULTS)
    places = (ScorePlace("A", "plan"),)
    sitting.act(CorrectionRequested(1, CorrectionGround.ABNORMAL_SCORE, "x", places))
    assert refused(sitting, put(1)) == "correction_unanswered"


def test_what_was_decided_lapses_with_a_member_who_leaves():
    sitting = Sitting(LENIENT).until(Stage.REVIEW)
    sitting.act(put(1, Disposal.REJECT, "A"))
    vote(sitting)
    sitting.act(put(2), MemberRecused(5, "ill"))
    assert (sitting.state.put, sitting.state.disposed) == (None, ())
    assert sitting.state.stage is Stage.GATHERING


def test_sheets_are_not_asked_for_bids_that_a_vote_rejected():
    sitting = Sitting(LENIENT).until(Stage.REVIEW)
    sitting.act(put(1, Disposal.REJECT, "C"))
    vote(sitting)
    sitting.act(*(BidsReviewed(n, findings()) for n in sitting.numbers))
    sitting.act(*(ScoreSheetLocked(n, sheet(n, "AB"), {}) for n in sitting.numbers))
    assert sitting.state.stage is Stage.RESULTS


def test_the_chair_states_what_is_left_to_the_talks_before_the_contract_and_the_report_is_made_anew():
    sitting = Sitting().until(Stage.REPORT)
    assert refused(sitting, ContractPointsStated(1, "insurance")) == "contract_points_by_chair"
    assert refused(sitting, ContractPointsStated(CHAIR, " ")) == "sitting_text_missing"
    assert refused(sitting, ContractPointsStated(CHAIR, "x" * 2001)) == "contract_points_long"
    sitting.act(ContractPointsStated(CHAIR, "insurance on the way"))
    assert sitting.state.stage is Stage.RESULTS
    sitting.act(ReportPrepared(REPORT), ReportSigned(1, REPORT, key_of(1)))
    assert refused(sitting, ContractPointsStated(CHAIR, "too late")) == "sitting_out_of_order"
