"""The bytes behind a file's row: a blob of its own, or, of a bid that was opened, a part of its sealed file."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from itertools import chain

from app.casefile.case import Case
from app.casefile.sealing import context_of
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.services.platform import Platform
from crypto.envelope import context_hash, opened_part
from crypto.errors import CryptoError
from crypto.merkle import TreeDigest

log = logging.getLogger("tenderhall.files")
UNREADABLE = (OSError, ValueError, LookupError, CryptoError)  # no such blob, no such bid, or damaged
CHUNK = 1 << 18  # what one answer holds of a file at a time
BY_TREE = frozenset({"bid", "rehearsal", "opened"})  # their digest is a TreeDigest, the others' a plain SHA-256


def digest_of(kind: str) -> TreeDigest | hashlib._Hash:
    """The digest by which rows and entries name files of this kind, of no bytes yet."""
    return TreeDigest() if kind in BY_TREE else hashlib.sha256()


def stored_chunks(platform: Platform, case: Case, row: StoredFile) -> Iterator[bytes]:
    """The bytes as they are, unchecked. Raises OSError where there are none, CryptoError for a part that is damaged."""
    with platform.blobs.open(row.blob) as file:
        if row.start is None:
            while chunk := file.read(CHUNK):
                yield chunk
            return
        opened = case.lots[row.lot].opening.opened[row.owner]
        recipient = case.lots[row.lot].bidding.submissions[row.owner].fact.recipient
        context = context_of(platform.origin, case, row.lot, opened.bidder, recipient)
        yield from opened_part(file, opened.identity, context_hash(context), row.start, row.size)


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
