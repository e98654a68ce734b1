"""Files on their way to the platform, in pieces, after tus 1.0.0: a broken line is gone on with where it broke."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from app.client.connection import Connection, Refused

PIECE = 8 << 20  # bytes of an upload sent at once
AGAIN_AFTER = 1.0  # seconds: an upload whose line broke is free again once the platform has noticed
TUS = {"Tus-Resumable": "1.0.0"}
Progress = Callable[[int, int], None]  # bytes that are there, of how many


def unseen(done: int, size: int) -> None:
    """Nobody watches."""


def send_file(connection: Connection, path: Path, begun: str = "", progress: Progress = unseen) -> str:
    """Send what the platform does not have of a file yet; the id of the upload, one that was `begun` or a new one."""
    size = path.stat().st_size
    upload_id = begun or begin_upload(connection, size)
    offset = _offset(connection, upload_id)
    with path.open("rb") as file:
        while offset < size:
            file.seek(offset)
            offset = _send_piece(connection, upload_id, offset, file.read(PIECE))
            progress(offset, size)
    return upload_id


def begin_upload(connection: Connection, size: int) -> str:
    """A place for `size` bytes, after tus 1.0.0; asking for one too many does no harm."""
    answer = connection.request("POST", "/uploads", headers={**TUS, "Upload-Length": str(size)}, repeatable=True)
    return str(answer.headers["Location"]).rpartition("/")[2]


def _offset(connection: Connection, upload_id: str) -> int:
    return int(connection.request("HEAD", f"/uploads/{upload_id}", headers=TUS).headers["Upload-Offset"])


def _send_piece(connection: Connection, upload_id: str, offset: int, piece: bytes) -> int:
    """The offset that is reached. After a fault only the platform knows how much of a piece arrived."""
    checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
    headers = {
        **TUS,
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {checksum}",
        "Content-Type": "application/offset+octet-stream",
    }
    try:
        answer = connection.request("PATCH", f"/uploads/{upload_id}", data=piece, headers=headers)
        return int(answer.headers["Upload-Offset"])
    except Refused as refusal:
        if refusal.code not in ("no_answer", "upload_offset", "upload_checksum", "upload_locked"):
            raise
        time.sleep(AGAIN_AFTER)
        return _offset(connection, upload_id)
