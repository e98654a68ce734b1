"""Files: tender documents for everybody, the rest for those whom the policy names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

from flask import Blueprint, Response, g, request

from app.casefile.codec import encode
from app.extensions import access, current_actor, current_log_in, platform
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.file_names import disposition
from app.procedure.roles import Role
from app.services import copies, files, tenders
from crypto.canonical import Json

routes = Blueprint("api_files", __name__)
IN_THE_VIEWER = (Role.EXPERT, Role.REGULATOR)  # who read bids in the room (ROLES 37), where nothing is saved (38)
OPENS = "navigate"  # what a browser says of a request that becomes a page or a download
RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?")  # of RFC 9110 14.1.2; any other gets the whole


def attachment(name: str, size: int, data: Iterable[bytes], media_type: str) -> Response:
    """Bytes to be saved, never to be run in a page of ours."""
    return _file("attachment", name, size, data, media_type)


def shown(name: str, size: int, data: Iterable[bytes]) -> Response:
    """A bid's PDF for reading in the room, not for taking home (ROLES 38)."""
    return _file("inline", name, size, data, "application/pdf")


def _file(kind: str, name: str, size: int, data: Iterable[bytes], media_type: str) -> Response:
    headers = {
        "Content-Disposition": disposition(kind, name),
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
    """A file; of an opened bid also a range, which is how the viewer of the room reads (ROLES 37, 38)."""
    if asked := RANGE.fullmatch(request.headers.get("Range", "")):
        return _read_range(file, int(asked[1]), int(asked[2]) if asked[2] else None)
    address, lang = request.remote_addr or "", g.get("lang", "zh")
    found, data = files.read_file(platform(), current_actor(), file, address, lang)
    opens = request.headers.get("Sec-Fetch-Mode") == OPENS
    if found.kind in files.OF_A_BID and opens and current_actor().is_(*IN_THE_VIEWER):
        raise RuleViolation("viewer_only")  # a browser's own viewer has a button to save and one to print
    if found.kind in files.OF_A_BID and found.media_type == "application/pdf":
        return shown(found.name, found.size, data)
    return attachment(found.name, found.size, data, found.media_type)


def _read_range(file: str, first: int, last: int | None) -> Response:
    found, end, data = files.read_range(platform(), current_actor(), file, first, last, request.remote_addr or "")
    answer = _file("inline", found.name, len(data), [data], found.media_type)
    answer.status_code = HTTPStatus.PARTIAL_CONTENT
    answer.headers["Content-Range"] = f"bytes {first}-{end}/{found.size}"
    return answer


@routes.get("/files/<file>/copy/en")
@access(Action.SITE_READ)
def read_english_copy(file: str) -> Response:
    """An opening record or a report in English, for who may read the signed one."""
    name, data = copies.read_copy(platform(), current_actor(), file, "en", request.remote_addr or "")
    return attachment(name, len(data), [data], "application/pdf")
