"""The case that is played: its figures lead to the published outcome, and every split of a total is exact."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.profiles import read_profile
from app.casefile.codec import decode, encode
from app.procedure.terms import TenderTerms, check_terms
from demo.case import DemoCase
from demo.experts import pool
from evaluation.criteria import CriterionKind, check_score
from evaluation.evaluate import evaluate
from evaluation.published import split_totals

CASE = DemoCase.read()
COLUMNS = ("E1", "E2", "E3", "E4", "E5")


@pytest.mark.parametrize("bidder", [b["code"] for b in CASE.bidders])
@pytest.mark.parametrize("column", COLUMNS)
def test_each_published_total_is_reproduced_exactly(bidder, column):
    published = Decimal(CASE.bidder(bidder)["member_totals"][column])
    scores = CASE.scores(bidder)[column]
    assert sum(scores.values()) + Decimal(CASE.bidder(bidder)["price_score"]) == published
    for criterion, score in scores.items():
        check_score(CASE.criteria[criterion], bidder, score)


@pytest.mark.parametrize("bidder", [b["code"] for b in CASE.bidders])
def test_objective_criteria_are_equal_between_members(bidder):
    for criterion in CASE.criteria.scored:
        if criterion.kind is CriterionKind.OBJECTIVE:
            assert len({CASE.scores(bidder)[column][criterion.id] for column in COLUMNS}) == 1


@given(st.lists(st.integers(0, 7000), min_size=1, max_size=7))
def test_any_totals_that_can_be_split_are_split_exactly(cents):
    totals = [Decimal(c) / 100 for c in cents]
    spread = max(totals) - min(totals)
    if spread > 67:  # the subjective criteria are worth 67: no equal objective scores could bridge more
        return
    for total, split in zip(totals, split_totals(CASE.criteria, totals), strict=True):
        assert sum(split.values()) == total
        for criterion, score in split.items():
            check_score(CASE.criteria[criterion], "x", score)


def test_the_rules_give_the_published_outcome():
    prices = {b["code"]: Decimal(b["price"]) for b in CASE.bidders}
    sheets = {str(i): CASE.sheet(column) for i, column in enumerate(COLUMNS, 1)}
    result = evaluate(CASE.evaluation, prices, sheets)
    found = [(row.bid, str(row.price_score), str(row.total), row.rank) for row in result.bids]
    assert found == [("A", "30.00", "93.30", 1), ("B", "29.85", "68.78", 2), ("C", "29.64", "65.57", 3)]
    assert result.unequal == ()


def test_each_criterion_says_for_what_points_are_given():
    for language in ("zh", "en"):
        standards = [getattr(criterion, f"standard_{language}") for criterion in CASE.criteria.scored]
        assert all(standards)
        assert len(set(standards)) == len(standards)
    assert [c.id for c in CASE.criteria.scored if f"{c.full:f} " not in c.standard_zh] == []


def test_seats_play_the_published_columns():
    assert [CASE.column(seat, [1, 2, 3, 4]) for seat in (1, 2, 3, 4, 5)] == ["E1", "E3", "E4", "E5", "E2"]


def test_the_pool_is_large_enough_without_the_recused():
    experts = pool(CASE, {"host": "h", "sub": "s"}, date(2026, 1, 1))
    assert len(experts) == 40
    assert len({e["login"] for e in experts}) == len({e["mail"] for e in experts}) == 40
    for site in ("h", "s"):
        free = [e for e in experts if e["site"] == site and not e["past_employments"] and not e["interests"]]
        assert len({e["organisation"]["credit_code"] for e in free}) >= 3 * 2
    assert all("生成" in e["name"] and "生成" in e["organisation"]["name"] for e in experts)


def test_every_invented_name_is_marked():
    organisations = [p["organisation"]["name"] for p in CASE.facts["people"]] + [b["name"] for b in CASE.bidders]
    assert all("演示" in name for name in organisations)


def test_the_form_is_a_tender():
    form = CASE.form(datetime(2030, 1, 1, tzinfo=UTC), "x")
    nobody = {"id": "x", "name": "x"}
    parties = {"agency": nobody, "centre": nobody, "regulator": nobody}
    terms = {
        **form,
        "parties": parties,
        "profile": encode(read_profile(str(form["profile"]))),
        "documents": [],
        "committee": {},
    }
    check_terms(decode(TenderTerms, terms), datetime(2029, 1, 1, tzinfo=UTC))
