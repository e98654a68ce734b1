"""POSIX tar, one member after the other: strict reading, and headers that are the same on every machine.

The standard library's `tarfile` writes the headers but does not read them: it accepts sparse files, links, long-name
extensions of other tars and headers of any size, none of which belong in a bid.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from crypto.errors import CryptoError
from crypto.package.manifest import shown

BLOCK_SIZE = 512
PADDING_SIZE = 1024 * 1024  # an archive is a multiple of it
CHUNK_SIZE = 64 * 1024
_END_SIZE = 2 * BLOCK_SIZE  # at least two blocks of zeros end an archive
_EXTENDED_LIMIT = 16 * 1024  # bytes of a pax header, which is held in memory
_MAGIC = b"ustar\x0000"
_REGULAR, _EXTENDED = b"0", b"x"


class ByteStream(Protocol):
    """What an archive is read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Member:
    """A regular file in an archive: its name and its size in bytes."""

    path: str
    size: int


def encode_member(path: str, size: int) -> bytes:
    """The header of a regular file, owned by nobody at no time; a pax header before it when ustar has no room."""
    info = tarfile.TarInfo(path)
    info.size = size
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def filling(size: int) -> bytes:
    """The zeros that complete `size` bytes of content to whole blocks."""
    return bytes(-size % BLOCK_SIZE)


def ending(size: int) -> bytes:
    """The zeros that end an archive of `size` bytes so far at a multiple of 1 MiB."""
    return bytes(_END_SIZE + -(size + _END_SIZE) % PADDING_SIZE)


def _type(header: bytes) -> bytes:
    return header[156:157]


class TarReader:
    """Reads an archive once, front to back: `next()`, then that member's `chunks()` to the end, and so on.

    Raises CryptoError `package_truncated`, `package_malformed` with the offset of the block, `package_member_type`.
    """

    def __init__(self, src: ByteStream, chunk_size: int = CHUNK_SIZE) -> None:
        self._src = src
        self._chunk_size = chunk_size
        self._offset = 0
        self._pending = 0  # bytes of the last member, filling included, that were not read yet

    @property
    def offset(self) -> int:
        """Bytes read so far: after `next()`, where that member's content begins."""
        return self._offset

    def next(self) -> Member | None:
        """The next member, or None at the end, which is checked to be zeros to a multiple of 1 MiB."""
        if self._pending:
            raise self._malformed()
        block = self._read(BLOCK_SIZE)
        if not any(block):
            self._check_ending()
            return None
        extended: dict[str, str] = {}
        if _type(block) == _EXTENDED:
            extended = self._extended(self._parse(block).size)
            block = self._read(BLOCK_SIZE)
        member = self._parse(block)
        if _type(block) != _REGULAR or any(block[157:257]):
            raise CryptoError(
                "package_member_type", path=shown(member.path), type=shown(_type(block).decode("latin-1"))
            )
        member = self._overridden(member, extended)
        self._pending = member.size + len(filling(member.size))
        return member

    def chunks(self, member: Member) -> Iterator[bytes]:
        """The content of the member that `next()` gave last, in chunks of at most `chunk_size` bytes."""
        left = member.size
        while left:
            chunk = self._read(min(left, self._chunk_size))
            left -= len(chunk)
            self._pending -= len(chunk)
            yield chunk
        if any(self._read(self._pending)):
            raise self._malformed()
        self._pending = 0

    def _read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        data = b""
        while len(data) < size:
            part = self._src.read(size - len(data))
            if not part:
                raise CryptoError("package_truncated", offset=self._offset + len(data))
            data = data + part if data else part
        self._offset += size
        return data

    def _malformed(self) -> CryptoError:
        return CryptoError("package_malformed", offset=self._offset)

    def _parse(self, block: bytes) -> Member:
        checksum = sum(block) - sum(block[148:156]) + 8 * ord(" ")
        if block[257:265] != _MAGIC or self._octal(block[148:156]) != checksum:
            raise self._malformed()
        name, prefix = (field.split(b"\x00", 1)[0] for field in (block[:100], block[345:500]))
        return Member(self._text(prefix + b"/" + name if prefix else name), self._octal(block[124:136]))

    def _octal(self, field: bytes) -> int:
        digits = field.rstrip(b"\x00 ")
        if not digits or digits.strip(b"01234567"):
            raise self._malformed()
        return int(digits, 8)

    def _text(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise self._malformed() from exc

    def _extended(self, size: int) -> dict[str, str]:
        """The records `<length> <key>=<value>\\n` of a pax header; only a name and a size can be meant in a bid."""
        if not 0 < size <= _EXTENDED_LIMIT:
            raise self._malformed()
        data = self._read(size)
        if any(self._read(len(filling(size)))):
            raise self._malformed()
        records: dict[str, str] = {}
        while data:
            digits, space, _ = data[:8].partition(b" ")
            length = int(digits) if digits.isdigit() else 0
            record, data = data[:length], data[length:]
            key, equals, value = record[len(digits + space) : -1].partition(b"=")
            if len(record) != length or not equals or record[-1:] != b"\n":
                raise self._malformed()
            if key not in (b"path", b"size") or key.decode() in records:
                raise self._malformed()
            records[key.decode()] = self._text(value)
        return records

    def _overridden(self, member: Member, extended: dict[str, str]) -> Member:
        if path := extended.get("path"):
            member = replace(member, path=path)
        if (size := extended.get("size")) is not None:
            if not (size.isascii() and size.isdigit() and len(size) < 20):
                raise self._malformed()
            member = replace(member, size=int(size))
        return member

    def _check_ending(self) -> None:
        """Called after the first block of zeros: what follows is exactly what `ending` writes."""
        zeros = ending(self._offset - BLOCK_SIZE)[BLOCK_SIZE:]
        if self._read(len(zeros)) != zeros or self._src.read(1):
            raise self._malformed()
