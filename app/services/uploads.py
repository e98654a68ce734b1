"""Files on their way in: sent in pieces, resumed after a broken line, measured once they are whole."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from app.database import in_native_thread
from app.models import Upload
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction
from crypto.merkle import TreeDigest

KEPT_FOR = timedelta(days=2)
DISK_RESERVE_BYTES = 256 * 2**20  # so that closing and opening always find room
CHUNK = 1 << 20


@dataclass(frozen=True)
class UploadState:
    """Where an upload stands, in bytes."""

    id: str
    offset: int
    size: int


def begin_upload(platform: Platform, log_in: LogIn, size: int) -> UploadState:
    """A place for a file of `size` bytes. Raises RuleViolation `upload_too_large`, `disk_full`."""
    limit = platform.settings.max_upload_bytes
    if not 0 < size <= limit:
        raise RuleViolation("upload_too_large", size=size, limit=limit)
    if shutil.disk_usage(platform.settings.home).free - size < DISK_RESERVE_BYTES:
        raise RuleViolation("disk_full")
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.BID_UPLOAD)
        row = Upload(id=secrets.token_hex(16), account_id=log_in.account_id, size=size, offset=0)
        row.created_at, row.expires_at = now, now + KEPT_FOR
        db_session.add(row)
        return UploadState(row.id, 0, size)


def read_upload(platform: Platform, log_in: LogIn, upload_id: str) -> UploadState:
    """How much of one's own upload is safely kept. Raises RuleViolation `upload_unknown`."""
    with platform.database.reading() as db_session:
        row = db_session.get(Upload, upload_id)
        if row is None or row.account_id != log_in.account_id:
            raise RuleViolation("upload_unknown")
        return UploadState(row.id, row.offset, row.size)


def continue_upload(
    platform: Platform, log_in: LogIn, upload_id: str, offset: int, chunks: Iterable[bytes]
) -> UploadState:
    """Keep the next piece, which starts at `offset`; acknowledged only what is on the disk.

    Raises RuleViolation `upload_unknown`, `upload_offset`, `upload_too_large`.
    """
    state = read_upload(platform, log_in, upload_id)
    if state.offset != offset:
        raise RuleViolation("upload_offset", expected=state.offset, stated=offset)
    reached = platform.blobs.append(upload_id, offset, _bounded(chunks, state.size - offset))
    with plain_transaction(platform.database) as (db_session, _now):
        row = db_session.get_one(Upload, upload_id, with_for_update=True)
        if row.offset != offset:
            raise RuleViolation("upload_offset", expected=row.offset, stated=offset)
        row.offset = reached
    return UploadState(upload_id, reached, state.size)


def _bounded(chunks: Iterable[bytes], left: int) -> Iterable[bytes]:
    for chunk in chunks:
        if len(chunk) > left:
            raise RuleViolation("upload_too_large", size=len(chunk), limit=left)
        left -= len(chunk)
        yield chunk


def measure_upload(platform: Platform, log_in: LogIn, upload_id: str) -> str:
    """The tree digest of a complete upload, read once from the disk. Raises RuleViolation `upload_incomplete`."""
    state = read_upload(platform, log_in, upload_id)
    if state.offset != state.size:
        raise RuleViolation("upload_incomplete", offset=state.offset, size=state.size)
    return in_native_thread(_tree_digest, platform, upload_id)


def _tree_digest(platform: Platform, name: str) -> str:
    digest = TreeDigest()
    with platform.blobs.open(name) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
