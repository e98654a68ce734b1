"""A generated library of any size: people, employers and careers that look like those of a province, and are nobody.

Names are marked 生成, identity numbers and credit codes have an area code that no place has, phones a prefix that no
network has, mail addresses the reserved domain `example`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from app.procedure.expert_rows import COLUMNS, check_digit
from app.procedure.names import credit_code_digit
from evaluation.specialities import SpecialityTree

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉建文志海云晨宇思远嘉欣"
TITLES = ("高级工程师", "正高级工程师", "副教授", "教授", "高级经济师", "高级会计师")
LICENCES = ("一级造价工程师", "一级建造师", "监理工程师", "注册咨询工程师", "注册会计师", "")
PLACES = ("510000", "510100", "510300", "510400", "510500", "510600", "510700", "510800", "511300", "513400")
PER_UNIT = 12


class _Chance:
    """Numbers that are the same again for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed, self._turn, self._left = str(seed).encode(), 0, 0

    def below(self, bound: int) -> int:
        if self._left < 1 << 32:
            self._turn += 1
            self._left = int.from_bytes(hashlib.sha512(b"%s/%d" % (self._seed, self._turn)).digest())
        self._left, found = divmod(self._left, bound)
        return found

    def between(self, first: int, last: int) -> int:
        return first + self.below(last - first + 1)

    def choice(self, of: Sequence[Any]) -> Any:
        return of[self.below(len(of))]

    def some(self, of: Sequence[str], count: int) -> list[str]:
        return list(dict.fromkeys(self.choice(of) for _ in range(count)))


def table(count: int, sites: Sequence[str], tree: SpecialityTree, today: date, seed: int = 1) -> Iterator[list[str]]:
    """The heading and `count` rows as `tenderhall experts import` takes them; the same for the same seed."""
    chance = _Chance(seed)
    deepest = max(len(node.code) for node in tree.specialities)
    leaves = [node.code for node in tree.specialities if len(node.code) == deepest]
    yield [column.zh for column in COLUMNS]
    for number in range(1, count + 1):
        cells = _person(number, chance, today) | _work(number, count, sites, leaves, chance, today)
        yield [cells.get(column.key, "") for column in COLUMNS]


def _person(number: int, chance: _Chance, today: date) -> dict[str, str]:
    age = chance.between(34, 69)
    born = today - timedelta(days=365 * age + chance.between(0, 364))
    since = born + timedelta(days=365 * chance.between(23, 28))
    body = f"000000{born:%Y%m%d}{number % 1000:03d}"
    return {
        "number": f"SC{number:06d}",
        "name": f"生成{chance.choice(SURNAMES)}{''.join(chance.some(GIVEN, chance.between(1, 2)))}",
        "id_number": body + check_digit(body) if number < 1000 else "",
        "born": born.isoformat(),
        "phone": f"100{number:08d}",
        "mail": f"sc{number:06d}@generated.example",
        "practising_since": since.isoformat(),
        "region": chance.choice(PLACES),
    }


def _work(
    number: int, count: int, sites: Sequence[str], leaves: Sequence[str], chance: _Chance, today: date
) -> dict[str, str]:
    units = max(1, count // PER_UNIT)
    unit, former = chance.below(units), chance.below(units)
    licence, left = chance.choice(LICENCES), today - timedelta(days=chance.between(200, 3000))
    away = today + timedelta(days=chance.between(1, 60))
    return {
        "organisation": f"生成单位{unit:05d}",
        "credit_code": _code(unit),
        "past_employments": f"{_code(former)}:{left}" if chance.below(10) < 3 else "",
        "site": sites[number % len(sites)],
        "specialities": "；".join(chance.some(leaves, chance.choice((1, 1, 2, 3)))),
        "title": chance.choice(TITLES),
        "qualifications": f"{licence}:{today + timedelta(days=chance.between(30, 1400))}" if licence else "",
        "certified_until": (today + timedelta(days=chance.between(20, 1095))).isoformat(),
        "absences": f"{away}~{away + timedelta(days=chance.between(0, 14))}" if chance.below(20) < 1 else "",
    }


def _code(unit: int) -> str:
    """Of no place and no kind of organisation that is registered, with its check digit."""
    body = f"Y1000000{100_000_000 + unit:09d}"
    return body + credit_code_digit(body)
