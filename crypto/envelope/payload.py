"""The payload of an age v1 file: ChaCha20-Poly1305 in chunks of 64 KiB (the STREAM construction).

A chunk's nonce is its number and whether it is the last, so chunks cannot be dropped, moved, repeated or appended.
Memory holds two chunks, whatever the length.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.errors import CryptoError

CHUNK_SIZE = 64 * 1024
TAG_SIZE = 16
NONCE_SIZE = 16


class ByteSource(Protocol):
    """What is read from: any binary file."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class SeekableSource(ByteSource, Protocol):
    """What parts are read from: any binary file that can be read from any place."""

    def seek(self, offset: int, whence: int = ..., /) -> int: ...
    def tell(self) -> int: ...


class ByteSink(Protocol):
    """What is written to: any buffered binary file. What it is handed is used again as soon as it returns."""

    def write(self, data: bytes | memoryview, /) -> object: ...


def read_full(src: ByteSource, size: int) -> bytes:
    """The next `size` bytes, fewer only at the end: unbuffered files and sockets return less when they like."""
    data = src.read(size)
    while data and len(data) < size and (more := src.read(size - len(data))):
        data += more
    return data


def derive_key(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 to 32 bytes."""
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def _chunks(src: ByteSource, size: int, number: int = 0) -> Iterator[tuple[int, bytes, bool]]:
    """The chunks of `src`, which is at chunk `number`, as (number, bytes, whether it is the last); one empty chunk when
    there is nothing.
    """
    chunk = read_full(src, size)
    while following := read_full(src, size):
        yield number, chunk, False
        number, chunk = number + 1, following
    yield number, chunk, True


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive_key(file_key, nonce, b"payload"))


def seal_payload(src: ByteSource, dst: ByteSink, file_key: bytes) -> None:
    """Writes the nonce and the sealed chunks of all that `src` holds."""
    nonce = secrets.token_bytes(NONCE_SIZE)
    cipher = _cipher(file_key, nonce)
    dst.write(nonce)
    sealed = memoryview(bytearray(CHUNK_SIZE + TAG_SIZE))  # of one chunk after the other
    for number, chunk, last in _chunks(src, CHUNK_SIZE):
        size = cipher.encrypt_into(_nonce(number, last), chunk, None, sealed[: len(chunk) + TAG_SIZE])
        dst.write(sealed[:size])


def open_payload(src: ByteSource, dst: ByteSink, file_key: bytes) -> None:
    """Writes the plaintext of a payload, each chunk only when it is authenticated in its place.

    A refusal may come after genuine chunks were written: what `dst` holds then is a prefix, to be discarded.
    Raises CryptoError `envelope_truncated`, `envelope_trailing_data` or `envelope_corrupted`.
    """
    for chunk in opened_chunks(src, file_key):
        dst.write(chunk)


def opened_chunks(src: ByteSource, file_key: bytes) -> Iterator[bytes]:
    """The plaintext of a payload, as `open_payload` writes it."""
    nonce = read_full(src, NONCE_SIZE)
    if len(nonce) < NONCE_SIZE:
        raise CryptoError("envelope_truncated", chunk=0)
    cipher = _cipher(file_key, nonce)
    for number, sealed, last in _chunks(src, CHUNK_SIZE + TAG_SIZE):
        chunk = _open_chunk(cipher, number, sealed, last)
        if number and not chunk:  # age allows an empty chunk only as the whole of an empty payload
            raise CryptoError("envelope_corrupted", chunk=number)
        yield chunk


def opened_range(src: SeekableSource, file_key: bytes, start: int, size: int) -> Iterator[bytes]:
    """`size` bytes of the plaintext from byte `start` on, read from the chunks that hold them alone; `src` stands at
    the beginning of the payload.

    Raises CryptoError as `open_payload` does; `envelope_truncated` where the payload ends before the part does.
    """
    cipher = _cipher(file_key, read_full(src, NONCE_SIZE))
    first, skipped = divmod(start, CHUNK_SIZE)
    src.seek(src.tell() + first * (CHUNK_SIZE + TAG_SIZE))
    for number, sealed, last in _chunks(src, CHUNK_SIZE + TAG_SIZE, first):
        if not size:
            return
        part = _open_chunk(cipher, number, sealed, last)[skipped : skipped + size]
        skipped, size = 0, size - len(part)
        yield part
    if size:
        raise CryptoError("envelope_truncated", chunk=number)


class OpenedStream:
    """The plaintext of a payload as a file that is read once, forwards; memory stays at two chunks.

    Only authenticated bytes come out, but that there is no more than should be is known only at the end: whoever stops
    before it asks `check_rest`.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer only at the end. Raises CryptoError as `open_payload` does."""
        parts = [self._rest[:size]]
        self._rest, missing = self._rest[size:], size - len(parts[0])
        while missing and (chunk := next(self._chunks, b"")):
            following = memoryview(chunk)
            parts.append(following[:missing])
            self._rest, missing = following[missing:], missing - len(parts[-1])
        return b"".join(parts)

    def check_rest(self) -> None:
        """Reads what was left to the end. Raises CryptoError as `open_payload` does."""
        for _ in self._chunks:
            pass


def _open_chunk(cipher: ChaCha20Poly1305, number: int, sealed: bytes, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last), sealed, None)
    except InvalidTag as exc:
        raise _named_cause(cipher, number, sealed, last) from exc


def _named_cause(cipher: ChaCha20Poly1305, number: int, sealed: bytes, last: bool) -> CryptoError:
    """Why a chunk did not open: a genuine chunk whose neighbour is missing or too many, or altered bytes."""
    if last and len(sealed) < TAG_SIZE:
        return CryptoError("envelope_truncated", chunk=number)
    try:
        cipher.decrypt(_nonce(number, not last), sealed, None)
    except InvalidTag:
        return CryptoError("envelope_corrupted", chunk=number)
    return CryptoError("envelope_truncated" if last else "envelope_trailing_data", chunk=number)
