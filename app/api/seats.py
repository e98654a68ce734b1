"""Booths and their witnesses."""

from __future__ import annotations

from flask import Blueprint, request

from app.api.people import body, text
from app.casefile.codec import decode, encode
from app.extensions import access, platform, private_facts, required_log_in, takes
from app.permissions.actions import Action
from app.services import booths, identities, offline_sheets
from crypto.canonical import Json

routes = Blueprint("api_seats", __name__)


@routes.post("/seats")
@access(Action.SEAT_REQUEST)
def request_seat() -> Json:
    sent = body()
    proof = decode(dict[str, str], sent.get("proof"), "$.proof")
    return encode(booths.request_seat(platform(), text(sent, "code"), text(sent, "spki"), proof))


@routes.get("/seats/waiting")
@access(Action.SEAT_CERTIFY)
def waiting() -> Json:
    return encode(booths.waiting_seats(platform(), required_log_in()))


@routes.put("/seats/<seat_request>/photo")
@access(Action.SEAT_CERTIFY)
@takes(identities.MOST_PHOTO_BYTES + 1)
def keep_photo(seat_request: str) -> Json:
    """The photo of who asks for the seat, as the body of the request; its SHA-256, which the witness's act names."""
    digest = identities.keep_photo(platform(), required_log_in(), seat_request, request.get_data())
    return {"photo_sha256": digest}


@routes.post("/cases/<case>/lots/<lot>/sheets")
@access(Action.SHEET_HAND_IN)
@takes(offline_sheets.LARGEST_FILE)
def hand_in_sheet(case: str, lot: str) -> Json:
    """A sheet that a booth has saved as a file while it had no line; when it was signed and received, and no score."""
    data = request.get_data(cache=False)
    found = offline_sheets.hand_in_file(platform(), required_log_in(), case, lot, data, private_facts())
    return encode(found)
