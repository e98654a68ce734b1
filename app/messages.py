"""Rule codes as sentences in each language: what happened, with the figures, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LANGUAGES = ("zh", "en")
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


def sentence(code: str, facts: Mapping[str, Any], language: str, zone: str = "Asia/Shanghai") -> str:
    """The sentence of `code`. A code without one is a bug that the tests find; it shows itself, not a blank."""
    template = catalogue().get(code, {}).get(language) or f"{code}"
    shown = {name: _shown(value, zone) for name, value in facts.items()}
    shown |= regime_words(shown["regime"], language) if "regime" in shown else {}
    shown |= {"expected": _shape(shown["expected"], language)} if "expected" in shown else {}
    try:
        return template.format_map(shown)
    except KeyError:
        return template


def regime_words(regime: str, language: str) -> dict[str, str]:
    """What the law of a regime calls that which is put at an opening: `objection` one has, `objecting` one raises.

    Works: 异议 (Regulation art. 44). Goods: 有疑义的提出询问 (Order 87 art. 42).
    """
    return {name: catalogue().get(f"{regime}_{name}", {}).get(language, "") for name in ("objection", "objecting")}


def _shape(expected: str, language: str) -> str:
    """What was expected, in words where it is the shape of a value (`text`, `list`); else as it is."""
    return catalogue().get(f"shape_{expected}", {}).get(language, expected)


def _shown(value: Any, zone: str) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(zone)) if value.tzinfo else value.replace(tzinfo=UTC)
        return local.strftime("%Y-%m-%d %H:%M:%S") + (f".{value.microsecond // 1000:03d}" if value.microsecond else "")
    if isinstance(value, Decimal):
        return format(value, ",f")
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(item) for item in value)
    return str(value)
