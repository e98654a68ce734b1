"""Amounts in capitals are read back as they are written, and what is no amount is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.money import rmb_capital
from evaluation.capitals import read_capitals


@given(st.integers(0, 10**15 - 1))
def test_every_amount_that_is_written_is_read_back(fen: int):
    amount = Decimal(fen) / 100
    assert read_capitals(rmb_capital(amount)) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("人民币壹佰伍拾柒万肆仟零贰拾贰元整", "1574022"),
        ("壹佰伍拾柒萬肆仟零贰拾贰圆正", "1574022"),
        ("一百五十七万四千零二十二元", "1574022"),
        ("拾万元整", "100000"),
        ("玖角", "0.9"),
        ("壹亿零叁元零伍分", "100000003.05"),
    ],
)
def test_other_ways_of_writing_are_read(text: str, amount: str):
    assert read_capitals(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "整", "1574022", "壹贰元", "拾佰元", "万万万元", "壹元贰", "壹元拾角", "元", "x元"]
)
def test_what_is_no_amount_is_none(text: str):
    assert read_capitals(text) is None
