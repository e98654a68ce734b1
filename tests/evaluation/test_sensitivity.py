"""What the order would be with the highest and lowest totals left out, or left in."""

from dataclasses import replace
from decimal import Decimal as D

from sittings import EVALUATION

from evaluation.evaluate import evaluate
from evaluation.scoring import Aggregation
from evaluation.sensitivity import sensitivity

PRICES = {"A": D(1566000), "B": D(1566000), "C": D(1585000)}


def sheets(plans):
    """One row of plan scores for each bid; everything else is equal."""
    seats = {str(n): {} for n in range(1, 1 + len(plans["A"]))}
    for bid, scores in plans.items():
        for seat, plan in zip(seats, scores, strict=True):
            seats[seat][bid] = {"plan": D(plan), "service": D(10), "record": D(4)}
    return seats


def asked(plans, rules=EVALUATION):
    found = sheets(plans)
    return sensitivity(rules, PRICES, found, evaluate(rules, PRICES, found))


def test_one_member_who_decides_is_seen():
    found = asked({"A": [30, 30, 30, 30, 40], "B": [31, 31, 31, 31, 32], "C": [20] * 5})
    assert found.dropped
    assert found.order_changes
    assert found.candidates_change
    assert [(row.bid, row.rank, row.other_rank) for row in found.rows] == [("A", 1, 2), ("B", 2, 1), ("C", 3, 3)]
    assert (found.rows[0].total, found.rows[0].other_total) == (D("76.00"), D("74.00"))


def test_an_order_that_holds_is_said_to_hold():
    found = asked({"A": [35] * 5, "B": [31, 31, 31, 31, 32], "C": [20] * 5})
    assert not found.order_changes
    assert not found.candidates_change


def test_where_the_published_way_leaves_them_out_the_other_leaves_them_in():
    scoring = replace(EVALUATION.scoring, aggregation=Aggregation.TRIMMED_MEAN)
    plans = {"A": [30, 30, 30, 30, 40], "B": [31, 31, 31, 31, 32], "C": [20] * 5}
    found = asked(plans, replace(EVALUATION, scoring=scoring))
    assert not found.dropped
    assert [(row.bid, row.rank, row.other_rank) for row in found.rows] == [("B", 1, 2), ("A", 2, 1), ("C", 3, 3)]


def test_two_members_have_no_other_way():
    assert asked({"A": [30, 31], "B": [31, 30], "C": [20, 20]}) is None
