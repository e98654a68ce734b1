"""An installation as its people left it: others of its kind go on from there instead of doing the same again.

Where the programme of tests names a folder, its processes share what they kept.
"""

from __future__ import annotations

import copyreg
import fcntl
import hashlib
import os
import pickle
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from io import BufferedRandom
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from sqlalchemy import Connection, create_engine, func, select

from app.adapters.keystore import load_keys
from app.database import Database
from app.models import Base
from tests.app.services.ways import OWN

if TYPE_CHECKING:
    from tests.app.services.people import Installation

Ways = dict[str, str]
SHARED = "TENDERHALL_TEST_KEPT"  # the folder


def file_of(database: Database) -> Path:
    return Path(database.engine.url.database or "")


_known: dict[object, list[Left]] = {}


class Kept:
    """The rows, the files and what its people remember of an installation on SQLite; `ways` led there."""

    def __init__(self, made: Installation, ways: Ways) -> None:
        self.ways = ways
        database = made.platform.database
        database.dispose()  # the last connection writes what waits in the log of the database into its file
        self.database = file_of(database).read_bytes()
        paths = (path for path in made.folder.rglob("*") if path.is_file() and path != file_of(database))
        self.files = {str(path.relative_to(made.folder)): path.read_bytes() for path in paths}
        self.memory = _remembered(made)
        self.at = made.clock.at
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def copy_to(self, new: Installation, chosen: Collection[str]) -> None:
        """Make it so in an installation in which nobody is yet, on either database; what its maker has chosen for it,
        and nobody has asked for, stays."""
        for path, data in self.files.items():
            (new.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (new.folder / path).write_bytes(data)
        database = new.platform.database
        if database.is_sqlite:
            database.dispose()
            file_of(database).write_bytes(self.database)
        else:
            with database.migrating() as connection:
                self._fill(connection)
        new.platform = replace(new.platform, keys=load_keys(new.platform.settings.keys))
        stays = {name for name in chosen if name not in self.ways}
        vars(new).update({name: value for name, value in _remembered(self.memory).items() if name not in stays})
        new.clock.at = self.at

    def _fill(self, connection: Connection) -> None:
        if not self._rows:
            with TemporaryDirectory() as folder:
                (path := Path(folder) / "kept.db").write_bytes(self.database)
                with (engine := create_engine(f"sqlite:///{path}")).connect() as kept:
                    for table in Base.metadata.sorted_tables:
                        self._rows[table.name] = [dict(row) for row in kept.execute(table.select()).mappings()]
                engine.dispose()
        for table in Base.metadata.sorted_tables:
            if rows := self._rows[table.name]:
                connection.execute(table.insert(), rows)
                if (number := table.autoincrement_column) is not None:  # the next row takes the next number
                    sequence = func.pg_get_serial_sequence(table.name, number.name)
                    connection.execute(select(func.setval(sequence, max(row[number.name] for row in rows))))


def _remembered(made: Installation | dict[str, Any]) -> dict[str, Any]:
    """What people carry in their heads and pockets, and people themselves, who may change places."""
    memory = made if isinstance(made, dict) else {n: v for n, v in vars(made).items() if n not in OWN}
    return {n: {k: copy(v) for k, v in m.items()} if isinstance(m, dict) else copy(m) for n, m in memory.items()}


def _read(data: bytes) -> Any:
    return load_der_private_key(data, None)


def _reduced(key: ec.EllipticCurvePrivateKey) -> tuple[Any, ...]:
    return _read, (key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),)


copyreg.pickle(type(ec.generate_private_key(ec.SECP256R1())), _reduced)


def shared(kind: object, make: Callable[[], bytes]) -> bytes:
    """What the first process of this run made of this kind; the others wait for it, and read it."""
    with _held(kind) as file:
        if file is None:
            return make()
        if not (data := file.read()):
            data = make()
            file.write(data)
        return data


@dataclass
class Left:
    """What was kept, packed until somebody wants it: most steps of a course only lead to the next one."""

    ways: Ways
    packed: bytes

    @cached_property
    def kept(self) -> Kept:
        found: Kept = pickle.loads(self.packed)
        self.packed = b""
        return found


def fitting(kind: object, fits: Callable[[Ways], bool], make: Callable[[], Kept]) -> Left:
    """What somebody of this run has kept of this kind by ways that fit; otherwise it is made, for others as well."""
    known = _known.setdefault(kind, [])
    for left in known:
        if fits(left.ways):
            return left
    with _held(kind) as file:
        if file is None or (left := _found(file, fits)) is None:
            made = make()
            left = Left(made.ways, pickle.dumps(made))
            if file is not None:
                _add(file, left)
    known.append(left)
    return left


def _found(file: BufferedRandom, fits: Callable[[Ways], bool]) -> Left | None:
    """Each that was kept has its ways before it, and its size: those that do not fit are passed over."""
    while file.peek(1):
        ways, size = pickle.load(file)
        if fits(ways):
            return Left(ways, file.read(size))
        file.seek(size, os.SEEK_CUR)
    return None


def _add(file: BufferedRandom, left: Left) -> None:
    pickle.dump((left.ways, len(left.packed)), file)
    file.write(left.packed)


@contextmanager
def _held(kind: object) -> Iterator[BufferedRandom | None]:
    """The file of this kind, from its beginning, which no other process has meanwhile; none where nothing is shared."""
    if not (folder := os.environ.get(SHARED)):
        yield None
        return
    with (Path(folder) / hashlib.sha256(repr(kind).encode()).hexdigest()).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file
