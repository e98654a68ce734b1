"""Reads classifications of specialities (`specialities/v1`), and the one that comes with the platform."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import app.procedure.profiles as procedure
from app.casefile.codec import decode
from app.procedure.errors import RuleViolation
from evaluation.specialities import SpecialityTree, check_tree

SHIPPED = Path(procedure.__file__).parent / "data" / "specialities" / "modelled.json"
VERSION = "specialities/v1"


@cache
def read_tree(text: str) -> SpecialityTree:
    """The tree of a document. Raises RuleViolation `malformed`, and those of `check_tree`."""
    try:
        document = json.loads(text)
    except ValueError as exc:
        raise RuleViolation("malformed", path="$", expected="object") from exc
    if not isinstance(document, dict) or document.pop("v", None) != VERSION:
        raise RuleViolation("malformed", path="$.v", expected=VERSION)
    tree = decode(SpecialityTree, document)
    check_tree(tree.specialities)
    return tree


@cache
def shipped_document() -> str:
    """The generated example: modelled on the public classification, not the official one."""
    return SHIPPED.read_text("utf-8")
