"""The calendar of a centre's rooms, by day or week: blind, fit to hang on a wall."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.procedure.roles import Role
from app.procedure.venues import Window
from app.queries import calendars
from app.web.pages import to_local
from app.web.venues.bookings import ANSWERS

routes = Blueprint("calendar", __name__)
YEARS = range(2000, 3000)  # that a calendar shows


@routes.get("/calendar")
@access(Action.CALENDAR_READ)
def show() -> str:
    """Rooms by day: from the Monday of this week, or the day that is asked for."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        today = to_local(here.database.now(db_session.connection())).date()
        span = 1 if request.args.get("days") == "1" else 7
        first = _day(request.args.get("from", "")) or (today if span == 1 else _monday(today))
        days = [first + timedelta(days=n) for n in range(span)]
        site = request.args.get("site", "")
        every = calendars.calendar(db_session, actor, [_window(day) for day in days])
    sites = {row.room.site: row.room.site_name for row in every}
    rows = [row for row in every if site in ("", row.room.site)]

    def address(**query: object) -> str:
        chosen = {"from": first.isoformat(), "days": span, "site": site or None}
        return url_for("calendar.show", **(chosen | query))

    shown = {
        "earlier": address(**{"from": (first - timedelta(days=span)).isoformat()}),
        "later": address(**{"from": (first + timedelta(days=span)).isoformat()}),
        "spans": [
            (_("一天"), address(days=1), span == 1),
            (_("一周"), address(days=7, **{"from": _monday(first).isoformat()}), span == 7),
        ],
        "sites": [
            (_("全部场所"), address(site=None), not site),
            *((name, address(site=key), site == key) for key, name in sites.items()),
        ],
        "manages": actor.is_(Role.CENTRE_OPERATOR),
    }
    return render_template("pages/venues/calendar.html", rows=rows, days=days, today=today, answers=ANSWERS, **shown)


def _day(text: str) -> date | None:
    """A day that has others around it, whatever the zone; None of anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _window(day: date) -> Window:
    zone = ZoneInfo(platform().settings.display_zone)
    begins = datetime.combine(day, time(), zone)
    return Window(begins, datetime.combine(day + timedelta(days=1), time(), zone))
