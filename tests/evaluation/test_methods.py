"""Lowest evaluated price and technical gate: what ranks, what is refused, and that no other figure decides."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_price_steps import worked_out

from evaluation.adjustment_steps import adjustment_steps
from evaluation.arithmetic import round_half_up
from evaluation.criteria import CriteriaSet, CriterionKind, CriterionStage, PriceAdjustment
from evaluation.errors import RuleViolation
from evaluation.evaluate import check_evaluation_rules, evaluate
from evaluation.methods import EvaluationMethod, TechnicalGate
from evaluation.prices import price_formula
from evaluation.scoring import ScorePlace
from evaluation.sensitivity import sensitivity
from evaluation.sitting import (
    BidsReviewed,
    BidUnderReview,
    CorrectionGround,
    CorrectionRequested,
    ReportPrepared,
    ReviewFinding,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
    recheck,
)
from tests.evaluation.methods import (
    ADVANCE,
    GATED,
    GATED_PRICES,
    LOWEST,
    LOWEST_PRICES,
    PERCENT,
    PLAN,
    POINTS,
    PRICE,
    UNADJUSTED,
    UNITS,
    YUAN,
)
from tests.evaluation.sittings import CONVENED, EVALUATION, REPORT, RULES, Sitting
from tests.examples import at_least

MONEY = st.integers(1_000, 10**9).map(lambda fen: D(fen) / 100)
BIDS = st.lists(MONEY, min_size=1, max_size=6).map(lambda found: {f"b{i}": price for i, price in enumerate(found)})


def code(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def test_the_worked_example_of_the_lowest_evaluated_price():
    result = evaluate(LOWEST, LOWEST_PRICES, {"1": UNITS, "2": UNITS, "3": UNITS})
    assert [(row.bid, row.evaluated_price, row.rank, row.decided_by) for row in result.bids] == [
        ("A", D("990000.00"), 1, "evaluated_price"),
        ("C", D("1010850.00"), 2, "evaluated_price"),
        ("B", D("1020000.00"), 3, "evaluated_price"),
    ]
    assert result["C"].adjustments == {"advance": D("14850.00"), "duration": D("6000.00"), "warranty": D("0.00")}
    assert result.candidates == ("A", "C", "B")
    assert result.price is None
    lines = adjustment_steps(LOWEST.criteria, result).bids
    assert [(line.about, line.figures) for line in lines["C"]] == [
        ("advance", "990000 × 0.3 ÷ 100 × 5"),
        ("duration", "2000 × 3"),
        ("", "990000 + 14850 + 6000"),
    ]
    assert [line.figures for line in lines["A"]] == ["(−5000) × 2", "1000000 − 10000"]
    assert [line.figures for line in lines["B"]] == ["1020000"]


def test_the_worked_example_of_the_technical_gate():
    result = evaluate(GATED, GATED_PRICES, {"1": POINTS, "2": POINTS, "3": POINTS})
    assert [(row.bid, row.total, row.price_score, row.rank, row.passed) for row in result.bids] == [
        ("A", D("82.50"), D("100.00"), 1, True),
        ("D", D("82.50"), D("96.94"), 2, True),
        ("B", D("90.00"), D("92.23"), 3, True),
        ("C", D("71.50"), D("0"), 0, False),  # cheaper than all who go on, fourth by its points
        ("E", D("66.00"), D("0"), 0, False),  # below the mark
    ]
    assert result.price.benchmark == D(9500000)
    assert result.candidates == ("A", "D", "B")


def test_equals_of_the_last_who_goes_on_go_on_too():
    gate = TechnicalGate(shortlist=3)
    assert gate.passed({"A": D(90), "B": D(80), "C": D(80), "D": D(80), "E": D(79)}) == {"A", "B", "C", "D"}


def test_nobody_who_reaches_the_mark_leaves_no_candidate():
    result = evaluate(replace(GATED, gate=TechnicalGate(pass_mark=D(100))), GATED_PRICES, {"1": POINTS})
    assert (result.candidates, result.price) == ((), None)
    assert [row.bid for row in result.bids] == ["B", "A", "D", "C", "E"]


def test_goods_may_compare_prices_without_any_adjustment_or_sheet():
    result = evaluate(UNADJUSTED, LOWEST_PRICES, {})
    assert [row.bid for row in result.bids] == ["C", "A", "B"]


def test_equal_evaluated_prices_are_parted_by_the_lower_bid():
    cells = {bid: {"advance": D(0), "duration": D(0), "warranty": D(0)} for bid in ("A", "B")} | {}
    cells["A"]["duration"] = D(10)
    result = evaluate(LOWEST, {"A": D(1000000), "B": D(1020000)}, {"1": cells})
    assert [(row.bid, row.rank, row.decided_by) for row in result.bids] == [
        ("A", 1, "lower_price"),
        ("B", 2, "lower_price"),
    ]


def test_the_units_that_most_members_find_count():
    other = {**UNITS, "A": {**UNITS["A"], "warranty": D(0)}}
    result = evaluate(LOWEST, LOWEST_PRICES, {"1": UNITS, "2": other, "3": UNITS, "4": UNITS, "5": other})
    assert result["A"].evaluated_price == D("990000.00")
    (found,) = result.unequal
    assert (found.bid, found.criterion, found.by_majority) == ("A", "warranty", True)


@given(BIDS, st.data())
def test_the_lowest_evaluated_price_is_always_first(prices, data):
    cells = {bid: {c.id: D(data.draw(st.integers(0, int(c.full)))) for c in LOWEST.criteria.scored} for bid in prices}
    result = evaluate(LOWEST, prices, {"1": cells})
    evaluated = [row.evaluated_price for row in result.bids]
    assert evaluated == sorted(evaluated)
    for row in result.bids:
        assert row.evaluated_price == row.price + sum(row.adjustments.values())
        for line in adjustment_steps(LOWEST.criteria, result).bids[row.bid]:
            assert worked_out(line.figures, line.places) == line.result


@at_least(60)
@given(BIDS, st.data())
def test_points_decide_who_goes_on_and_nothing_else(prices, data):
    points = {
        bid: {"plan": D(data.draw(st.integers(0, 60))), "team": D(data.draw(st.integers(0, 40)))} for bid in prices
    }
    result = evaluate(GATED, prices, {"1": points})
    on = {row.bid: row.price for row in result.bids if row.passed}
    able = [row for row in result.bids if row.total >= GATED.gate.pass_mark]
    assert len(on) >= min(len(able), GATED.gate.shortlist)
    assert all(out.total < row.total for row in able if row.passed for out in able if not out.passed)
    scores = price_formula(GATED.price_rule).work(on).scores if on else {}
    assert {row.bid: row.price_score for row in result.bids if row.passed} == scores
    ranked = [row.price_score for row in result.bids if row.passed]
    assert ranked == sorted(ranked, reverse=True)


@given(BIDS, st.permutations(range(6)))
def test_the_order_in_which_bids_are_named_changes_nothing(prices, order):
    names = sorted(prices, key=lambda bid: order[int(bid[1:])])
    cells = {bid: {"advance": D(1), "duration": D(2), "warranty": D(0)} for bid in prices}
    again = {bid: prices[bid] for bid in names}
    assert evaluate(LOWEST, again, {"1": cells}) == evaluate(LOWEST, prices, {"1": cells})


def test_an_adjustment_is_rounded_to_the_fen():
    percent = PriceAdjustment("点", "point", PERCENT, D("0.37"))
    assert percent.of(D("1234567.89"), D(3)) == round_half_up(D("1234567.89") * D("0.37") * 3 / 100, 2)
    assert PriceAdjustment("天", "day", YUAN, D("-0.125")).of(D(1), D(1)) == D("-0.13")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (replace(EVALUATION, gate=TechnicalGate(shortlist=3)), "method_gate_foreign"),
        (replace(EVALUATION, price_rule=None), "method_formula_missing"),
        (replace(LOWEST, price_rule=EVALUATION.price_rule), "method_formula_foreign"),
        (replace(LOWEST, gate=TechnicalGate(shortlist=3)), "method_gate_foreign"),
        (replace(LOWEST, criteria=EVALUATION.criteria), "points_foreign"),
        (replace(LOWEST, tie_chain=("price_score",)), "tie_rule_of_another_method"),
        (replace(LOWEST, tie_chain=("criterion:advance",)), "tie_rule_unknown"),
        (replace(LOWEST, criteria=replace(LOWEST.criteria, total=D(85))), "criteria_sum_wrong"),
        (replace(GATED, gate=None), "gate_missing"),
        (replace(GATED, gate=TechnicalGate()), "gate_missing"),
        (replace(GATED, gate=TechnicalGate(shortlist=2)), "gate_shortlist_small"),
        (replace(GATED, gate=TechnicalGate(pass_mark=D(101))), "gate_mark_invalid"),
        (replace(GATED, gate=TechnicalGate(pass_mark=D("NaN"))), "gate_mark_invalid"),
        (replace(GATED, criteria=CriteriaSet((PRICE,), D(0))), "gate_nothing_scored"),
        (replace(GATED, criteria=replace(GATED.criteria, total=D(200))), "criteria_sum_wrong"),
        (replace(GATED, price_rule=None), "method_formula_missing"),
        (replace(GATED, tie_chain=("price_score",)), "tie_rule_of_another_method"),
        (replace(GATED, criteria=CriteriaSet((PLAN, ADVANCE, PRICE), D(80))), "adjustment_foreign"),
        (replace(GATED, method=EvaluationMethod.COMPREHENSIVE), "method_gate_foreign"),
    ],
)
def test_what_makes_no_sense_under_a_method_is_refused(rules, expected):
    assert code(check_evaluation_rules, rules) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"stage": CriterionStage.TECHNICAL}, "adjustment_not_commercial"),
        ({"kind": CriterionKind.SUBJECTIVE}, "adjustment_not_commercial"),
        ({"adjustment": replace(ADVANCE.adjustment, amount=D(0))}, "adjustment_amount_invalid"),
        ({"adjustment": replace(ADVANCE.adjustment, amount=D("NaN"))}, "adjustment_amount_invalid"),
        ({"step": D(3)}, "criterion_step_invalid"),
    ],
)
def test_only_priced_deviations_of_the_commercial_part_are_counted(change, expected):
    assert code(check_evaluation_rules, replace(LOWEST, criteria=CriteriaSet((replace(ADVANCE, **change),), D(0)))) == (
        expected
    )


def test_dropping_the_extremes_means_nothing_where_no_points_are_given():
    result = evaluate(LOWEST, LOWEST_PRICES, {str(n): UNITS for n in range(1, 6)})
    assert sensitivity(LOWEST, LOWEST_PRICES, {str(n): UNITS for n in range(1, 6)}, result) is None
    gated = evaluate(GATED, GATED_PRICES, {str(n): POINTS for n in range(1, 6)})
    found = sensitivity(GATED, GATED_PRICES, {str(n): POINTS for n in range(1, 6)}, gated)
    assert found is not None
    assert not found.order_changes


def convened(rules, prices, *, must_agree=False):
    bids = tuple(BidUnderReview(bid, f"Bidder {bid}", price) for bid, price in prices.items())
    of = replace(RULES, evaluation=rules, least_valid_bids=1, objective_must_agree=must_agree)
    return replace(CONVENED, rules=of, bids=bids)


def reviewed(rules, prices) -> Sitting:
    sitting = Sitting(convened(rules, prices)).until(Stage.REVIEW)
    passed = tuple(ReviewFinding(b.bid, i.id, True, "") for b in sitting.state.bids for i in RULES.review_items)
    sitting.act(*(BidsReviewed(n, passed) for n in sitting.numbers))
    return sitting


def test_where_nothing_is_counted_the_review_leads_to_the_result():
    sitting = reviewed(UNADJUSTED, LOWEST_PRICES)
    assert sitting.state.stage is Stage.RESULTS
    assert sitting.state.result.candidates == ("C", "A", "B")
    sitting.until(Stage.CLOSED)
    assert recheck(sitting.events).sealed_sha256


def test_units_without_a_majority_are_corrected_before_there_is_a_report():
    sitting = reviewed(LOWEST, LOWEST_PRICES)
    assert sitting.state.stage is Stage.SCORING
    for seat, days in zip(sitting.numbers, (0, 1, 2, 1, 0), strict=True):
        cells = {**UNITS, "B": {**UNITS["B"], "duration": D(days)}}
        sitting.act(ScoreSheetLocked(seat, cells, {}))
    assert sitting.state.stage is Stage.RESULTS
    assert code(sitting.act, ReportPrepared(REPORT)) == "objective_scores_unequal"
    place = ScorePlace("B", "duration")
    sitting.act(CorrectionRequested(1, CorrectionGround.UNEQUAL_OBJECTIVE, "miscounted", (place,)))
    sitting.act(SheetReopened(3, 1))
    sitting.act(ScoreSheetLocked(1, {**UNITS, "B": {**UNITS["B"], "duration": D(1)}}, {}))
    assert sitting.state.result["B"].evaluated_price == D("1022000.00")
    sitting.act(ReportPrepared(REPORT))  # three of five agree
    assert recheck(sitting.events) == sitting.state


def test_the_sitting_of_a_technical_gate_ends_like_any_other():
    sitting = reviewed(GATED, GATED_PRICES)
    sitting.act(*(ScoreSheetLocked(n, POINTS, {}) for n in sitting.numbers))
    assert sitting.state.result.candidates == ("A", "D", "B")
    sitting.until(Stage.CLOSED)
    assert recheck(sitting.events).sealed_sha256


def test_deductions_in_percent_leave_something_of_a_price():
    """However many there are of each: an evaluated price of nothing would come first whatever was bid."""
    half = replace(ADVANCE, id="half", full=D(5), adjustment=replace(ADVANCE.adjustment, amount=D("-10")))
    rest = replace(half, id="rest", adjustment=replace(half.adjustment, amount=D("-9.9")))
    check_evaluation_rules(replace(LOWEST, criteria=CriteriaSet((ADVANCE, half, rest), D(0))))
    all_of_it = replace(LOWEST, criteria=CriteriaSet((ADVANCE, half, replace(half, id="other")), D(0)))
    assert code(check_evaluation_rules, all_of_it) == "adjustments_take_all"
