"""The authority's silent page: all its sittings, by site, kept up to date; warnings and orders are given from here."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.queries.cases import load_case
from app.queries.supervision import sittings_seen
from app.services import experts
from app.services.actors import authorize_or_record
from app.web.names import CHECK_INS, GROUNDS, MEMBERS, RECORDING_STATES, STAGES

routes = Blueprint("supervision", __name__)


@routes.get("/regulator/live")
@access(Action.SITTING_WARN)
def show() -> str:
    """Who sits where is shown of the cases for which a reason is stated; each such look is in the access log."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        rows = sittings_seen(db_session, actor, here.database.now(db_session.connection()))
        read = {row.case_id: load_case(db_session, row.case_id) for row in rows if row.sites}
    for row in rows:
        if row.sites:
            address = request.remote_addr or ""
            authorize_or_record(here.database, actor, Action.ROOM_JOIN, read[row.case_id], row.lot, address)
    template = "_live.html" if request.args.get("part") else "live.html"
    sites = {site["id"]: site["name"] for site in experts.list_sites(here)}
    shown = {"rows": rows, "stages": STAGES, "grounds": GROUNDS, "members": MEMBERS, "check_ins": CHECK_INS}
    shown |= {"recording_words": RECORDING_STATES}
    return render_template(f"pages/regulator/{template}", sites=sites, **shown)
