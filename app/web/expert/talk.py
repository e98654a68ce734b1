"""Who is in the room and what is said there: live parts of its page, and all messages on a page of their own."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.queries.presences import places_seen
from app.queries.talks import talk_of
from app.web.expert.room import entered

ON_A_PAGE = 200  # messages
routes = Blueprint("talk", __name__, url_prefix="/room/<case>/<lot>")


@routes.get("/talk")
@access(Action.ROOM_JOIN)
def show(case: str, lot: str) -> str:
    """The latest messages as a part of the room; else all of them, so many on a page, the latest page first."""
    found, room, shown = entered(case, lot)
    if request.args.get("part"):
        return render_template("pages/expert/_talk.html", **shown)
    page = max(1, request.args.get("page", 1, int))
    talk = talk_of(found, lot, room.seat or None, ON_A_PAGE, page)
    return render_template("pages/expert/talk.html", **shown | {"talk": talk, "page": page})


@routes.get("/announcements")
@access(Action.ROOM_JOIN)
def announcements(case: str, lot: str) -> str:
    """What this seat has to note."""
    return render_template("pages/expert/_announcements.html", **entered(case, lot)[2])


@routes.get("/briefing")
@access(Action.ROOM_JOIN)
def briefing(case: str, lot: str) -> str:
    """What the tenderer has told the committee."""
    return render_template("pages/expert/_briefing.html", **entered(case, lot)[2])


@routes.get("/recorded")
@access(Action.ROOM_JOIN)
def recorded(case: str, lot: str) -> str:
    """Which sites are recorded now."""
    return render_template("components/_recorded.html", **entered(case, lot)[2])


@routes.get("/presence")
@access(Action.PRESENCE_READ)
def presence(case: str, lot: str) -> str:
    """Who is there, as this seat may know it."""
    found, _room, shown = entered(case, lot, Action.PRESENCE_READ)
    here = platform()
    with here.database.reading() as db_session:
        places = places_seen(db_session, current_actor(), found, lot, here.database.now(db_session.connection()))
    return render_template("pages/expert/_presence.html", **shown | {"places": places})
