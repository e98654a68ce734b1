"""What may stand as the name of a person or an organisation: it is printed in public records and compared by eye."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from app.procedure.errors import RuleViolation

MOST = {"organisation": 200, "name": 100, "login": 64, "mail": 200, "kind": 20, "credit_code": 18}  # characters
_PLACES = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_CREDIT_CODE = re.compile(r"[0-9A-Z]{18}\Z")  # 统一社会信用代码, GB 32100
# Controls, invisible and direction-changing characters, lone surrogates, private and unassigned ones, line ends.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def check_name(field: str, value: str, *, needed: bool = True) -> None:
    """Raises RuleViolation `name_missing`, `name_too_long` or `name_unprintable` (the first such character)."""
    if needed and not value.strip():
        raise RuleViolation("name_missing", field=field)
    if len(value) > MOST[field]:
        raise RuleViolation("name_too_long", field=field, length=len(value), most=MOST[field])
    if hidden := hidden_character(value):
        place, character = hidden
        raise RuleViolation("name_unprintable", field=field, place=place, character=character)


def hidden_character(text: str) -> tuple[int, str] | None:
    """Place and code point of the first character that the eye does not see, or that changes how others are seen."""
    if text.isprintable():  # nothing hidden is: most texts need no second look
        return None
    for place, character in enumerate(text, 1):
        if unicodedata.category(character) in _HIDDEN:
            return place, f"U+{ord(character):04X}"
    return None


def check_credit_code(code: str, *, demo: bool = False) -> None:
    """A unified social credit code to its last digit (GB 32100-2015); a demonstration also has invented ones.

    Those have DEMO in them: no real code has the letter O, so that none of them is a company's. Raises RuleViolation
    `credit_code_wrong` (length) or `credit_code_digit` (due).
    """
    if demo and _CREDIT_CODE.match(code) and "DEMO" in code:
        return
    fault = credit_code_fault(code)
    if fault == "form":
        raise RuleViolation("credit_code_wrong", length=len(code))
    if fault:
        raise RuleViolation("credit_code_digit", given=code[-1], due=fault)


def credit_code_digit(body: str) -> str:
    """The last place of a unified social credit code, from the seventeen before it; "" where one of them cannot stand
    in a code (GB 32100-2015).
    """
    if len(body) != len(_WEIGHTS) or not set(body) <= set(_PLACES):
        return ""
    weighed = sum(weight * _PLACES.index(place) for weight, place in zip(_WEIGHTS, body, strict=True))
    return _PLACES[-weighed % 31]


@lru_cache(maxsize=1 << 15)
def credit_code_fault(code: str) -> str:
    """Why a text is no unified social credit code: `form`, or the digit that its last place should be; "" if it is one
    (GB 32100-2015).
    """
    due = credit_code_digit(code[:17])
    if len(code) != MOST["credit_code"] or not due:
        return "form"
    return "" if code[17] == due else due
