"""Files: tender documents for everybody, the rest for those whom the policy names."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from flask import Blueprint, Response, request

from app.casefile.codec import encode
from app.extensions import access, current_actor, current_log_in, platform
from app.permissions.actions import Action
from app.services import copies, files, tenders
from crypto.canonical import Json

routes = Blueprint("api_files", __name__)


def attachment(name: str, size: int, data: Iterable[bytes], media_type: str) -> Response:
    """Bytes to be saved, never to be run in a page of ours."""
    return _file("attachment", name, size, data, media_type)


def shown(name: str, size: int, data: Iterable[bytes]) -> Response:
    """A bid's PDF for reading in the room, not for taking home (ROLES 38)."""
    return _file("inline", name, size, data, "application/pdf")


def _file(disposition: str, name: str, size: int, data: Iterable[bytes], media_type: str) -> Response:
    headers = {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(name)}",
        "Content-Length": str(size),  # so that who gets less knows
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, mimetype=media_type, headers=headers)


@routes.get("/cases/<case>/documents/<document>")
@access(Action.DOCUMENTS_DOWNLOAD)
def tender_document(case: str, document: str) -> Response:
    row, data = tenders.download_document(platform(), current_log_in(), case, document)
    return attachment(row.name, row.size, data, row.media_type)


@routes.get("/cases/<case>/lots/<lot>/files")
@access(Action.SITE_READ)
def list_files(case: str, lot: str) -> Json:
    return encode(files.readable_files(platform(), current_actor(), case, lot))


@routes.get("/files/<file>")
@access(Action.SITE_READ)
def read_file(file: str) -> Response:
    found, data = files.read_file(platform(), current_actor(), file, request.remote_addr or "")
    if found.kind == "opened" and found.media_type == "application/pdf":
        return shown(found.name, found.size, data)
    return attachment(found.name, found.size, data, found.media_type)


@routes.get("/files/<file>/copy/en")
@access(Action.SITE_READ)
def read_english_copy(file: str) -> Response:
    """An opening record or a report in English, for who may read the signed one."""
    name, data = copies.read_copy(platform(), current_actor(), file, "en", request.remote_addr or "")
    return attachment(name, len(data), [data], "application/pdf")
