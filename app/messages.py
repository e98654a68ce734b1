"""Rule codes as sentences in each language: what happened, with the figures, and what to do next."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crypto.errors import CryptoError
from crypto.instants import parse_instant

LANGUAGES = ("zh", "en")
BEIJING = "Asia/Shanghai"
REGIME_WORDS = ("objection", "objecting", "consent", "signing_law", "signing_rule", "failing_rule", "buyer_member")
# What the codes of refusals at an opening begin with, and the sentence that a record has for it; "" for its own.
_VOID_KINDS = (
    ("key_not_revealed", ""),
    ("key_not_committed", ""),
    ("file_lost", ""),
    ("capsule_", "void_capsule"),
    ("envelope_", "void_file"),
    ("bid_", "void_file"),
    ("package_", "void_package"),
    ("not_canonical", "void_package"),
    ("manifest_", "void_manifest"),
    ("signature_", "void_signature"),
    ("certificate_", "void_signature"),
    ("key_foreign", "void_signature"),
    ("opening_items_", "void_items"),
)
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z\b")
_FOLDER = Path(__file__).parent / "translations" / "messages"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All sentences by code and language; a code stands in one file only."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.json")):
        sentences = json.loads(path.read_text("utf-8"))
        if repeated := found.keys() & sentences.keys():
            raise ValueError(f"{path.name} repeats {sorted(repeated)}")
        found.update(sentences)
    return found


def sentence(code: str, facts: Mapping[str, Any], language: str, zone: str = BEIJING) -> str:
    """The sentence of `code`. A code without one is a bug that the tests find; it shows itself, not a blank."""
    template = catalogue().get(code, {}).get(language) or f"{code}"
    shown = {name: _shown(value, language, zone) for name, value in _in_whole_seconds(facts).items()}
    shown |= regime_words(shown["regime"], language) if "regime" in shown else {}
    shown |= {"expected": _shape(shown["expected"], language)} if "expected" in shown else {}
    shown |= {"period": _period(shown["period"], language)} if "period" in shown else {}
    shown |= {name: _formulas(shown[name], language) for name in ("formula", "formulas") if name in shown}
    shown |= {"method": _method(shown["method"], language)} if "method" in shown else {}
    try:
        return template.format_map(shown)
    except KeyError:
        return template


def void_sentence(reason: str, language: str) -> str:
    """Why a bid is void, as boards and records say it: whole, without figures and without a next step, for which it is
    late. `reason` is the code with which its opening was refused.
    """
    found = (kind or reason for begin, kind in _VOID_KINDS if reason.startswith(begin))
    return sentence(next(found, "void_other"), {}, language)


def regime_words(regime: str, language: str) -> dict[str, str]:
    """How the law of a regime speaks. Works and goods are never mixed.

    What is put at an opening: `objection` one has, `objecting` one raises. Works: 异议 (Regulation art. 44); goods:
    有疑义的提出询问 (Order 87 art. 42). Who neither signs nor states dissent: `consent`, by `signing_law`, in full
    `signing_rule` (Regulation art. 53; Order 87 art. 61). Too few valid bids: `failing_rule` (Law art. 42; Order 87
    art. 43). Who sits for the side that buys: `buyer_member` (Order 12 art. 9; Order 87 art. 47).
    """
    return {name: catalogue().get(f"{regime}_{name}", {}).get(language, "") for name in REGIME_WORDS}


def _shape(expected: str, language: str) -> str:
    """What was expected, in words where it is the shape of a value (`text`, `list`); else as it is."""
    return catalogue().get(f"shape_{expected}", {}).get(language, expected)


def _in_whole_seconds(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is the earliest is rounded up: whoever types what they read is not too early."""
    first = facts.get("earliest_at")
    if not isinstance(first, datetime) or not first.microsecond:
        return dict(facts)
    return {**facts, "earliest_at": first.replace(microsecond=0) + timedelta(seconds=1)}


def _period(text: str, language: str) -> str:
    """A length of time as rule books state it (`20 days`), in words."""
    amount, _blank, unit = text.partition(" ")
    template = catalogue().get(f"period_{unit.replace(' ', '_')}", {}).get(language)
    return template.format(amount=amount) if template else text


def _formulas(ids: str, language: str) -> str:
    """Price formulas by their names; what is none stays as it is."""
    named = [catalogue().get(f"formula_{one}", {}).get(language, one) for one in ids.split(", ")]
    return ("、" if language == "zh" else ", ").join(named)


def _method(name: str, language: str) -> str:
    """A method of evaluation by its name; what is none stays as it is."""
    return catalogue().get(f"works_method_{name}", {}).get(language, name)


def moment(at: datetime, language: str, zone: str = BEIJING) -> str:
    """An instant inside a sentence, with its zone: whoever reads it may stand elsewhere, or read it in court."""
    shown = clock_time(at, zone)
    if zone != BEIJING:
        return f"{shown} ({zone})"
    return f"北京时间 {shown}" if language == "zh" else f"{shown} Beijing time"


def clock_time(at: datetime, zone: str = BEIJING) -> str:
    """An instant on the clocks of a zone: to the second, and to the millisecond where it is not a whole one."""
    local = at.astimezone(ZoneInfo(zone))
    return local.strftime("%Y-%m-%d %H:%M:%S") + (f".{at.microsecond // 1000:03d}" if at.microsecond else "")


def _shown(value: Any, language: str, zone: str) -> str:
    if isinstance(value, datetime):
        return moment(value, language, zone)
    if isinstance(value, str):  # notices keep their facts as JSON, and instants in it as text
        return _INSTANT.sub(lambda found: _in_words(found[0], language, zone), value)
    if isinstance(value, Decimal):
        return format(value, ",f")
    if isinstance(value, Mapping):  # a name that is another one in each language
        return str(value.get(language, ""))
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(item) for item in value)
    return str(value)


def _in_words(text: str, language: str, zone: str) -> str:
    try:
        return moment(parse_instant(text), language, zone)
    except CryptoError:
        return text
