"""Instants on paper: `YYYY-MM-DDTHH:MM:SS[.mmm]Z`, one spelling per millisecond, so that signed bytes are unique."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from crypto.errors import CryptoError

_SPELLING = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!000)\d{3})?Z", re.ASCII)


def format_instant(at: datetime) -> str:
    """`at` (aware, any zone) in UTC, floored to the millisecond; a whole second carries no fraction.

    Raises CryptoError `instant_malformed` for a naive time, whose zone would be a guess.
    """
    if at.utcoffset() is None:
        raise CryptoError("instant_malformed", found=at.isoformat())
    utc = at.astimezone(UTC).replace(tzinfo=None)
    millisecond = utc.microsecond // 1000
    fraction = f".{millisecond:03d}" if millisecond else ""
    return utc.replace(microsecond=0).isoformat() + fraction + "Z"


def parse_instant(text: str) -> datetime:
    """The aware UTC instant that `format_instant` writes as `text`.

    Raises CryptoError `instant_malformed` for any other spelling.
    """
    if not isinstance(text, str) or not _SPELLING.fullmatch(text):
        raise CryptoError("instant_malformed", found=str(text)[:40])
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise CryptoError("instant_malformed", found=text) from exc
