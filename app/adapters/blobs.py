"""Where an installation keeps its files: what any store does, and the folder that is the default.

In the folder a file that is named by its bytes is written beside, made durable, then moved into place. The other store
is in `object_store.py`.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import math
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from app.database import in_native_thread

CHUNK = 1 << 20


class BlobBusy(Exception):
    """Somebody else writes to this unfinished blob."""


class StoreUnavailable(Exception):
    """The store does not answer; nothing was acknowledged, the request can be sent again."""


Named = Callable[[set[str]], set[str]]  # which of these names a row has


class Unfinished(Protocol):
    """A blob that grows."""

    @property
    def name(self) -> str:
        """The blob that holds everything up to here. It counts once the caller has committed it."""

    def write_durably(self, chunks: Iterable[bytes]) -> int:
        """Write `chunks`; the new length, once nothing can lose it."""


class BlobStore(Protocol):
    """Bytes under opaque names of hex digits. Raises StoreUnavailable where it is elsewhere and does not answer."""

    def put(self, data: bytes) -> str:
        """Keep `data`; the name is its SHA-256, so the same bytes are kept once."""

    def put_stream(self, chunks: Iterable[bytes]) -> str:
        """Keep what `chunks` yields under a fresh name; nothing stays behind when the iteration fails."""

    def open(self, name: str) -> BinaryIO:
        """The bytes as a stream, read from any place on."""

    def get(self, name: str) -> bytes:
        """The bytes."""

    def size(self, name: str) -> int:
        """How many bytes there are."""

    def delete(self, name: str) -> None:
        """Forget the bytes, if they are there."""

    def probe(self) -> None:
        """Nothing, where the store would delete what it is asked to. Raises StoreUnavailable, OSError."""

    def appending(self, name: str, offset: int) -> AbstractContextManager[Unfinished]:
        """An unfinished blob from `offset` on, whose result counts when the block ends. Raises BlobBusy."""

    def free_bytes(self) -> int | None:
        """What is left for further bytes; None where the store grows by itself."""

    def sweep(self, before: datetime, named: Named) -> None:
        """Forget what was last written before this instant and is named nowhere: what a killed process left."""


def checked_name(name: str) -> str:
    """`name`, if it is a blob's. Raises ValueError."""
    if not name or not all(c in "0123456789abcdef" for c in name):
        raise ValueError(f"no blob name: {name!r}")
    return name


@dataclass(frozen=True)
class UnfinishedFile:
    """A file that grows in its place."""

    name: str
    offset: int
    file: BinaryIO

    def write_durably(self, chunks: Iterable[bytes]) -> int:
        self.file.truncate(self.offset)  # what came after was never acknowledged
        self.file.seek(self.offset)
        begun = self.offset
        for chunk in chunks:
            self.file.write(chunk)
            if self.file.tell() - begun >= CHUNK:
                begun = self._begin_sync(begun)
        self.file.flush()
        in_native_thread(os.fsync, self.file.fileno())
        if not self.offset:
            in_native_thread(_sync_folder, Path(self.file.name).parent)
        return self.file.tell()

    def _begin_sync(self, start: int) -> int:
        """Set the disk to work on what is written from `start` on, while the rest arrives; where that ends.

        Linux begins to write out what it is told to drop from memory; elsewhere all of it waits for the sync.
        """
        self.file.flush()
        end = self.file.tell()
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.file.fileno(), start, end - start, os.POSIX_FADV_DONTNEED)
        return end


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """A new file, durable but for its name."""
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a file that was synced may have none after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written_at(path: Path) -> float:
    """Seconds since 1970; of what is just being moved or deleted, not yet over."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _is_named_by_hash(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == path.name
    except FileNotFoundError:
        return False


class FolderStore:
    """A folder, which all hosts of a grown installation may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        return self._folder / name[:2] / checked_name(name)

    def put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        if not self.path(name).exists():
            self._store(name, [data])
        return name

    def put_stream(self, chunks: Iterable[bytes]) -> str:
        name = secrets.token_hex(32)  # which nobody looks for before it is told
        path = self._place(name)
        try:
            _write(path, chunks)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        return name

    def open(self, name: str) -> BinaryIO:
        return self.path(name).open("rb")

    def get(self, name: str) -> bytes:
        return self.path(name).read_bytes()

    def size(self, name: str) -> int:
        return self.path(name).stat().st_size

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._folder).free

    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def probe(self) -> None:
        self.delete(secrets.token_hex(32))
        if not os.access(self._folder, os.W_OK | os.X_OK):  # read-only, too
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self._folder))

    def sweep(self, before: datetime, named: Named) -> None:
        """What is named by its own hash stays: whoever keeps the same bytes next finds them, and writes nothing."""
        for folder in self._folder.iterdir():
            old = {path.name for path in folder.iterdir() if _written_at(path) < before.timestamp()}
            for name in old - named(old):
                if not _is_named_by_hash(folder / name):
                    (folder / name).unlink(missing_ok=True)

    @contextmanager
    def appending(self, name: str, offset: int) -> Iterator[UnfinishedFile]:
        """One writer at a time among all processes; the name stays."""
        path = self._place(name)
        with path.open("r+b" if path.exists() else "w+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise BlobBusy(name) from exc
            yield UnfinishedFile(name, offset, file)

    def _place(self, name: str) -> Path:
        """Where a blob goes, in a folder that a power cut does not take away again."""
        path = self.path(name)
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True)
            _sync_folder(self._folder)
        return path

    def _store(self, name: str, chunks: Iterable[bytes]) -> None:
        path = self._place(name)
        beside = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
        try:
            _write(beside, chunks)
            beside.replace(path)
            _sync_folder(path.parent)
        finally:
            beside.unlink(missing_ok=True)
