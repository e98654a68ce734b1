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


def bidder(case: dict, code: str) -> dict:
    return next(one for one in case["bidders"] if one["code"] == code)


@pytest.mark.parametrize("blank", ["", None, "  "])
def test_a_bid_without_a_price_is_not_responsive_and_the_others_are_computed(case, blank):
    altered = copy.deepcopy(case)
    bidder(altered, "A")["evaluated_price_cny"] = blank
    published = read_published(altered)
    result, differences = replay(published)
    assert published.unpriced == ("A",)
    assert [(row.bid, str(row.price_score)) for row in result.bids] == [("B", "30.00"), ("C", "29.79")]
    assert ("A", "rank", "1", "—") in [(d.bid, d.figure, d.published, d.computed) for d in differences]


def test_every_stated_figure_is_compared_as_a_number(case):
    altered = copy.deepcopy(case)
    bidder(altered, "A").update(mean_total="93.3", rank="1.0", price_score=30)
    bidder(altered, "B").update(sum="999.99", non_price="1.00", bid_cny="1574000")
    _, differences = replay(read_published(altered))
    assert [(d.bid, d.figure, d.published, d.computed) for d in differences] == [
        ("B", "evaluated_price_cny", "1574022", "1574000"),
        ("B", "sum", "999.99", "343.90"),
        ("B", "non_price", "1.00", "38.93"),
    ]


def scheme(case: dict) -> dict:
    """The case with scores by member, and no result stated."""
    published = read_published(case)
    bidders = [
        {
            "code": code,
            "bid_cny": str(price),
            "scores": {
                member: {c: str(s) for c, s in cells[code].items()}
                for member, cells in zip(published.members, published.sheets.values(), strict=True)
            },
        }
        for code, price in published.prices.items()
    ]
    kept = {name: case[name] for name in ("criteria", "price_formula", "aggregation")}
    return {**kept, "bidders": bidders}


def test_a_scheme_is_computed_from_scores_without_published_results(case):
    published = read_published(scheme(case))
    result, differences = replay(published)
    assert (published.itemised, published.members, differences) == (True, ("E1", "E2", "E3", "E4", "E5"), ())
    assert [str(row.total) for row in result.bids] == ["93.30", "68.78", "65.57"]
    stated = scheme(case)
    stated["bidders"][0]["expert_totals"] = ["93.50", "93.50", "92.50", "93.50", "93.60"]
    assert [(d.figure, d.computed) for d in replay(read_published(stated))[1]] == [("expert_totals:4", "93.50")]


def test_a_code_that_comes_twice_is_refused(case):
    with pytest.raises(RuleViolation, match="published_bidder_repeated"):
        read_published(case | {"bidders": [*case["bidders"], case["bidders"][0]]})


@pytest.mark.parametrize(
    ("change", "where", "field"),
    [
        (
            {"price_formula": {"id": "lowest_price_ratio", "full": "1e99999999", "round": "2dp half up"}},
            "JSON price_formula",
            "full",
        ),
        ({"aggregation": {"id": "zzz", "round": "2dp half up"}}, "JSON aggregation", "id"),
        ({"aggregation": {"id": ["x"], "round": "2dp half up"}}, "JSON aggregation", "id"),
        ({"aggregation": {"id": "simple_mean", "round": "2dp down"}}, "JSON aggregation", "round"),
        ({"criteria": ["price"]}, "JSON", "criteria"),
    ],
)
def test_what_cannot_be_read_is_named(case, change, where, field):
    with pytest.raises(RuleViolation, match="published_format") as refused:
        read_published(case | change)
    assert (refused.value.facts["where"], refused.value.facts["field"]) == (where, field)


def test_totals_that_do_not_fit_the_committee_name_their_bidder(case):
    altered = copy.deepcopy(case)
    bidder(altered, "B")["expert_totals"].pop()
    with pytest.raises(RuleViolation, match="published_totals_count") as refused:
        read_published(altered)
    assert refused.value.facts["bid"] == "B"


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
