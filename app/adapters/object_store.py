"""Files in an S3-compatible store, for installations on several hosts.

An object is written once and never changed. Whatever is larger than one piece, or grows, is a list of pieces: a small
object that names them in order. An upload that goes on gets a new list under a new name, so two writers cannot spoil
each other's bytes, and what a receipt was given for cannot be overwritten by whoever comes late: which list counts is
what the database says. A piece is forgotten while no list names it yet; a list whose commit failed is left where it is,
because only the database knows whether it did.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

from app.adapters.blobs import BlobBusy, Named, StoreUnavailable, checked_name
from app.database import native_thread_id

PIECE = 16 << 20  # bytes that are held in memory, and the largest object
READ_AHEAD = 1 << 20
CONNECTIONS = 32
MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
LONGEST_LIST = 4 << 20  # bytes: of a file of 600 GiB
SIZE = "size"  # the metadata that a list of pieces has: bytes in all


class ObjectStore:
    """A bucket, or a part of one: `s3://BUCKET[/PREFIX][?endpoint=https://HOST][&region=NAME]`.

    Credentials come from where every S3 client looks for them (AWS_ACCESS_KEY_ID and so on).
    """

    def __init__(self, url: str) -> None:
        parts, options = urlsplit(url), parse_qs(urlsplit(url).query)
        self._bucket = parts.netloc
        self._prefix = f"{parts.path.strip('/')}/".lstrip("/")
        self._endpoint = options.get("endpoint", [None])[0]
        self._region = options.get("region", ["us-east-1"])[0]
        self._clients: dict[int, Any] = {}

    def put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        if self._head(name) is None:
            self._put(name, data)
        return name

    def put_stream(self, chunks: Iterable[bytes]) -> str:
        growing = UnfinishedObject(self, [])
        growing.write_durably(chunks)
        return growing.name

    def open(self, name: str) -> BinaryIO:
        return io.BufferedReader(_Pieces(self, self._pieces(name)), READ_AHEAD)  # type: ignore[return-value]

    def get(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()

    def size(self, name: str) -> int:
        head = self._head(name)
        if head is None:
            raise FileNotFoundError(name)
        return int(head["Metadata"].get(SIZE, head["ContentLength"]))

    def delete(self, name: str) -> None:
        try:
            pieces = self._pieces(name)
        except FileNotFoundError:
            return
        for piece in {name, *(piece for piece, _size in pieces)}:
            self._drop(piece)

    def probe(self) -> None:
        self._drop(secrets.token_hex(32))

    @contextmanager
    def appending(self, name: str, offset: int) -> Iterator[UnfinishedObject]:
        """Raises BlobBusy when somebody else's list has taken the place of `name`."""
        try:
            kept = self._pieces(name) if offset else []
        except FileNotFoundError as exc:
            raise BlobBusy(name) from exc
        growing = UnfinishedObject(self, kept)
        yield growing
        if kept and growing.name:
            self._drop(name)  # the list before this one; its pieces are in both

    def free_bytes(self) -> None:
        return None

    def sweep(self, before: datetime, named: Named) -> None:
        """Lists share their pieces, so a piece stays while any list that stays names it. What is named by its own hash
        stays, as in the folder. `before` is longer ago than any upload grows: else a list could be replaced meanwhile.
        """
        old, young = dict[str, int](), dict[str, int]()
        for entry in self._objects():
            place = old if entry["LastModified"] < before else young
            place[entry["Key"].rpartition("/")[2]] = entry["Size"]
        kept = named(set(old)) if old else set[str]()
        unnamed = old.keys() - kept
        if unnamed:  # else no list need be read
            lists = [name for name, size in (old | young).items() if size <= LONGEST_LIST and name not in unnamed]
            unnamed -= {piece for name in lists for piece in self._pieces_of_list(name)}
        for name in unnamed:
            if not self._is_named_by_hash(name):
                self._drop(name)

    def _objects(self) -> Iterator[Any]:
        """All objects below the prefix, with name, size and time."""
        further: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=self._prefix, **further) or {}
            yield from page.get("Contents", ())
            if not page.get("IsTruncated"):
                return
            further = {"ContinuationToken": page["NextContinuationToken"]}

    def _pieces_of_list(self, name: str) -> list[str]:
        """The pieces that a list names; none of what is gone meanwhile, or no list."""
        try:
            return [piece for piece, _size in self._pieces(name) if piece != name]
        except FileNotFoundError:
            return []

    def _is_named_by_hash(self, name: str) -> bool:
        try:
            return hashlib.sha256(self.stream(name).read()).hexdigest() == name
        except FileNotFoundError:
            return False

    def put_piece(self, data: bytes) -> tuple[str, int]:
        """A new object under a fresh name; its name and size."""
        name = secrets.token_hex(32)
        self._put(name, data)
        return name, len(data)

    def put_list(self, pieces: list[tuple[str, int]]) -> str:
        """The name under which `pieces` are read one after the other."""
        name = secrets.token_hex(32)
        total = sum(size for _name, size in pieces)
        self._put(name, json.dumps(pieces).encode(), {SIZE: str(total)})
        return name

    def drop(self, pieces: list[tuple[str, int]]) -> None:
        """Forget pieces that no list names."""
        for name, _size in pieces:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._call("delete_object", Key=self._key(name))

    def stream(self, name: str, offset: int = 0) -> Any:
        """The body of one object from `offset` on. Raises FileNotFoundError."""
        return self._get(name, offset)["Body"]

    def _pieces(self, name: str) -> list[tuple[str, int]]:
        found = self._head(name)
        if found is None:
            raise FileNotFoundError(name)
        if SIZE not in found["Metadata"]:
            return [(name, found["ContentLength"])]
        return [(str(piece), int(size)) for piece, size in json.loads(self._get(name)["Body"].read())]

    def _put(self, name: str, data: bytes, metadata: dict[str, str] | None = None) -> None:
        self._call("put_object", Key=self._key(name), Body=data, Metadata=metadata or {})

    def _get(self, name: str, offset: int = 0) -> Any:
        part = {"Range": f"bytes={offset}-"} if offset else {}
        found = self._call("get_object", Key=self._key(name), **part)
        if found is None:
            raise FileNotFoundError(name)
        return found

    def _head(self, name: str) -> Any:
        return self._call("head_object", Key=self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name[:2]}/{checked_name(name)}"

    def _call(self, method: str, **arguments: Any) -> Any:
        """The store's answer; None for what is not there. Raises StoreUnavailable."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client(), method)(Bucket=self._bucket, **arguments)
        except ClientError as exc:
            if exc.response["Error"]["Code"] in MISSING:
                return None
            raise StoreUnavailable(exc.response["Error"]["Code"]) from exc
        except BotoCoreError as exc:
            raise StoreUnavailable(type(exc).__name__) from exc

    def _client(self) -> Any:
        """One client for each real thread: connections of a co-operative server cannot change theirs."""
        thread = native_thread_id()
        if thread not in self._clients:
            import boto3
            from botocore.config import Config

            limits = Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "max_attempts": 3},
                max_pool_connections=CONNECTIONS,
                request_checksum_calculation="when_required",  # many stores know only what S3 knew first
                response_checksum_validation="when_required",
            )
            self._clients[thread] = boto3.session.Session().client(  # the module's own is not safe among threads
                "s3", endpoint_url=self._endpoint, region_name=self._region, config=limits
            )
        return self._clients[thread]


class UnfinishedObject:
    """A list of pieces that grows."""

    def __init__(self, store: ObjectStore, kept: list[tuple[str, int]]) -> None:
        self._store, self._kept = store, kept
        self.name = ""

    def write_durably(self, chunks: Iterable[bytes]) -> int:
        added: list[tuple[str, int]] = []
        try:
            for data in _in_pieces(chunks):
                added.append(self._store.put_piece(data))
        except BaseException:
            self._store.drop(added)
            raise
        pieces = [*self._kept, *added]
        self.name = self._store.put_list(pieces)
        return sum(size for _name, size in pieces)


def _in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


class _Pieces(io.RawIOBase):
    """Objects read one after the other, from any place on."""

    def __init__(self, store: ObjectStore, pieces: list[tuple[str, int]]) -> None:
        self._store, self._pieces, self._at = store, pieces, 0
        self._left, self._body = pieces, None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET:
            offset += self._at if whence == io.SEEK_CUR else sum(size for _name, size in self._pieces)
        if offset != self._at:
            self._at, self._body = offset, None
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._body is None:
            self._go_to(self._at)
        while self._body is not None:
            if data := self._read(len(buffer)):
                buffer[: len(data)] = data
                self._at += len(data)
                return len(data)
            self._next()
        return 0

    def _read(self, size: int) -> bytes:
        """Raises StoreUnavailable where the line breaks in the middle of an object."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        assert self._body is not None
        try:
            return bytes(self._body.read(size))
        except (BotoCoreError, HTTPError) as exc:
            raise StoreUnavailable(type(exc).__name__) from exc

    def _go_to(self, offset: int) -> None:
        """Begin with the piece that holds this byte, at this byte."""
        self._left = list(self._pieces)
        while self._left and offset >= self._left[0][1]:
            offset -= self._left.pop(0)[1]
        if self._left:
            self._body = self._store.stream(self._left.pop(0)[0], offset)

    def _next(self) -> None:
        self._body = self._store.stream(self._left.pop(0)[0]) if self._left else None
