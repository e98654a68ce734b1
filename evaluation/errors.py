"""The one way in which a rule says no."""

from __future__ import annotations


class RuleViolation(Exception):
    """An act that the rule book does not allow.

    `code` is a stable snake_case name with a sentence per language; `facts` are the figures for it.
    """

    def __init__(self, code: str, /, **facts: object) -> None:  # a figure may be called code, too
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code
