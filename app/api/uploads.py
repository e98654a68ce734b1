"""Resumable upload after tus 1.0.0 (https://tus.io/protocols/resumable-upload), with creation, checksum, expiration and
termination: any client of the protocol works. `Upload-Metadata` is given back to whoever began the upload, and to
nobody else: what a file is called stays inside its envelope.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime
from typing import IO

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import ClientDisconnected, HTTPException, MethodNotAllowed

from app.database import given_up_after
from app.extensions import access, platform, required_log_in, takes
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.services import uploads

routes = Blueprint("api_uploads", __name__)
VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
ALGORITHMS: dict[str, Callable[[], hashlib._Hash]] = {
    "sha256": hashlib.sha256,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),  # the protocol demands it, against faulty lines only
}
PIECE, LARGEST_PIECE = 1 << 16, 1 << 20
AT_ONCE = 0.05  # seconds for a piece: a line that fast is asked for twice as much the next time
SILENCE = 20.0  # seconds for a piece: a cut cable says no goodbye, and 3 KiB/s is no line for gigabytes
METADATA_AT_MOST = 4096  # characters
_PAIR = r"[\x21-\x2b\x2d-\x7e]+(?: [A-Za-z0-9+/]*={0,2})?"
_PAIRS = re.compile(rf"{_PAIR}(?: ?, ?{_PAIR})*")
DRAINED, DRAINED_FOR = 64 << 20, 5.0  # bytes and seconds of a refused request, so that its sender sees the answer


class WrongMediaType(HTTPException):
    code = 415


def _tus(status: int, **headers: object) -> Response:
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return Response(status=status, headers=named)


def _expires(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


@routes.before_request
def check_version() -> None:
    stated = request.headers.get("Tus-Resumable", "")
    if request.method != "OPTIONS" and stated != VERSION:
        raise RuleViolation("upload_version", stated=stated[:20] or "—", version=VERSION)


@routes.after_request
def say_version(answer: Response) -> Response:
    """The protocol's own headers; and what is left of a refused piece is read, lest its sender never see the answer."""
    answer.headers["Tus-Resumable"] = VERSION
    if answer.status_code == 412:
        answer.headers["Tus-Version"] = VERSION
    if request.method in ("PATCH", "POST") and answer.status_code >= 400:
        left, until = DRAINED, time.monotonic() + DRAINED_FOR
        with suppress(TimeoutError), given_up_after(DRAINED_FOR):
            for piece in _pieces():
                left -= len(piece)
                if left < 0:
                    break
        if left < 0 or time.monotonic() >= until:
            answer.headers["Connection"] = "close"
    return answer


@routes.route("/uploads", methods=["OPTIONS"], provide_automatic_options=False)
@access(Action.SITE_READ)
def abilities() -> Response:
    return _tus(
        204,
        Tus_Version=VERSION,
        Tus_Extension=EXTENSIONS,
        Tus_Max_Size=platform().settings.max_upload_bytes,
        Tus_Checksum_Algorithm=",".join(ALGORITHMS),
    )


@routes.post("/uploads")
@access(Action.BID_UPLOAD)
def begin_upload() -> Response:
    state = uploads.begin_upload(platform(), required_log_in(), _whole_number("Upload-Length"), _metadata())
    place = url_for("api_uploads.upload_state", upload=state.id)
    return _tus(201, Location=place, Upload_Offset=0, Upload_Expires=_expires(state.expires_at))


@routes.route("/uploads/<upload>", methods=["HEAD"])
@access(Action.BID_UPLOAD)
def upload_state(upload: str) -> Response:
    state = uploads.read_upload(platform(), required_log_in(), upload)
    expires = _expires(state.expires_at)
    stated = uploads.stated_of(platform(), state)
    told = {"Upload_Metadata": stated} if stated else {}
    return _tus(200, Upload_Offset=state.offset, Upload_Length=state.size, Upload_Expires=expires, **told)


@routes.patch("/uploads/<upload>")
@access(Action.BID_UPLOAD)
@takes(0)
def continue_upload(upload: str) -> Response:
    if request.mimetype != "application/offset+octet-stream":
        raise WrongMediaType
    offset, pieces = _whole_number("Upload-Offset"), _pieces()
    if "Upload-Checksum" in request.headers:
        pieces = _checked(pieces, *_checksum(request.headers["Upload-Checksum"]))
    state = uploads.continue_upload(platform(), required_log_in(), upload, offset, pieces)
    return _tus(204, Upload_Offset=state.offset, Upload_Expires=_expires(state.expires_at))


@routes.delete("/uploads/<upload>")
@access(Action.BID_UPLOAD)
def end_upload(upload: str) -> Response:
    uploads.end_upload(platform(), required_log_in(), upload)
    return _tus(204)


@routes.post("/uploads/<upload>")
@access(Action.BID_UPLOAD)
@takes(0)
def overridden(upload: str) -> Response:
    """What a client meant whose line lets no PATCH or DELETE through (tus 1.0.0, X-HTTP-Method-Override)."""
    meant = {"PATCH": continue_upload, "DELETE": end_upload, "HEAD": upload_state}
    stated = request.headers.get("X-HTTP-Method-Override", "").upper()
    if stated not in meant:
        raise MethodNotAllowed([*meant])
    return meant[stated](upload)


def _whole_number(name: str) -> int:
    """A header's value. Raises RuleViolation `malformed`."""
    stated = request.headers.get(name, "")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 20):
        raise RuleViolation("malformed", path=name, expected="whole_number")
    return int(stated)


def _metadata() -> str:
    """Pairs of a key and a value in base64, as the client wrote them. Raises RuleViolation `malformed`."""
    stated = request.headers.get("Upload-Metadata", "").strip()
    if len(stated) > METADATA_AT_MOST or (stated and not _PAIRS.fullmatch(stated)):
        raise RuleViolation("malformed", path="Upload-Metadata", expected="text")
    return stated


def _checksum(stated: str) -> tuple[hashlib._Hash, bytes]:
    """The hash to be made and its expected value. Raises RuleViolation `upload_checksum_unread`."""
    name, _, text = stated.partition(" ")
    try:
        made, value = ALGORITHMS[name](), base64.b64decode(text, validate=True)
        if len(value) == made.digest_size:
            return made, value
    except (KeyError, ValueError):
        pass
    raise RuleViolation("upload_checksum_unread", algorithms=", ".join(ALGORITHMS))


def _checked(pieces: Iterator[bytes], made: hashlib._Hash, stated: bytes) -> Iterator[bytes]:
    """The pieces; a last look before the request counts. Raises RuleViolation `upload_checksum`."""
    for piece in pieces:
        made.update(piece)
        yield piece
    if made.digest() != stated:
        raise RuleViolation("upload_checksum")


def _pieces() -> Iterator[bytes]:
    """What arrives, until the line breaks or falls silent: what came before is kept, and whoever takes the upload up
    over another line finds it free. A fast line leaves room for others meanwhile.
    """
    size, source = PIECE, _source()
    while True:
        asked_at = time.monotonic()
        try:
            with given_up_after(SILENCE):
                piece = source.read(size)
        except (ClientDisconnected, OSError):
            return
        if not piece:
            return
        yield piece
        size = min(2 * size, LARGEST_PIECE) if time.monotonic() - asked_at < AT_ONCE else PIECE
        time.sleep(0)


def _source() -> IO[bytes]:
    """What arrives as the server hands it over, where that ends with the request: a second look at where it ends would
    copy every byte twice.
    """
    arriving: IO[bytes] = request.environ["wsgi.input"]
    return arriving if request.environ.get("wsgi.input_terminated") else request.stream
