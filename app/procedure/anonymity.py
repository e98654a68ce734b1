"""Anonymous technical bids (暗标): what of a bid is shown while its bidder is not named, and whether a file names it.

A profile or tender may publish a lot as anonymous. Until every sheet is locked the committee sees numbers instead of
bidders, and of each bid only the files that are marked as technical, without their own names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

TECHNICAL_WORDS = ("技术", "technical")
_ENCODINGS = ("utf-8", "utf-16-be", "utf-16-le", "gb18030")
_ESCAPED = b"()\\"  # what a PDF string writes with a backslash before it (ISO 32000 7.3.4.2)


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


def names_bidder(chunks: Iterable[bytes], name: str) -> bool:
    """Whether a file holds a name where it is not compressed, as properties of documents are: in any usual encoding, in
    strings of a PDF and in their hexadecimal form."""
    wanted = tuple(_forms(name.strip())) if name.strip() else ()
    longest, held = max(map(len, wanted), default=1), b""
    for chunk in chunks:
        window = held + chunk
        if any(form in window or form in window.lower() for form in wanted):
            return True
        held = window[max(0, len(window) - longest + 1) :]
    return False


def _forms(name: str) -> Iterator[bytes]:
    for encoding in _ENCODINGS:
        plain = name.encode(encoding, "ignore")
        yield plain
        yield b"".join(b"\\" + bytes([byte]) if byte in _ESCAPED else bytes([byte]) for byte in plain)
        yield plain.hex().encode()
