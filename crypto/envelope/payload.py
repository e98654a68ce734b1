"""The payload of an age v1 file: ChaCha20-Poly1305 in chunks of 64 KiB (the STREAM construction).

A chunk's nonce is its number and whether it is the last, so chunks cannot be dropped, moved, repeated or appended.
Spans of chunks are sealed and opened on two threads, side by side, and handed on in their order. Memory holds a few
spans, whatever the length.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Protocol, TypeAlias, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.errors import CryptoError

CHUNK_SIZE = 64 * 1024
TAG_SIZE = 16
NONCE_SIZE = 16
SPAN = 8  # chunks that a thread takes at a time
THREADS = 2
SEALED_SIZE = CHUNK_SIZE + TAG_SIZE
AHEAD = 2 * THREADS  # spans under way


Span: TypeAlias = tuple[int, bytes, bool]  # its number, its bytes, whether it is the last
Result = TypeVar("Result")
Opened: TypeAlias = tuple[memoryview, CryptoError | None]  # a span's plaintext up to what is refused, and why that is
Run: TypeAlias = Callable[[Callable[[Span, bytearray], Opened], Iterator[Span]], Iterator[Opened]]


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


def _side_by_side(work: Callable[[Span, bytearray], Result], spans: Iterator[Span]) -> Iterator[Result]:
    """`work(span, buffer)` of each span in order, some spans ahead on other threads. A result lies in the buffer, and
    is good until the next one is asked for. Where there is only one span, nothing is started for it.
    """
    first = next(spans)
    if first[2]:
        yield work(first, bytearray())
        return
    under_way, free = deque[tuple[Future[Result], bytearray]](), [bytearray() for _ in range(AHEAD + 1)]
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for span in chain([first], spans):
                buffer = free.pop()
                under_way.append((pool.submit(work, span, buffer), buffer))
                if len(under_way) == AHEAD:
                    done, buffer = under_way.popleft()
                    yield done.result()
                    free.append(buffer)
            while under_way:
                yield under_way.popleft()[0].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _in_turn(work: Callable[[Span, bytearray], Result], spans: Iterator[Span]) -> Iterator[Result]:
    """The same on the thread of whoever asks."""
    buffer = bytearray()
    for span in spans:
        yield work(span, buffer)


def _sized(buffer: bytearray, size: int) -> memoryview:
    """The first `size` bytes of a buffer that is used again and again, and grows once."""
    if len(buffer) < size:
        buffer.extend(bytes(size - len(buffer)))
    return memoryview(buffer)[:size]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive_key(file_key, nonce, b"payload"))


def seal_payload(src: ByteSource, dst: ByteSink, file_key: bytes) -> None:
    """Writes the nonce and the sealed chunks of all that `src` holds."""
    nonce = secrets.token_bytes(NONCE_SIZE)
    cipher = _cipher(file_key, nonce)
    dst.write(nonce)
    for sealed in _side_by_side(partial(_seal_span, cipher), _chunks(src, SPAN * CHUNK_SIZE)):
        dst.write(sealed)


def _seal_span(cipher: ChaCha20Poly1305, span: Span, buffer: bytearray) -> memoryview:
    number, plain, last = span[0] * SPAN, memoryview(span[1]), span[2]
    count = max(1, -(-len(plain) // CHUNK_SIZE))
    sealed = _sized(buffer, len(plain) + count * TAG_SIZE)
    for i in range(count):
        chunk = plain[i * CHUNK_SIZE : (i + 1) * CHUNK_SIZE]
        into = sealed[i * SEALED_SIZE :][: len(chunk) + TAG_SIZE]
        cipher.encrypt_into(_nonce(number + i, last and i == count - 1), chunk, None, into)
    return sealed


def open_payload(src: ByteSource, dst: ByteSink, file_key: bytes) -> None:
    """Writes the plaintext of a payload, each chunk only when it is authenticated in its place.

    A refusal may come after genuine chunks were written: what `dst` holds then is a prefix, to be discarded.
    Raises CryptoError `envelope_truncated`, `envelope_trailing_data` or `envelope_corrupted`.
    """
    for plain in _opened_spans(src, file_key, _side_by_side):
        dst.write(plain)


def _opened_spans(src: ByteSource, file_key: bytes, run: Run) -> Iterator[memoryview]:
    """The plaintext of a payload, as `open_payload` writes it; each part is good until the next one is asked for."""
    nonce = read_full(src, NONCE_SIZE)
    if len(nonce) < NONCE_SIZE:
        raise CryptoError("envelope_truncated", chunk=0)
    cipher = _cipher(file_key, nonce)
    for plain, refusal in run(partial(_open_span, cipher), _chunks(src, SPAN * SEALED_SIZE)):
        yield plain
        if refusal is not None:
            raise refusal


def _open_span(cipher: ChaCha20Poly1305, span: Span, buffer: bytearray) -> Opened:
    """The plaintext of a span up to the first chunk that is refused, and why that is."""
    number, sealed, last = span[0] * SPAN, memoryview(span[1]), span[2]
    count = max(1, -(-len(sealed) // SEALED_SIZE))
    plain, filled = _sized(buffer, len(sealed)), 0
    for i in range(count):
        chunk, final = sealed[i * SEALED_SIZE : (i + 1) * SEALED_SIZE], last and i == count - 1
        size = max(0, len(chunk) - TAG_SIZE)
        try:
            cipher.decrypt_into(_nonce(number + i, final), chunk, None, plain[filled : filled + size])
        except (InvalidTag, ValueError):
            return plain[:filled], _named_cause(cipher, number + i, chunk, final)
        if number + i and not size:  # age allows an empty chunk only as the whole of an empty payload
            return plain[:filled], CryptoError("envelope_corrupted", chunk=number + i)
        filled += size
    return plain[:filled], None


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
    """The plaintext of a payload as a file that is read once, forwards, on the reader's own thread: whoever opens
    several files side by side has threads enough. Memory stays at a span or two.

    Only authenticated bytes come out, but that there is no more than should be is known only at the end: whoever stops
    before it asks `check_rest`.
    """

    def __init__(self, src: ByteSource, file_key: bytes) -> None:
        self._spans = _opened_spans(src, file_key, _in_turn)
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer only at the end. Raises CryptoError as `open_payload` does."""
        found = bytes(self._rest[:size])  # what a span holds is gone when the next one is asked for
        self._rest = self._rest[size:]
        while len(found) < size and (span := next(self._spans, b"")):
            missing = size - len(found)
            found += span[:missing]
            self._rest = memoryview(span)[missing:]
        return found

    def check_rest(self) -> None:
        """Reads what was left to the end. Raises CryptoError as `open_payload` does."""
        for _ in self._spans:
            pass


def _open_chunk(cipher: ChaCha20Poly1305, number: int, sealed: bytes, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last), sealed, None)
    except InvalidTag as exc:
        raise _named_cause(cipher, number, sealed, last) from exc


def _named_cause(cipher: ChaCha20Poly1305, number: int, sealed: bytes | memoryview, last: bool) -> CryptoError:
    """Why a chunk did not open: a genuine chunk whose neighbour is missing or too many, or altered bytes."""
    if last and len(sealed) < TAG_SIZE:
        return CryptoError("envelope_truncated", chunk=number)
    try:
        cipher.decrypt(_nonce(number, not last), sealed, None)
    except InvalidTag:
        return CryptoError("envelope_corrupted", chunk=number)
    return CryptoError("envelope_truncated" if last else "envelope_trailing_data", chunk=number)
