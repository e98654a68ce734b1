"""What may stand as the name of a person or an organisation: it is printed in public records and compared by eye."""

from __future__ import annotations

import re
import unicodedata

from app.procedure.errors import RuleViolation

MOST = {"organisation": 200, "name": 100, "login": 64, "mail": 200, "kind": 20, "credit_code": 18}  # characters
_CREDIT_CODE = re.compile(r"[0-9A-Z]{18}\Z")  # 统一社会信用代码, GB 32100
# Controls, invisible and direction-changing characters, lone surrogates, private and unassigned ones, line ends.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def check_name(field: str, value: str, *, needed: bool = True) -> None:
    """Raises RuleViolation `name_missing`, `name_too_long` or `name_unprintable` (the first such character)."""
    if needed and not value.strip():
        raise RuleViolation("name_missing", field=field)
    if len(value) > MOST[field]:
        raise RuleViolation("name_too_long", field=field, length=len(value), most=MOST[field])
    for place, character in enumerate(value, 1):
        if unicodedata.category(character) in _HIDDEN:
            raise RuleViolation("name_unprintable", field=field, place=place, character=f"U+{ord(character):04X}")


def check_credit_code(code: str) -> None:
    """Raises RuleViolation `credit_code_wrong` unless it has the form of a unified social credit code."""
    if not _CREDIT_CODE.match(code):
        raise RuleViolation("credit_code_wrong", length=len(code))
