"""Codes that people type from a message or a paper: in groups, in any width, with the digits that look like letters."""

from __future__ import annotations

import hashlib
import unicodedata

GROUP = 4
_LOOK_ALIKE = str.maketrans("018", "OIB")  # no digit of base32 (RFC 4648 6) looks like a letter of it


def plain_code(typed: str) -> str:
    """Letters and digits alone, in capitals of ordinary width."""
    return "".join(one for one in unicodedata.normalize("NFKC", typed).upper() if one.isalnum())


def call_up_code(typed: str) -> str:
    """The code of a call-up, which is written in base32, as the platform made it."""
    return plain_code(typed).translate(_LOOK_ALIKE)


def call_up_digest(typed: str) -> str:
    """How a call-up code is named where the code itself must not stand: SHA-256 in hexadecimal."""
    return hashlib.sha256(call_up_code(typed).encode()).hexdigest()


def in_groups(code: str) -> str:
    """A code as it is written down for people."""
    return " ".join(code[i : i + GROUP] for i in range(0, len(code), GROUP))
