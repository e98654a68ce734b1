"""What is said in the room: the live parts of the talk and of announcements, and all of it on a page of its own."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.extensions import access
from app.permissions.actions import Action
from app.queries.talks import talk_of
from app.web.expert.room import entered

routes = Blueprint("talk", __name__, url_prefix="/room/<case>/<lot>")


@routes.get("/talk")
@access(Action.ROOM_JOIN)
def show(case: str, lot: str) -> str:
    """The latest messages as a part of the room; else every message."""
    found, room, shown = entered(case, lot)
    if request.args.get("part"):
        return render_template("pages/expert/_talk.html", **shown)
    return render_template("pages/expert/talk.html", **shown | {"talk": talk_of(found, lot, room.seat or None, None)})


@routes.get("/announcements")
@access(Action.ROOM_JOIN)
def announcements(case: str, lot: str) -> str:
    """What this seat has to note."""
    return render_template("pages/expert/_announcements.html", **entered(case, lot)[2])
