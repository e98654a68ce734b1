"""Rows of a table of experts: every fault is named with its column, and a good row becomes an entry."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.expert_rows import (
    COLUMNS,
    Known,
    check_digit,
    headings,
    identity_number_fits,
    read_row,
    repeated,
)
from evaluation.specialities import Speciality, SpecialityTree
from tests.choices import choices, pieces

TREE = SpecialityTree("", (Speciality("A", "工程", "works"), Speciality("A08", "施工", "construction")))
KNOWN = Known({"主场": "site-1", "site-1": "site-1"}, TREE)
BODY = "51010419800101123"
GOOD = {column.key: column.example for column in COLUMNS} | {
    "id_number": BODY + check_digit(BODY),
    "specialities": "A08；A",
}


def faults(**changes: str) -> list[tuple[str, str]]:
    return [(fault.column, fault.code) for fault in read_row(7, GOOD | changes, KNOWN)[1]]


def test_a_good_row_becomes_an_entry():
    entry, found = read_row(7, GOOD, KNOWN)
    assert found == ()
    assert entry["site"] == "site-1"
    assert entry["born"] == "1980-01-01"
    assert entry["specialities"] == ["A08", "A"]
    assert entry["past_employments"] == [{"organisation": "91510000DEMO000002", "until": "2024-05-31"}]
    assert entry["qualifications"] == [{"name": "注册造价工程师", "until": "2029-12-31"}]
    assert entry["absences"] == [{"first": "2026-10-01", "last": "2026-10-07"}]


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"name": ""}, "name", "row_missing"),
        ({"name": "长" * 201}, "name", "row_too_long"),
        ({"number": "#1"}, "number", "row_number"),
        ({"id_number": BODY + ("0" if check_digit(BODY) != "0" else "1")}, "id_number", "row_id_number"),
        ({"born": "1980-01-02"}, "born", "row_born_differs"),
        ({"id_number": "", "born": ""}, "born", "row_missing"),
        ({"phone": "12345"}, "phone", "row_phone"),
        ({"mail": "nobody"}, "mail", "row_mail"),
        ({"credit_code": "91"}, "credit_code", "row_credit_code"),
        ({"region": "5100"}, "region", "row_region"),
        ({"site": "别处"}, "site", "row_site"),
        ({"specialities": "A；Z99"}, "specialities", "row_speciality"),
        ({"certified_until": "2030-02-30"}, "certified_until", "row_date"),
        ({"past_employments": "91510000DEMO000002"}, "past_employments", "row_pair"),
        ({"absences": "2026-10-07~2026-10-01"}, "absences", "row_absence_order"),
    ],
)
def test_each_fault_is_named_with_its_column(changes, column, code):
    assert faults(**changes) == [(column, code)]


@pytest.mark.parametrize("text", ["2029/12/31", "2029.12.31", "20291231", "2029年12月31日"])
def test_days_are_read_as_people_write_them(text):
    assert read_row(1, GOOD | {"certified_until": text}, KNOWN)[0]["certified_until"] == "2029-12-31"


def test_a_fault_repeats_no_identity_number_and_no_phone():
    found = read_row(1, GOOD | {"id_number": "510104198001011239", "phone": "1390000"}, KNOWN)[1]
    assert {fault.given for fault in found} == {""}


@given(choices(5))
def test_a_wrong_digit_is_found(chosen):
    month, day = chosen.one(range(1, 13)), chosen.one(range(1, 29))
    body = f"510104{chosen.one(range(1950, 2000))}{month:02d}{day:02d}{chosen.one(range(1000)):03d}"
    number = body + check_digit(body)
    assert identity_number_fits(number)
    for place, digit in product(range(17), "0123456789"):
        assert identity_number_fits(number[:place] + digit + number[place + 1 :]) is (digit == number[place])


@given(choices(130), st.text(max_size=200))
def test_whatever_stands_in_a_row_is_an_entry_or_a_fault(chosen, text):
    words = ["", *pieces(text)]
    keys = chosen.some([column.key for column in COLUMNS])
    cells = {key: "".join(chosen.one(words) for _ in range(chosen.one(range(8)))) for key in keys}
    entry, found = read_row(1, cells, KNOWN)
    assert found or entry["name"]
    assert {fault.column for fault in found} <= {column.key for column in COLUMNS}


def test_headings_are_found_in_either_language_and_any_order():
    places, missing = headings(["name", "备注", "专家编号"])
    assert places == {"name": 0, "number": 2}
    assert "电子邮箱" in missing
    assert "姓名" not in missing
    assert headings([column.zh for column in COLUMNS])[1] == ()


def test_a_person_stands_in_one_row():
    entry = read_row(1, GOOD, KNOWN)[0]
    assert repeated(entry, {f"number:{entry['number']}"}) == "number"
    assert repeated(entry, {f"id_number:{entry['id_number']}"}) == "id_number"
    assert repeated(entry, set()) == ""
