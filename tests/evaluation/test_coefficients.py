"""Coefficients left to the opening: what may be published, and the draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.draw import coefficient_statement, draw_coefficients
from evaluation.errors import RuleViolation
from evaluation.prices import MOST_VALUES, PriceRule, check_price_rule, settled
from tests.choices import choices
from tests.evaluation.test_prices import RULES

DISCOUNTS = tuple(D(n) / 1000 for n in range(5, 35, 5))


def left_to_the_opening(formula: str, **drawn: tuple[D, ...]) -> PriceRule:
    fixed = {name: value for name, value in RULES[formula].items() if name not in drawn}
    return PriceRule(formula, fixed, drawn)


def refusal(rule: PriceRule) -> str:
    with pytest.raises(RuleViolation) as found:
        check_price_rule(rule)
    return found.value.code


def test_the_coefficients_that_practice_draws_may_be_drawn():
    check_price_rule(left_to_the_opening("trimmed_mean_discount", discount=DISCOUNTS))
    check_price_rule(left_to_the_opening("ceiling_mix", weight=DISCOUNTS, ratio=DISCOUNTS))


def test_what_could_lead_to_no_formula_is_not_published():
    assert refusal(left_to_the_opening("trimmed_mean_discount", above=DISCOUNTS)) == "coefficient_not_drawable"
    assert refusal(left_to_the_opening("trimmed_mean_discount", discount=(D(1),))) == "coefficient_values_invalid"
    assert refusal(left_to_the_opening("trimmed_mean_discount", discount=(D(1), D(1)))) == "coefficient_values_invalid"
    many = tuple(D(n) for n in range(MOST_VALUES + 1))
    assert refusal(left_to_the_opening("trimmed_mean_discount", discount=many)) == "coefficient_values_invalid"
    assert refusal(left_to_the_opening("ceiling_mix", ratio=(D(1), D(-1)))) == "price_parameter_invalid"
    both = replace(left_to_the_opening("trimmed_mean_discount", discount=DISCOUNTS), parameters=RULES["piecewise"])
    assert refusal(both) == "price_parameters_differ"


@pytest.mark.parametrize("stated", [{}, {"discount": D("0.5")}, {"discount": D("0.005"), "above": D(1)}])
def test_a_rule_is_settled_by_its_own_values_only(stated):
    with pytest.raises(RuleViolation) as found:
        settled(left_to_the_opening("trimmed_mean_discount", discount=DISCOUNTS), stated)
    assert found.value.code == "coefficients_differ"


def values_of(chosen):
    """Two to twenty different values, in any order."""
    least = [chosen.one(range(1, 500)), chosen.one(range(500, 1000))]
    more = [chosen.one(range(1, 1000)) for _ in range(chosen.one(range(19)))]
    return [D(number) / 1000 for number in chosen.order(dict.fromkeys(least + more))]


@given(choices(122), st.binary(min_size=48, max_size=48))
def test_the_draw_is_a_function_of_statement_and_signature(chosen, signature):
    weights, ratios = values_of(chosen), values_of(chosen)
    stated = coefficient_statement("case", "1", "ab" * 32, {"weight": weights, "ratio": ratios})
    drawn = draw_coefficients(stated, signature)
    assert drawn == draw_coefficients(stated, signature)
    assert drawn["weight"] in weights
    assert drawn["ratio"] in ratios
    shuffled = coefficient_statement("case", "1", "ab" * 32, {"ratio": ratios[::-1], "weight": weights[::-1]})
    assert draw_coefficients(shuffled, signature) == drawn


def test_each_value_has_an_equal_chance_and_each_bid_list_its_own_draw():
    found = Counter()
    for n in range(1200):
        stated = coefficient_statement("case", "1", f"{n:064x}", {"discount": DISCOUNTS})
        found[draw_coefficients(stated, b"\1" * 48)["discount"]] += 1
    expected = 1200 / len(DISCOUNTS)
    chi_squared = sum((count - expected) ** 2 / expected for count in found.values())
    assert set(found) == set(DISCOUNTS)
    assert chi_squared < 20.5  # p = 0.001 with 5 degrees of freedom
