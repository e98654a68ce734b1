"""Bids with one brand of the core product: which they are, as how many they count, and who of them goes first."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.brands import among, counted_bidders, first_of_brands, found_same, joined, same_brands, spellings
from evaluation.errors import RuleViolation
from evaluation.evaluate import brands_in, evaluate
from evaluation.sensitivity import sensitivity
from evaluation.sitting import (
    TOO_FEW_BRANDS,
    BidsReviewed,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    RollbackGround,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
    ScoreSheetLocked,
    SittingConvened,
    SittingState,
    Stage,
    StatementMade,
    decide,
    recheck,
)
from tests.evaluation.methods import UNADJUSTED
from tests.evaluation.sittings import BIDS, CONVENED, EVALUATION, RULES, Sitting, findings, key_of, sheet
from tests.evaluation.test_competition_rules import reject

BRANDS = {"A": "海尔", "B": "Haier", "C": "美的", "D": "格力"}
FOUR = (*BIDS, replace(BIDS[0], bid="D", bidder_name="Bidder D", price=D(1590000)))
HAIER = (("Haier", "海尔"),)


def convened(brands=BRANDS, bids=FOUR, **rules) -> SittingConvened:
    stated = tuple(replace(bid, brand=brands[bid.bid]) for bid in bids)
    return replace(CONVENED, rules=replace(RULES, core_product="空调", **rules), bids=stated)


def reviewed(said: int, start: SittingConvened | None = None, groups=HAIER, failed=()) -> Sitting:
    """A sitting whose first members, so many of them, join the brands."""
    held = Sitting(start or convened()).until(Stage.REVIEW)
    for place, seat in enumerate(held.numbers):
        found = findings(*failed, bids=held.state.bids)
        held.act(BidsReviewed(seat, found, groups if place < said else None))
    return held


def scored(held: Sitting) -> Sitting:
    bids = [bid.bid for bid in held.state.bids if bid.bid in held.state.valid]
    held.act(*(ScoreSheetLocked(n, sheet(n, bids), {}) for n in held.numbers))
    return held


def refused(act) -> str:
    with pytest.raises(RuleViolation) as refusal:
        act()
    return refusal.value.code


def test_more_than_half_of_the_members_join_two_spellings():
    assert reviewed(3).state.brands == (("A", "B"),)
    assert reviewed(2).state.brands == ()
    assert reviewed(2).state.stage is Stage.SCORING


def test_equal_spellings_are_one_brand_whatever_is_said():
    held = reviewed(0, convened({"A": "Ｈaier", "B": "haier ", "C": "美的", "D": "格力"}))
    assert held.state.brands == (("A", "B"),)
    assert spellings(held.state.stated_brands.values()) == ("haier ", "格力", "美的")


def test_fewer_brands_than_bidders_wanted_fail_the_lot():
    held = reviewed(3, convened(bids=BIDS))
    assert held.state.stage is Stage.FAILED
    assert held.state.failure == TOO_FEW_BRANDS
    assert (held.events[-1].valid, held.events[-1].least, len(held.state.valid)) == (2, 3, 3)
    assert recheck(held.events) == held.state


def test_a_rejected_bid_of_a_brand_counts_nowhere():
    held = reviewed(5, failed=(("B", "formal"),))
    assert held.state.brands == ()
    assert held.state.bidders_counted == 3
    assert scored(held).state.result.candidates == ("A", "C", "D")


def test_of_a_brand_the_first_alone_is_a_candidate_and_the_others_keep_score_and_rank():
    state = scored(reviewed(3)).state
    result, free = state.result, scored(reviewed(0)).state.result
    assert [row.rank for row in result.bids] == [1, 2, 3, 4]
    assert [(row.bid, row.total) for row in result.bids] == [(row.bid, row.total) for row in free.bids]
    assert result.candidates == ("A", "C", "D")
    assert [result.place(bid) for bid in result.candidates] == [1, 2, 3]
    assert result["B"].behind == "A"
    assert free.candidates == ("A", "B", "C")


def test_where_the_lot_names_no_core_product_nothing_is_said_of_brands():
    held = Sitting().until(Stage.REVIEW)
    fact = BidsReviewed(1, findings(), HAIER)
    assert refused(lambda: held.act(fact)) == "review_brands_wrong"
    assert scored(reviewed(0, CONVENED)).state.brands is None


@pytest.mark.parametrize(
    "groups", [(("海尔",),), (("海尔", "Siemens"),), (("海尔", "Haier"), ("海尔", "美的")), (("海尔", "海尔"),)]
)
def test_what_is_joined_was_stated_and_is_in_one_group(groups):
    held = Sitting(convened()).until(Stage.REVIEW)
    assert refused(lambda: held.act(BidsReviewed(1, findings(bids=FOUR), groups))) == "review_brands_wrong"


def test_a_sitting_is_not_convened_with_brands_of_no_product_or_a_product_without_brands():
    for wrong in (replace(convened(), bids=FOUR), replace(convened(), rules=RULES)):
        assert refused(lambda wrong=wrong: decide(SittingState(), wrong)) == "sitting_convened_invalid"


def test_where_the_first_is_rejected_after_the_last_lock_the_next_of_its_brand_steps_forward():
    held = scored(reviewed(3))
    reject(held, "A")
    assert held.state.valid == ("B", "C", "D")
    assert (held.state.brands, held.state.result.candidates) == ((), ("B", "C", "D"))
    assert recheck(held.events) == held.state


def test_brands_are_counted_again_where_a_bid_falls_out_after_the_last_lock():
    held = scored(reviewed(3))
    reject(held, "D")
    assert (held.state.stage, held.state.failure) == (Stage.FAILED, TOO_FEW_BRANDS)


def test_who_leaves_takes_its_finding_along_and_the_successor_gives_its_own():
    for said, brands in ((None, ()), (HAIER, (("A", "B"),))):
        held = reviewed(3)
        held.act(MemberRecused(1, "ill"), MemberReplaced(1, "host", "another-1"))
        held.act(MemberIdentified(1, key_of(1, 1), "witness"), StatementMade(1, True, ""))
        held.act(BidsReviewed(1, findings(bids=FOUR), said))
        assert held.state.brands == brands
        assert recheck(held.events) == held.state


def test_a_review_that_is_held_again_finds_brands_anew():
    held = scored(reviewed(3))
    held.act(RollbackProposed(3, RollbackTarget.REVIEW, RollbackGround.MISTAKE, "the wrong brand"))
    held.act(RollbackReleased(1, 3, RollbackTarget.REVIEW, RollbackGround.MISTAKE, "the wrong brand"))
    assert held.state.brand_findings == {}
    held.act(*(BidsReviewed(seat, findings(bids=FOUR)) for seat in held.numbers))
    assert (held.state.brands, held.state.result.candidates) == ((), ("A", "B", "C"))


PRICES = {"A": D(100), "B": D(90), "C": D(95)}
LOWEST = replace(UNADJUSTED, may_draw=True, tie_chain=("draw",))
SHEETS = {"1": {bid: {} for bid in PRICES}}


def test_by_the_lowest_price_the_cheapest_of_a_brand_alone_takes_part():
    result = evaluate(LOWEST, PRICES, SHEETS, brands=(("A", "B"),))
    assert [(row.bid, row.rank) for row in result.bids] == [("B", 1), ("C", 2), ("A", 0)]
    assert (result.candidates, result["A"].behind, result["A"].ranked) == (("B", "C"), "B", False)


@pytest.mark.parametrize("chain", [(), ("draw",)])
def test_equal_bids_of_a_brand_are_drawn_whether_or_not_the_documents_say_so(chain):
    rules, prices = replace(LOWEST, tie_chain=chain), {"A": D(90), "B": D(90), "C": D(95)}
    waiting = evaluate(rules, prices, SHEETS, brands=(("A", "B"),))
    assert waiting.to_draw == (("A", "B"),)
    result = evaluate(rules, prices, SHEETS, drawn=("B", "A"), brands=(("A", "B"),))
    assert (result.to_draw, result.candidates, result["A"].behind) == ((), ("B", "C"), "B")


def test_equal_totals_within_a_brand_are_drawn_where_the_published_chain_ends_before():
    rules = replace(EVALUATION, tie_chain=("price_score",))
    cells = sheet(1, ("A", "B", "C"))
    sheets = {"1": {**cells, "B": cells["A"]}}
    prices = {"A": D(90), "B": D(90), "C": D(90)}
    assert evaluate(rules, prices, sheets).to_draw == ()
    assert evaluate(rules, prices, sheets, brands=(("A", "B"),)).to_draw == (("A", "B"),)
    result = evaluate(rules, prices, sheets, drawn=("B", "A"), brands=(("A", "B"),))
    assert (result.to_draw, result.candidates) == ((), ("B", "C"))
    assert [row.rank for row in result.bids] == [1, 1, 3]


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
GROUPS = st.lists(st.sets(NAMES, min_size=2).map(lambda one: tuple(sorted(one))), max_size=4)
SAID = st.lists(GROUPS.map(joined), min_size=1, max_size=5)


@given(SAID)
def test_what_a_majority_joins_is_joined_whoever_speaks_first(said):
    found = found_same(said, len(said))
    assert found == found_same(list(reversed(said)), len(said))
    named = [one for group in found for one in group]
    assert len(set(named)) == len(named)
    for one, other in (
        (one, other) for group in joined(g for each in said for g in each) for one in group for other in group
    ):
        votes = sum(any({one, other} <= set(group) for group in groups) for groups in said)
        if one != other and 2 * votes > len(said):
            assert any({one, other} <= set(group) for group in found)


@given(st.dictionaries(NAMES, st.sampled_from("XYZ"), min_size=1), st.data())
def test_bidders_are_counted_by_their_brands_and_one_of_each_is_first(stated, data):
    groups = same_brands(stated, ())
    assert counted_bidders(list(stated), groups) == len(set(stated.values()))
    left = data.draw(st.sets(st.sampled_from(sorted(stated))))
    assert counted_bidders(sorted(left), groups) == len({stated[bid] for bid in left})
    figures = {bid: data.draw(st.integers(1, 3)) for bid in left}
    order = data.draw(st.permutations(sorted(stated)))
    behind, to_draw = first_of_brands(groups, figures, order)
    assert to_draw == ()
    firsts = left - behind.keys()
    assert sorted(stated[bid] for bid in firsts) == sorted({stated[bid] for bid in left})
    for bid, first in behind.items():
        assert stated[bid] == stated[first]
        assert (figures[first], order.index(first)) < (figures[bid], order.index(bid))
    assert among(groups, stated) == groups


@given(st.permutations(["A", "B", "C"]), st.lists(st.sampled_from([D(90), D(95), D(100)]), min_size=3, max_size=3))
def test_a_result_tells_its_brands_and_leads_to_itself_again(order, figures):
    prices, groups = dict(zip("ABC", figures, strict=True)), (("A", "C"),)
    for rules, sheets in ((LOWEST, SHEETS), (EVALUATION, {"1": sheet(1), "2": sheet(2)})):
        result = evaluate(rules, prices, sheets, order, brands=groups)
        assert brands_in(result) == groups
        assert evaluate(rules, prices, sheets, order, brands=brands_in(result)) == result
        assert len(result.candidates) == 2


def test_the_other_averaging_keeps_to_the_brands():
    held = scored(reviewed(3))
    state = held.state
    sheets = {str(seat): cells for seat, cells in state.sheets.items()}
    prices = {bid.bid: bid.price for bid in state.bids}
    assert sensitivity(state.rules.evaluation, prices, sheets, state.result).candidates_change is False
