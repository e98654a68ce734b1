"""Reads the rule books for inspections that come with the platform."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import app.procedure.profiles as profiles
from app.casefile.codec import decode
from app.procedure.errors import RuleViolation
from app.procedure.inspections.items import InspectionRules

DATA = Path(profiles.__file__).parent / "data" / "inspections"


def rule_books() -> tuple[str, ...]:
    """Names of all rule books, the real ones first."""
    return tuple(sorted((path.stem for path in DATA.glob("*.json")), key=lambda name: (name == "demo", name)))


@cache
def read_rules(name: str) -> InspectionRules:
    """The rule book of that name. Raises RuleViolation `profile_unknown`."""
    if name not in rule_books():
        raise RuleViolation("profile_unknown", profile=name)
    return decode(InspectionRules, json.loads((DATA / f"{name}.json").read_text("utf-8")))
