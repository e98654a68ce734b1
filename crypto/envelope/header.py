"""The header of an age v1 file (https://c2sp.org/age): stanzas and the MAC over them.

The grammar is exact, so a header has one spelling: lines end in LF, Base64 is canonical and without padding, a body
runs in lines of 64 columns and ends with a shorter one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from crypto.envelope.payload import ByteSource, derive_key, read_full
from crypto.errors import CryptoError

INTRO = b"age-encryption.org/v1\n"
HEADER_LIMIT = 1024 * 1024  # bytes; the header is held in memory
FILE_KEY_SIZE = 16
_COLUMNS = 64
_VISIBLE = re.compile("[!-~]+")


def encode64(data: bytes) -> str:
    """Standard Base64 without padding."""
    return base64.b64encode(data).decode("ascii").rstrip("=")


def decode64(text: str) -> bytes:
    """The bytes of canonical Base64 without padding. Raises ValueError for any other spelling."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if encode64(data) != text:
        raise ValueError("Base64 that is not canonical")
    return data


@dataclass(frozen=True)
class Stanza:
    """One way to the file key: `args` (the first is the type) in visible ASCII, and a body."""

    args: tuple[str, ...]
    body: bytes = b""

    @property
    def type(self) -> str:
        """The first argument, which says who can read the stanza."""
        return self.args[0]

    def encode(self) -> bytes:
        """The stanza's lines. Raises CryptoError `envelope_stanza_malformed` for arguments that have no spelling."""
        if not _are_arguments(self.args):
            raise CryptoError("envelope_stanza_malformed", stanza=" ".join(self.args))
        text = encode64(self.body)
        lines = [text[i : i + _COLUMNS] for i in range(0, len(text) + 1, _COLUMNS)]
        return "\n".join(["-> " + " ".join(self.args), *lines, ""]).encode("ascii")


def _are_arguments(args: Sequence[str]) -> bool:
    return bool(args) and all(map(_VISIBLE.fullmatch, args))


@dataclass(frozen=True)
class Header:
    """A parsed header: its stanzas, the bytes under the MAC, and the MAC."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    mac: bytes

    def check_mac(self, file_key: bytes) -> None:
        """Raises CryptoError `envelope_header_forged` when the header was not written with `file_key`."""
        if not hmac.compare_digest(_mac(file_key, self.covered), self.mac):
            raise CryptoError("envelope_header_forged")


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(derive_key(file_key, b"", b"header"), covered, hashlib.sha256)


def encode_header(file_key: bytes, stanzas: Sequence[Stanza]) -> bytes:
    """The bytes of a header with `stanzas` in this order, under the MAC of the 16-byte `file_key`."""
    covered = INTRO + b"".join(stanza.encode() for stanza in stanzas) + b"---"
    return covered + b" " + encode64(_mac(file_key, covered)).encode("ascii") + b"\n"


def read_header(src: ByteSource, limit: int = HEADER_LIMIT) -> Header:
    """Reads a header of at most `limit` bytes and leaves `src` at the payload.

    Raises CryptoError `envelope_not_age` for what is no age v1 file, `envelope_header_too_large` beyond `limit`,
    `envelope_header_malformed` with the 1-based line for any other spelling than age's.
    """
    lines = _Lines(src, limit)
    stanzas = []
    while (line := lines.next()).startswith("-> "):
        stanzas.append(_read_stanza(line, lines))
    if not stanzas or not line.startswith("--- "):
        raise lines.malformed()
    mac = lines.decode64(line[4:])
    if len(mac) != hashlib.sha256().digest_size:
        raise lines.malformed()
    return Header(tuple(stanzas), bytes(lines.raw[: -len(line) - 1]) + b"---", mac)


def _read_stanza(line: str, lines: _Lines) -> Stanza:
    args = tuple(line[3:].split(" "))
    if not _are_arguments(args):
        raise lines.malformed()
    body = bytearray()
    while True:
        text = lines.next()
        if len(text) > _COLUMNS:
            raise lines.malformed()
        body += lines.decode64(text)
        if len(text) < _COLUMNS:
            return Stanza(args, bytes(body))


class _Lines:
    """The lines of a header, kept and counted, never read beyond the header's end nor `limit` bytes."""

    def __init__(self, src: ByteSource, limit: int) -> None:
        self.src, self.limit = src, limit
        self.raw = bytearray(read_full(src, len(INTRO)))
        self.count = 1
        if self.raw != INTRO:
            raise CryptoError("envelope_not_age")

    def malformed(self) -> CryptoError:
        return CryptoError("envelope_header_malformed", line=self.count)

    def next(self) -> str:
        self.count += 1
        line = self.src.readline(self.limit - len(self.raw))
        self.raw += line
        if not line.endswith(b"\n"):
            if len(self.raw) == self.limit:
                raise CryptoError("envelope_header_too_large", limit=self.limit)
            raise self.malformed()
        try:
            return line[:-1].decode("ascii")
        except UnicodeDecodeError as exc:
            raise self.malformed() from exc

    def decode64(self, text: str) -> bytes:
        try:
            return decode64(text)
        except ValueError as exc:
            raise self.malformed() from exc
