from __future__ import annotations

from dataclasses import fields, replace
from decimal import Context, localcontext
from decimal import Decimal as D
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import RuleViolation
from evaluation.prices import FORMULAS, PriceRule, price_formula
from evaluation.sitting import Stage, recheck
from tests.choices import choices
from tests.evaluation.sittings import EVALUATION, Sitting, with_rules
from tests.examples import at_least

TRIM_4, TRIM_5 = ({"drop_highest_from": D(n), "drop_lowest_from": D(n)} for n in (4, 5))
RULES = {
    "lowest_price_ratio": {"full": D(30), "places": D(2)},
    "mean_deviation": TRIM_4
    | {"full": D(60), "places": D(2), "above": D(1), "below": D("0.5"), "floor": D(0)}
    | {"benchmark_places": D(2), "deviation_places": D(4)},
    "trimmed_mean_discount": TRIM_5
    | {"full": D(100), "places": D(3), "above": D(1), "below": D("0.5"), "floor": D(0)}
    | {"benchmark_places": D(3), "deviation_places": D(4), "discount": D("0.01")},
    "ceiling_mix": TRIM_5
    | {"full": D(100), "places": D(3), "above": D("1.5"), "below": D("0.8"), "floor": D(0)}
    | {"benchmark_places": D(2), "deviation_places": D(4), "ceiling": D(11500000), "drop": D("0.02")}
    | {"floor_weight": D("0.5"), "floor_ratio": D("0.85"), "weight": D("0.35"), "ratio": D("0.97")},
    "utility": {"drop_highest_from": D(6), "drop_lowest_from": D(7), "full": D(100), "places": D(2)}
    | {"benchmark_places": D(2), "ratio": D("0.95"), "above": D("1.2"), "below": D("0.8")},
    "piecewise": {"drop_highest_from": D(4), "drop_lowest_from": D(7), "full": D(100), "places": D(2)}
    | {"benchmark_places": D(2), "base": D(80), "peak": D(100), "least_below": D(80), "least_above": D(60)},
}
FIVE = ("9500000", "9800000", "10000000", "10300000", "11200000")
VECTORS = [
    ("lowest_price_ratio", ("1566000", "1574022", "1585000"), "1566000", ("30.00", "29.85", "29.64")),
    ("mean_deviation", FIVE, "10033333.33", ("57.34", "58.84", "59.84", "57.34", "48.37")),
    ("trimmed_mean_discount", FIVE, "9933000.000", ("97.820", "99.330", "99.330", "96.310", "87.240")),
    ("ceiling_mix", FIVE, "10232045.00", ("94.280", "96.624", "98.184", "99.010", "85.810")),
    (
        "utility",
        ("100", "102", "104", "105", "107", "110", "118"),
        "100.32",
        ("99.74", "97.99", "95.60", "94.40", "92.01", "88.42", "78.85"),
    ),
    (
        "piecewise",
        ("50", "80", "92", "100", "105", "130"),
        "85.40",
        ("80.00", "86.32", "72.27", "62.90", "60.00", "60.00"),
    ),
]
BIDS = ["".join(letters) for length in (1, 2, 3) for letters in product("abcdef", repeat=length)]
CENTS = range(1, 10**14)
AROUND_THE_CEILING, BELOW_IT = range(900_000_000, 1_200_000_001), range(1_000_000_001, 1_100_000_000)


def prices_of(chosen, first=CENTS, others=CENTS):
    """One to twelve bids in any order with prices in `others`, some of them equal, but for one that is in `first`."""
    bids = list(dict.fromkeys(chosen.one(BIDS) for _ in range(chosen.one(range(1, 13)))))
    prices = [chosen.one(first)] + [chosen.one(others) for _ in range(11)]
    found = {bid: chosen.one(prices) if place else prices[0] for place, bid in enumerate(bids)}
    return {bid: D(found[bid]) / 100 for bid in chosen.order(bids)}


price_lists = choices(133).map(prices_of)
usual_lists = choices(98).map(lambda chosen: prices_of(chosen, BELOW_IT, AROUND_THE_CEILING))


def formula(name: str):
    return price_formula(PriceRule(name, RULES[name]))


def refusal(call, *args, **kwargs) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        call(*args, **kwargs)
    return refused.value


@pytest.mark.parametrize(("name", "prices", "benchmark", "scores"), VECTORS, ids=[v[0] for v in VECTORS])
def test_the_rule_book_vectors_hold_to_the_cent(name, prices, benchmark, scores):
    working = formula(name).work({str(i): D(price) for i, price in enumerate(prices)})
    assert str(working.benchmark) == benchmark
    assert tuple(str(score) for score in working.scores.values()) == scores
    assert working.excluded == ()


def test_every_formula_of_the_registry_has_a_vector():
    assert set(FORMULAS) == {vector[0] for vector in VECTORS} == set(RULES)


def test_the_ceiling_mix_shows_its_range_and_excludes_what_lies_outside():
    prices = {str(i): D(price) for i, price in enumerate(FIVE)}
    steps = formula("ceiling_mix").work(prices).steps
    assert (str(steps["lowered_ceiling"]), str(steps["range_floor"])) == ("11270000.00", "9053916.67")
    working = formula("ceiling_mix").work(prices | {"far": D("11270000.01")})
    assert working.excluded == ("far",)
    assert working.scores["far"] == 0


def test_a_ceiling_mix_without_any_price_in_range_scores_none_and_has_no_benchmark():
    """Bids between the lowered ceiling and the ceiling are lawful: their evaluation must come to an end."""
    rule, prices = formula("ceiling_mix"), {"a": D(1), "b": D("11499999")}
    working = rule.work(prices)
    assert (working.excluded, working.has_benchmark, working.deviations) == (("a", "b"), False, {})
    assert {str(score) for score in working.scores.values()} == {"0.000"}
    assert "mean_in_range" not in working.steps
    assert rule.at(D("11000000"), working) == 0


@pytest.mark.parametrize(
    ("id", "name", "value"),
    [
        ("ceiling_mix", "drop", "1"),
        ("ceiling_mix", "weight", "1.01"),
        ("ceiling_mix", "floor_weight", "2"),
        ("ceiling_mix", "ratio", "0"),
        ("trimmed_mean_discount", "discount", "1"),
        ("utility", "ratio", "0"),
    ],
)
def test_parameters_that_leave_no_benchmark_are_refused_before_anybody_bids(id, name, value):
    wrong = PriceRule(id, {**RULES[id], name: D(value)})
    refused = refusal(price_formula, wrong)
    assert (refused.code, refused.facts["name"]) == ("price_parameter_invalid", name)


@at_least(40)
@given(prices=usual_lists)
def test_scores_lie_within_the_full_mark_on_the_published_places(prices):
    for name in FORMULAS:
        rule = formula(name)
        working = rule.work(prices)
        assert working.scores.keys() == prices.keys() == working.deviations.keys(), name
        for score in working.scores.values():
            assert 0 <= score <= rule.full, name
            assert -score.as_tuple().exponent == rule.places, name


@at_least(40)
@given(usual=usual_lists, any_list=price_lists, chosen=choices(24))
def test_the_order_of_bids_and_a_hostile_decimal_context_change_nothing(usual, any_list, chosen):
    for prices in (usual, any_list):
        shuffled = dict(chosen.order(prices.items()))
        for name in sorted(set(FORMULAS) - {"ceiling_mix"}):
            expected = formula(name).work(prices)
            with localcontext(Context(prec=3)):
                assert formula(name).work(shuffled) == expected, name


@given(prices=price_lists)
def test_under_lowest_price_ratio_the_lowest_gets_the_full_mark_and_dearer_never_scores_more(prices):
    scores = formula("lowest_price_ratio").work(prices).scores
    ordered = sorted(prices, key=prices.__getitem__)
    assert scores[ordered[0]] == 30
    assert all(scores[a] >= scores[b] for a, b in pairwise(ordered))


@given(price=st.integers(100, 10**11).map(lambda cents: D(cents) / 100), count=st.integers(1, 9))
def test_equal_prices_score_the_full_mark_where_the_mean_is_the_benchmark(price, count):
    working = formula("mean_deviation").work({str(i): price for i in range(count)})
    assert set(working.scores.values()) == {D(60)}


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_price_that_is_no_price_is_refused(price):
    assert refusal(formula("utility").work, {"a": D(price)}).code == "price_not_positive"


def test_no_prices_are_refused():
    assert refusal(formula("utility").work, {}).code == "no_prices"


def test_a_foreign_formula_and_foreign_missing_or_unsound_parameters_are_refused():
    good = RULES["piecewise"]
    assert refusal(price_formula, PriceRule("cheapest", good)).code == "price_formula_unknown"
    missing = refusal(price_formula, PriceRule("piecewise", {k: v for k, v in good.items() if k != "peak"}))
    assert (missing.code, missing.facts["missing"]) == ("price_parameters_differ", "peak")
    assert refusal(price_formula, PriceRule("piecewise", good | {"k": D(1)})).facts["foreign"] == "k"
    for name, value in (
        ("peak", "101"),
        ("places", "1.5"),
        ("places", "7"),
        ("base", "NaN"),
        ("drop_lowest_from", "2"),
    ):
        bad = refusal(price_formula, PriceRule("piecewise", good | {name: D(value)}))
        assert (bad.code, bad.facts["name"]) == ("price_parameter_invalid", name)


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_every_parameter_is_published_and_none_has_a_default(name):
    assert {parameter.name for parameter in fields(FORMULAS[name])} == RULES[name].keys()


def test_where_no_price_lies_in_the_published_range_the_last_lock_is_taken_and_results_stand():
    """All bids lie between the lowered ceiling and the ceiling: lawful, and worth no points for the price."""
    amounts = {"full": 30, "places": 2, "drop_highest_from": 5, "drop_lowest_from": 5, "benchmark_places": 2}
    amounts |= {"deviation_places": 4, "above": "0.5", "below": "0.3", "floor": 0, "ceiling": 1600000, "drop": "0.03"}
    amounts |= {"floor_weight": "0.5", "floor_ratio": "0.85", "weight": "0.35", "ratio": "0.97"}
    rule = PriceRule("ceiling_mix", {name: D(value) for name, value in amounts.items()})
    sitting = Sitting(with_rules(evaluation=replace(EVALUATION, price_rule=rule), ceiling=D(1600000)))
    sitting.until(Stage.RESULTS)
    result = sitting.state.result
    assert result.price.excluded == ("A", "B", "C")
    assert {row.price_score for row in result.bids} == {D(0)}
    assert result.candidates == ("A", "B", "C")
    sitting.until(Stage.CLOSED)
    assert recheck(sitting.events) == sitting.state
