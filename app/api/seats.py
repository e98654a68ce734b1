"""Booths and their witnesses."""

from __future__ import annotations

from flask import Blueprint

from app.api.people import body, text
from app.casefile.codec import decode, encode
from app.extensions import access, platform, required_log_in
from app.permissions.actions import Action
from app.services import booths
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
