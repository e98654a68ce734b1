"""Words planted in an installation, and every place where one of them is found: rows, files, what was logged (T24)."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from sqlalchemy import select

from app.models import Base
from app.services.platform import Platform


def forms(word: str | bytes) -> set[bytes]:
    """A word as it may lie somewhere: as it is, in JSON, in an address, in hex, in Base64 at any place."""
    plain = word.encode() if isinstance(word, str) else word
    found = {plain, plain.hex().encode()}
    if isinstance(word, str):
        found |= {json.dumps(word)[1:-1].encode(), quote(word).encode()}
    for skipped in range(3):
        whole = base64.b64encode(bytes(skipped) + plain).decode()
        first, last = -(-skipped * 4 // 3), len(whole) - (4 if (skipped + len(plain)) % 3 else 0)
        found |= {whole[first:last].encode(), whole[first:last].translate(str.maketrans("+/", "-_")).encode()}
    return found


def places(
    platform: Platform, words: Collection[str | bytes], log: Collection[str] = (), outside: Collection[str] = ()
) -> set[str]:
    """Where any of the words is: `table.column`, the name of a file, `log`. What is below the entries `outside` of the
    installation's folder is no part of it. A file of the database counts where no column holds the word any more.
    """
    wanted = {form for word in words for form in forms(word)}
    found = {column for column, held in _cells(platform) if _holds(held, wanted)}
    home = platform.settings.home
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        ours = path.is_file() and inside.parts[0] not in outside and not (found and path.name.startswith("test.db"))
        if ours and _holds(path.read_bytes(), wanted):
            found.add(str(inside))
    return found | ({"log"} if _holds("\n".join(log).encode(), wanted) else set())


def _holds(held: bytes, wanted: set[bytes]) -> bool:
    return any(form in held for form in wanted)


def _cells(platform: Platform) -> Iterator[tuple[str, bytes]]:
    with platform.database.reading() as db_session:
        for table in Base.metadata.sorted_tables:
            for row in db_session.execute(select(table)):
                for column, value in zip(table.columns, row, strict=True):
                    held = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{table.name}.{column.name}", held


@contextmanager
def logged(level: int = logging.INFO) -> Iterator[list[str]]:
    """What is logged meanwhile, by whomever."""
    found: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(f"{record.name} {self.format(record)}")

    root, keeping = logging.getLogger(), Keeping()
    before = root.level
    root.addHandler(keeping)
    root.setLevel(level)
    try:
        yield found
    finally:
        root.removeHandler(keeping)
        root.setLevel(before)
