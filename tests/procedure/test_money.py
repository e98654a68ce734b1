from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.money import format_yuan, rmb_capital
from evaluation.errors import RuleViolation

WRITTEN = {
    "0": "零元整",
    "0.01": "壹分",
    "0.10": "壹角整",
    "0.56": "伍角陆分",
    "1": "壹元整",
    "10": "壹拾元整",
    "100.05": "壹佰元零伍分",
    "1409.50": "壹仟肆佰零玖元伍角整",
    "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "100000": "壹拾万元整",
    "107000.53": "壹拾万零柒仟元伍角叁分",
    "1566000": "壹佰伍拾陆万陆仟元整",
    "1574022": "壹佰伍拾柒万肆仟零贰拾贰元整",
    "10000001": "壹仟万零壹元整",
    "100000000": "壹亿元整",
    "100010000": "壹亿零壹万元整",
    "200000005.40": "贰亿零伍元肆角整",
    "1000000000000": "壹万亿元整",
    "1000200000000": "壹万零贰亿元整",
}

fen = st.integers(min_value=0, max_value=10**18 - 1)


def read_capital(words: str) -> Decimal:
    """The amount that capitals name: a reader that shares nothing with the writer."""
    digits = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
    units = {"拾": 10, "佰": 100, "仟": 1000}
    fen_total = total = section = digit = 0
    for character in words.removesuffix("整"):
        if character in digits:
            digit = digits[character]
            continue
        section, digit = section + digit * units.get(character, 1 if character in "万亿元" else 0), digit
        if character == "万":
            total, section = total + section * 10**4, 0
        elif character == "亿":
            total, section = (total + section) * 10**8, 0
        elif character == "元":
            fen_total, section = (total + section) * 100, 0
        elif character == "角":
            fen_total += digit * 10
        elif character == "分":
            fen_total += digit
        digit = 0
    return Decimal(fen_total) / 100


@pytest.mark.parametrize(("amount", "words"), WRITTEN.items())
def test_capitals_as_banks_write_them(amount, words):
    assert rmb_capital(Decimal(amount)) == words


@given(fen)
def test_capitals_read_back_to_the_same_amount(value):
    amount = Decimal(value) / 100
    words = rmb_capital(amount)
    assert read_capital(words) == amount
    assert "零零" not in words
    assert not words.startswith("零") or amount == 0


@given(fen)
def test_grouped_figures_read_back(value):
    text = format_yuan(Decimal(value) / 100)
    assert Decimal(text.replace(",", "")) * 100 == value
    assert all(len(group) == 3 for group in text.split(".")[0].split(",")[1:])


@pytest.mark.parametrize("write", [rmb_capital, format_yuan])
@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0.001", "amount_not_in_fen"),
        ("1." + "0" * 30 + "1", "amount_not_in_fen"),
        ("-1", "amount_out_of_range"),
        ("1E16", "amount_out_of_range"),
        ("NaN", "amount_out_of_range"),
        ("Infinity", "amount_out_of_range"),
    ],
)
def test_what_cannot_be_paid_is_refused(write, amount, code):
    with pytest.raises(RuleViolation) as refusal:
        write(Decimal(amount))
    assert refusal.value.code == code
