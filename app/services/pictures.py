"""One place sends the picture of its site: a seat, or the witness. What is sent goes from browser to browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session as DbSession

from app.config import Settings
from app.models import Presence
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.queries.pictures import cameras
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.presences import Place
from app.services.unit_of_work import plain_transaction, take_turns
from crypto.canonical import Json

RELAY_VALID = timedelta(hours=12)  # a whole day of evaluation


def start_camera(platform: Platform, log_in: LogIn, place: Place, line: str) -> None:
    """From here on this line sends the picture of its site; the witness's in place of a member's, who is watched by it.

    Raises NotAllowed, also where nobody knows of the line's being there any more, RuleViolation `camera_taken`,
    `picture_ended`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, place.case_id)
        authorize(actor, Action.PICTURE_SEND, case, place.lot)
        if (ended := case.lot(place.lot).picture_ends.get(place.seat)) is not None:
            raise RuleViolation("picture_ended", note=ended.note)
        take_turns(db_session, f"camera/{place.case_id}/{place.lot}/{place.site}")
        for camera in cameras(db_session, case, place.lot, now):
            if camera.site == place.site and camera.seat != place.seat:
                if place.seat:
                    raise RuleViolation("camera_taken", seat=camera.seat)
                _end(_row(db_session, replace(place, seat=camera.seat)))
        row = _row(db_session, place)
        if row is None:
            raise NotAllowed(Action.PICTURE_SEND)
        row.camera, row.camera_at = line, now


def stop_camera(platform: Platform, place: Place, line: str) -> None:
    """This line sends no picture any more."""
    with plain_transaction(platform.database) as (db_session, _now):
        row = _row(db_session, place)
        if row is not None and row.camera == line:
            _end(row)


def _end(row: Presence | None) -> None:
    if row is not None:
        row.camera, row.camera_at = "", None


def _row(db_session: DbSession, place: Place) -> Presence | None:
    return db_session.get(Presence, (place.case_id, place.lot, place.site, place.seat))


def relays(settings: Settings, name: str, now: float) -> list[Json]:
    """STUN and TURN servers for a browser, with a password of its own that a relay checks by the shared secret."""
    user = f"{int(now + RELAY_VALID.total_seconds())}:{name}"
    mark = hmac.new(settings.turn_secret.encode(), user.encode(), hashlib.sha1).digest()
    found: list[Json] = []
    for url in settings.turn_urls:
        if url.startswith("stun:"):
            found.append({"urls": url})
        else:
            found.append({"urls": url, "username": user, "credential": base64.b64encode(mark).decode()})
    return found
