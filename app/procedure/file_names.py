"""Under which name a browser saves a file (RFC 6266): one that every system takes, and that tells files apart."""

from __future__ import annotations

import re
from urllib.parse import quote

LONGEST = 120  # characters; with its percent signs a Chinese name of that length is a header of a kilobyte
# What some system takes for a path, a stream or a command, and what is not printed.
_UNPRINTED = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_UNSAFE = re.compile(rf'[{_UNPRINTED}/\\:*?"<>|]+')
_NOT_ASCII = re.compile(r'[^\x20-\x7e]+|["\\%;]')
_ATTR_CHAR = "!#$&+-.^_`|~"  # of RFC 5987, beside letters and digits
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def safe_name(text: str) -> str:
    """`text` as a file's name on any system; "file" where nothing is left of it. The ending is kept."""
    stem, dot, ending = _UNSAFE.sub("_", text).strip(" .").rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = _UNSAFE.sub("_", text).strip(" ."), "", ""
    stem = stem[: LONGEST - len(dot) - len(ending)].rstrip(" .")
    name = f"{stem or 'file'}{dot}{ending}"
    return f"_{name}" if _DEVICES.match(name) else name


def disposition(kind: str, name: str) -> str:
    """The header Content-Disposition: `kind` is attachment or inline. What browsers of before RFC 5987 read has other
    letters than ASCII as underscores."""
    name = safe_name(name)
    plain = safe_name(_NOT_ASCII.sub("_", name))
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"
