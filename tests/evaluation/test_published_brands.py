"""Brands of the core product in a file that is computed again: who stands back, and which stated figures are wrong."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from evaluation.errors import RuleViolation
from evaluation.published import Difference, read_published, replay

POINTS = {"A": ("海尔", 60), "B": ("Haier", 55), "C": ("美的", 50), "D": ("格力", 40)}
PRICES = {"A": "100", "B": "110", "C": "120", "D": "130"}


def bidder(code: str, stated: str | list, points: int, **more: Any) -> dict[str, Any]:
    return {"code": code, "brand": stated, "bid_cny": PRICES[code], "scores": {"E1": {"technical": points}}, **more}


def scheme(stated: dict[str, dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """Four bids by points; A and B offer one brand under two spellings."""
    return {
        "core_product": "空调机",
        "same_brands": [["海尔", "Haier"]],
        "criteria": {"price": 30, "technical": 70},
        "price_formula": {"id": "lowest_price_ratio", "full": 30, "round": "2dp half up"},
        "aggregation": {"id": "simple_mean", "round": "2dp half up"},
        "most_candidates": 2,
        "bidders": [bidder(code, *what, **(stated or {}).get(code, {})) for code, what in POINTS.items()],
    } | changes


def lowest(stated: dict[str, dict[str, Any]] | None = None, **prices: str) -> dict[str, Any]:
    """The same bids by the lowest price."""
    rows = [
        {"code": code, "brand": brand, "bid_cny": prices.get(code, PRICES[code]), **(stated or {}).get(code, {})}
        for code, (brand, _points) in POINTS.items()
    ]
    same = [["海尔", "Haier"]]
    return {"method": "lowest_evaluated_price", "same_brands": same, "most_candidates": 2, "bidders": rows}


def test_of_a_brand_the_first_alone_is_recommended_and_all_keep_score_and_rank():
    published = read_published(scheme())
    assert published.brands.groups == (("A", "B"),)
    assert published.brands.counted(published.prices) == 3
    result, differences = replay(published)
    assert differences == ()
    assert [(row.bid, row.rank, row.behind) for row in result.bids] == [
        ("A", 1, None),
        ("B", 2, "A"),
        ("C", 3, None),
        ("D", 4, None),
    ]
    assert result.candidates == ("A", "C")
    free = replay(read_published(scheme(same_brands=[["海尔", "Haier"]][:0])))[0]
    assert free.candidates == ("A", "B")
    assert [row.total for row in free.bids] == [row.total for row in result.bids]


def test_a_stated_place_or_rank_that_forgets_the_brand_is_named():
    forgotten = {"A": {"candidate": 1, "rank": 1}, "B": {"candidate": 2, "rank": 2}, "C": {"candidate": "", "rank": 2}}
    assert replay(read_published(scheme(forgotten)))[1] == (
        Difference("B", "candidate", "2", "—"),
        Difference("C", "rank", "2", "3"),
        Difference("C", "candidate", "", "2"),
    )
    right = {"A": {"candidate": "1"}, "B": {"candidate": "—"}, "C": {"candidate": 2}, "D": {"candidate": None}}
    assert replay(read_published(scheme(right)))[1] == ()


def test_by_the_lowest_price_the_cheapest_of_a_brand_takes_part_and_the_other_has_no_rank():
    stated = {"A": {"rank": 1}, "B": {"rank": 2}, "C": {"rank": 2, "evaluated_price_cny": "120"}, "D": {"rank": "3"}}
    result, differences = replay(read_published(lowest(stated)))
    assert differences == (Difference("B", "rank", "2", "—"),)
    assert [(row.bid, row.rank) for row in result.bids] == [("A", 1), ("C", 2), ("D", 3), ("B", 0)]
    assert result.candidates == ("A", "C")


def test_equal_prices_of_a_brand_are_drawn_whatever_the_chain_says():
    equal = lowest(B="100")
    result = replay(read_published(equal))[0]
    assert result.to_draw == (("A", "B"),)
    result = replay(read_published(equal | {"drawn": ["B", "A"]}))[0]
    assert (result["A"].behind, result.candidates) == ("B", ("B", "C"))


def test_the_price_that_counts_decides_also_where_it_was_corrected():
    corrected = {"A": {"correction": {"price_cny": "115", "ground": "words_over_figures"}, "confirmed": True}}
    result = replay(read_published(lowest(corrected)))[0]
    assert (result["A"].behind, result["B"].behind) == ("B", None)


def test_equal_spellings_are_one_brand_and_bids_that_are_not_evaluated_count_nowhere():
    data = scheme({"B": {"brand": "ｈａｉｅｒ "}, "C": {"brand": "Haier", "bid_cny": ""}}, same_brands=[])
    published = read_published(data)
    assert published.brands.groups == ()
    assert "C" in published.brands.stated
    assert read_published(data | {"same_brands": [["海尔", "HAIER"]]}).brands.groups == (("A", "B"),)


def test_a_bid_without_a_brand_is_taken_for_one_of_its_own():
    data = scheme({"D": {"brand": None}})
    published = read_published(data)
    assert published.brands.unstated(published.prices) == ("D",)
    assert published.brands.counted(published.prices) == 3
    none = read_published(scheme({code: {"brand": ""} for code in POINTS}, same_brands=[]))
    assert none.brands.unstated(none.prices) == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"same_brands": "海尔"}, "same_brands"),
        ({"same_brands": [["海尔"]]}, "same_brands"),
        ({"same_brands": [["海尔", "Siemens"]]}, "same_brands"),
        ({"same_brands": [["海尔", "Haier"], ["Haier", "美的"]]}, "same_brands"),
        ({"same_brands": [{"海尔": "Haier"}]}, "same_brands"),
        ({"same_brands": [["海尔", 7.5]]}, "same_brands"),
        ({"core_product": []}, "core_product"),
        ({"bidders": [bidder("A", ["海尔"], 60)]}, "brand"),
        ({"bidders": [bidder("A", "x" * 61, 60)]}, "brand"),
    ],
)
def test_what_is_malformed_is_named(changes, field):
    with pytest.raises(RuleViolation) as refusal:
        read_published(scheme(**changes))
    assert (refusal.value.code, refusal.value.facts["field"]) == ("published_format", field)


def test_a_file_without_brands_is_computed_as_before():
    data = {**scheme(), "bidders": [{k: v for k, v in row.items() if k != "brand"} for row in scheme()["bidders"]]}
    del data["same_brands"], data["core_product"]
    published = read_published(data)
    result, _ = replay(published)
    assert (published.brands.groups, result.candidates, result["A"].total) == ((), ("A", "B"), D("90.00"))
