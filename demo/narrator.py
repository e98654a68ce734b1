"""How the demonstration speaks: steps as sentences, tables aligned for a terminal with Chinese characters."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.client.command_line import Parser
from crypto.instants import parse_instant

SENTENCES: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("narration.json").read_text("utf-8"))
BEIJING = ZoneInfo("Asia/Shanghai")
AMOUNT = re.compile(r"\d+\.\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
SHARES = {
    "ShareReleased": {"zh": "用于开标", "en": "for the opening"},
    "DrawShareReleased": {"zh": "用于抽取", "en": "for the draw"},
    "CapsuleShareReleased": {"zh": "用于打开密封的随机数", "en": "for sealed random bytes"},
}
# Preparations that are looked over again before each play: told when they were made, not when they are found made.
ONCE = frozenset({"accounts_approved", "experts_entered", "committee_registered", "bidder_signed_up"})
ROLES = {
    "admin": ("系统管理员", "administrator"),
    "operator": ("交易中心", "centre"),
    "officer": ("代理经办", "agency officer"),
    "supervisor": ("代理机构审核人", "agency supervisor"),
    "regulator": ("监督部门", "regulator"),
    "witness": ("场所见证", "site witness"),
    "mirror": ("登记见证方", "witness"),
    "trustee": ("受托人", "trustee"),
    "bidder": ("投标人", "bidder"),
    "member": ("评审专家", "expert"),
    "buyer": ("采购人代表", "buyer's member"),
    "seat": ("评标席位", "seat"),
    "site": ("平台", "platform"),
}


def width(text: str) -> int:
    """Columns of a terminal that `text` takes: two for wide characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def padded(text: str, columns: int, *, right: bool = False) -> str:
    filling = " " * max(0, columns - width(text))
    return filling + text if right else text + filling


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Aligned columns under a ruled head; the first `words` columns stand left, figures right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(head))]

    def row(line: Sequence[str]) -> str:
        return "  ".join(padded(cell, widths[i], right=i >= words) for i, cell in enumerate(line)).rstrip()

    return "\n".join([row(lines[0]), "  ".join("─" * w for w in widths), *map(row, lines[1:])])


def yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def add_language(parser: Parser) -> None:
    """The option that says in which language a narrator speaks."""
    words = "输出语言，默认 both（中英对照）\nlanguage of the output, otherwise both"
    parser.add_argument("--lang", choices=("zh", "en", "both"), default="both", help=words)


class Narrator:
    """Shows each step once, with the seconds since the curtain rose; `language` is zh, en or both."""

    def __init__(self, language: str, show: Callable[[str], None] = print) -> None:
        self.language, self._show, self._began = language, show, time.monotonic()
        self._told: set[tuple[str, str, str]] = set()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def step(self, actor: str, step: str, facts: dict[str, Any]) -> None:
        telling = (actor, step, json.dumps(facts, sort_keys=True, default=str))
        if step in ONCE and telling in self._told:
            return
        self._told.add(telling)
        zh_role, en_role = ROLES.get("site" if step.startswith("event:") else actor.partition("-")[0], (actor, actor))
        sentences = SENTENCES.get(step, {"zh": step, "en": step})
        zh, en = (
            sentences[language].format_map(_Facts({name: in_words(fact, language) for name, fact in facts.items()}))
            for language in ("zh", "en")
        )
        clock = f"{self.seconds:6.1f} s"
        if self.language != "en":
            self._show(f"{clock}  {padded(zh_role, 10)}  {zh}")
        if self.language == "both":
            self._show(f"{'':8}  {'':10}  {en}")
        if self.language == "en":
            self._show(f"{clock}  {en_role:17}  {en}")

    def words(self, zh: str, en: str, between: str = " ") -> str:
        """These words in the narrator's language, or in both."""
        return {"zh": zh, "en": en, "both": f"{zh}{between}{en}"}[self.language]

    def brief(self, zh: str, en: str) -> str:
        """These words once: in English where nothing else is spoken."""
        return en if self.language == "en" else zh

    def say(self, zh: str, en: str, fact: object = "") -> None:
        """A line of the director's own; `fact` stands once behind the words, in whatever language."""
        words = self.words(zh, en, "  ")
        self._show(f"{words} {fact}" if str(fact) else words)


def in_words(value: Any, language: str) -> str:
    """A fact of a step as people read it: amounts grouped, instants in the zone of the place, codes in words."""
    if isinstance(value, bool):
        return {"zh": "是" if value else "否", "en": "yes" if value else "no"}[language]
    text = str(value)
    if text in SHARES:
        return SHARES[text][language]
    if AMOUNT.fullmatch(text):
        return yuan(Decimal(text))
    if INSTANT.fullmatch(text):
        zone = {"zh": "（北京时间）", "en": " (Beijing time)"}[language]
        return f"{parse_instant(text).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}{zone}"
    return text


class _Facts(dict):  # type: ignore[type-arg]
    """Facts of a step; one that is missing shows its name, not an error in the middle of a play."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"
