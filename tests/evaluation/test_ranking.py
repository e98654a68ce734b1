from __future__ import annotations

from decimal import Decimal as D
from itertools import product

import pytest
from hypothesis import given

from evaluation.errors import RuleViolation
from evaluation.ranking import Standing, candidates, check_tie_chain, rank
from tests.choices import choices
from tests.evaluation.sittings import CRITERIA

CHAIN = ("price_score", "criterion:plan", "lower_price", "draw")
# Few different figures, so that many are equal: total, price score, price and the score of a plan.
FIGURES = list(product((D(1), D(2), D(3)), repeat=4))


def standings_of(chosen):
    rows = [chosen.one(FIGURES) for _ in range(chosen.one(range(1, 8)))]
    return [Standing(f"b{i}", t, ps, p, {"plan": plan}) for i, (t, ps, p, plan) in enumerate(rows)]


standings = choices(8).map(standings_of)


def standing(bid: str, total="80", price_score="30", price="100", plan="20") -> Standing:
    return Standing(bid, D(total), D(price_score), D(price), {"plan": D(plan)})


def ranks(*rows: Standing, chain=CHAIN, drawn=()) -> list[tuple[str, int, str]]:
    return [(r.bid, r.rank, r.decided_by) for r in rank(rows, chain, drawn).ranks]


def test_totals_decide_first():
    assert ranks(standing("a", "70"), standing("b", "90")) == [("b", 1, "total"), ("a", 2, "total")]


def test_each_rule_of_the_chain_parts_what_the_ones_before_could_not():
    rows = [
        standing("e"),
        standing("d", price="99"),
        standing("c", plan="21"),
        standing("b", price_score="30.5"),
        standing("a", "81"),
    ]
    assert ranks(*rows) == [
        ("a", 1, "total"),
        ("b", 2, "price_score"),
        ("c", 3, "criterion:plan"),
        ("d", 4, "lower_price"),
        ("e", 5, "lower_price"),
    ]


def test_what_only_a_draw_can_part_shares_a_rank_until_it_is_drawn():
    rows = [standing("a"), standing("b"), standing("c", "70")]
    waiting = rank(rows, CHAIN)
    assert waiting.to_draw == (("a", "b"),)
    assert ranks(*rows) == [("a", 1, "shared"), ("b", 1, "shared"), ("c", 3, "total")]
    assert ranks(*rows, drawn=("b", "a")) == [("b", 1, "draw"), ("a", 2, "draw"), ("c", 3, "total")]
    assert rank(rows, CHAIN, ("b", "a")).to_draw == ()
    assert rank(rows, CHAIN, ("a",)).to_draw == (("a", "b"),)


def test_without_a_draw_in_the_chain_equals_share_a_rank_for_good():
    shared = rank([standing("a"), standing("b")], CHAIN[:-1])
    assert shared.to_draw == ()
    assert candidates(shared, 1) == ("a", "b")


@given(standings)
def test_ranks_are_competition_ranks_and_follow_the_totals(rows):
    for drawn in ((), tuple(s.bid for s in reversed(rows))):
        ranking = rank(rows, CHAIN, drawn)
        assert sorted(r.bid for r in ranking.ranks) == sorted(s.bid for s in rows)
        totals = {s.bid: s.total for s in rows}
        for found in ranking.ranks:
            assert found.rank == 1 + sum(other.rank < found.rank for other in ranking.ranks)
            assert all(totals[o.bid] >= totals[found.bid] for o in ranking.ranks if o.rank < found.rank)
        if drawn:
            assert [r.rank for r in ranking.ranks] == list(range(1, len(rows) + 1))


@given(standings, choices(7))
def test_the_order_given_changes_nothing(rows, chosen):
    assert rank(chosen.order(rows), CHAIN) == rank(rows, CHAIN)


def test_nobody_to_rank_is_an_empty_ranking():
    assert rank([], CHAIN).ranks == ()


@pytest.mark.parametrize(
    ("chain", "may_draw", "code"),
    [
        (("luck",), True, "tie_rule_unknown"),
        (("criterion:price",), True, "tie_rule_unknown"),
        (("draw", "lower_price"), True, "tie_draw_not_last"),
        (("lower_price", "draw"), False, "tie_draw_forbidden"),
    ],
)
def test_a_chain_that_cannot_be_applied_is_refused(chain, may_draw, code):
    with pytest.raises(RuleViolation, match=code):
        check_tie_chain(chain, CRITERIA, may_draw=may_draw)


def test_works_may_end_in_a_rule_and_goods_in_a_draw():
    check_tie_chain(CHAIN[:-1], CRITERIA, may_draw=False)
    check_tie_chain(CHAIN, CRITERIA, may_draw=True)


def test_who_shares_the_last_rank_that_could_be_recommended_is_left_out_where_not_all_fit():
    rows = [standing("a", "90"), standing("b", "85"), standing("c"), standing("d"), standing("e", "70")]
    found = rank(rows, ("price_score", "lower_price"))
    assert [one.rank for one in found.ranks] == [1, 2, 3, 3, 5]
    assert candidates(found, 3) == ("a", "b")
    assert candidates(found, 4) == ("a", "b", "c", "d")
    assert candidates(rank(rows[2:], ("price_score",)), 1) == ("c", "d")


@given(standings)
def test_never_more_are_recommended_than_may_be_but_for_a_shared_first_rank(rows):
    found = rank(rows, CHAIN[:-1])
    chosen = candidates(found, 3)
    first = [one.bid for one in found.ranks if one.rank == 1]
    assert len(chosen) <= max(3, len(first))
    assert set(first) <= set(chosen)
