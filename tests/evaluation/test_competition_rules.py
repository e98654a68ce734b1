"""Too few bids passed the review: the committee decides whether competition is lacking before it scores anything."""

from __future__ import annotations

import pytest

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    BidsReviewed,
    ChairVoted,
    CompetitionDecided,
    CompetitionQuestioned,
    CompetitionVoted,
    Disposal,
    DissentRecorded,
    FindingPut,
    FindingVoted,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    MessagePosted,
    RecheckOrdered,
    RejectionGround,
    ReportPrepared,
    ResultsComputed,
    ReviewConcluded,
    RollbackGround,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
    ScoreSheetLocked,
    SittingFailed,
    Stage,
    StatementMade,
    may_speak,
    recheck,
    visible_scores,
)
from tests.evaluation.sittings import COMPETING, CONVENED, MARKED, Sitting, findings, key_of, sheet, with_rules

CHAIR = 3
AB = ("A", "B")


def kinds(events: tuple) -> list[type]:
    return [type(event) for event in events]


def vote(seat: int, lacking: bool = False, valid: tuple[str, ...] = AB, reason: str = "both from one town"):
    return CompetitionVoted(seat, valid, lacking, reason)


def refused(sitting: Sitting, fact: object) -> str:
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    return refusal.value.code


def rejecting(bid: str) -> FindingPut:
    return FindingPut(CHAIR, 1, Disposal.REJECT, "as the files show", (bid,), RejectionGround.ABNORMALLY_ALIKE)


def reject(sitting: Sitting, bid: str) -> tuple:
    """The committee rejects a bid after the last lock; what followed from the last vote."""
    accepted = sitting.act(rejecting(bid))
    for seat in sitting.numbers:
        if sitting.state.put is not None:
            accepted = sitting.act(FindingVoted(seat, 1, True, ""))
    return accepted


def hold_review_again(sitting: Sitting, *failed: tuple[str, str]) -> tuple:
    sitting.act(RollbackProposed(CHAIR, RollbackTarget.REVIEW, RollbackGround.MISTAKE, "the wrong bid"))
    sitting.act(RollbackReleased(1, CHAIR, RollbackTarget.REVIEW, RollbackGround.MISTAKE, "the wrong bid"))
    return sitting.act(*(BidsReviewed(seat, findings(*failed)) for seat in sitting.numbers))


def succeed(sitting: Sitting, seat: int, *failed: tuple[str, str]) -> tuple:
    """The member of a seat leaves, another comes and reviews; what followed from its review."""
    sitting.act(MemberRecused(seat, "ill"), MemberReplaced(seat, "sub", f"another-{seat}"))
    sitting.act(MemberIdentified(seat, key_of(seat, 1), "witness"), StatementMade(seat, True, ""))
    return sitting.act(BidsReviewed(seat, findings(*failed)))


def test_with_fewer_bids_than_wanted_nothing_is_scored_before_the_vote():
    sitting = Sitting(COMPETING).until(Stage.REVIEW)
    accepted = sitting.act(*(BidsReviewed(n, findings(("C", "formal"))) for n in sitting.numbers))
    assert kinds(accepted[-2:]) == [ReviewConcluded, CompetitionQuestioned]
    assert sitting.state.stage is Stage.COMPETITION
    assert refused(sitting, ScoreSheetLocked(1, sheet(1, AB), {})) == "sitting_out_of_order"


def test_with_enough_bids_and_where_rules_know_no_vote_nobody_is_asked():
    enough = Sitting(COMPETING).until(Stage.REVIEW)
    enough.act(*(BidsReviewed(n, findings()) for n in enough.numbers))
    assert enough.state.stage is Stage.SCORING
    without = Sitting(MARKED).until(Stage.REVIEW)
    without.act(*(BidsReviewed(n, findings(("C", "formal"))) for n in without.numbers))
    assert without.state.stage is Stage.SCORING


def test_too_few_bids_to_go_on_fail_the_lot_without_a_vote():
    sitting = Sitting(with_rules(least_valid_bids=2, vote_below=3)).until(Stage.REVIEW)
    failing = findings(("A", "formal"), ("C", "formal"))
    accepted = sitting.act(*(BidsReviewed(n, failing) for n in sitting.numbers))
    assert accepted[-1] == SittingFailed("too_few_valid_bids", 1, 2)


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (vote(1, True, reason=" "), "sitting_text_missing"),
        (vote(1, True, reason="\x00"), "sitting_text_unfit"),
        (vote(1, reason="\x00"), "sitting_text_unfit"),
        (vote(1, valid=("A",)), "competition_bids_other"),
        (vote(1, valid=("B", "A")), "competition_bids_other"),
        (CompetitionDecided(AB, 5, 0, True), "sitting_not_for_members"),
        (CompetitionQuestioned(AB), "sitting_out_of_order"),
    ],
)
def test_what_is_unsound_is_refused(fact, code):
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    if isinstance(fact, CompetitionDecided):
        code = "sitting_fact_not_proposable"
    assert refused(sitting, fact) == code


def test_each_member_votes_once():
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.act(vote(1))
    assert refused(sitting, vote(1, True)) == "sitting_already_done"


def test_more_than_half_reject_all_bids_and_the_lot_fails():
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.act(vote(1, True, reason="alike"), vote(2, reason="prices differ"), vote(3, True, reason="one town"))
    accepted = sitting.act(vote(5, True, reason="no third"))
    decided = CompetitionDecided(AB, 3, 1, True)
    assert accepted[1:] == (decided, SittingFailed("competition_lacking", 2, 3))
    assert sitting.state.stage is Stage.FAILED
    assert recheck(sitting.events) == sitting.state


def test_otherwise_it_goes_on_as_soon_as_no_vote_can_change_it():
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.act(vote(1, True, reason="alike"), vote(2, reason=""), vote(3, reason=""))
    assert sitting.act(vote(4, reason=" "))[-1] == CompetitionDecided(AB, 1, 3, False)
    assert sitting.state.stage is Stage.SCORING
    assert refused(sitting, vote(5)) == "sitting_out_of_order"
    sitting.until(Stage.CLOSED)
    assert recheck(sitting.events) == sitting.state


def test_half_of_an_even_number_rejects_nothing():
    four = [seat for seat in CONVENED.seats if seat.number != 5]
    assert len(four) == 4
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.state = sitting.state.__class__(**vars(sitting.state) | {"seats": {s.number: s for s in four}})
    assert kinds(sitting.act(vote(1, True), vote(2, True), vote(3)))[-1] is CompetitionVoted
    assert sitting.act(vote(4))[-1].adopted is False


@pytest.mark.parametrize("stage", [Stage.RESULTS, Stage.REPORT])
def test_a_bid_that_falls_out_after_the_results_is_decided_on_before_results_stand_again(stage):
    sitting = Sitting(COMPETING).until(stage)
    assert kinds(reject(sitting, "A")[-2:]) == [ReviewConcluded, CompetitionQuestioned]
    assert (sitting.state.result, visible_scores(sitting.state, None)) == (None, {})
    assert refused(sitting, ReportPrepared("a" * 64)) == "sitting_out_of_order"
    accepted = sitting.go_on()
    assert kinds(accepted[-2:]) == [CompetitionDecided, ResultsComputed]
    assert [row.bid for row in sitting.state.result.bids] == ["B"]
    assert recheck(sitting.events) == sitting.state


def test_results_are_no_more_where_competition_is_found_lacking_after_them():
    sitting = Sitting(COMPETING).until(Stage.RESULTS)
    reject(sitting, "A")
    assert sitting.go_on(lacking=3)[-1] == SittingFailed("competition_lacking", 1, 3)
    assert sitting.state.result is None


def test_an_unproven_price_has_it_decided_again():
    sitting = Sitting(with_rules(low_price=MARKED.rules.low_price, least_valid_bids=1, vote_below=3)).until(
        Stage.RESULTS
    )
    assert [price.bid for price in sitting.state.marked] == ["A"]
    assert kinds(sitting.explain(answered=False)[-2:]) == [ReviewConcluded, CompetitionQuestioned]
    sitting.go_on()
    assert sitting.state.stage is Stage.RESULTS


def test_a_decision_stands_for_the_same_bids_and_for_more_and_for_no_others():
    same = Sitting(COMPETING).until(Stage.RESULTS)
    assert kinds(hold_review_again(same, ("C", "formal")))[-1] is ResultsComputed
    more = Sitting(COMPETING).until(Stage.SCORING)
    assert kinds(hold_review_again(more))[-1] is ReviewConcluded
    assert kinds(hold_review_again(more, ("C", "formal")))[-1] is ReviewConcluded
    other = Sitting(COMPETING).until(Stage.SCORING)
    assert kinds(hold_review_again(other, ("A", "formal")))[-1] is CompetitionQuestioned
    fewer = Sitting(COMPETING).until(Stage.SCORING)
    assert kinds(hold_review_again(fewer, ("A", "formal"), ("C", "formal")))[-1] is CompetitionQuestioned


def test_a_review_held_again_while_it_is_voted_on_keeps_the_votes_about_the_same_bids():
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.act(vote(1), vote(2))
    hold_review_again(sitting, ("C", "formal"))
    assert sitting.state.stage is Stage.COMPETITION
    assert refused(sitting, vote(1)) == "sitting_already_done"
    assert kinds(sitting.act(vote(3)))[-1] is CompetitionDecided


def test_the_chair_can_be_elected_again_before_anything_is_scored():
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.act(RollbackProposed(1, RollbackTarget.CHAIR, RollbackGround.PROCEDURE, "x"))
    sitting.act(RollbackReleased(2, 1, RollbackTarget.CHAIR, RollbackGround.PROCEDURE, "x"))
    assert sitting.state.stage is Stage.CHAIR
    sitting.act(*(ChairVoted(n, 1, 1) for n in sitting.numbers))
    assert sitting.state.stage is Stage.REVIEW


def test_who_leaves_takes_its_vote_along_and_its_successor_votes():
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.act(vote(1), vote(5, True))
    assert kinds(succeed(sitting, 5, ("C", "formal")))[-1] is CompetitionQuestioned
    assert sorted(sitting.state.competition_votes) == [1]
    sitting.act(vote(5), vote(2))
    assert (sitting.state.competition.lacking, sitting.state.competition.against) == (0, 3)


def test_what_was_decided_with_the_vote_of_somebody_who_left_is_counted_again():
    sitting = Sitting(COMPETING).until(Stage.RESULTS)
    assert succeed(sitting, 1, ("C", "formal"))[-1] == CompetitionQuestioned(AB)
    sitting.act(vote(1, True), vote(4, True))
    assert sitting.act(vote(5, True))[-1] == SittingFailed("competition_lacking", 2, 3)


def test_enough_other_votes_stand_without_the_one_who_left():
    sitting = Sitting(COMPETING).until(Stage.RESULTS)
    accepted = succeed(sitting, 5, ("C", "formal"))
    assert kinds(accepted[-3:]) == [ReviewConcluded, CompetitionQuestioned, CompetitionDecided]
    assert sitting.state.stage is Stage.SCORING


def test_nobody_speaks_to_a_successor_who_has_not_scored_and_all_speak_before_anything_is():
    sitting = Sitting(COMPETING).until(Stage.COMPETITION)
    sitting.act(MessagePosted(1, "is there a third maker?"))
    later = Sitting(COMPETING).until(Stage.RESULTS)
    succeed(later, 1, ("A", "formal"), ("C", "formal"))
    assert later.state.stage is Stage.COMPETITION
    assert not may_speak(later.state)
    assert refused(later, MessagePosted(2, "A has 34")) == "talk_rests_for_successor"
    assert refused(later, RollbackProposed(2, RollbackTarget.REVIEW, RollbackGround.BASIS, "34")) == (
        "rollback_while_scoring"
    )


def test_a_recheck_waits_for_no_vote_of_who_dissented_and_stays_away():
    sitting = Sitting(COMPETING).until(Stage.REPORT)
    sitting.act(DissentRecorded(5, "no third bid"), ReportPrepared("a" * 64))
    sitting.until(Stage.CLOSED)
    sitting.act(RecheckOrdered("a bid is out"), *(MemberIdentified(n, key_of(n, 2), "witness") for n in range(1, 5)))
    reject(sitting, "A")
    assert sitting.state.stage is Stage.COMPETITION
    sitting.act(vote(1, valid=("B",)))
    assert sitting.state.stage is Stage.COMPETITION
    assert kinds(sitting.act(vote(2, valid=("B",)))[-2:]) == [CompetitionDecided, ResultsComputed]
