"""Specialities of experts as a tree of codes: a letter, then two digits for each level below (`A`, `A08`, `A0801`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from evaluation.errors import RuleViolation

_CODE = re.compile(r"[A-Z](?:[0-9]{2}){0,4}")
_DIGITS = 2


def is_code(text: str) -> bool:
    """Whether this is a code of a tree. Anything else is a speciality by its plain words, equal to itself alone."""
    return _CODE.fullmatch(text) is not None


def covers(node: str, held: str) -> bool:
    """Whether somebody who holds the speciality `held` counts where `node` is asked for: the node and all below it."""
    return held == node or (is_code(node) and is_code(held) and held.startswith(node))


def parent(code: str) -> str:
    """The code one level above, "" for a root."""
    return code[:-_DIGITS] if len(code) > _DIGITS else ""


@dataclass(frozen=True)
class Speciality:
    """A node with its name in both languages."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class SpecialityTree:
    """A classification; `source` says in words where it comes from."""

    source: str
    specialities: tuple[Speciality, ...]

    @cached_property
    def by_code(self) -> dict[str, Speciality]:
        return {node.code: node for node in self.specialities}

    def path(self, code: str) -> tuple[Speciality, ...]:
        """The node with everything above it, the root first; empty when the tree has no such node."""
        found: list[Speciality] = []
        while node := self.by_code.get(code):
            found.append(node)
            code = parent(code)
        return tuple(reversed(found))


def check_tree(specialities: Iterable[Speciality]) -> None:
    """Raises RuleViolation `speciality_code_malformed`, `speciality_repeated`, `speciality_without_parent`,
    `speciality_unnamed`, `specialities_missing`.
    """
    seen: set[str] = set()
    nodes = sorted(specialities, key=lambda node: node.code)
    if not nodes:
        raise RuleViolation("specialities_missing")
    for node in nodes:
        if not is_code(node.code):
            raise RuleViolation("speciality_code_malformed", speciality=node.code)
        if node.code in seen:
            raise RuleViolation("speciality_repeated", speciality=node.code)
        if not node.zh.strip() or not node.en.strip():
            raise RuleViolation("speciality_unnamed", speciality=node.code)
        if parent(node.code) and parent(node.code) not in seen:
            raise RuleViolation("speciality_without_parent", speciality=node.code, parent=parent(node.code))
        seen.add(node.code)
