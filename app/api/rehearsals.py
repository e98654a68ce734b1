"""Rehearsals for programs: a centre opens one, the trustees' tools find those that ask them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint

from app.api.people import body, text
from app.casefile.codec import decode
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.rehearsal import LASTS_AT_MOST
from app.queries.rehearsals import described, own_rehearsals
from app.services import rehearsals
from crypto.canonical import Json
from crypto.instants import parse_instant

MINUTES_AT_MOST = int(LASTS_AT_MOST.total_seconds()) // 60
routes = Blueprint("api_rehearsals", __name__)


@routes.post("/rehearsals")
@access(Action.REHEARSAL_OPEN)
def open_rehearsal() -> Json:
    """`committee` (id), `due_at` ("" for now), `minutes` for which shares are taken."""
    sent = body()
    due, minutes = text(sent, "due_at", ""), decode(int, sent.get("minutes"), "$.minutes")
    if not 0 < minutes <= MINUTES_AT_MOST:
        raise RuleViolation("malformed", path="$.minutes", expected=f"1..{MINUTES_AT_MOST}")
    due_at, lasts = parse_instant(due) if due else None, timedelta(minutes=minutes)
    return {
        "rehearsal": rehearsals.open_rehearsal(platform(), required_log_in(), text(sent, "committee"), due_at, lasts)
    }


@routes.get("/rehearsals")
@access(Action.REHEARSAL_LIST)
def list_rehearsals() -> Json:
    """Those that the asker may watch, the latest first."""
    here = platform()
    with here.database.reading() as db_session:
        rows = own_rehearsals(db_session, current_actor(), here.database.now())
    return [described(row) for row in rows]
