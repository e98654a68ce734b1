"""The real case CN-01: what was published follows from the rules, to the cent."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given

from evaluation.criteria import CriterionKind
from evaluation.errors import RuleViolation
from evaluation.published import read_published, replay, split_totals
from evaluation.sitting import BidUnderReview, ScoreSheetLocked, Stage
from tests.choices import choices
from tests.evaluation.sittings import CONVENED, CRITERIA, RULES, Sitting
from tests.evaluation.test_scoring import numbers_of

CASE = Path(__file__).parents[3] / "shared/data/cn/CN-01-N5100012025000628.json"
OBJECTIVE = ("track_record", "environment")


@pytest.fixture(scope="module")
def case() -> dict:
    if not CASE.exists():
        pytest.skip(f"NOT CHECKED: the published case {CASE} is not here")
    return json.loads(CASE.read_text("utf-8"))


@pytest.mark.parametrize("objective", [(), OBJECTIVE])
def test_the_published_case_replays_without_a_difference(case, objective):
    result, differences = replay(read_published(case, objective))
    assert differences == ()
    assert [(row.bid, str(row.price_score), str(row.sum), str(row.total), row.rank) for row in result.bids] == [
        ("A", "30.00", "466.50", "93.30", 1),
        ("B", "29.85", "343.90", "68.78", 2),
        ("C", "29.64", "327.85", "65.57", 3),
    ]
    assert result.candidates == ("A", "B", "C")
    assert (result.unequal, result.outliers, result.to_draw) == ((), (), ())


def test_each_members_total_is_the_published_one_and_objective_scores_agree(case):
    published = read_published(case, OBJECTIVE)
    result, _ = replay(published)
    for bidder in case["bidders"]:
        totals = [str(total) for total in result[bidder["code"]].member_totals.values()]
        assert totals == bidder["expert_totals"]
    for criterion in published.rules.criteria.scored:
        if criterion.kind is CriterionKind.OBJECTIVE:
            for bid in published.prices:
                assert len({cells[bid][criterion.id] for cells in published.sheets.values()}) == 1


def test_a_changed_figure_is_named(case):
    altered = copy.deepcopy(case)
    altered["bidders"][1]["mean_total"] = "68.87"
    _, differences = replay(read_published(altered))
    assert [(d.bid, d.figure, d.published, d.computed) for d in differences] == [("B", "mean_total", "68.87", "68.78")]


def test_the_published_case_is_the_outcome_of_a_sitting(case):
    published = read_published(case, OBJECTIVE)
    bids = tuple(BidUnderReview(bid, f"Bidder {bid}", price) for bid, price in published.prices.items())
    rules = replace(RULES, evaluation=published.rules)
    sitting = Sitting(replace(CONVENED, rules=rules, bids=bids)).until(Stage.SCORING)
    for seat in (4, 2, 5, 1, 3):
        sitting.act(ScoreSheetLocked(seat, published.sheets[str(seat)], {}))
    assert sitting.state.result == replay(published)[0]
    sitting.until(Stage.CLOSED)


@pytest.mark.parametrize("change", [{"bidders": [{}]}, {"criteria": None}, {"price_formula": {}}, {"committee": 1}])
def test_a_malformed_case_is_refused(case, change):
    with pytest.raises(RuleViolation, match="published_format"):
        read_published(case | change)


@given(choices(22))
def test_totals_are_split_exactly_within_the_marks(chosen):
    totals = [D(number) / 100 for number in numbers_of(chosen, range(7001), 7)]
    if max(totals) - min(totals) > D(60):  # more than the subjective criteria can tell members apart
        with pytest.raises(RuleViolation, match="published_total_impossible"):
            split_totals(CRITERIA, totals)
        return
    splits = split_totals(CRITERIA, totals)
    for total, split in zip(totals, splits, strict=True):
        assert sum(split.values()) == total
        assert all(0 <= split[c.id] <= c.full for c in CRITERIA.scored)
    assert len({split["record"] for split in splits}) == 1
