from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from evaluation.committee import MemberRole
from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    WITHIN_CEILING,
    BidsReviewed,
    ChairElected,
    ChairVoted,
    ChairVoteTied,
    CorrectionGround,
    CorrectionRequested,
    DissentRecorded,
    ElectedBy,
    FailureRecordSealed,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    RefusalRecorded,
    Rejection,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    ResultsComputed,
    ReviewConcluded,
    ReviewFinding,
    ScoreSheetLocked,
    SheetReopened,
    SittingClosed,
    SittingEvent,
    SittingFailed,
    SittingOpened,
    Stage,
    StatementMade,
    TiesDrawn,
    decide,
    progress,
    recheck,
    refusable_by,
    replay,
    visible_scores,
)
from tests.evaluation.sittings import (
    BIDS,
    CONVENED,
    REPORT,
    RULES,
    SEATS,
    UNMARKED,
    Sitting,
    findings,
    key_of,
    sheet,
    with_evaluation,
    with_rules,
)


def refused(sitting: Sitting, fact: SittingEvent) -> RuleViolation:
    before = len(sitting.events)
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    assert len(sitting.events) == before
    return refusal.value


def at(stage: Stage, convened=CONVENED) -> Sitting:
    return Sitting(convened).until(stage)


def test_a_plain_sitting_runs_from_gathering_to_its_close_and_can_be_checked_again():
    sitting = at(Stage.CLOSED)
    outcomes = [type(event).__name__ for event in sitting.events if type(event) in {SittingOpened, SittingClosed}]
    assert outcomes == ["SittingOpened", "SittingClosed"]
    assert [row.bid for row in sitting.state.result.bids] == ["A", "B", "C"]
    assert replay(sitting.events) == sitting.state == recheck(sitting.events)


@pytest.mark.parametrize(
    ("convened", "code"),
    [
        (replace(CONVENED, seats=SEATS[:3]), "committee_too_small"),
        (replace(CONVENED, seats=(*SEATS[:4], replace(SEATS[4], person="person-1"))), "sitting_convened_invalid"),
        (replace(CONVENED, seats=(*SEATS[:4], replace(SEATS[4], number=7))), "sitting_convened_invalid"),
        (replace(CONVENED, bids=(*BIDS, BIDS[0])), "sitting_convened_invalid"),
        (replace(CONVENED, bids=()), "sitting_convened_invalid"),
        (replace(CONVENED, bids=(replace(BIDS[0], price=D(0)),)), "sitting_convened_invalid"),
        (with_rules(review_items=RULES.review_items * 2), "sitting_convened_invalid"),
        (with_rules(review_items=(WITHIN_CEILING,)), "sitting_convened_invalid"),
        (with_rules(least_valid_bids=0), "sitting_convened_invalid"),
        (with_rules(chair_rounds=0), "sitting_convened_invalid"),
        (with_evaluation(may_draw=False), "tie_draw_forbidden"),
        (with_evaluation(most_candidates=0), "candidates_count_invalid"),
    ],
)
def test_an_unlawful_sitting_is_not_convened(convened, code):
    assert refused(Sitting(), convened).code == code


def test_every_stage_refuses_what_belongs_to_another():
    sitting = at(Stage.GATHERING)
    refusal = refused(sitting, ScoreSheetLocked(1, sheet(), {}))
    assert (refusal.code, refusal.facts) == (
        "sitting_out_of_order",
        {"fact": "ScoreSheetLocked", "stage": "gathering"},
    )
    assert refused(at(Stage.CLOSED), CONVENED).code == "sitting_out_of_order"


def test_outcomes_cannot_be_proposed():
    sitting = at(Stage.GATHERING)
    assert refused(sitting, SittingOpened()).code == "sitting_fact_not_proposable"
    scoring = at(Stage.SCORING)
    result = at(Stage.RESULTS).state.result
    assert refused(scoring, ResultsComputed(result)).code == "sitting_fact_not_proposable"


def test_a_member_acts_from_its_own_seat_and_the_office_from_none():
    sitting = at(Stage.SCORING)
    for actor in (None, 2, 9):
        with pytest.raises(RuleViolation, match="sitting_not_own_seat"):
            decide(sitting.state, ScoreSheetLocked(1, sheet(), {}), actor)
    with pytest.raises(RuleViolation, match="sitting_not_own_seat"):
        decide(sitting.state, ScoreSheetLocked(9, sheet(), {}), 9)
    with pytest.raises(RuleViolation, match="sitting_not_for_members"):
        decide(sitting.state, MemberRecused(2, "because"), 1)


def test_members_are_identified_once_each_with_a_key_of_their_own():
    sitting = at(Stage.GATHERING)
    sitting.act(MemberIdentified(1, key_of(1), "witness"))
    assert refused(sitting, MemberIdentified(1, key_of(9), "witness")).code == "sitting_already_done"
    assert refused(sitting, MemberIdentified(2, key_of(1), "witness")).code == "sitting_key_of_other_seat"
    assert refused(sitting, MemberIdentified(2, "key", "witness")).code == "sitting_digest_malformed"
    assert refused(sitting, MemberIdentified(2, key_of(2), "")).code == "sitting_text_missing"
    assert refused(sitting, MemberIdentified(9, key_of(9), "witness")).code == "sitting_seat_empty"


def test_a_declared_conflict_empties_the_seat_until_a_successor_has_caught_up():
    sitting = at(Stage.STATEMENTS)
    assert refused(sitting, StatementMade(4, False, " ")).code == "sitting_text_missing"
    events = sitting.act(StatementMade(1, True, ""), StatementMade(4, False, "cousin at bidder B"))
    assert events[-1] == MemberRecused(4, "cousin at bidder B")
    assert sitting.state.stage is Stage.GATHERING
    assert refused(sitting, MemberIdentified(4, key_of(4), "w")).code == "sitting_seat_empty"
    assert refused(sitting, MemberReplaced(3, "sub", "new")).code == "sitting_seat_taken"
    assert refused(sitting, MemberReplaced(4, "sub", "person-4")).code == "sitting_person_seated_before"
    sitting.act(MemberReplaced(4, "sub", "person-6"), MemberIdentified(4, key_of(6), "witness"))
    assert sitting.state.stage is Stage.STATEMENTS
    assert sitting.state.waiting(sitting.state.statements) == (2, 3, 4, 5)
    assert refused(sitting, StatementMade(1, True, "")).code == "sitting_already_done"


def test_a_successor_must_keep_the_committee_lawful():
    sitting = at(Stage.STATEMENTS)
    sitting.act(MemberRecused(5, "ill"), MemberReplaced(5, "host", "person-6"))
    sitting.act(MemberRecused(4, "ill"))
    assert refused(sitting, MemberReplaced(4, "host", "person-7")).code == "too_few_sub_site_experts"


def test_the_chair_is_elected_and_never_the_buyers_representative():
    sitting = at(Stage.CHAIR)
    assert SEATS[1].role is MemberRole.BUYER
    assert refused(sitting, ChairVoted(1, 2, 1)).code == "chair_not_eligible"
    assert refused(sitting, ChairVoted(1, 8, 1)).code == "chair_not_eligible"
    assert refused(sitting, ChairVoted(1, 3, 2)).code == "chair_round_over"
    sitting.act(ChairVoted(1, 3, 1))
    assert refused(sitting, ChairVoted(1, 3, 1)).code == "sitting_already_done"
    events = sitting.act(*(ChairVoted(n, 4 if n < 4 else 3, 1) for n in (2, 3, 4, 5)))
    assert events[-1] == ChairElected(3, 1, ElectedBy.VOTES)


def test_an_equal_vote_is_held_again_and_ends_in_the_lowest_seat():
    sitting = at(Stage.CHAIR)
    votes = {1: 5, 2: 4, 3: 5, 4: 4, 5: 1}
    assert sitting.act(*(ChairVoted(n, v, 1) for n, v in votes.items()))[-1] == ChairVoteTied(1, (4, 5))
    assert sitting.state.chair_tied == (4, 5)
    assert sitting.act(*(ChairVoted(n, v, 2) for n, v in votes.items()))[-1] == ChairElected(
        4, 2, ElectedBy.LOWEST_SEAT
    )


def test_a_majority_rejects_and_a_minority_does_not():
    sitting = at(Stage.REVIEW, with_rules(least_valid_bids=2))
    for seat in (1, 2, 3):
        sitting.act(BidsReviewed(seat, findings(("C", "formal"))))
    sitting.act(BidsReviewed(4, findings(("B", "formal"))))
    done = sitting.act(BidsReviewed(5, findings(("B", "responsive"))))[-1]
    assert isinstance(done, ReviewConcluded)
    assert done.valid == ("A", "B")
    assert [(r.bid, r.item, r.votes, r.grounds) for r in done.rejected] == [("C", "formal", 3, ("no seal",) * 3)]
    assert refused(sitting, ScoreSheetLocked(1, sheet(), {})).code == "score_unexpected"


def test_a_price_above_the_ceiling_is_rejected_without_asking_anybody():
    sitting = at(Stage.REVIEW, with_rules(least_valid_bids=2, ceiling=D(1574022)))
    done = sitting.act(*(BidsReviewed(n, findings()) for n in range(1, 6)))[-1]
    assert isinstance(done, ReviewConcluded)
    assert done == ReviewConcluded((Rejection("C", WITHIN_CEILING.id, 0, ()),), ("A", "B"))  # at the ceiling is within
    assert recheck(sitting.events) == sitting.state


def test_findings_are_complete_single_and_grounded():
    sitting, passed = at(Stage.REVIEW), findings()
    assert refused(sitting, BidsReviewed(1, passed[1:])).facts == {"bid": "A", "item": "formal"}
    assert refused(sitting, BidsReviewed(1, (*passed, passed[0]))).code == "review_finding_unexpected"
    assert refused(sitting, BidsReviewed(1, (*passed, ReviewFinding("Z", "formal", True, "")))).code.endswith(
        "unexpected"
    )
    silent = (replace(passed[0], passed=False), *passed[1:])
    assert refused(sitting, BidsReviewed(1, silent)).code == "review_ground_missing"


def test_too_few_valid_bids_fail_the_lot():
    sitting = at(Stage.REVIEW)
    events = sitting.act(*(BidsReviewed(n, findings(("A", "formal"))) for n in range(1, 6)))
    assert events[-1] == SittingFailed("too_few_valid_bids", 2, 3)
    assert sitting.state.stage is Stage.FAILED
    assert refused(sitting, ScoreSheetLocked(1, sheet(), {})).code == "sitting_out_of_order"


def test_a_failed_lot_has_one_record_and_no_other_lot_has():
    sitting = at(Stage.REVIEW)
    record = FailureRecordSealed("a" * 64)
    assert refused(sitting, record).code == "sitting_out_of_order"
    sitting.act(*(BidsReviewed(n, findings(("A", "formal"))) for n in range(1, 6)))
    assert refused(sitting, FailureRecordSealed("short")).code == refused(at(Stage.REPORT), ReportPrepared("x")).code
    sitting.act(record)
    assert sitting.state.failure_sha256 == record.sealed_sha256
    assert sitting.state.stage is Stage.FAILED
    assert refused(sitting, record).code == "failure_already_recorded"


def test_nobody_sees_anothers_scores_before_every_sheet_is_locked():
    sitting = at(Stage.SCORING)
    for done, seat in enumerate((5, 1, 4, 2), start=1):
        sitting.act(ScoreSheetLocked(seat, sheet(seat), {}))
        assert progress(sitting.state) == (done, 5)
        assert sitting.state.result is None
        assert visible_scores(sitting.state, None) == {}
        for viewer in range(1, 6):
            assert visible_scores(sitting.state, viewer).keys() <= {viewer}
    sitting.act(ScoreSheetLocked(3, sheet(3), {"A": {"plan": "sound"}}))
    assert sitting.state.stage is Stage.RESULTS
    assert visible_scores(sitting.state, 1).keys() == {1, 2, 3, 4, 5}


def test_a_sheet_is_whole_valid_and_locked_once():
    sitting, cells = at(Stage.SCORING), sheet()
    cells["B"].pop("plan")
    assert refused(sitting, ScoreSheetLocked(1, cells, {})).facts == {"bid": "B", "criterion": "plan"}
    stray = {"A": {"price": "cheap"}}
    assert refused(sitting, ScoreSheetLocked(1, sheet(), stray)).code == "score_unexpected"
    sitting.act(ScoreSheetLocked(1, sheet(), {}))
    assert refused(sitting, ScoreSheetLocked(1, sheet(), {})).code == "sitting_already_done"


def correction(seat: int, ground: CorrectionGround = CorrectionGround.UNEQUAL_OBJECTIVE) -> CorrectionRequested:
    return CorrectionRequested(seat, ground, "the second reference was overlooked", (ScorePlace("B", "record"),))


def unequal(convened=CONVENED) -> Sitting:
    sitting = at(Stage.SCORING, convened)
    for seat in (1, 2, 3, 4):
        sitting.act(ScoreSheetLocked(seat, sheet(seat), {}))
    other = sheet(5)
    other["B"]["record"] = D(0)
    sitting.act(ScoreSheetLocked(5, other, {}))
    return sitting


def test_unequal_objective_scores_block_the_report_until_they_are_corrected():
    sitting = unequal()
    found = sitting.state.result.unequal[0]
    assert (found.bid, found.criterion, found.scores["5"], found.scores["1"]) == ("B", "record", 0, 6)
    refusal = refused(sitting, ReportPrepared(REPORT))
    assert (refusal.code, refusal.facts) == (
        "objective_scores_unequal",
        {"bid": "B", "criterion": "record", "count": 1},
    )
    assert refused(sitting, SheetReopened(3, 5)).code == "correction_not_requested"
    assert refused(sitting, replace(correction(5), explanation="")).code == "sitting_text_missing"
    sitting.act(correction(5))
    assert refused(sitting, correction(5)).code == "sitting_already_done"
    assert refused(sitting, ReportPrepared(REPORT)).code == "correction_pending"
    assert refused(sitting, SheetReopened(5, 5)).code == "sitting_not_by_chair"
    sitting.act(SheetReopened(3, 5))
    assert sitting.state.stage is Stage.SCORING
    assert sitting.state.result is None
    assert visible_scores(sitting.state, 1).keys() == {1}
    sitting.act(ScoreSheetLocked(5, sheet(5), {}))
    assert sitting.state.result.unequal == ()
    sitting.act(ReportPrepared(REPORT))
    assert recheck(sitting.events) == sitting.state


def test_where_it_is_not_required_unequal_objective_scores_are_a_finding_only():
    sitting = at(Stage.SCORING, with_rules(objective_must_agree=False))
    other = sheet(5)
    other["B"]["record"] = D(0)
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in range(1, 5)), ScoreSheetLocked(5, other, {}))
    sitting.act(ReportPrepared(REPORT))
    assert len(sitting.state.result.unequal) == 1


def test_the_chairs_own_sheet_is_reopened_by_another_member():
    sitting = at(Stage.RESULTS, UNMARKED)
    sitting.act(correction(3, CorrectionGround.ABNORMAL_SCORE))
    assert refused(sitting, SheetReopened(3, 3)).code == "sitting_not_by_chair"
    sitting.act(SheetReopened(1, 3))
    assert sitting.state.waiting(sitting.state.sheets) == (3,)


def test_a_tie_that_no_rule_parts_waits_for_the_draw():
    bids = (*BIDS[:2], replace(BIDS[2], price=BIDS[1].price))
    sitting = at(Stage.SCORING, replace(CONVENED, bids=bids))
    for seat in range(1, 6):
        cells = sheet(seat)
        cells["C"] = dict(cells["B"])
        sitting.act(ScoreSheetLocked(seat, cells, {}))
    assert sitting.state.result.to_draw == (("B", "C"),)
    assert refused(sitting, ReportPrepared(REPORT)).code == "ties_not_drawn"
    assert refused(sitting, TiesDrawn(("C", "A"), REPORT)).code == "tie_order_wrong"
    assert refused(sitting, TiesDrawn(("C", "B"), "")).code == "sitting_digest_malformed"
    sitting.act(TiesDrawn(("C", "B"), REPORT))
    assert [(r.bid, r.rank, r.decided_by) for r in sitting.state.result.bids[1:]] == [
        ("C", 2, "draw"),
        ("B", 3, "draw"),
    ]
    assert refused(sitting, TiesDrawn(("B", "C"), REPORT)).code == "tie_order_wrong"
    sitting.act(ReportPrepared(REPORT))
    assert recheck(sitting.events) == sitting.state


def test_everybody_signs_dissents_or_is_recorded_and_the_seal_is_last():
    sitting = at(Stage.RESULTS)
    sitting.act(DissentRecorded(5, "the plan of A was overrated"), ReportPrepared(REPORT))
    other = refused(sitting, ReportSigned(1, "f" * 64, key_of(1)))
    assert (other.code, other.facts["report"]) == ("report_differs", REPORT)
    sitting.act(ReportSigned(5, REPORT, key_of(5)), ReportSigned(1, REPORT, key_of(1)))
    assert refused(sitting, ReportSigned(1, REPORT, key_of(1))).code == "sitting_already_done"
    assert refused(sitting, DissentRecorded(1, "late")).code == "sitting_already_done"
    assert refused(sitting, DissentRecorded(2, "")).code == "sitting_text_missing"
    assert refused(sitting, RefusalRecorded(1, 2)).code == "sitting_not_by_chair"
    assert refused(sitting, RefusalRecorded(3, 1)).code == "sitting_already_done"
    assert refused(sitting, RefusalRecorded(3, 8)).code == "sitting_seat_empty"
    assert refused(sitting, RefusalRecorded(3, 3)).code == "sitting_not_by_chair"
    refusal = refused(sitting, ReportSealed("b" * 64))
    assert (refusal.code, refusal.facts) == ("signatures_missing", {"seats": "2, 3, 4", "count": 3})
    sitting.act(RefusalRecorded(3, 2), DissentRecorded(4, "the price was not explained"))
    assert refused(sitting, RefusalRecorded(3, 2)).code == "sitting_already_done"
    assert refused(sitting, RefusalRecorded(3, 4)).code == "sitting_already_done"
    assert refusable_by(sitting.state, 1) == (3,)
    assert refusable_by(sitting.state, 3) == ()
    sitting.act(RefusalRecorded(1, 3))
    assert sitting.state.refused == {2, 3}
    assert sitting.act(ReportSealed("b" * 64, "d" * 64))[-1] == SittingClosed()
    assert recheck(sitting.events) == sitting.state


def test_whoever_is_recorded_as_refusing_may_sign_or_dissent_until_the_seal():
    sitting = at(Stage.REPORT)
    sitting.act(*(ReportSigned(n, REPORT, key_of(n)) for n in (1, 3, 4)), RefusalRecorded(3, 2), RefusalRecorded(3, 5))
    sitting.act(ReportSigned(2, REPORT, key_of(2)))
    assert (sitting.state.refused, sitting.state.explained) == ({5}, True)
    sitting.act(DissentRecorded(5, "too late heard"))
    assert (sitting.state.refused, set(sitting.state.dissents)) == (set(), {5})
    assert refused(sitting, DissentRecorded(5, "once more")).code == "sitting_already_done"
    sitting.act(ReportSigned(5, REPORT, key_of(5)))


def test_a_statement_on_signing_is_sealed_only_where_there_is_something_to_state():
    sitting = at(Stage.REPORT)
    sitting.act(*(ReportSigned(n, REPORT, key_of(n)) for n in range(1, 6)))
    assert refused(sitting, ReportSealed("b" * 64, "d" * 64)).code == "statement_not_due"
    assert sitting.act(ReportSealed("b" * 64))[-1] == SittingClosed()


def test_a_dissent_asks_for_another_report_while_nobody_has_signed():
    sitting = at(Stage.REPORT)
    sitting.act(DissentRecorded(4, "the price was not explained"))
    assert sitting.state.unreported == {4}
    sitting.act(ReportPrepared("c" * 64))
    assert (sitting.state.unreported, sitting.state.report_sha256) == (frozenset(), "c" * 64)


def test_a_report_to_which_all_dissent_can_still_be_sealed():
    sitting = at(Stage.REPORT)
    sitting.act(*(DissentRecorded(n, "no") for n in range(1, 6)), ReportSealed("b" * 64))
    assert sitting.state.stage is Stage.CLOSED
