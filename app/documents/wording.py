"""The templates of documents, and the one place where values become their text.

`t(zh, en)` chooses the language; every value is made printable and escaped here, whatever it contains.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.messages import sentence
from app.procedure.money import format_yuan, rmb_capital
from evaluation.prices import PriceRule

Lang = Literal["zh", "en"]
TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "pdf"
ZONE = ZoneInfo("Asia/Shanghai")
# What XML 1.0 cannot hold: such a character is shown by its code point, never dropped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LINE_BREAK = "\u2028"
PROCUREMENT_METHODS = {"公开招标": "open tendering", "邀请招标": "selective tendering"}


def printable(value: object) -> object:
    """`value` as a template prints it: line ends as LINE SEPARATOR, what XML forbids as 〔U+0000〕."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", LINE_BREAK)
    return _NOT_XML.sub(lambda match: f"〔U+{ord(match[0]):04X}〕", lines)


def instant(value: datetime) -> str:
    """An aware instant on the clocks of the centre: 2026-11-21 16:30:00. Another zone is never meant in a record."""
    return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def day(value: datetime, lang: Lang) -> str:
    """The day of an instant: 2026年11月21日, or 21 November 2026."""
    local = value.astimezone(ZONE)
    return f"{local.year}年{local.month}月{local.day}日" if lang == "zh" else f"{local.day} {local:%B %Y}"


def hundredths(score: Decimal) -> str:
    """A score with its two places. It has been rounded by the rules already; a third place is shown, not rounded."""
    return f"{score:.2f}" if score == round(score, 2) else f"{score:f}"


def listed(parts: Iterable[str], lang: Lang) -> str:
    """Clauses in one line, those that are empty left out."""
    return ("；" if lang == "zh" else "; ").join(part for part in parts if part)


def plain(value: Decimal) -> str:
    """A figure without trailing zeros: 30.00 → 30."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def formula_words(rule: PriceRule, lang: str) -> str:
    """The price formula as a sentence that anybody can recompute, with what the opening draws or has drawn."""
    facts = {name: plain(value) for name, value in rule.parameters.items()}
    for name, values in rule.drawn.items():
        listed = ("、" if lang == "zh" else ", ").join(plain(value) for value in sorted(values))
        facts[name] = sentence("coefficient_to_draw", {"values": listed}, lang)
    return sentence(f"price_formula_{rule.formula}", facts, lang)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"yuan": format_yuan, "capital": rmb_capital, "instant": instant, "score": hundredths}
    environment.filters["in_english"] = PROCUREMENT_METHODS.get
    return environment


_ENVIRONMENT = _environment()


def render_xml(template: str, content: Any, lang: Lang) -> str:
    """The XML of a template (`opening_record`, …) for a dataclass of `app.documents.content`."""
    t: Callable[[str, str], str] = (lambda zh, en: zh) if lang == "zh" else (lambda zh, en: en)
    values = {field.name: getattr(content, field.name) for field in fields(content)}
    functions = {"t": t, "lang": lang, "day": lambda value: day(value, lang)}
    return _ENVIRONMENT.get_template(f"{template}.xml").render(**functions, **values)
