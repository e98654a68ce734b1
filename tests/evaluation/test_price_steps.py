"""Whoever types the printed figures into a calculator gets the printed results, for every formula and any prices."""

import re
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_prices import FIVE, RULES, VECTORS

from evaluation.arithmetic import ARITHMETIC, ZERO
from evaluation.errors import RuleViolation
from evaluation.price_steps import price_curve, price_steps
from evaluation.prices import PriceRule, price_formula
from tests.examples import at_least

AMOUNTS = st.integers(1, 10**11) | st.integers(900_000_000, 1_200_000_000)
PRICES = st.lists(AMOUNTS, min_size=1, max_size=9).map(lambda fen: {f"b{i}": D(n) / 100 for i, n in enumerate(fen)})
SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-"})


def worked_out(figures, places):
    """Exactly, then rounded half up."""
    text = re.sub(r"\d+(?:\.\d+)?", lambda number: f"Fraction('{number[0]}')", figures.translate(SIGNS))
    exact = eval(text, {"Fraction": Fraction})
    scaled = abs(exact) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return (-1 if exact < 0 else 1) * D(whole).scaleb(-places, ARITHMETIC)


def check(rule, prices):
    steps, working = price_steps(rule, prices), price_formula(rule).work(prices)
    for step in (*steps.shared, *(one for lines in steps.bids.values() for one in lines)):
        if not step.figures:
            continue
        found = worked_out(step.figures, step.places)
        if step.code == "step_score_at_least":
            assert found <= step.result
        else:
            assert found == step.result, step
    assert {bid: lines[-1].result for bid, lines in steps.bids.items()} == working.scores
    if working.has_benchmark:
        assert steps.shared[-1].result == working.benchmark
    else:
        assert [one.code for one in steps.shared] == ["step_lowered_ceiling", "step_range_floor"]
        assert {lines[-1].code for lines in steps.bids.values()} == {"step_out_of_range"}
    return steps


def test_a_tie_that_comes_of_a_third_is_rounded_up():
    prices = {"a": D("0.01"), "b": D("0.01"), "c": D("30092207.03")}
    steps = check(PriceRule("trimmed_mean_discount", RULES["trimmed_mean_discount"]), prices)
    assert steps.shared[-1].result == D("9930428.327")  # 30092207.05 ÷ 3 × 0.99 is 9930428.3265


@pytest.mark.parametrize("formula", RULES)
@at_least(60)
@given(PRICES)
def test_a_calculator_arrives_at_every_line(formula, prices):
    rule = PriceRule(formula, RULES[formula])
    try:
        price_formula(rule).work(prices)
    except RuleViolation:
        return
    check(rule, prices)


@pytest.mark.parametrize(("formula", "prices", "benchmark", "scores"), VECTORS)
def test_the_published_vectors_line_by_line(formula, prices, benchmark, scores):
    found = {f"b{i}": D(price) for i, price in enumerate(prices)}
    steps = check(PriceRule(formula, RULES[formula]), found)
    assert steps.shared[-1].result == D(benchmark)
    assert [lines[-1].result for lines in steps.bids.values()] == [D(score) for score in scores]


def test_the_lines_are_those_of_the_rule_book():
    found = {f"b{i}": D(price) for i, price in enumerate(FIVE)}
    steps = price_steps(PriceRule("trimmed_mean_discount", RULES["trimmed_mean_discount"]), found)
    assert steps.dropped == (D("9500000"), D("11200000"))
    assert [one.figures for one in steps.shared] == ["(9800000 + 10000000 + 10300000) ÷ 3 × (1 − 0.01)"]
    assert [one.figures for one in steps.bids["b4"]] == ["(11200000 − 9933000) ÷ 9933000", "100 − 100 × 1 × 0.1276"]


@pytest.mark.parametrize("formula", RULES)
@given(PRICES)
def test_every_bid_lies_on_the_curve(formula, prices):
    rule = PriceRule(formula, RULES[formula])
    try:
        working = price_formula(rule).work(prices)
    except RuleViolation:
        return
    if not working.has_benchmark:
        assert price_curve(rule, prices) == ()
        return
    curve = {point.price: point.score for point in price_curve(rule, prices)}
    assert {bid: curve[price] for bid, price in prices.items()} == working.scores
    assert list(curve) == sorted(curve)
    assert all(ZERO <= score <= price_formula(rule).full for score in curve.values())
