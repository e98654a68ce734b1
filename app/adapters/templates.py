"""Reads the library of tender templates that comes with the platform: drafts to begin from, by kind of procurement."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import app.procedure.profiles as profiles
from app.procedure.errors import RuleViolation

DATA = Path(profiles.__file__).parent / "data" / "templates"


@dataclass(frozen=True)
class TenderTemplate:
    """A template: its title in each language and the form of a draft, money and dates left empty."""

    name: str
    title_zh: str
    title_en: str
    form: dict[str, Any]


@cache
def tender_templates() -> tuple[TenderTemplate, ...]:
    """All templates by name."""
    return tuple(TenderTemplate(**json.loads(path.read_text("utf-8"))) for path in sorted(DATA.glob("*.json")))


def new_form(name: str) -> dict[str, Any]:
    """A fresh draft form of that template. Raises RuleViolation `template_unknown`."""
    found = next((template for template in tender_templates() if template.name == name), None)
    if found is None:
        raise RuleViolation("template_unknown", template=name)
    return copy.deepcopy(found.form)
