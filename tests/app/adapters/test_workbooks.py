"""Workbooks that the platform writes: numbers, percentages, and no formula whatever somebody has typed."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from app.adapters.spreadsheets import read_table
from app.adapters.workbooks import Share, write_sheets, write_workbook


def cells_of(data: bytes, sheet: str = "xl/worksheets/sheet1.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for name in book.namelist():
            ElementTree.fromstring(book.read(name))
        return book.read(sheet).decode()


def test_numbers_are_numbers_and_shares_percentages() -> None:
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(write_sheets({"一": [["名", 3, Decimal("0.125"), Share(1, 3), Share(0, 0), None]], "二": [["x"]]}))
    )
    assert book.sheet_names == ["一", "二"]
    (row,) = book.get_sheet_by_name("一").to_python()
    assert row[:4] == ["名", 3.0, 0.125, 0.333333]
    text = cells_of(write_workbook([[Share(1, 4), 7, "7"]]))
    assert re.findall(r'<c s="2"><v>([\d.]+)</v>', text) == ["0.250000"]
    assert "<c><v>7</v></c>" in text
    with zipfile.ZipFile(io.BytesIO(write_workbook([[1]]))) as made:
        assert 'formatCode="0.0%"' in made.read("xl/styles.xml").decode()


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=HYPERLINK(&quot;http://x&quot;)"])
def test_a_text_that_looks_like_a_formula_is_none_and_stays_none_when_edited(typed: str) -> None:
    text = cells_of(write_workbook([[typed, "名称"]]))
    assert "<f>" not in text
    assert re.findall(r's="(\d)"', text) == ["1", "0"], "marked as quoted, the other one is not"
    assert next(read_table(write_workbook([[typed]])))[0] == typed.strip()


def test_an_identity_number_stays_as_it_was_written() -> None:
    assert next(read_table(write_workbook([["110101199003077777", "00012"]]))) == ("110101199003077777", "00012")


def test_names_of_sheets_are_such_as_programs_take() -> None:
    made = CalamineWorkbook.from_filelike(io.BytesIO(write_sheets({"a/b:c" + "x" * 40: [["1"]]})))
    (name,) = made.sheet_names
    assert len(name) == 31
    assert not set(name) & set("[]:*?/\\")
