"""What the rules of many acts ask alike."""

from __future__ import annotations

import re

from evaluation.errors import RuleViolation

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def require_text(text: str, field: str) -> None:
    """Raises RuleViolation `sitting_text_missing` (field)."""
    if not text.strip():
        raise RuleViolation("sitting_text_missing", field=field)


def require_digest(text: str, field: str) -> None:
    """Raises RuleViolation `sitting_digest_malformed` (field)."""
    if not _DIGEST.match(text):
        raise RuleViolation("sitting_digest_malformed", field=field)


def require_once(seat: int, done: object, act: str) -> None:
    """Raises RuleViolation `sitting_already_done` (seat, act)."""
    if done:
        raise RuleViolation("sitting_already_done", seat=seat, act=act)
