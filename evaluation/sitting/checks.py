"""What the rules of many acts ask alike."""

from __future__ import annotations

import re
import unicodedata

from evaluation.errors import RuleViolation
from evaluation.sitting.events import IdentityCheck
from evaluation.sitting.state import SittingState

UNFIT = frozenset({"Cc", "Cs", "Cn"})  # controls, halves of characters, what is no character
MOST_PHONES = 20  # that one person hands in
_ID = re.compile(r"[0-9a-z-]{1,32}\Z")  # it becomes part of the names of files
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def require_text(text: str, field: str) -> None:
    """Raises RuleViolation `sitting_text_missing`, `sitting_text_unfit` (field)."""
    if not text.strip():
        raise RuleViolation("sitting_text_missing", field=field)
    require_fit(text, field)


def require_fit(text: str, field: str) -> None:
    """A text of record, which may be empty, has lines, and else nothing that cannot be printed. Raises RuleViolation
    `sitting_text_unfit` (field)."""
    if any(unicodedata.category(letter) in UNFIT for letter in text if letter not in "\n\r\t"):
        raise RuleViolation("sitting_text_unfit", field=field)


def require_id(text: str) -> None:
    """Raises RuleViolation `sitting_id_malformed`."""
    if not _ID.match(text):
        raise RuleViolation("sitting_id_malformed")


def require_digest(text: str, field: str) -> None:
    """Raises RuleViolation `sitting_digest_malformed` (field)."""
    if not _DIGEST.match(text):
        raise RuleViolation("sitting_digest_malformed", field=field)


def require_identity(booth: str | None, identity: IdentityCheck | None) -> None:
    """What a witness writes down of booth and person has a shape. Raises RuleViolation `sitting_text_missing`,
    `sitting_digest_malformed`, `sitting_phones_wrong`."""
    if booth is not None:
        require_text(booth, "booth")
    if identity is not None:
        if identity.photo_sha256 is not None:
            require_digest(identity.photo_sha256, "photo_sha256")
        if not 0 <= identity.phones <= MOST_PHONES:
            raise RuleViolation("sitting_phones_wrong", phones=identity.phones, most=MOST_PHONES)


def require_once(seat: int, done: object, act: str) -> None:
    """Raises RuleViolation `sitting_already_done` (seat, act)."""
    if done:
        raise RuleViolation("sitting_already_done", seat=seat, act=act)


def acts_about(state: SittingState, actor: int, about: int) -> bool:
    """The chair acts about others; where it is about the chair, any other member does."""
    return actor != about and state.chair in {actor, about}


def records_refusal(state: SittingState, actor: int, about: int) -> bool:
    """As `acts_about`; once the chair has signed, dissented or is recorded itself, and may be gone, also whoever has
    signed or dissented: not who is only recorded as doing neither."""
    spoke = actor in state.signed or actor in state.dissents
    return acts_about(state, actor, about) or (actor != about and spoke and state.chair in state.settled)


def require_another(actor: int, about: int) -> None:
    """Raises RuleViolation `sitting_not_by_chair` (seat, about)."""
    if actor == about:
        raise RuleViolation("sitting_not_by_chair", seat=actor, about=about)
