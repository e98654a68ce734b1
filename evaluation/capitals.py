"""Amounts of money written in capitals (大写), read back: what a bid says in words against its figures."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

_DIGIT_WORDS = ("零〇", "壹一", "贰二", "叁三", "肆四", "伍五", "陆六", "柒七", "捌八", "玖九")
DIGITS = {word: value for value, words in enumerate(_DIGIT_WORDS) for word in words}
UNITS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}
FORMS = str.maketrans({"圆": "元", "貳": "贰", "參": "叁", "陸": "陆", "萬": "万", "億": "亿"})


def read_capitals(text: str) -> Decimal | None:
    """壹佰伍拾陆万陆仟元整 → 1566000; None for what is no such amount."""
    words = unicodedata.normalize("NFKC", text).translate(FORMS)
    words = "".join(words.split()).removeprefix("人民币").removesuffix("整").removesuffix("正")
    yuan, whole_yuan, rest = words.partition("元")
    if not whole_yuan:
        yuan, rest = "", words
    jiao, mark, fen = rest.partition("角")
    if not mark:
        jiao, fen = "", rest
    parts = [_whole(yuan) if yuan else 0, _digit(jiao), _digit(fen.removesuffix("分"))]
    if (
        not words
        or (whole_yuan and not yuan)
        or (fen and not fen.endswith("分"))
        or any(part is None for part in parts)
    ):
        return None
    whole, tenths, hundredths = (part or 0 for part in parts)
    return Decimal(whole) + Decimal(tenths * 10 + hundredths) / 100


def _digit(text: str) -> int | None:
    plain = text.lstrip("零〇")
    return 0 if not plain else DIGITS.get(plain)


def _whole(text: str) -> int | None:
    """A whole number: groups of thousands, hundreds, tens and ones, each larger than the next."""
    total = section = digit = 0
    unit, group = 10**4, 10**12
    for word in text:
        if word in DIGITS:
            if digit:
                return None
            digit = DIGITS[word]
        elif word in UNITS:
            if UNITS[word] >= unit or (not digit and (section or total or word not in "拾十")):
                return None
            unit, section, digit = UNITS[word], section + (digit or 1) * UNITS[word], 0
        elif word in GROUPS:
            if word == "亿":
                total = (total + section + digit) * GROUPS[word]
                group = GROUPS[word]
            elif GROUPS[word] >= group:
                return None
            else:
                total, group = total + (section + digit) * GROUPS[word], GROUPS[word]
            section = digit = 0
            unit = 10**4
        else:
            return None
    return total + section + digit
