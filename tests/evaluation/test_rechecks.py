"""The tenderer has a sealed report checked again: the same committee, four grounds, a second version, both kept."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    BidsReviewed,
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    Disposal,
    DissentRecorded,
    FaultReported,
    FindingPut,
    FindingVoted,
    MemberIdentified,
    MemberReplaced,
    MoreTimeAsked,
    RecheckAnswered,
    RecheckOrdered,
    RecheckProposed,
    RefusalRecorded,
    ReplacementGround,
    ReplacementOrdered,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    RollbackGround,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
    StatementMade,
    TiesDrawn,
    answers_recheck,
    recheck,
    rollback_targets,
)
from tests.evaluation.sittings import (
    EVALUATION,
    REPORT,
    UNMARKED,
    Sitting,
    findings,
    key_of,
    sheet,
    with_rules,
)

WHY = "the total of bid B does not follow from the sheets"
SECOND = "c" * 64


def refused(sitting, fact) -> str:
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    return refusal.value.code


@pytest.fixture
def asked() -> Sitting:
    sitting = Sitting().until(Stage.CLOSED)
    sitting.act(RecheckProposed(WHY), RecheckOrdered(WHY))
    return sitting


def back(sitting) -> None:
    sitting.act(*(MemberIdentified(n, key_of(n, 7), "witness") for n in sitting.numbers))


def sign(sitting) -> None:
    sitting.act(ReportPrepared(SECOND))
    sitting.act(*(ReportSigned(n, SECOND, key_of(n)) for n in sitting.numbers))
    sitting.act(ReportSealed("d" * 64, version=sitting.state.version))


def test_what_was_sealed_is_kept_and_everybody_signs_in_again(asked):
    state = asked.state
    assert state.stage is Stage.RESULTS
    assert (state.keys, state.signed, state.sealed_sha256) == ({}, {}, "")
    assert [(one.sealed_sha256, one.reason) for one in state.versions] == [("b" * 64, WHY)]
    assert state.versions[0].result == state.result
    assert refused(asked, MemberIdentified(1, key_of(1), "witness")) == "sitting_key_of_other_seat"  # of the first day
    assert refused(asked, RecheckAnswered(3, "It stands.")) == "recheck_incomplete"


def test_a_result_that_stands_is_answered_in_a_version_that_all_sign(asked):
    back(asked)
    assert refused(asked, ReportPrepared(SECOND)) == "recheck_unanswered"
    assert refused(asked, RecheckAnswered(1, "It stands.")) == "sitting_not_by_chair"
    asked.act(RecheckAnswered(3, "It stands."))
    assert not asked.state.corrected
    sign(asked)
    assert asked.state.stage is Stage.CLOSED
    assert recheck(asked.events) == asked.state


def test_a_corrected_sheet_makes_another_result_and_the_answer_is_given_after_it():
    sitting = Sitting(with_rules(objective_must_agree=False))
    sitting.until(Stage.SCORING)
    wrong = {**sheet(1), "B": {**sheet(1)["B"], "record": D(0)}}
    sitting.act(ScoreSheetLocked(1, wrong, {}))
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in sitting.numbers if n != 1))
    sitting.until(Stage.CLOSED)
    sitting.act(RecheckProposed(WHY), RecheckOrdered(WHY))
    back(sitting)
    sitting.act(RecheckAnswered(3, "It stands."))
    place = ScorePlace("B", "record")
    sitting.act(CorrectionRequested(1, CorrectionGround.UNEQUAL_OBJECTIVE, "misread", (place,)))
    sitting.act(SheetReopened(3, 1))
    sitting.act(ScoreSheetLocked(1, sheet(1), {}))
    assert sitting.state.recheck_answer == ""  # what was answered before was about another result
    assert sitting.state.corrected
    assert refused(sitting, ReportPrepared(SECOND)) == "recheck_unanswered"
    sitting.act(RecheckAnswered(3, "Corrected."))
    sign(sitting)
    before, now = sitting.state.versions[0].result["B"].total, sitting.state.result["B"].total
    assert before < now
    assert recheck(sitting.events) == sitting.state


def test_nothing_is_rechecked_before_it_is_sealed_or_without_a_reason(asked):
    assert refused(Sitting().until(Stage.SIGNING), RecheckOrdered(WHY)) == "sitting_out_of_order"
    assert refused(Sitting().until(Stage.CLOSED), RecheckProposed(" ")) == "sitting_text_missing"
    assert refused(Sitting().until(Stage.RESULTS), RecheckAnswered(3, "x")) == "recheck_not_asked"
    back(asked)
    asked.act(RecheckAnswered(3, "It stands."))
    sign(asked)
    asked.act(RecheckProposed("again"), RecheckOrdered("again"))
    assert [one.reason for one in asked.state.versions] == [WHY, "again"]
    assert REPORT != SECOND


def test_a_recheck_holds_no_stage_again_nor_does_a_report_of_it(asked):
    """What was asked about is sealed: it is corrected and answered, and never reviewed anew."""
    back(asked)
    words = (RollbackTarget.REVIEW, RollbackGround.BASIS, "page 7 was overlooked")
    chair = asked.state.chair
    other = next(seat for seat in asked.numbers if seat != chair)
    for prepared in (False, True):
        if prepared:
            asked.act(RecheckAnswered(chair, "the total follows"), ReportPrepared(SECOND))
        assert rollback_targets(asked.state) == ()
        assert refused(asked, RollbackProposed(other, *words)) == "rollback_in_recheck"
        assert refused(asked, RollbackReleased(chair, other, *words)) == "rollback_in_recheck"


def test_a_recheck_keeps_what_was_held_again_before_and_no_want_of_time():
    sitting = Sitting().until(Stage.RESULTS)
    first, second = sitting.state.chair, next(n for n in sitting.numbers if n != sitting.state.chair)
    words = (RollbackTarget.REVIEW, RollbackGround.MISTAKE, "a verdict was meant for another bid")
    sitting.act(RollbackProposed(second, *words), RollbackReleased(first, second, *words))
    sitting.until(Stage.REPORT)
    sitting.act(MoreTimeAsked(first), MoreTimeAsked(second))
    assert sitting.state.more_time_due
    sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))
    state = sitting.state
    assert (state.rollbacks, state.short_of_time, state.more_time_due) == (1, frozenset(), False)
    assert recheck(sitting.events) == state


def test_what_was_refused_in_the_first_course_can_be_asked_for_in_the_recheck_of_it():
    sitting, place = Sitting(UNMARKED).until(Stage.RESULTS), (ScorePlace("A", "plan"),)
    asked = CorrectionRequested(1, CorrectionGround.ABNORMAL_SCORE, "far too high", place)
    sitting.act(asked, CorrectionRefused(3, 1, "it is not"))
    assert refused(sitting, asked) == "correction_refused_before"
    sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))
    back(sitting)
    sitting.act(asked, CorrectionRefused(3, 1, "it is not"))
    assert refused(sitting, asked) == "correction_refused_before"  # once again, and no more
    assert recheck(sitting.events) == sitting.state


def tied() -> Sitting:
    """Sealed with B before A by half a point of seat 1; without it both are equal, and drawn."""
    unmarked = replace(EVALUATION.scoring, outlier_share=None)
    evaluation = replace(EVALUATION, tie_chain=("draw",), scoring=unmarked)
    rules = with_rules(evaluation=evaluation, objective_must_agree=False)
    sitting = Sitting(replace(rules, bids=tuple(replace(bid, price=D(1000)) for bid in rules.bids)))
    sitting.until(Stage.SCORING)
    for seat in sitting.numbers:
        scored = {bid: {"plan": D(30), "service": D(10), "record": D(8)} for bid in ("A", "B")}
        scored["C"] = {"plan": D(20), "service": D(10), "record": D(8)}
        scored["B"]["plan"] += D("0.5") * (seat == 1)
        sitting.act(ScoreSheetLocked(seat, scored, {}))
    return sitting.until(Stage.CLOSED)


def test_a_draw_of_equal_bids_after_the_answer_voids_it():
    sitting = tied()
    assert sitting.state.result.candidates == ("B", "A", "C")
    sitting.act(RecheckProposed(WHY), RecheckOrdered(WHY))
    back(sitting)
    place = (ScorePlace("B", "plan"),)
    sitting.act(CorrectionRequested(1, CorrectionGround.ABNORMAL_SCORE, "x", place), SheetReopened(3, 1))
    before = sitting.state.reopened[1].before
    corrected = {**before, "B": {**before["B"], "plan": D(30)}}
    sitting.act(ScoreSheetLocked(1, corrected, {}))
    assert sitting.state.result.to_draw == (("A", "B"),)
    sitting.act(RecheckAnswered(3, "B and A are equal"), TiesDrawn(("A", "B"), "a" * 64))
    assert sitting.state.result.candidates == ("A", "B", "C")
    assert sitting.state.recheck_answer == ""
    assert refused(sitting, ReportPrepared(SECOND)) == "recheck_unanswered"
    sitting.act(RecheckAnswered(3, "A comes first"))
    sign(sitting)
    assert recheck(sitting.events) == sitting.state


@pytest.mark.parametrize("gone", [5, 3])
def test_who_dissented_and_stays_away_holds_up_no_recheck(gone):
    """Nobody may send it away, a chair as little as anybody else."""
    sitting = Sitting().until(Stage.REPORT)
    assert sitting.state.chair == 3
    sitting.act(DissentRecorded(gone, "B never met the standard"), ReportPrepared(REPORT))
    sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))
    there = [seat for seat in sitting.numbers if seat != gone]
    sitting.act(*(MemberIdentified(n, key_of(n, 7), "witness") for n in there[:-1]))
    answers = there[0] if gone == 3 else 3
    assert refused(sitting, RecheckAnswered(answers, "It stands.")) == "recheck_incomplete"  # not for the others
    sitting.act(MemberIdentified(there[-1], key_of(there[-1], 7), "witness"))
    ill = ReplacementOrdered(gone, ReplacementGround.HEALTH, "ill")
    assert refused(sitting, ill) == "replacement_of_dissenter"
    assert [answers_recheck(sitting.state, seat) for seat in there] == [gone == 3 or seat == 3 for seat in there]
    sitting.act(RecheckAnswered(answers, "It stands."), ReportPrepared(SECOND))
    sitting.act(*(ReportSigned(n, SECOND, key_of(n)) for n in there))
    sitting.act(RefusalRecorded(answers, gone), ReportSealed("d" * 64, "e" * 64, version=2))
    assert sitting.state.stage is Stage.CLOSED
    assert sitting.state.dissenters == {gone}
    assert recheck(sitting.events) == sitting.state


def test_a_chair_that_dissented_and_is_back_answers_itself():
    sitting = Sitting().until(Stage.REPORT)
    sitting.act(DissentRecorded(3, "no"), ReportPrepared(REPORT))
    sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))
    back(sitting)
    assert refused(sitting, RecheckAnswered(1, "It stands.")) == "sitting_not_by_chair"
    sitting.act(FaultReported("", "the line is down"))
    assert refused(sitting, RecheckAnswered(3, "It stands.")) == "sitting_suspended"


def test_each_version_keeps_its_answer_and_its_statement(asked):
    back(asked)
    asked.act(RecheckAnswered(3, "It stands."))
    sign(asked)
    asked.act(RecheckProposed("again"), RecheckOrdered("again"))
    first, second = asked.state.versions
    assert (first.answer, second.answer) == ("", "It stands.")
    assert asked.state.sealed_before == {"b" * 64, "d" * 64}


def test_who_comes_late_signs_in_whatever_the_others_do_meanwhile():
    sitting = Sitting(UNMARKED).until(Stage.REPORT)
    sitting.act(DissentRecorded(5, "B never met the standard"), ReportPrepared(REPORT))
    sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))
    sitting.act(*(MemberIdentified(n, key_of(n, 7), "witness") for n in (1, 2, 3)))
    place = (ScorePlace("A", "plan"),)
    sitting.act(CorrectionRequested(1, CorrectionGround.ABNORMAL_SCORE, "x", place), SheetReopened(3, 1))
    sitting.act(MemberIdentified(4, key_of(4, 7), "witness"))
    assert sitting.state.stage is Stage.SCORING
    sitting.act(ScoreSheetLocked(1, sheet(1), {}), RecheckAnswered(3, "It stands."), ReportPrepared(SECOND))
    sitting.act(ReportSigned(1, SECOND, key_of(1)), MemberIdentified(5, key_of(5, 7), "witness"))
    assert (sitting.state.stage, sitting.state.not_waited_for) == (Stage.SIGNING, frozenset())
    assert refused(sitting, MemberIdentified(5, key_of(5, 8), "witness")) == "sitting_already_done"
    sitting.act(*(ReportSigned(n, SECOND, key_of(n)) for n in (2, 3, 4, 5)), ReportSealed("d" * 64, version=2))
    assert recheck(sitting.events) == sitting.state


def test_a_successor_in_a_recheck_waits_for_nobody_who_dissented_and_stays_away():
    sitting = Sitting().until(Stage.REPORT)
    sitting.act(DissentRecorded(5, "no"), ReportPrepared(REPORT))
    sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))
    sitting.act(*(MemberIdentified(n, key_of(n, 7), "witness") for n in (1, 3, 4)))
    sitting.act(ReplacementOrdered(1, ReplacementGround.HEALTH, "ill"))
    assert sitting.state.stage is Stage.GATHERING  # the empty seat is waited for, and seat 2
    sitting.act(MemberReplaced(1, "host", "person-9"), MemberIdentified(2, key_of(2, 7), "witness"))
    sitting.act(MemberIdentified(1, key_of(1, 8), "witness"), StatementMade(1, True, ""))
    sitting.act(BidsReviewed(1, findings()), ScoreSheetLocked(1, sheet(1), {}))
    sitting.act(RecheckAnswered(3, "It stands."))
    assert sitting.state.stage is Stage.RESULTS
    assert recheck(sitting.events) == sitting.state


def test_a_finding_that_was_explained_can_be_put_again_in_a_recheck():
    sitting = Sitting().until(Stage.RESULTS)
    put = FindingPut(3, 1, Disposal.EXPLAINED, "a common template")
    sitting.act(put, *(FindingVoted(seat, 1, True, "") for seat in (1, 2, 3)))
    assert refused(sitting, put) == "finding_settled"
    sitting.until(Stage.CLOSED).act(RecheckProposed(WHY), RecheckOrdered(WHY))
    back(sitting)
    sitting.act(put, *(FindingVoted(seat, 1, True, "") for seat in (1, 2, 3)))
    assert refused(sitting, put) == "finding_settled"
    assert recheck(sitting.events) == sitting.state
