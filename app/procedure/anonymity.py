"""Anonymous technical bids (暗标): what of a bid is shown while its bidder is not named, and whether a file names it.

A profile or tender may publish a lot as anonymous. Until every sheet is locked the committee sees numbers instead of
bidders, and of each bid only the files that are marked as technical, without their own names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator

TECHNICAL_WORDS = ("技术", "technical")
_ENCODINGS = ("utf-8", "utf-16-be", "utf-16-le", "gb18030")
# What a PDF string writes with a backslash before it, or by its number in octal (ISO 32000 7.3.4.2).
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|[()\\nrtbf])")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_BLANKS = re.compile(rb"[\x00\t\n\f\r ]+")  # which mean nothing between hexadecimal digits (ISO 32000 7.3.4.3)
LONGEST_BYTE = 4  # bytes in which a PDF writes one: \\376
_OTHER_WIDTH = str.maketrans({ord(c): ord(c) + 0xFEE0 for c in "()&-,."})


def is_technical_file(path: str) -> bool:
    """Whether a bidder marked a file of its package as one of the technical bid: its name or a folder's begins so."""
    return any(part.strip().lower().startswith(TECHNICAL_WORDS) for part in path.split("/"))


def numbers(scope: str, bids: Iterable[str]) -> dict[str, int]:
    """A number from 1 for each bid, in an order that says nothing of when it came, of its price or of its bidder."""
    ordered = sorted(bids, key=lambda bid: hashlib.sha256(f"{scope}/{bid}".encode()).digest())
    return {bid: number for number, bid in enumerate(ordered, start=1)}


def unlinked_ids(secret: str, receipts: Iterable[str]) -> dict[str, str]:
    """The receipt of each bid by an id as long as a receipt's, which only who knows the secret can compute from it."""
    return {hashlib.sha256(f"bid/{secret}/{receipt}".encode()).hexdigest()[:20]: receipt for receipt in receipts}


def label(number: int, language: str) -> str:
    """What stands for a bidder in a room."""
    return f"Bid {number}" if language == "en" else f"匿名投标 {number}"


def plain_name(text: str) -> str:
    """A name without what it may be broken up by or written in another way with: blanks, marks that nobody sees, the
    width and the case of its letters and brackets."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf")


def names_bidder(chunks: Iterable[bytes], name: str) -> bool:
    """Whether a file holds a name where it is not compressed, as properties of documents are: in any usual encoding,
    with brackets of either width, in strings of a PDF with its escapes and in their hexadecimal form."""
    wanted = tuple(_forms(name.strip())) if name.strip() else ()
    longest, held = LONGEST_BYTE * max(map(len, wanted), default=1), b""
    for chunk in chunks:
        window = held + chunk
        if any(form in text for text in _readings(window) for form in wanted):
            return True
        held = window[max(0, len(window) - longest + 1) :]
    return False


def _readings(window: bytes) -> tuple[bytes, ...]:
    """Bytes as they are, as a PDF's strings escape them, and as its hexadecimal strings may be spaced."""
    lower = window.lower()
    return lower, _ESCAPE.sub(_unescaped, window).lower(), _BLANKS.sub(b"", lower)


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 0xFF]) if code[:1].isdigit() else _NAMED.get(code, code)


def _forms(name: str) -> Iterator[bytes]:
    """The name in lower case, as written and with each width of its brackets and marks, in each encoding."""
    narrow = unicodedata.normalize("NFKC", name)
    for written in dict.fromkeys((name, narrow, narrow.translate(_OTHER_WIDTH))):
        for encoding in _ENCODINGS:
            plain = written.encode(encoding, "ignore")
            yield plain.lower()
            yield plain.hex().encode()
