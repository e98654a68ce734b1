"""Rows of a table of experts: every fault is named with its column, and a good row becomes an entry."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile.codec import decode
from app.procedure.expert_rows import (
    COLUMNS,
    Known,
    check_digit,
    correction_cells,
    headings,
    identity_number_fits,
    likenesses,
    read_correction,
    read_row,
    repeated,
)
from evaluation.experts import Absence, Correction, Employment, Expert, correctable
from evaluation.specialities import Speciality, SpecialityTree
from tests.choices import choices, pieces

TREE = SpecialityTree("", (Speciality("A", "工程", "works"), Speciality("A08", "施工", "construction")))
KNOWN = Known({"主场": "site-1", "site-1": "site-1"}, TREE, date(2026, 3, 1))
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
    assert entry["past_employments"] == [{"organisation": "Y1000000100000002F", "until": "2024-05-31"}]
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
        ({"credit_code": "O" * 18}, "credit_code", "row_credit_code"),
        ({"credit_code": "Y1000000100000001D"}, "credit_code", "row_credit_digit"),
        ({"past_employments": "某某设计院:2024-05-31"}, "past_employments", "row_credit_code"),
        ({"past_employments": "Y1000000100000001D:2024-05-31"}, "past_employments", "row_credit_digit"),
        ({"past_employments": "Y1000000100000002F:2026-03-02"}, "past_employments", "row_future"),
        ({"interests": "Y1000000100000002F；某某公司"}, "interests", "row_credit_code"),
        ({"region": "5100"}, "region", "row_region"),
        ({"region": "999999"}, "region", "row_region"),
        ({"name": "\u3000"}, "name", "row_missing"),
        ({"name": "\u200b"}, "name", "row_unprintable"),
        ({"name": "张\u202e三"}, "name", "row_unprintable"),
        ({"name": "张三\n李四"}, "name", "row_unprintable"),
        ({"mail": "a@b.c\0d"}, "mail", "row_unprintable"),
        ({"mail": "<a@b.c>"}, "mail", "row_mail"),
        ({"mail": "a@b.c,evil@x.y"}, "mail", "row_mail"),
        ({"id_number": "", "born": "2025-01-01"}, "born", "row_born_range"),
        ({"id_number": "", "born": "1890-01-01"}, "born", "row_born_range"),
        ({"practising_since": "2090-01-01"}, "practising_since", "row_future"),
        ({"practising_since": "1990-01-01"}, "practising_since", "row_since_range"),
        ({"certified_until": "1999-01-01"}, "certified_until", "row_over"),
        ({"punished": "也许"}, "punished", "row_yes_or_no"),
        ({"site": "别处"}, "site", "row_site"),
        ({"specialities": "A；Z99"}, "specialities", "row_speciality"),
        ({"certified_until": "2030-02-30"}, "certified_until", "row_date"),
        ({"past_employments": "Y1000000100000002F"}, "past_employments", "row_pair"),
        ({"absences": "2026-10-07~2026-10-01"}, "absences", "row_absence_order"),
    ],
)
def test_each_fault_is_named_with_its_column(changes, column, code):
    assert faults(**changes) == [(column, code)]


def test_a_fault_says_the_figure():
    def given(**changes: str) -> str:
        return read_row(7, GOOD | changes, KNOWN)[1][0].given

    assert given(id_number="", born="2025-01-01") == "2025-01-01 (1)"
    assert given(practising_since="1990-01-01") == "1990-01-01 (10)"
    assert given(name="张\u202e三") == "U+202E #2"
    assert given(interests="Y1000000100000001D") == "Y1000000100000001D ≠ Y1000000100000001C"


def test_what_two_persons_correct_is_read_as_it_was_written():
    entry = Correction(
        (Employment("Y1000000100000002F", date(2024, 5, 31)),),
        ("经理·甲",),
        ("Y1000000100000001C",),
        (Absence(date(2026, 5, 1), date(2026, 5, 7)),),
        "某县财政局",
        True,
    )
    for one in (entry, Correction()):
        read, found = read_correction(correction_cells(one), date(2026, 3, 1))
        assert (decode(Correction, read), found) == (one, ())
    assert correctable(Expert("E", "o", "s", (), date(1980, 1, 1), date(2030, 1, 1), **vars(entry))) == entry
    assert [one.code for one in read_correction({"interests": "某某公司"}, date(2026, 3, 1))[1]] == ["row_credit_code"]
    stands = Correction(interests=("某某公司",))
    assert read_correction({"interests": "某某公司"}, date(2026, 3, 1), stands)[1] == (), "what stands can stay"


def test_rows_of_one_person_have_something_in_common():
    one, other = (
        read_row(place, GOOD | {"number": number, "id_number": "", "name": name}, KNOWN)[0]
        for place, (number, name) in enumerate((("zj1", "张 三"), ("ZJ2", "张三")))
    )
    assert likenesses(one) == likenesses(other)
    assert likenesses(one).keys() == {"mail", "phone", "name"}
    assert (one["number"], one["login"]) == ("ZJ1", "expert-ZJ1")
    assert likenesses({**one, "phone": "", "born": "", "mail": "Other@x.org"}) == {"mail": "other@x.org"}


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
