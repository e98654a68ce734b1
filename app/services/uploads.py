"""Files on their way in: sent in pieces, resumed after a broken line, measured as they arrive.

Nobody fills the disk: each account has few unfinished files and a share of its own, what is promised and really being
sent is set aside, and a reserve stays. While there is room, no answer depends on what others have sent: who could ask
for room byte by byte would learn how large their bids are, and when they came.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session as DbSession

from app.adapters.blobs import BlobBusy
from app.database import begun_natively, in_native_thread, no_room, padded
from app.models import Lot, StoredFile, Upload
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.sending import find
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction
from crypto.merkle import LEAF_SIZE, Frontier, TreeDigest

KEPT_FOR = timedelta(days=2)
MOST_UNFINISHED = 20  # of one account
LARGEST_AT_ONCE = 2  # how many files of the largest size an account may have under way
REPLACED_AT_ONCE = 4  # and kept of bids that it has replaced, until their lots are closed
PROMISE_HOLDS = timedelta(minutes=15)  # without a piece; afterwards what is missing is set aside for nobody
DISK_RESERVE_BYTES = 256 * 2**20  # so that closing and opening always find room
CHUNK = 1 << 20
_STATES = select(
    Upload.id,
    Upload.account_id,
    Upload.offset,
    Upload.size,
    Upload.expires_at,
    Upload.blob,
    Upload.frontier,
    Upload.root,
    Upload.stated,
).where(Upload.id.in_(bindparam("uploads", expanding=True)))


@dataclass(frozen=True)
class UploadState:
    """Where an upload stands, in bytes, and until when it is kept."""

    id: str
    offset: int
    size: int
    expires_at: datetime
    blob: str
    frontier: str
    root: str
    stated: str


def _state(row: Upload) -> UploadState:
    return UploadState(row.id, row.offset, row.size, row.expires_at, row.blob, row.frontier, row.root, row.stated)


def begin_upload(
    platform: Platform, log_in: LogIn, size: int, metadata: str = "", action: Action = Action.BID_UPLOAD
) -> UploadState:
    """A place for a file of `size` bytes, for whoever may do `action`. `metadata` is what the client wants to hear
    again: kept under the installation's key, and nothing else is made of it.

    Raises RuleViolation `upload_too_large`, `uploads_too_many`, `uploads_too_large`, `replaced_too_large`, `disk_full`.
    """
    limit = platform.settings.max_upload_bytes
    if not 0 < size <= limit:
        raise RuleViolation("upload_too_large", size=size, limit=limit)
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), action)
        _check_share(db_session, log_in.account_id, size, limit, now)
        _check_room(platform, db_session, log_in.account_id, now)
        name = secrets.token_hex(16)
        row = Upload(id=name, account_id=log_in.account_id, size=size, offset=0, blob=name)
        row.stated = platform.keys.protect(metadata.encode()).decode() if metadata else ""
        row.created_at = row.continued_at = now
        row.expires_at = now + KEPT_FOR
        db_session.add(row)
        return _state(row)


def forget_expired(platform: Platform) -> None:
    """Throw away what nobody finished in time.

    Bytes first: a row without bytes is forgotten the next time, bytes without a row never would be.
    """
    with plain_transaction(platform.database) as (db_session, now):
        expired = select(Upload).where(Upload.expires_at <= now).with_for_update(skip_locked=True)
        for row in db_session.scalars(expired):
            _forget(platform, db_session, row)


def _forget(platform: Platform, db_session: DbSession, row: Upload) -> None:
    platform.blobs.delete(row.blob)
    db_session.delete(row)


def _check_share(db_session: DbSession, account: str, size: int, limit: int, now: datetime) -> None:
    """What an account may have under way, whatever others have."""
    if (kept := _replaced(db_session, account)) + size > REPLACED_AT_ONCE * limit:
        raise RuleViolation("replaced_too_large", size=kept, limit=REPLACED_AT_ONCE * limit)
    own = select(func.count(), func.coalesce(func.sum(Upload.size), 0))
    count, total = db_session.execute(own.where(Upload.account_id == account, Upload.expires_at > now)).one()
    if count >= MOST_UNFINISHED:
        raise RuleViolation("uploads_too_many", most=MOST_UNFINISHED, hours=KEPT_FOR // timedelta(hours=1))
    if total + size > LARGEST_AT_ONCE * limit:
        raise RuleViolation("uploads_too_large", size=int(total) + size, limit=LARGEST_AT_ONCE * limit)


def _kept(account: str) -> Select[tuple[int]]:
    """The sizes of the account's bids in lots that are not closed, the latest of each lot last."""
    query = select(StoredFile.size).join(
        Lot, and_(Lot.case_id == StoredFile.case_id, Lot.number == StoredFile.lot, Lot.closed_at.is_(None))
    )
    return query.where(StoredFile.account_id == account, StoredFile.kind == "bid")


def _replaced(db_session: DbSession, account: str) -> int:
    """Bytes of the account's bids that others of its own came after: they lie there until the closing, lest a file
    that is gone earlier tells that there was one."""
    latest = func.row_number().over(
        partition_by=(StoredFile.case_id, StoredFile.lot), order_by=StoredFile.created_at.desc()
    )
    ranked = _kept(account).add_columns(latest.label("age")).subquery()
    older = select(func.coalesce(func.sum(ranked.c.size), 0)).where(ranked.c.age > 1)
    return int(db_session.scalar(older) or 0)


def _check_room(platform: Platform, db_session: DbSession, account: str, now: datetime) -> None:
    """Whether the largest file would find room: the same answer for any size, and the asker's own bytes and promises
    are left out of it, so that nobody measures with them how much room others have taken.
    """
    free = platform.blobs.free_bytes()
    if free is None:
        return
    own = select(func.coalesce(func.sum(Upload.offset), 0)).where(Upload.account_id == account)
    handed_in = _kept(account).subquery()
    kept = select(func.coalesce(func.sum(handed_in.c.size), 0))
    held = select(func.coalesce(func.sum(Upload.size - Upload.offset), 0)).where(
        Upload.account_id != account, Upload.continued_at > now - PROMISE_HOLDS
    )
    own_bytes = int(db_session.scalar(own) or 0) + int(db_session.scalar(kept) or 0)
    room = free + own_bytes - int(db_session.scalar(held) or 0)
    if room < platform.settings.max_upload_bytes + DISK_RESERVE_BYTES:
        raise RuleViolation("disk_full")


def read_upload(platform: Platform, log_in: LogIn, upload_id: str) -> UploadState:
    """How much of one's own upload is safely kept. Raises RuleViolation `upload_unknown`."""
    with platform.database.reading() as db_session:
        now = platform.database.now(db_session.connection())
        return _state(_own(db_session, log_in, upload_id, now))


def stated_of(platform: Platform, state: UploadState) -> str:
    """The metadata that an upload began with."""
    return platform.keys.reveal(state.stated.encode()).decode() if state.stated else ""


def _own(db_session: DbSession, log_in: LogIn, upload_id: str, now: datetime, *, locked: bool = False) -> Upload:
    row = db_session.get(Upload, upload_id, with_for_update=locked)
    if row is None or row.account_id != log_in.account_id or row.expires_at <= now:
        raise RuleViolation("upload_unknown")
    return row


def continue_upload(
    platform: Platform, log_in: LogIn, upload_id: str, offset: int, chunks: Iterable[bytes]
) -> UploadState:
    """Keep the next piece, which starts at `offset`; acknowledged only what is on the disk.

    Raises RuleViolation `upload_unknown`, `upload_offset`, `upload_too_large`, `upload_locked` while another request
    writes to the same upload, `disk_full`; what `chunks` raises leaves the upload as it was.
    """
    blob = read_upload(platform, log_in, upload_id).blob
    try:
        with platform.blobs.appending(blob, offset) as file:
            # Read again by the one who may write: meanwhile it may have grown, or become a bid.
            state = _expected(read_upload(platform, log_in, upload_id), blob, offset)
            tree = _tree_so_far(platform, state)
            _check_reserve(platform)
            reached = file.write_durably(_measured(_bounded(chunks, state.size - offset), tree))
            with plain_transaction(platform.database) as (db_session, now):
                row = _own(db_session, log_in, upload_id, now, locked=True)
                _expected(_state(row), blob, offset)
                row.offset, row.blob, row.frontier = reached, file.name, tree.frontier.to_hex()
                row.continued_at = now
                row.root = tree.hexdigest() if reached == row.size else ""
                return _state(row)
    except BlobBusy as exc:
        raise RuleViolation("upload_locked") from exc
    except OSError as exc:
        if no_room(exc):
            raise RuleViolation("disk_full") from exc
        raise


def _check_reserve(platform: Platform) -> None:
    """The last of the disk is for closing and opening. Raises RuleViolation `disk_full`."""
    free = platform.blobs.free_bytes()
    if free is not None and free < DISK_RESERVE_BYTES:
        raise RuleViolation("disk_full")


def _expected(state: UploadState, blob: str, offset: int) -> UploadState:
    if (state.blob, state.offset) != (blob, offset):
        raise RuleViolation("upload_offset", expected=state.offset, stated=offset)
    return state


def end_upload(platform: Platform, log_in: LogIn, upload_id: str) -> None:
    """Throw an unfinished file of one's own away. Raises RuleViolation `upload_unknown`.

    Expired first: nobody goes on with a file whose bytes are half gone, and what a crash leaves goes with the others.
    """
    with plain_transaction(platform.database) as (db_session, now):
        _own(db_session, log_in, upload_id, now, locked=True).expires_at = now
    with plain_transaction(platform.database) as (db_session, _now):
        if row := db_session.get(Upload, upload_id, with_for_update={"skip_locked": True}):
            _forget(platform, db_session, row)


def _bounded(chunks: Iterable[bytes], left: int) -> Iterable[bytes]:
    for chunk in chunks:
        if len(chunk) > left:
            raise RuleViolation("upload_too_large", size=len(chunk), limit=left)
        left -= len(chunk)
        yield chunk


def _tree_so_far(platform: Platform, state: UploadState) -> TreeDigest:
    """The digest of what is there, to go on with: of the last leaf, if it is not complete, the bytes are read again."""
    leaves = state.offset // LEAF_SIZE if state.frontier else 0
    tree = TreeDigest(Frontier.from_hex(leaves, state.frontier))
    if tree.size < state.offset:
        with platform.blobs.open(state.blob) as file:
            file.seek(tree.size)
            while tree.size < state.offset and (chunk := file.read(min(CHUNK, state.offset - tree.size))):
                tree.update(chunk)
    return tree


def _measured(chunks: Iterable[bytes], tree: TreeDigest) -> Iterable[bytes]:
    """The chunks, each hashed while it is written and the next one arrives."""
    hashed: Callable[[], None] | None = None
    for chunk in chunks:
        if hashed is not None:
            hashed()
        hashed = begun_natively(tree.update, chunk)
        yield chunk
    if hashed is not None:
        hashed()


def complete_upload(platform: Platform, log_in: LogIn, upload_id: str) -> UploadState:
    """One's own upload, all of it there. Raises RuleViolation `upload_unknown`, `upload_incomplete`."""
    return complete(read_upload(platform, log_in, upload_id))


def complete(state: UploadState | None) -> UploadState:
    """That upload, all of it there. Raises RuleViolation `upload_unknown`, `upload_incomplete`."""
    if state is None:
        raise RuleViolation("upload_unknown")
    if state.offset != state.size:
        raise RuleViolation("upload_incomplete", offset=state.offset, size=state.size)
    return state


def own_uploads(connection: Connection, asked: Sequence[tuple[LogIn, str]], now: datetime) -> list[UploadState | None]:
    """The uploads of these ids; None for what is not there, somebody else's or expired."""
    rows = find(connection, _STATES, uploads=padded([upload_id for _log_in, upload_id in asked]))
    own = {(row[0], row[1]): UploadState(row[0], *row[2:]) for row in rows if row[4] > now}
    return [own.get((upload_id, log_in.account_id)) for log_in, upload_id in asked]


def upload_root(platform: Platform, upload: UploadState) -> str:
    """The tree head of a complete upload: taken while it arrived, so that at the deadline no gigabyte is read again."""
    return upload.root or measure_blob(platform, upload.blob)  # one that an earlier version took is measured now


def measure_blob(platform: Platform, blob: str) -> str:
    """The tree head of what the store holds, all of it read."""
    return in_native_thread(_tree_digest, platform, blob)


def _tree_digest(platform: Platform, name: str) -> str:
    digest = TreeDigest()
    with platform.blobs.open(name) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
