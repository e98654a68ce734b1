"""What failed is tendered again: the draft of a further round, taken over from the terms of the one that failed."""

from __future__ import annotations

import re
from typing import Any

from app.casefile.case import Case, Phase
from app.casefile.codec import encode
from app.procedure.errors import RuleViolation

NUMERALS = "一二三四五六七八九十"
_TITLE = re.compile(rf"^(.*)（第([{NUMERALS}])次）$")
_CODE = re.compile(r"^(.*)-R([2-9]|10)$")
LONGEST_TITLE, LONGEST_CODE = 300, 60


def next_round_form(case: Case) -> dict[str, Any]:
    """The form of a draft: the terms of the failed lots as they were published, without deadlines.

    Title and code say which round it is. A lot whose evaluation was given up has not failed, where another committee
    can evaluate the same bids. Raises RuleViolation `no_lot_failed`, `lot_given_up`.
    """
    terms = case.tender.published
    over = [lot for lot in terms.lots if case.lots[lot.number].phase is Phase.FAILED]
    failed = [lot for lot in over if not case.lots[lot.number].to_evaluate_again]
    if not failed:
        raise RuleViolation("lot_given_up" if over else "no_lot_failed")
    number = round_number(terms.title) + 1
    taken_over = {
        name: getattr(terms, name) for name in ("buyer", "buyer_code", "region", "method", "notice", "complex")
    }
    return {
        **taken_over,
        "title": _named(_TITLE, terms.title, f"（第{NUMERALS[min(number, 10) - 1]}次）", LONGEST_TITLE),
        "code": _named(_CODE, terms.code, f"-R{min(number, 10)}", LONGEST_CODE),
        "profile": terms.profile.name,
        "timelock": terms.chain.hash if terms.chain else "",
        "lots": [{**encode(lot), "deadline_at": ""} for lot in failed],
    }


def round_number(title: str) -> int:
    """Which round a title speaks of: 1 where it does not."""
    found = _TITLE.match(title)
    return NUMERALS.index(found[2]) + 1 if found else 1


def _named(pattern: re.Pattern[str], text: str, suffix: str, longest: int) -> str:
    """`text` with its earlier suffix, if any, replaced."""
    found = pattern.match(text)
    return (found[1] if found else text)[: longest - len(suffix)] + suffix
