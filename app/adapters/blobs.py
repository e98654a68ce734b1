"""Files by name in a folder: written beside, made durable, then moved into place.

An S3-compatible store has the same five functions and comes with uploads of gigabytes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


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

    def append(self, name: str, offset: int, chunks: Iterable[bytes]) -> int:
        """Write `chunks` at `offset` of an unfinished blob, durably; the new length."""
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(offset)  # what came after was never acknowledged
            file.seek(offset)
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

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
