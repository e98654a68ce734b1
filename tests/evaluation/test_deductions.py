"""Policy deductions: granted by the review, taken off the price that is compared, and off nothing else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.method_wording import worked_prices
from evaluation.evaluate import compared_price, evaluate
from evaluation.sensitivity import sensitivity
from evaluation.sitting import BidsReviewed, ReviewFinding, ReviewItem, ScoreSheetLocked, Stage, recheck
from tests.evaluation.methods import LOWEST, LOWEST_PRICES, UNITS
from tests.evaluation.sittings import CONVENED, EVALUATION, RULES, Sitting, sheet
from tests.evaluation.test_methods import code

SMALL = ReviewItem("small", "小微企业", "Small enterprise", D("0.1"))
JOINT = ReviewItem("joint", "联合体", "Consortium", D("0.04"))


def held(small: int, joint: int = 0, items=(SMALL, JOINT)) -> Sitting:
    """A sitting whose first members find bid A to meet the items, so many of them; it is scored then."""
    rules = replace(RULES, review_items=(*RULES.review_items, *items))
    sitting = Sitting(replace(CONVENED, rules=rules)).until(Stage.REVIEW)
    met = {"small": small, "joint": joint}
    for place, seat in enumerate(sitting.numbers):
        found = [(bid.bid, item) for bid in sitting.state.bids for item in rules.review_items]
        passed = [item.deduction is None or (bid == "A" and place < met[item.id]) for bid, item in found]
        findings = (ReviewFinding(bid, item.id, well, "") for (bid, item), well in zip(found, passed, strict=True))
        sitting.act(BidsReviewed(seat, tuple(findings)))
    return sitting


def scored(sitting: Sitting) -> Sitting:
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in sitting.numbers))
    return sitting


def test_more_than_half_of_the_members_grant_it_and_nobody_is_rejected_for_lacking_it():
    sitting = held(small=3, joint=2)
    assert sitting.state.stage is Stage.SCORING
    assert sitting.state.granted == {"A": ("small",)}
    assert sitting.state.rejected == ()
    result = scored(sitting).state.result
    prices = {bid.bid: bid.price for bid in sitting.state.bids}
    assert (result["A"].price, result["A"].deduction) == (prices["A"], D("0.1"))
    assert result["A"].compared == compared_price(prices["A"], D("0.1"))
    assert [result[bid].deduction for bid in prices if bid != "A"] == [None] * (len(prices) - 1)
    assert recheck(sitting.events) == sitting.state


def test_two_that_are_granted_add_up():
    sitting = scored(held(small=5, joint=4))
    assert sitting.state.granted == {"A": ("small", "joint")}
    assert sitting.state.result["A"].deduction == D("0.14")


def test_where_none_is_published_the_record_says_nothing_of_any():
    sitting = held(0, items=())
    assert sitting.state.granted is None
    assert held(2, 2).state.granted == {}


@pytest.mark.parametrize("share", ["0", "-0.1", "1", "0.97"])
def test_shares_that_leave_nothing_of_a_price_convene_no_sitting(share):
    rules = replace(RULES, review_items=(replace(SMALL, deduction=D(share)), JOINT))
    assert code(Sitting(replace(CONVENED, rules=rules)).until, Stage.REVIEW) == "sitting_convened_invalid"


def test_the_worked_example_of_the_lowest_price_ratio():
    """O87 art. 55: benchmark and price are those after the deduction."""
    prices = {"A": D("1566000.00"), "B": D("1574022.00"), "C": D("1585000.00")}
    cells = {str(n): {bid: sheet(n)["A"] for bid in prices} for n in range(1, 6)}
    result = evaluate(EVALUATION, prices, cells, deductions={"C": D("0.1")})
    full = EVALUATION.criteria.price.full
    assert result.price.benchmark == D("1426500.00")
    assert result["C"].price_score == full
    assert result["A"].price_score == (full * D("1426500") / D("1566000")).quantize(D("0.01"))
    assert result["C"].rank == 1
    lines = worked_prices(EVALUATION, result).bids["C"]
    assert [(line.code, line.figures, line.result) for line in lines[:1]] == [
        ("step_deduction", "1585000 × (1 − 0.1)", D("1426500.00"))
    ]
    assert len(worked_prices(EVALUATION, result).bids["A"]) == len(lines) - 1
    other = sensitivity(EVALUATION, prices, cells, result)
    assert [row.rank for row in other.rows] == [1, 2, 3]


def test_deviations_are_worth_what_they_are_of_the_price_that_was_bid():
    plain = evaluate(LOWEST, LOWEST_PRICES, {"1": UNITS})
    result = evaluate(LOWEST, LOWEST_PRICES, {"1": UNITS}, deductions={"C": D("0.2")})
    assert result["C"].adjustments == plain["C"].adjustments
    assert result["C"].evaluated_price == plain["C"].evaluated_price - result["C"].price * D("0.2")


MONEY = st.integers(1_000, 10**9).map(lambda fen: D(fen) / 100)
SHARES = st.integers(1, 50).map(lambda percent: D(percent) / 100)


@given(st.dictionaries(st.sampled_from("ABC"), MONEY, min_size=1), st.data())
def test_a_deduction_changes_what_is_compared_and_nothing_else(prices, data):
    shares = data.draw(st.dictionaries(st.sampled_from(sorted(prices)), SHARES))
    cells = {"1": {bid: sheet(1)["A"] for bid in prices}}
    found = evaluate(EVALUATION, prices, cells, deductions=shares)
    compared = {bid: compared_price(price, shares.get(bid)) for bid, price in prices.items()}
    as_if = evaluate(EVALUATION, compared, cells)
    for bid, price in prices.items():
        assert found[bid].price == price
        assert found[bid].compared == compared[bid] <= price
        assert found[bid].price_score == as_if[bid].price_score
        assert found[bid].total == as_if[bid].total
