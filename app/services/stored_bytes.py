"""The bytes behind a file's row: a blob of its own, or, of a bid that was opened, a part of its sealed file."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Iterator
from itertools import chain

from app.casefile.case import Case
from app.casefile.sealing import context_of
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.services.platform import Platform
from crypto.envelope import context_hash, opened_part
from crypto.errors import CryptoError
from crypto.merkle import LEAF_SIZE, TreeDigest, leaf_hash, root

log = logging.getLogger("tenderhall.files")
UNREADABLE = (OSError, ValueError, LookupError, CryptoError)  # no such blob, no such bid, or damaged
CHUNK = 1 << 18  # what one answer holds of a file at a time
FILES_REMEMBERED = 512  # of how many files a process keeps the hashes of their leaves: 32 bytes for each MiB
BY_TREE = frozenset({"bid", "rehearsal", "opened"})  # their digest is a TreeDigest, the others' a plain SHA-256


def digest_of(kind: str) -> TreeDigest | hashlib._Hash:
    """The digest by which rows and entries name files of this kind, of no bytes yet."""
    return TreeDigest() if kind in BY_TREE else hashlib.sha256()


def stored_chunks(platform: Platform, case: Case, row: StoredFile) -> Iterator[bytes]:
    """The bytes as they are, unchecked. Raises OSError where there are none, CryptoError for a part that is damaged."""
    if row.start is not None:
        yield from _part(platform, case, row, 0, row.size)
        return
    with platform.blobs.open(row.blob) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _part(platform: Platform, case: Case, row: StoredFile, start: int, size: int) -> Iterator[bytes]:
    """`size` bytes of a file of an opened bid from its byte `start` on, as they are in the sealed one."""
    opened = case.lots[row.lot].opening.opened[row.owner]
    recipient = case.lots[row.lot].bidding.submissions[row.owner].fact.recipient
    context = context_of(platform.origin, case, row.lot, opened.bidder, recipient)
    with platform.blobs.open(row.blob) as file:
        yield from opened_part(file, opened.identity, context_hash(context), (row.start or 0) + start, size)


def file_range(platform: Platform, case: Case, row: StoredFile, first: int, last: int) -> bytes:
    """Bytes `first` to `last` (both of them) of a file of an opened bid: whole leaves of its tree are read, and each is
    compared with the hashes that lead to the head which the row names.

    Raises RuleViolation `file_damaged`.
    """
    begin, end = first // LEAF_SIZE, last // LEAF_SIZE + 1
    start = begin * LEAF_SIZE
    try:
        leaves = _leaves(platform, case, row)
        data = b"".join(_part(platform, case, row, start, min(end * LEAF_SIZE, row.size) - start))
    except UNREADABLE as exc:
        raise _damaged(case, row) from exc
    found = [leaf_hash(data[at : at + LEAF_SIZE]) for at in range(0, len(data), LEAF_SIZE)]
    if found != leaves[begin:end]:
        raise _damaged(case, row)
    return data[first - start : last + 1 - start]


def _leaves(platform: Platform, case: Case, row: StoredFile) -> list[bytes]:
    """The hashes of a file's leaves: taken once in each process, of a file that is then checked as a whole."""
    memory: OrderedDict[tuple[str, str], list[bytes]] = platform.database.memory.setdefault("leaves", OrderedDict())
    key = (row.id, row.sha256)
    if key not in memory:
        found, held = [], bytearray()
        for chunk in stored_chunks(platform, case, row):
            held += chunk
            while len(held) >= LEAF_SIZE:
                found.append(leaf_hash(bytes(held[:LEAF_SIZE])))
                del held[:LEAF_SIZE]
            time.sleep(0)
        if held:
            found.append(leaf_hash(bytes(held)))
        if root(found).hex() != row.sha256:
            raise _damaged(case, row)
        memory[key] = found
    memory.move_to_end(key)
    while len(memory) > FILES_REMEMBERED:
        memory.popitem(last=False)
    return memory[key]


def file_chunks(platform: Platform, case: Case, row: StoredFile) -> Iterator[bytes]:
    """The bytes, the last of them only if all are those that the row names.

    Raises RuleViolation `file_damaged`: at once where there is nothing or a single chunk that is wrong, else when the
    fault is met, so that whoever reads gets less than was announced and never a file that looks whole.
    """
    chunks = _checked(platform, case, row)
    return chain([next(chunks, b"")], chunks)


def _checked(platform: Platform, case: Case, row: StoredFile) -> Iterator[bytes]:
    digest, held = digest_of(row.kind), b""
    try:
        for chunk in stored_chunks(platform, case, row):
            digest.update(chunk)
            if held:
                yield held
                time.sleep(0)  # a fast reader would leave a co-operative server no turn for anybody else
            held = chunk
    except UNREADABLE as exc:
        raise _damaged(case, row) from exc
    if digest.hexdigest() != row.sha256:
        raise _damaged(case, row)
    yield held


def _damaged(case: Case, row: StoredFile) -> RuleViolation:
    log.error("case %s, lot %s: blob %s is not the %s that its row names", case.id, row.lot, row.blob, row.kind)
    return RuleViolation("file_damaged", name=row.name)
