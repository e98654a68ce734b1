"""Recordings: handed in by the machine of a site, and read piece by piece by whom two inspectors let look."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request

from app.api.files import attachment
from app.casefile.codec import encode
from app.extensions import access, current_actor, platform, required_log_in, takes
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.file_names import disposition
from app.procedure.recordings import LARGEST_PIECE, piece_name
from app.services import recordings
from app.services.recordings import Place, StatedPiece
from crypto.canonical import Json
from crypto.instants import parse_instant

routes = Blueprint("api_recordings", __name__)
OF_SITE = "/cases/<case>/lots/<lot>/recordings/<site>"


@routes.get(OF_SITE)
@access(Action.RECORDING_KEEP)
def run_state(case: str, lot: str, site: str) -> Json:
    """Where the latest recording of one's own site stands, and what time it is."""
    return encode(recordings.run_state(platform(), required_log_in(), case, lot, site))


@routes.put(f"{OF_SITE}/<int:run>/<int:number>")
@access(Action.RECORDING_KEEP)
@takes(LARGEST_PIECE + 1)
def keep_piece(case: str, lot: str, site: str, run: int, number: int) -> Json:
    """A piece, as the body of the request; what its machine says of it stands in the address."""
    stated = StatedPiece(
        number,
        _instant("started_at"),
        _instant("ended_at"),
        request.args.get("sha256", ""),
        request.args.get("previous", ""),
        _milliseconds("clock_ms"),
    )
    place = Place(case, lot, site, run)
    return encode(recordings.keep_piece(platform(), required_log_in(), place, stated, request.get_data(cache=False)))


@routes.get(f"{OF_SITE}/<int:run>/<int:number>")
@access(Action.RECORDING_LOOK)
def read_piece(case: str, lot: str, site: str, run: int, number: int) -> Response:
    rows = recordings.look_at(platform(), current_actor(), Place(case, lot, site, run), request.remote_addr or "")
    row = next((row for row in rows if row.number == number), None)
    if row is None:
        raise RuleViolation("recording_unknown", run=run)
    data = recordings.film_of(platform(), row)
    kind = recordings.media_type_of(data)
    return attachment(piece_name(lot, site, run, number, kind.rpartition("/")[2]), len(data), [data], kind)


@routes.get(f"{OF_SITE}/<int:run>.tar")
@access(Action.RECORDING_LOOK)
def read_run(case: str, lot: str, site: str, run: int) -> Response:
    """All pieces of a recording as files, for `tenderhall verify --recording`."""
    rows = recordings.look_at(platform(), current_actor(), Place(case, lot, site, run), request.remote_addr or "")
    name = f"{lot}-{site}-{run}.tar"
    answer = Response(recordings.archive_of(platform(), rows), mimetype="application/x-tar")
    answer.headers["Content-Disposition"] = disposition("attachment", name)
    return answer


def _instant(name: str) -> datetime:
    return parse_instant(request.args.get(name, ""))


def _milliseconds(name: str) -> int:
    stated = request.args.get(name, "")
    digits = stated.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 14):
        raise RuleViolation("malformed", path=f"$.{name}", expected="whole_number")
    return int(stated)
