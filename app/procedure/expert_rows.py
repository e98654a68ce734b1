"""One row of a table of experts: read into an entry of the library, or told what is wrong in which column."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from app.procedure.names import credit_code_fault, hidden_character
from evaluation.experts import Correction, age
from evaluation.recusal import same_name
from evaluation.specialities import SpecialityTree


@dataclass(frozen=True)
class Column:
    """A column by its key, its Chinese heading, whether a row needs it, and an example for the template."""

    key: str
    zh: str
    needed: bool
    example: str


COLUMNS = (
    Column("number", "专家编号", True, "ZJ000001"),
    Column("name", "姓名", True, "生成张三"),
    Column("id_number", "身份证号", False, "51010419800101123X"),
    Column("born", "出生日期", False, "1980-01-01"),
    Column("phone", "手机", False, "13800000000"),
    Column("mail", "电子邮箱", True, "expert@example.org"),
    Column("organisation", "工作单位", True, "某某设计院"),
    Column("credit_code", "统一社会信用代码", True, "Y1000000100000001C"),
    Column("past_employments", "原工作单位", False, "Y1000000100000002F:2024-05-31"),
    Column("site", "场所", True, "主场"),
    Column("specialities", "专业代码", True, "A0801；A0802"),
    Column("title", "职称", False, "高级工程师"),
    Column("practising_since", "从业起始日期", False, "2005-07-01"),
    Column("region", "地区代码", False, "510000"),
    Column("qualifications", "执业资格", False, "注册造价工程师:2029-12-31"),
    Column("certified_until", "聘期截止", True, "2029-12-31"),
    Column("relatives", "应回避的亲属", False, ""),
    Column("interests", "持股单位代码", False, ""),
    Column("absences", "不能参加的日期", False, "2026-10-01~2026-10-07"),
    Column("service", "任职的监督管理部门", False, ""),
    Column("punished", "受过招标采购处罚", False, "否"),
)
LIST_MARKS = re.compile(r"[;；、|\n]")
LONGEST = 200
LISTS = frozenset({"past_employments", "qualifications", "absences"})  # as long as a cell may be
BROKEN = LISTS | {"specialities", "relatives", "interests"}  # may stand in several lines
YES, NO = frozenset({"是", "有", "yes", "1"}), frozenset({"", "否", "无", "no", "0"})
# What no living, working person is: a slip of the hand, told as such. The ages at which one is drawn are the profile's.
BORN_YEARS_AGO = range(18, 101)
YOUNGEST_AT_WORK = 16
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    ]
)
PATTERNS = {
    "number": (re.compile(r"[0-9A-Za-z-]{2,32}"), "row_number"),
    "phone": (re.compile(r"1[0-9]{10}"), "row_phone"),
    "mail": (re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"), "row_mail"),
    "region": (re.compile(r"[0-9]{6}"), "row_region"),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell: the row's number in the file, the column's key, a code with a sentence, the text."""

    row: int
    column: str
    code: str
    given: str = ""


@dataclass(frozen=True)
class Known:
    """What a row may name: sites by name and by id, and the tree of specialities; and the day of the examination."""

    sites: Mapping[str, str]
    tree: SpecialityTree
    today: date


def headings(row: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each column stands, by the Chinese heading or the key; and which needed ones are missing."""
    names = {column.zh: column.key for column in COLUMNS} | {column.key: column.key for column in COLUMNS}
    places = {names[text]: place for place, text in reversed(list(enumerate(row))) if text in names}
    return places, tuple(column.zh for column in COLUMNS if column.needed and column.key not in places)


def check_digit(body: str) -> str:
    """The last place of an identity number, from the seventeen before it (GB 11643-1999)."""
    return _CHECK[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True)) % len(_CHECK)]


def identity_number_fits(text: str) -> bool:
    """Eighteen places with their check digit (GB 11643-1999)."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return False
    return check_digit(text[:17]) == text[17] and _day(f"{text[6:10]}-{text[10:12]}-{text[12:14]}") is not None


@lru_cache(maxsize=1 << 15)
def _day(text: str) -> str | None:
    """A day as YYYY-MM-DD, also where it was written 2026/1/5 or 20260105; None where it is none."""
    found = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", text)
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


def read_day(text: str) -> date | None:
    """The day that a cell names, however it is written; None where it is none."""
    found = _day(text)
    return date.fromisoformat(found) if found else None


class Row:
    """The cells of a row, and what was found wrong in them. `codes` are credit codes that need no check."""

    def __init__(
        self, number: int, cells: Mapping[str, str], known: Known, codes: Collection[str] = frozenset()
    ) -> None:
        self.number, self.cells, self.known, self.codes = number, cells, known, codes
        self.faults: list[Fault] = []

    def wrong(self, column: str, code: str, given: str = "") -> None:
        secret = column in ("id_number", "phone")
        self.faults.append(Fault(self.number, column, code, "" if secret else given[:40]))

    def check(self, column: Column) -> None:
        text = self.cells[column.key]
        if not text.strip():
            if column.needed:
                self.wrong(column.key, "row_missing")
            return
        if hidden := hidden_character(text.replace("\n", "") if column.key in BROKEN else text):
            self.faults.append(Fault(self.number, column.key, "row_unprintable", f"{hidden[1]} #{hidden[0]}"))
            return
        if len(text) > LONGEST and column.key not in LISTS:
            self.wrong(column.key, "row_too_long", text)
        pattern, code = PATTERNS.get(column.key, (None, ""))
        if pattern is not None and not pattern.fullmatch(text):
            self.wrong(column.key, code, text)

    def code(self, column: str, text: str) -> str:
        """A credit code, checked to its last place."""
        fault = "" if text in self.codes else credit_code_fault(text)
        if fault == "form":
            self.wrong(column, "row_credit_code", text)
        elif fault:
            self.wrong(column, "row_credit_digit", f"{text} ≠ {text[:17]}{fault}")
        return text

    def day(self, column: str, text: str | None = None) -> str:
        text = self.cells[column] if text is None else text
        found = _day(text) if text else ""
        if found is None:
            self.wrong(column, "row_date", text)
        return found or ""

    def parts(self, column: str) -> list[str]:
        text = self.cells[column]
        return [part.strip() for part in LIST_MARKS.split(text) if part.strip()] if text else []

    def pairs(self, column: str, mark: str, dated: Callable[[str, str], dict[str, str]]) -> list[dict[str, str]]:
        """Parts of two halves; the full-width colon counts like the plain one."""
        found = []
        for part in self.parts(column):
            first, _mark, second = part.replace("：", ":").replace("～", "~").partition(mark)
            found.append(dated(first.strip(), second.strip()))
        return found


def read_row(number: int, cells: Mapping[str, str], known: Known) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The entry as the library's interface takes it, and every fault; with a fault the entry must not be used."""
    row = Row(number, {column.key: cells.get(column.key, "") for column in COLUMNS}, known)
    for column in COLUMNS:
        if column.needed or row.cells[column.key]:
            row.check(column)
    entry: dict[str, Any] = {key: row.cells[key] for key in ("name", "mail", "phone", "title", "region")}
    entry["number"] = row.cells["number"].upper()
    entry["login"] = f"expert-{entry['number']}"
    code = row.cells["credit_code"]
    entry["organisation"] = {"name": row.cells["organisation"], "kind": "employer", "credit_code": code}
    if code:
        row.code("credit_code", code)
    entry |= {"born": _born(row), "id_number": row.cells["id_number"].upper(), "site": site_of(row)}
    entry |= {"specialities": _specialities(row), "certified_until": row.day("certified_until")}
    if since := row.day("practising_since"):
        entry["practising_since"] = since
    _check_times(row, entry)
    if (region := row.cells["region"]) and region[:2] not in PROVINCES:
        row.wrong("region", "row_region", region)
    entry |= _declared(row) | {"qualifications": row.pairs("qualifications", ":", qualification_of(row))}
    return entry, once_each(row.faults)


def once_each(faults: list[Fault]) -> tuple[Fault, ...]:
    """Each fault once, the first of a cell for each code."""
    return tuple({(fault.column, fault.code): fault for fault in reversed(faults)}.values())[::-1]


def _check_times(row: Row, entry: Mapping[str, Any]) -> None:
    """Days that no career has: a birth too long or too short ago, work before one may work, a term that is over."""
    today = row.known.today
    born = date.fromisoformat(entry["born"]) if entry["born"] else None
    since = date.fromisoformat(entry["practising_since"]) if entry.get("practising_since") else None
    until = date.fromisoformat(entry["certified_until"]) if entry["certified_until"] else None
    if born and age(born, today) not in BORN_YEARS_AGO:
        row.wrong("born", "row_born_range", f"{born} ({age(born, today)})")
        born = None  # says nothing of the other days
    if since and since > today:
        row.wrong("practising_since", "row_future", str(since))
    elif since and born and age(born, since) < YOUNGEST_AT_WORK:
        row.wrong("practising_since", "row_since_range", f"{since} ({age(born, since)})")
    if until and until < today:
        row.wrong("certified_until", "row_over", str(until))


def qualification_of(row: Row) -> Callable[[str, str], dict[str, str]]:
    def qualification(name: str, until: str) -> dict[str, str]:
        return {"name": name} | ({"until": row.day("qualifications", until)} if until else {})

    return qualification


def read_correction(
    cells: Mapping[str, str], today: date, now: Correction = Correction()
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """What two persons may change in an entry, from cells of the same columns: the JSON of a Correction, and faults.
    A credit code that stands in the entry `now` is none.
    """
    known, codes = Known({}, SpecialityTree("", ()), today), {one.organisation for one in now.past_employments}
    cells = {column.key: cells.get(column.key, "").replace("\r", "") for column in COLUMNS}
    row = Row(0, cells, known, codes.union(now.interests))
    for column in COLUMNS:
        if column.key in CORRECTED:
            row.check(column)
    return _declared(row), once_each(row.faults)


CORRECTED = frozenset(Correction.__dataclass_fields__)


def correction_cells(entry: Correction) -> dict[str, str]:
    """The same the other way: what `read_correction` reads again as this, a line for each part."""
    return {
        "past_employments": "\n".join(f"{one.organisation}:{one.until}" for one in entry.past_employments),
        "relatives": "\n".join(entry.relatives),
        "interests": "\n".join(entry.interests),
        "absences": "\n".join(f"{one.first}~{one.last}" for one in entry.absences),
        "service": entry.service,
        "punished": "是" if entry.punished else "否",
    }


def _declared(row: Row) -> dict[str, Any]:
    """What recusal and availability read."""
    today = row.known.today.isoformat()

    def employment(code: str, until: str) -> dict[str, str]:
        if not until:
            row.wrong("past_employments", "row_pair", code)
        day = row.day("past_employments", until)
        if day > today:
            row.wrong("past_employments", "row_future", day)
        return {"organisation": row.code("past_employments", code), "until": day}

    def absence(first: str, last: str) -> dict[str, str]:
        days = {"first": row.day("absences", first), "last": row.day("absences", last or first)}
        if days["first"] > days["last"] > "":
            row.wrong("absences", "row_absence_order", first)
        return days

    return {
        "past_employments": row.pairs("past_employments", ":", employment),
        "relatives": row.parts("relatives"),
        "interests": [row.code("interests", code) for code in row.parts("interests")],
        "absences": row.pairs("absences", "~", absence),
        "service": row.cells["service"].strip(),
        "punished": _yes(row),
    }


def _yes(row: Row) -> bool:
    text = row.cells["punished"].strip().lower()
    if text not in YES | NO:
        row.wrong("punished", "row_yes_or_no", text)
    return text in YES


def _born(row: Row) -> str:
    """The day of birth: given, or read from the identity number, with which it must agree."""
    given, identity = row.day("born"), row.cells["id_number"].upper()
    if not identity:
        if not row.cells["born"]:
            row.wrong("born", "row_missing")
        return given
    if not identity_number_fits(identity):
        row.wrong("id_number", "row_id_number")
        return given
    stated = f"{identity[6:10]}-{identity[10:12]}-{identity[12:14]}"
    if given and given != stated:
        row.wrong("born", "row_born_differs", given)
    return stated


def site_of(row: Row) -> str:
    text = row.cells["site"]
    found = row.known.sites.get(text, "")
    if text and not found:
        row.wrong("site", "row_site", text)
    return found


def _specialities(row: Row) -> list[str]:
    found = list(dict.fromkeys(row.parts("specialities")))
    for code in found:
        if code not in row.known.tree.by_code:
            row.wrong("specialities", "row_speciality", code)
    return found


def likenesses(entry: Mapping[str, Any]) -> dict[str, str]:
    """By column, what two rows of one person would have in common although their numbers differ."""
    name = same_name(entry["name"])
    found = {"mail": entry["mail"].casefold(), "phone": entry["phone"]}
    found["name"] = f"{name}/{entry['born']}" if name and entry["born"] else ""
    return {column: text for column, text in found.items() if text}


def repeated(entry: Mapping[str, Any], seen: Collection[str]) -> str:
    """The column in which a row repeats an earlier one of the file, or ""."""
    return next((key for key in ("number", "id_number") if entry[key] and f"{key}:{entry[key]}" in seen), "")
