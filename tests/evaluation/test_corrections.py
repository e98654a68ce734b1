"""A correction: which scores, on which ground, by whose leave, and what waits until it is answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal as D
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.evaluate import check_evaluation_rules
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    DissentRecorded,
    RefusalRecorded,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
    answered_by,
    correctable,
    recheck,
    refusable_by,
)
from tests.choices import choices
from tests.evaluation.methods import UNADJUSTED
from tests.evaluation.sittings import GRADES, REPORT, UNMARKED, Sitting, key_of, sheet, with_rules
from tests.evaluation.test_sitting import at, correction, refused, unequal

FAR = ScorePlace("A", "plan")
GROUNDS = CorrectionGround


@cache
def scored_far_from_the_others() -> Sitting:
    sitting, other = at(Stage.SCORING), sheet(5)
    other["A"]["plan"] = D(10)
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in range(1, 5)), ScoreSheetLocked(5, other, {}))
    return sitting


def far_from_the_others() -> Sitting:
    """Seat 5 gave bid A 10 of 40 for its plan, the others about 38: the only score that the results mark."""
    return scored_far_from_the_others().branch()


def abnormal(seat: int, *places: ScorePlace) -> CorrectionRequested:
    return CorrectionRequested(seat, GROUNDS.ABNORMAL_SCORE, "misread the drawing", places or (FAR,))


def test_a_correction_names_its_scores_and_a_ground_that_holds_for_them():
    sitting = unequal()
    asked = correction(5)
    for places in ((), asked.places * 2):
        assert refused(sitting, replace(asked, places=places)).code == "correction_places_missing"
    stray = replace(asked, places=(ScorePlace("B", "price"),))
    assert refused(sitting, stray).code == "score_unexpected"
    agreed = (*asked.places, ScorePlace("A", "record"))
    assert refused(sitting, replace(asked, places=agreed)).code == "correction_place_agrees"
    unequal(UNMARKED).act(replace(asked, places=agreed, ground=GROUNDS.ABNORMAL_SCORE))


EVERY = [ScorePlace(bid, criterion) for bid in "ABC" for criterion in ("plan", "record", "service")]


@given(choices(4))
def test_a_sheet_that_is_opened_again_is_corrected_where_it_was_asked_for_and_nowhere_else(chosen):
    sitting = at(Stage.RESULTS, UNMARKED)
    before = sitting.state.sheets[5]
    assert sorted(ScorePlace(bid, criterion) for bid, row in before.items() for criterion in row) == EVERY
    opened, changed = chosen.some(EVERY) or EVERY, chosen.some(EVERY)
    sitting.act(CorrectionRequested(5, CorrectionGround.ABNORMAL_SCORE, "too high", tuple(opened)))
    sitting.act(SheetReopened(3, 5))

    def corrected(places: Collection[ScorePlace]) -> ScoreSheetLocked:
        cells = {bid: dict(row) for bid, row in before.items()}
        for at_ in places:
            cells[at_.bid][at_.criterion] = D(0) if before[at_.bid][at_.criterion] else D(1)
        return ScoreSheetLocked(5, cells, {})

    if outside := set(changed) - set(opened):
        refusal = refused(sitting, corrected(changed))
        first = min(outside)
        assert (refusal.code, refusal.facts) == ("score_not_reopened", {"bid": first.bid, "criterion": first.criterion})
    sitting.act(corrected(set(changed) & set(opened)))
    assert sitting.state.reopened == {}
    assert recheck(sitting.events) == sitting.state


PLANS = sorted({D(half) / 2 for band in GRADES for half in range(int(band.low) * 2, int(band.high) * 2 + 1)})


@given(st.sampled_from(list(product(PLANS, range(1, 6), "ABC"))))
def test_a_score_is_abnormal_only_where_the_published_share_marks_it(case):
    plan, seat, bid = case
    sitting, cells = at(Stage.SCORING), sheet(seat)
    others = [sheet(n)[bid]["plan"] for n in range(1, 6) if n != seat]
    cells[bid]["plan"] = plan
    for n in range(1, 6):
        sitting.act(ScoreSheetLocked(n, cells if n == seat else sheet(n), {}))
    asked = abnormal(seat, ScorePlace(bid, "plan"))
    if abs(plan - sum(others) / 4) > D("0.3") * 40:
        sitting.act(asked)
    else:
        refusal = refused(sitting, asked)
        assert (refusal.code, refusal.facts) == (
            "correction_not_marked",
            {"bid": bid, "criterion": "plan", "limit": "12"},
        )


def test_the_mark_is_of_ones_own_score():
    sitting = far_from_the_others()
    assert refused(sitting, abnormal(4)).code == "correction_not_marked"
    sitting.act(abnormal(5))


def test_documents_need_not_publish_a_share_and_then_nothing_is_marked():
    check_evaluation_rules(UNMARKED.rules.evaluation)
    assert unequal(UNMARKED).state.result.outliers == ()
    assert correctable(unequal(UNMARKED).state, 5, GROUNDS.ABNORMAL_SCORE) is None


def test_sums_and_ranges_are_right_and_no_ground_unless_they_are_found_wrong():
    """No fact can make them wrong; a state that no fact has made shows that the rule looks."""
    sitting = at(Stage.RESULTS)
    asked = CorrectionRequested(5, GROUNDS.WRONG_SUM, "the sum is wrong", (FAR,))
    out = replace(asked, ground=GROUNDS.OUT_OF_RANGE)
    assert refused(sitting, asked).code == "correction_sums_right"
    refusal = refused(sitting, out)
    assert refusal.code == "correction_in_range"
    assert refusal.facts == {"bid": "A", "criterion": "plan", "score": D("38.5"), "full": D(40)}

    whole = sitting.state
    row = replace(whole.result["A"], member_totals=whole.result["A"].member_totals | {"5": D(1)})
    others = tuple(bid for bid in whole.result.bids if bid.bid != "A")
    sitting.state = replace(whole, result=replace(whole.result, bids=(row, *others)))
    assert {at_.bid for at_ in correctable(sitting.state, 5, GROUNDS.WRONG_SUM)} == {"A"}
    sitting.act(asked)
    cells = sheet(5)
    cells["A"]["plan"] = D(41)
    sitting.state = replace(whole, sheets=whole.sheets | {5: cells})
    assert correctable(sitting.state, 5, GROUNDS.OUT_OF_RANGE) == {FAR}
    sitting.act(out)


@pytest.mark.parametrize("answer", [CorrectionRefused(3, 5, "it is what was offered"), CorrectionWithdrawn(5)])
def test_nothing_is_signed_refused_or_sealed_while_a_request_stands(answer):
    sitting = far_from_the_others()
    sitting.act(ReportPrepared(REPORT), abnormal(5))
    signature = ReportSigned(1, REPORT, key_of(1))
    assert refusable_by(sitting.state, 3) == ()
    for fact in (signature, RefusalRecorded(3, 1), ReportSealed("b" * 64)):
        refusal = refused(sitting, fact)
        assert (refusal.code, refusal.facts) == ("correction_unanswered", {"seats": "5"})
    sitting.act(*(DissentRecorded(n, "too high") for n in range(1, 6)))
    assert refused(sitting, ReportSealed("b" * 64)).code == "correction_unanswered"
    sitting.act(answer)
    assert sitting.state.sheets[5]["A"]["plan"] == 10
    assert refused(sitting, signature).code == "sitting_out_of_order"  # the report does not tell of it yet
    sitting.act(ReportPrepared(REPORT), signature)
    assert recheck(sitting.events) == sitting.state


def test_who_may_permit_may_refuse_with_a_reason_and_who_asked_may_withdraw():
    sitting = far_from_the_others()
    refusal = CorrectionRefused(3, 5, "it is what was offered")
    for fact in (refusal, CorrectionWithdrawn(5)):
        assert refused(sitting, fact).code == "correction_not_requested"
    sitting.act(abnormal(5))
    assert [seat for seat in range(1, 6) if answered_by(sitting.state, seat)] == [1, 2, 3, 4]  # when, the profile says
    assert refused(sitting, replace(refusal, seat=5)).code == "sitting_not_by_chair"
    assert refused(sitting, replace(refusal, reason=" ")).code == "sitting_text_missing"
    assert refused(sitting, ReportPrepared(REPORT)).code == "correction_pending"
    assert refused(sitting, CorrectionWithdrawn(4)).code == "correction_not_requested"
    sitting.act(CorrectionWithdrawn(5), abnormal(5), refusal)  # who takes it back may ask again
    again = refused(sitting, abnormal(5))
    assert (again.code, again.facts) == ("correction_refused_before", {"seat": 3, "reason": refusal.reason})
    sitting.act(ReportPrepared(REPORT))
    assert recheck(sitting.events) == sitting.state


def test_a_request_about_the_chairs_own_sheet_is_refused_by_another_member():
    sitting = at(Stage.RESULTS, UNMARKED)
    sitting.act(abnormal(3))
    assert refused(sitting, CorrectionRefused(3, 3, "no")).code == "sitting_not_by_chair"
    sitting.act(CorrectionRefused(4, 3, "it is what was offered"))
    assert sitting.state.requests == {}


def test_what_was_refused_may_be_asked_for_again_once_other_results_stand():
    sitting = at(Stage.RESULTS, UNMARKED)
    sitting.act(abnormal(5), CorrectionRefused(3, 5, "no"), abnormal(4), SheetReopened(3, 4))
    sitting.act(ScoreSheetLocked(4, sheet(4), {}), abnormal(5))
    assert sitting.state.requests.keys() == {5}


def test_objective_scores_that_must_agree_cannot_be_left_by_a_refusal():
    sitting = unequal()
    sitting.act(correction(5))
    refusal = refused(sitting, CorrectionRefused(3, 5, "no"))
    assert (refusal.code, refusal.facts) == ("correction_not_refusable", {"seat": 5})
    sitting.act(correction(1), SheetReopened(3, 5), ScoreSheetLocked(5, sheet(5), {}))
    sitting.act(CorrectionRefused(3, 1, "they agree now"), ReportPrepared(REPORT))

    free = unequal(with_rules(objective_must_agree=False))
    free.act(correction(5), CorrectionRefused(3, 5, "it is one's own view"), ReportPrepared(REPORT))


@pytest.mark.parametrize("ground", list(CorrectionGround))
def test_where_nothing_was_scored_there_is_nothing_to_correct(ground):
    """Prices without any adjustment: members lock no sheet."""
    evaluation = replace(UNADJUSTED, tie_chain=("lower_price",))
    sitting = Sitting(with_rules(evaluation=evaluation)).until(Stage.RESULTS)
    assert sitting.state.sheets == {}
    fact = CorrectionRequested(1, ground, "x", (ScorePlace("A", "price"),))
    assert refused(sitting, fact).code == "score_unexpected"
