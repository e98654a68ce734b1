"""Files by name in a folder: written beside, made durable, then moved into place.

An S3-compatible store has the same five functions and comes with uploads of gigabytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.database import in_native_thread

CHUNK = 1 << 20


class BlobBusy(Exception):
    """Somebody else writes to this unfinished blob."""


@dataclass(frozen=True)
class Unfinished:
    """A blob that grows."""

    file: BinaryIO

    def write_durably(self, chunks: Iterable[bytes]) -> int:
        """Write `chunks`; the new length, once it is on the disk."""
        for chunk in chunks:
            self.file.write(chunk)
        self.file.flush()
        in_native_thread(os.fsync, self.file.fileno())
        return self.file.tell()


class BlobStore:
    """Bytes under opaque names of hex digits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        if not name or not all(c in "0123456789abcdef" for c in name):
            raise ValueError(f"no blob name: {name!r}")
        return self._folder / name[:2] / name

    def put(self, data: bytes) -> str:
        """Keep `data`; the name is its SHA-256, so the same bytes are kept once."""
        name = hashlib.sha256(data).hexdigest()
        if not self.path(name).exists():
            self._store(name, [data])
        return name

    def put_stream(self, chunks: Iterable[bytes]) -> str:
        """Keep what `chunks` yields under a fresh name; nothing stays behind when the iteration fails."""
        name = secrets.token_hex(32)
        self._store(name, chunks)
        return name

    def open(self, name: str) -> BinaryIO:
        return self.path(name).open("rb")

    def get(self, name: str) -> bytes:
        return self.path(name).read_bytes()

    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    @contextmanager
    def appending(self, name: str, offset: int) -> Iterator[Unfinished]:
        """An unfinished blob from `offset` on, for one writer at a time among all processes. Raises BlobBusy."""
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise BlobBusy(name) from exc
            file.truncate(offset)  # what came after was never acknowledged
            file.seek(offset)
            yield Unfinished(file)

    def _store(self, name: str, chunks: Iterable[bytes]) -> None:
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        beside = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
        try:
            with beside.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
