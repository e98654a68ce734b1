"""Every draw that may be looked at, in one list: from here anybody checks it again."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.procedure.convening import PURPOSE
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import Part
from app.procedure.inspections.pools import purpose_of
from app.procedure.inspections.state import part_of
from app.queries.published_draws import PublishedDraw, published_draws
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant

routes = Blueprint("published_draws", __name__)
CASES = 100  # looked through for one page
PURPOSES = {
    PURPOSE: _l("评审专家"),
    purpose_of(Part.OBJECTS): _l("检查对象"),
    purpose_of(Part.INSPECTORS): _l("检查人员"),
}


@routes.get("/draws")
@access(Action.SITE_READ)
def index() -> str:
    words, before = request.args.get("q", "").strip()[:100], request.args.get("before", "")
    try:
        instant = parse_instant(before) if before else None
    except (RuleViolation, CryptoError, ValueError):
        instant = None
    with platform().database.reading() as db_session:
        found = published_draws(db_session, current_actor(), words, instant, CASES)
    older = url_for(".index", q=words or None, before=format_instant(found.before)) if found.before else ""
    shown = {"rows": found.draws, "words": words, "older": older, "purposes": PURPOSES, "wall": wall, "about": about}
    return render_template("pages/public/draws.html", **shown)


def wall(draw: PublishedDraw) -> str:
    """Where its rounds, records and the check are."""
    if draw.purpose == PURPOSE:
        return url_for("rooms.draw", case=draw.case_id, lot=draw.lot)
    return url_for("inspection_draws.wall", case=draw.case_id, lot=draw.lot)


def about(draw: PublishedDraw) -> str:
    """Of which lot or campaign it is."""
    if draw.purpose == PURPOSE:
        return _("标包 %(lot)s", lot=draw.lot)
    return _("第 %(n)s 次抽查", n=part_of(draw.lot)[0])
