"""Opaque cursors: where a looker stands in a case, without telling the sequence number."""

from __future__ import annotations

from cryptography.fernet import InvalidToken

from app.casefile.case import Case
from app.procedure.errors import RuleViolation
from app.services.platform import Platform


def write_cursor(platform: Platform, case_id: str, seq: int) -> str:
    """A cursor of fixed length that only this installation can read."""
    return platform.keys.protect(f"{case_id}:{seq:016d}".encode()).decode()


def cursor_of(platform: Platform, case: Case) -> str:
    """Where whoever is shown this state of a case stands: what is committed after it was read is still to be told."""
    return write_cursor(platform, case.id, case.size - 1)


def read_cursor(platform: Platform, case_id: str, cursor: str) -> int:
    """The sequence number behind a cursor; -1 for none. Raises RuleViolation `cursor_wrong`."""
    if not cursor:
        return -1
    try:
        found, _, seq = platform.keys.reveal(cursor.encode()).decode().rpartition(":")
    except (InvalidToken, ValueError) as exc:
        raise RuleViolation("cursor_wrong") from exc
    if found != case_id:
        raise RuleViolation("cursor_wrong")
    return int(seq)
