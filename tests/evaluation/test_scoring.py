from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal as D
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.arithmetic import mean, round_half_up, trimmed
from evaluation.criteria import Band, CriteriaSet, CriterionKind, CriterionStage, check_criteria, check_score
from evaluation.errors import RuleViolation
from evaluation.evaluate import check_evaluation_rules, evaluate
from evaluation.prices import PriceRule
from evaluation.scoring import (
    Aggregation,
    ScoringRules,
    UnequalScores,
    aggregate,
    check_cells,
    check_scoring_rules,
    counted,
)
from tests.choices import choices
from tests.evaluation.sittings import CRITERIA, EVALUATION, sheet
from tests.examples import at_least

PLAN, SERVICE, RECORD, PRICE = CRITERIA.criteria
PRICES = {"A": D(1566000), "B": D(1574022), "C": D(1585000)}


def code(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def in_steps(criterion):
    return [count * criterion.step for count in range(int(criterion.full / criterion.step) + 1)]


PLANS = sorted({D(n) / 2 for band in PLAN.bands for n in range(int(band.low * 2), int(band.high * 2) + 1)})
SERVICES, RECORDS = in_steps(SERVICE), in_steps(RECORD)


def sheets_of(chosen, bids=("A", "B", "C")):
    """Valid sheets of one to seven members; objective scores agree."""
    objective = {bid: chosen.one(RECORDS) for bid in bids}
    return {
        str(seat): {
            bid: {"plan": chosen.one(PLANS), "service": chosen.one(SERVICES), "record": objective[bid]} for bid in bids
        }
        for seat in range(1, chosen.one(range(1, 8)) + 1)
    }


sheets = choices(46).map(sheets_of)


def numbers_of(chosen, options, most):
    """One to `most` numbers, some of them equal."""
    different = [chosen.one(options) for _ in range(most)]
    return [chosen.one(different) for _ in range(chosen.one(range(1, most + 1)))]


@given(st.integers(-(10**13), 10**13).map(lambda number: D(number).scaleb(-4)))
def test_half_rounds_away_from_zero_as_in_school(value):
    for places in range(4):
        rounded = round_half_up(value, places)
        unit = D(1).scaleb(-places)
        assert abs(rounded - value) <= unit / 2
        assert rounded == (abs(value) / unit + D("0.5")).__floor__() * unit * (1 if value >= 0 else -1)


def test_rounding_on_the_edge():
    assert [str(round_half_up(D(v), 2)) for v in ("0.005", "0.0049", "2.675", "-0.005")] == [
        "0.01",
        "0.00",
        "2.68",
        "-0.01",
    ]


@given(choices(85))
def test_trimming_drops_one_of_each_end_when_there_are_enough(chosen):
    values = [D(number).scaleb(-4) for number in numbers_of(chosen, range(-(10**13), 10**13 + 1), 12)]
    for highest, lowest in product(range(3, 9), repeat=2):
        left = trimmed(values, highest, lowest)
        assert len(left) == len(values) - (len(values) >= highest) - (len(values) >= lowest)
        assert left == sorted(left)
        assert min(values) <= mean(left) <= max(values)


@given(choices(28))
def test_an_average_lies_between_the_totals_that_are_counted(chosen):
    totals = [D(number) / 100 for number in numbers_of(chosen, range(10001), 9)]
    for aggregation in Aggregation:
        rules = ScoringRules(aggregation, 2, 5, D("0.3"))
        entering = counted(rules, totals)
        assert min(entering) <= aggregate(rules, totals) <= max(entering)
        trims = aggregation is Aggregation.TRIMMED_MEAN and len(totals) >= 5
        assert len(entering) == len(totals) - 2 * trims


def check_step(score):
    allowed = score.is_finite() and 0 <= score <= SERVICE.full and score % SERVICE.step == 0
    if allowed:
        check_score(SERVICE, "A", score)
    else:
        assert code(check_score, SERVICE, "A", score) in {"score_out_of_range", "score_off_step"}


@given(st.integers(-(10**9), 10**9), st.integers(-12, 12))
def test_a_score_counts_only_on_a_step_within_the_full_mark(number, exponent):
    check_step(D(number).scaleb(exponent))


@pytest.mark.parametrize("score", ["NaN", "-NaN", "sNaN", "-sNaN", "Infinity", "-Infinity", "-0", "1E+9999", "1E-9999"])
def test_a_score_that_is_hardly_a_number_counts_as_little(score):
    check_step(D(score))


def test_every_hundredth_is_on_a_step_or_refused():
    for hundredths in range(-100, 100 * int(SERVICE.full) + 100):
        check_step(D(hundredths) / 100)


def test_a_graded_score_lies_in_a_published_band():
    check_score(PLAN, "A", D(29))
    assert code(check_score, PLAN, "A", D("29.5")) == "score_outside_bands"


@at_least(40)
@given(sheets)
def test_a_whole_sheet_is_accepted_and_any_missing_or_foreign_cell_refused(drawn):
    cells = drawn["1"]
    check_cells(CRITERIA, PRICES, cells)
    for change, expected in (
        (lambda c: c["B"].pop("plan"), "score_missing"),
        (lambda c: c.pop("C"), "score_missing"),
        (lambda c: c["A"].update(price=D(30)), "score_unexpected"),
        (lambda c: c.update(Z={}), "score_unexpected"),
        (lambda c: c["A"].update(service=D("20.5")), "score_out_of_range"),
        (lambda c: c["A"].update(service=D("0.1")), "score_off_step"),
    ):
        altered = deepcopy(cells)
        change(altered)
        assert code(check_cells, CRITERIA, PRICES, altered) == expected


@at_least(40)
@given(sheets)
def test_every_step_of_a_result_can_be_added_up_again(drawn):
    result = evaluate(EVALUATION, PRICES, drawn)
    for row in result.bids:
        for seat, total in row.member_totals.items():
            assert total == sum(drawn[seat][row.bid].values()) + row.price_score
        assert row.sum == sum(row.member_totals.values())
        assert row.total == round_half_up(row.sum / len(drawn), 2)
    assert [row.total for row in result.bids] == sorted((row.total for row in result.bids), reverse=True)
    assert result.unequal == ()
    assert set(result.candidates) == {row.bid for row in result.bids if row.rank <= 3}


@at_least(40)
@given(sheets, choices(10))
def test_the_order_of_members_and_bids_changes_nothing(drawn, chosen):
    seats, bids = chosen.order(drawn), chosen.order(PRICES)
    shuffled = evaluate(EVALUATION, {b: PRICES[b] for b in bids}, {seat: drawn[seat] for seat in seats})
    plain = evaluate(EVALUATION, PRICES, drawn)
    assert shuffled.bids == plain.bids
    assert shuffled.candidates == plain.candidates


def test_a_score_far_from_the_others_is_pointed_out():
    drawn = {str(seat): sheet() for seat in range(1, 6)}
    drawn["4"]["A"]["service"] = D(5)
    (found,) = evaluate(EVALUATION, PRICES, drawn).outliers
    assert (found.seat, found.bid, found.criterion, found.score, found.mean_of_others) == ("4", "A", "service", 5, 18)


def test_objective_scores_that_differ_are_pointed_out():
    drawn = {str(seat): sheet() for seat in range(1, 4)}
    drawn["2"]["C"]["record"] = D(0)
    (found,) = evaluate(EVALUATION, PRICES, drawn).unequal
    assert (found.bid, found.criterion, found.scores) == ("C", "record", {"1": D(4), "2": D(0), "3": D(4)})
    assert found.apart == ("2",)


@pytest.mark.parametrize(
    ("given", "apart"),
    [("4044", "2"), ("4040", "1234"), ("4420", "34"), ("420", "123"), ("00044", "45"), ("00446", "12345")],
)
def test_apart_is_whose_score_most_others_did_not_give(given, apart):
    scores = {str(seat): D(score) for seat, score in enumerate(given, 1)}
    assert UnequalScores("A", "record", scores).apart == tuple(apart)


def test_nothing_is_evaluated_without_sheets_or_on_incomplete_ones():
    assert code(evaluate, EVALUATION, PRICES, {}) == "no_sheets"
    assert code(evaluate, EVALUATION, PRICES, {"1": {}}) == "score_missing"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"criteria": (*CRITERIA.criteria, PLAN)}, "criterion_repeated"),
        ({"total": D(99)}, "criteria_sum_wrong"),
        ({"criteria": CRITERIA.criteria[:3], "total": D(70)}, "price_criterion_count"),
        ({"criteria": (replace(PLAN, step=D(3)),)}, "criterion_step_invalid"),
        ({"criteria": (replace(PLAN, step=D(0)),)}, "criterion_step_invalid"),
        ({"criteria": (replace(PLAN, full=D("NaN")),)}, "criterion_not_a_number"),
        ({"criteria": (replace(PLAN, bands=(Band("优", "good", D(30), D(41)),)),)}, "criterion_band_invalid"),
        ({"criteria": (replace(PRICE, stage=CriterionStage.CREDIT),)}, "criterion_stage_invalid"),
        ({"criteria": (replace(PLAN, kind=CriterionKind.PRICE),)}, "criterion_stage_invalid"),
    ],
)
def test_criteria_that_cannot_be_scored_as_published_are_refused(change, expected):
    assert code(check_criteria, replace(CRITERIA, **change)) == expected


def test_criteria_are_found_by_id():
    assert CRITERIA["plan"] is PLAN
    assert CRITERIA.price is PRICE
    assert code(CriteriaSet.__getitem__, CRITERIA, "colour") == "criterion_unknown"


@pytest.mark.parametrize("change", [{"places": -1}, {"trim_from": 2}, {"outlier_share": D(0)}, {"outlier_share": D(2)}])
def test_unsound_scoring_rules_are_refused(change):
    assert code(check_scoring_rules, replace(EVALUATION.scoring, **change)) == "scoring_rules_invalid"


def test_the_price_formula_gives_the_full_mark_of_its_criterion():
    rules = replace(EVALUATION, price_rule=PriceRule("lowest_price_ratio", {"full": D(40), "places": D(2)}))
    assert code(check_evaluation_rules, rules) == "price_mark_differs"
