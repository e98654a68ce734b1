"""Amounts of money as people write them: grouped figures and the capitals that Chinese records print beside them."""

from __future__ import annotations

from decimal import Decimal

from evaluation.errors import RuleViolation

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
_FEN = Decimal("0.01")
_LIMIT = 10**16  # 仟万亿元: the largest place that the four groups can name


def _whole_fen(amount: Decimal) -> int:
    """`amount` (yuan) in fen.

    Raises RuleViolation `amount_not_in_fen` for fractions of a fen, `amount_out_of_range` for a negative or huge one.
    """
    if not amount.is_finite() or amount < 0 or amount >= _LIMIT:
        raise RuleViolation("amount_out_of_range", amount=str(amount), largest=str(_LIMIT))
    exact = amount.quantize(_FEN)
    if exact != amount:
        raise RuleViolation("amount_not_in_fen", amount=str(amount))
    return int(exact * 100)


def _group_words(value: int) -> str:
    """1..9999 in capitals: one 零 for each inner run of zeros, none at either end."""
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + _PLACES[place]
        gap = digit == 0
    return words


def _yuan_words(yuan: int) -> str:
    """A positive whole number in capitals, without 元.

    A 零 stands where a lower group begins with a zero, or follows an empty group, or the group above ends in zero.
    """
    words, zero_before = "", False
    for index in (3, 2, 1, 0):
        group = yuan // 10000**index % 10000
        if group:
            joined = "零" if words and (zero_before or group < 1000) else ""
            words += joined + _group_words(group) + _group_name(index, yuan)
        zero_before = group % 10 == 0
    return words


def _group_name(index: int, yuan: int) -> str:
    """万亿 is one unit, but its 亿 is said once, by the 亿 group below, when that group is not empty."""
    if index == 3 and yuan // 10000**2 % 10000:
        return "万"
    return _GROUPS[index]


def rmb_capital(amount: Decimal) -> str:
    """`amount` (yuan, two decimal places at most) in capitals: 1566000 → 壹佰伍拾陆万陆仟元整.

    Follows the rules for bank instruments (支付结算办法, annex 1): 整 after 元 or 角, 零 before a 分 without 角.
    Raises RuleViolation `amount_out_of_range`, `amount_not_in_fen`.
    """
    yuan, rest = divmod(_whole_fen(amount), 100)
    jiao, fen = divmod(rest, 10)
    words = _yuan_words(yuan) + "元" if yuan else ""
    if not rest:
        return (words or "零元") + "整"
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif words:
        words += "零"
    return words + (_DIGITS[fen] + "分" if fen else "整")


def format_yuan(amount: Decimal) -> str:
    """`amount` (yuan) with thousands grouped and two places: 1566000 → 1,566,000.00.

    Raises RuleViolation `amount_out_of_range`, `amount_not_in_fen`: nothing is ever rounded for display.
    """
    yuan, rest = divmod(_whole_fen(amount), 100)
    return f"{yuan:,}.{rest:02d}"
