"""What is found in opened bids: each kind where it is, nothing where it is not, and always the same."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal as D
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.bid_checks import FindingKind as K
from evaluation.bid_checks import Reading, check_bids, fingerprints, read_list, rows_of
from evaluation.bid_checks.findings import MOST_EVIDENCE
from evaluation.bid_checks.likeness import GRAM, WINDOW, prints_of
from evaluation.bid_checks.regular import _rule_of, may_follow
from evaluation.errors import RuleViolation
from tests.evaluation.bid_readings import HEADER, OWN_HEADER, RULES, bid, file, found, kinds, priced, prose, readings

OWN = (OWN_HEADER, ("1", "挖土方", "m3", "10", "20.00"), ("2", "砌砖", "m3", "5", ""), ("3", "抹灰", "m2", "8", ""))
RIGHT = (
    HEADER,
    ("1", "挖土方", "m3", "10", "19.50", "195.00"),
    ("2", "砌砖", "m3", "5", "300.00", "1500.00"),
    ("3", "抹灰", "m2", "8", "12.00", "96.00"),
)
MONEY = st.decimals(min_value=1, max_value=10**9, places=2)


def test_bids_that_have_nothing_in_common_raise_no_question():
    bids = [bid(name, price, rows=()) for name, price in (("a", "1566000"), ("b", "1574022"), ("c", "1585000"))]
    assert found(*bids, own=OWN) == []


# lists


def test_a_list_that_is_right_raises_no_question():
    assert found(bid("a", rows=RIGHT), own=OWN) == []


def test_a_list_is_compared_with_the_published_one_item_by_item():
    changed = (
        RIGHT[0],
        ("1", "挖石方", "m3", "11", "21.00", "231.00"),
        RIGHT[2],
        ("4", "油漆", "m2", "1", "1.00", "1.00"),
    )
    findings = {one.kind: one for one in found(bid("a", rows=changed), own=OWN)}
    assert list(findings) == [K.LIST_MISSING, K.LIST_EXTRA, K.LIST_CHANGED, K.ABOVE_ITEM_CEILING]
    assert findings[K.LIST_MISSING].evidence[0].values == {"number": "3", "name": "抹灰"}
    assert findings[K.LIST_EXTRA].evidence[0].places == (4,)
    asked = {"asked_name": "挖土方", "asked_quantity": "10", "found_name": "挖石方", "found_quantity": "11"}
    assert asked.items() <= findings[K.LIST_CHANGED].evidence[0].values.items()
    assert {"unit_price": "21", "ceiling": "20"}.items() <= findings[K.ABOVE_ITEM_CEILING].evidence[0].values.items()


def test_a_quantity_that_is_written_differently_is_no_change():
    written = (RIGHT[0], ("1", "挖土方", "m3", "10.000", "19.50", "195.00"), *RIGHT[2:])
    assert found(bid("a", rows=written), own=OWN) == []


def test_products_sums_and_zero_prices_are_told_with_their_figures():
    rows = (
        HEADER,
        ("1", "a", "m", "10", "19.50", "1950.00"),
        ("2", "b", "m", "5", "0", "0"),
        ("3", "c", "m", "8", "12.10", "97"),
    )
    findings = {one.kind: one for one in found(bid("a", "2000.00", rows=rows))}
    assert list(findings) == [K.LIST_ZERO, K.LIST_LINES, K.LIST_SUM]
    assert findings[K.LIST_ZERO].evidence[0].places == (3,)
    assert findings[K.LIST_LINES].figures["count"] == "1"  # the third is rounded to the yuan
    assert findings[K.LIST_LINES].evidence[0].values["product"] == "195"
    assert findings[K.LIST_SUM].figures == {"count": "1", "sum": "2047", "price": "2000", "difference": "47"}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((), "priced_list_column"),
        ((HEADER[:5], ("1", "a", "m", "1", "1")), "priced_list_column"),
        ((HEADER, ("1", "a", "m", "1", "x", "1")), "priced_list_cell"),
        ((HEADER, ("1", "a", "m", "1", "-1", "1")), "priced_list_cell"),
        ((HEADER, ("1", "a", "m", "1", "1e9", "1")), "priced_list_cell"),
        ((HEADER, ("1", "a", "m", "1", "", "1")), "priced_list_cell"),
        ((HEADER, ("", "a", "m", "1", "1", "1")), "priced_list_cell"),
        ((HEADER, ("1", "a", "m", "1", "1", "1"), ("1", "b", "m", "1", "1", "1")), "priced_list_twice"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_question_of_its_own(rows, reason):
    one = replace(bid("a"), priced_list="priced-list.csv", rows=rows)
    (finding,) = found(one, own=OWN)
    assert (finding.kind, finding.figures["reason"]) == (K.LIST_UNREADABLE, reason)


def test_columns_may_be_chinese_in_any_order_and_empty_lines_are_passed_over():
    text = '合价,综合单价,工程量,计量单位,项目名称,项目编码\n,,,,,\n"1,950.00",19.50,100,m3,挖土方,1\n'
    (item,) = read_list(rows_of(text.encode("gb18030")), priced=True)
    assert (item.line, item.number, item.quantity, item.amount) == (3, "1", D(100), D("1950.00"))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_none(data: bytes):
    with suppress(RuleViolation):
        assert all(item.number for item in read_list(rows_of(data), priced=True))


def test_a_unit_price_far_from_the_median_is_told_where_its_line_counts():
    lists = [priced({"1": "100", "2": price, "3": "0.01"}) for price in ("100", "104", "140")]
    findings = found(*(bid(name, rows=rows) for name, rows in zip("abc", lists, strict=True)))
    (one,) = [finding for finding in findings if finding.kind is K.UNBALANCED]
    assert one.bids == ("c",)
    assert {"unit_price": "140", "median": "104", "percent": "+34.6"}.items() <= one.evidence[0].values.items()


def test_a_long_finding_keeps_its_count_and_the_first_places():
    rows = (HEADER, *((str(n), "x", "m", "1", "0", "0") for n in range(100)))
    zero = next(one for one in found(bid("a", "0", rows=rows)) if one.kind is K.LIST_ZERO)
    assert zero.figures["count"] == "100"
    assert len(zero.evidence) == MOST_EVIDENCE


# regular prices


@given(MONEY, MONEY, st.integers(3, 8), st.booleans())
def test_totals_by_equal_steps_are_found_whatever_stands_between_them(low: D, step: D, rungs: int, other: bool):
    totals = {f"b{n}": low + n * step for n in range(rungs)}
    more = {"x": low + step * D("0.37")} if other else {}
    findings = found(*(bid(name, f"{price:f}") for name, price in (totals | more).items()))
    ladder = findings[0]
    assert (ladder.kind, ladder.bids) == (K.REGULAR_TOTALS, tuple(totals))
    assert (ladder.figures["pattern"], D(ladder.figures["step"])) == ("difference", step)


@given(st.integers(0, 2**32), st.sampled_from(["equal", "ratio", "difference", "none"]), st.integers(10, 60))
def test_no_pair_that_follows_a_pattern_is_ruled_out_roughly(seed: int, pattern: str, count: int):
    rng, cent = random.Random(seed), D("0.01")
    lows = [D(rng.randint(100, 10 ** rng.randint(3, 9))) / 100 for _ in range(count)]
    ratio, step = D(rng.randint(50, 200)) / 100, D(rng.randint(-50, 5000)) / 100
    follow = {"equal": lambda a: a, "ratio": lambda a: (a * ratio).quantize(cent), "difference": lambda a: a + step}
    wrong = rng.randint(0, count // 5)
    pairs = [(a, follow.get(pattern, lambda _a: D(rng.randint(100, 10**6)) / 100)(a)) for a in lows]
    pairs[:wrong] = [(a, D(rng.randint(100, 10**6)) / 100) for a, _b in pairs[:wrong]]
    rng.shuffle(pairs)
    first, second = ({str(n): int(pair[i] * 100) for n, pair in enumerate(pairs)} for i in (0, 1))
    if not may_follow(first, second, 1, RULES):
        assert _rule_of(pairs, RULES) is None


def test_prices_that_have_nothing_in_common_are_ruled_out_without_exact_arithmetic():
    rng = random.Random(5)
    lists = [{str(n): rng.randint(1000, 100_000) for n in range(300)} for _ in range(8)]
    assert not any(may_follow(one, other, 1, RULES) for one, other in combinations(lists, 2))


def test_totals_by_an_equal_ratio_and_equal_totals_are_found():
    ratio = found(*(bid(name, price) for name, price in (("a", "1000000"), ("b", "1100000"), ("c", "1210000"))))
    assert [(one.figures["pattern"], one.figures["step"]) for one in ratio] == [("ratio", "1.1")]
    equal = found(bid("a", "500.00"), bid("b", "500"), bid("c", "733"))
    assert [(one.figures["pattern"], one.bids) for one in equal] == [("equal", ("a", "b"))]


@given(st.lists(st.integers(10**6, 10**7), min_size=2, max_size=2, unique=True))
def test_two_totals_follow_no_rule(prices: list[int]):
    assert found(*(bid(str(n), str(price)) for n, price in enumerate(prices))) == []


@pytest.mark.parametrize(
    ("pattern", "other"),
    [("equal", lambda p: p), ("ratio", lambda p: (p * D("0.97")).quantize(D("0.01"))), ("difference", lambda p: p + 7)],
)
def test_unit_prices_of_two_bids_that_follow_one_rule_are_found(pattern, other):
    prices = {str(n): D(10 + n * n) for n in range(1, 21)}
    follows = {n: other(p) for n, p in prices.items()} | {"20": D(1)}
    lists = [priced({n: f"{p:f}" for n, p in one.items()}) for one in (prices, follows)]
    (one,) = [f for f in found(bid("a", rows=lists[0]), bid("b", rows=lists[1])) if f.kind is K.REGULAR_ITEMS]
    assert (one.figures["pattern"], one.figures["count"], one.figures["common"]) == (pattern, "19", "20")
    assert one.figures["percent"] == "95"


def test_unit_prices_of_their_own_follow_no_rule():
    lists = [priced({str(n): f"{20 + n * n % (7 + k) * (k + 3)}" for n in range(1, 40)}) for k in range(3)]
    findings = found(*(bid(name, rows=rows) for name, rows in zip("abc", lists, strict=True)))
    assert K.REGULAR_ITEMS not in {one.kind for one in findings}


# files


def test_the_same_file_is_found_unless_it_is_the_tenders_own():
    drawing, form = file("图纸.pdf", content="drawing"), file("表格.pdf", content="form")
    one, other = bid("a", "1", files=(drawing, form)), bid("b", "2", files=(replace(form, path="其他.pdf"), drawing))
    (finding,) = found(one, other, documents=(form,))
    assert (finding.kind, finding.bids) == (K.SAME_FILE, ("a", "b"))
    assert [place.file for place in finding.evidence] == ["图纸.pdf", "图纸.pdf"]


def test_texts_alike_name_their_pages_and_share_without_the_tenders_own_text():
    boiler, shared, mine, yours = prose(1), prose(2), prose(3), prose(4)
    first = file("a.pdf", boiler, shared, mine)
    second = file("b.pdf", boiler, yours[:1000], shared)
    documents = (file("招标文件.pdf", boiler),)
    (finding,) = found(bid("a", "1", files=(first,)), bid("b", "2", files=(second,)), documents=documents)
    assert finding.kind is K.LIKE_TEXT
    assert [place.places for place in finding.evidence] == [(2,), (3,)]
    assert D(70) < D(finding.figures["percent"]) < D(80)  # 3000 of 4000 characters of the shorter one
    assert (
        found(
            bid("a", "1", files=(file("a.pdf", boiler),)),
            bid("b", "2", files=(file("b.pdf", boiler, "x"),)),
            documents=documents,
        )
        == []
    )


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 10**6))
def test_whatever_two_pages_share_in_a_row_is_found(before: int, after: int, seed: int):
    shared = prose(seed, GRAM + WINDOW - 1)
    one, other = prose(seed + 1, before) + shared, shared + prose(seed + 2, after)
    assert prints_of(fingerprints(one)) & prints_of(fingerprints(other))


@given(st.text(max_size=200))
def test_fingerprints_of_any_text_can_be_told_apart(text: str):
    page = fingerprints(text)
    assert page == "".join(sorted(prints_of(page)))
    assert fingerprints(f" {text}\n") == page


def test_properties_in_common_are_found_but_not_what_programs_write_by_themselves():
    first = file("a.pdf", content="1", author="张三", made="X · 2026", last_modified_by="Administrator")
    second = file("b.docx", content="2", author=" 张三 ", made="Y · 2026", last_modified_by="administrator")
    (finding,) = found(bid("a", "1", files=(first,)), bid("b", "2", files=(second,)))
    assert (finding.kind, finding.figures["property"]) == (K.SAME_PROPERTY, "author")
    own = (file("招标文件.pdf", content="3", author="张三"),)
    assert found(bid("a", "1", files=(first,)), bid("b", "2", files=(second,)), documents=own) == []


def test_one_manager_in_two_forms_and_files_that_cannot_be_read_are_told():
    broken = replace(file("坏.pdf"), state=Reading.UNREADABLE, pages=())
    findings = found(bid("a", "1", "王 五"), bid("b", "2", "王 五", files=(broken,)), bid("c", "9"))
    assert kinds(findings) == [(K.SAME_STAFF, ("a", "b")), (K.FILE_UNREADABLE, ("b",))]


# all together


@given(st.permutations(range(4)))
def test_the_order_of_bids_changes_nothing(order: list[int]):
    bids = [bid(name, str(100 + 10 * n), "王五") for n, name in enumerate("abcd")]
    expected = check_bids(readings(*bids), RULES)
    assert expected
    assert check_bids(readings(*(bids[n] for n in order)), RULES) == expected
    assert [one.kind for one in expected] == sorted((one.kind for one in expected), key=list(K).index)


def test_a_text_that_is_spread_over_files_of_the_other_is_found_and_one_within_a_bid_is_none():
    parts = [prose(21), prose(22)]
    whole, split = file("整体.pdf", *parts), [file(f"{n}.pdf", part) for n, part in enumerate(parts)]
    (finding,) = found(bid("a", "1", files=(whole,)), bid("b", "2", files=tuple(split)))
    places = {(one.bid, one.file): (one.places, one.values["shared"]) for one in finding.evidence}
    assert places == {("a", "整体.pdf"): ((1, 2), "100"), ("b", "0.pdf"): ((1,), "100"), ("b", "1.pdf"): ((1,), "100")}
    assert found(bid("a", "1", files=(whole, *split)), bid("b", "2")) == []


def test_a_short_text_inside_a_long_one_is_found_from_the_short_ones_side():
    short, long = file("短.pdf", prose(31)), file("长.pdf", *(prose(seed) for seed in range(32, 40)), prose(31))
    (finding,) = found(bid("a", "1", files=(short,)), bid("b", "2", files=(long,)))
    assert {one.file: one.places for one in finding.evidence} == {"短.pdf": (1,), "长.pdf": (9,)}
    assert finding.figures["percent"] == "100"
