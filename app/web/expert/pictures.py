"""Pictures between sites, in a window of their own, for everybody who may see one."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template
from flask_babel import gettext as _

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.roles import Role
from app.queries.pictures import sites_ever_seen
from app.queries.recordings import recorded_now
from app.services import experts
from app.services.cursors import cursor_of
from app.services.presences import place_of
from app.web.entitled import account_key, entitled_case, place

routes = Blueprint("pictures", __name__, url_prefix="/room/<case>/<lot>/pictures")


@routes.get("")
@access(Action.PICTURE_WATCH)
def show(case: str, lot: str) -> Response:
    """A tile for each site; camera and microphone of one's own site, for who may send them."""
    found, here, actor = entitled_case(case, lot, Action.PICTURE_WATCH), platform(), current_actor()
    sends = allowed(actor, Action.PICTURE_SEND, found, lot)
    with here.database.reading() as db_session:
        sites = sites_ever_seen(db_session, actor, found, lot)
    names = {site["id"]: site["name"] for site in experts.list_sites(here)}
    own = place_of(actor, found, lot).site if sends else ""
    page = make_response(
        render_template(
            "pages/expert/pictures.html",
            **place(found, lot, _("评审画面"), public=not actor.seat),
            cursor=cursor_of(here, found),
            sites=[(site, names.get(site, site)) for site in sorted(sites)],
            own_site_id=own,
            own_site=names.get(own, own),
            member=bool(actor.seat),
            hears=bool(actor.seat) or actor.is_(Role.REGULATOR),
            observes=actor.is_(Role.REGULATOR),
            records=allowed(actor, Action.RECORDING_KEEP, found, lot) and found.tender.published.profile.recording,
            key_name=account_key(),
            recorded=recorded_now(found, lot),
            site_names=names,
        )
    )
    if sends:
        page.headers["Permissions-Policy"] = "camera=(self), microphone=(self), geolocation=()"
    return page


@routes.get("/recorded")
@access(Action.PICTURE_WATCH)
def recorded(case: str, lot: str) -> str:
    """Which sites are recorded now."""
    found = entitled_case(case, lot, Action.PICTURE_WATCH)
    names = {site["id"]: site["name"] for site in experts.list_sites(platform())}
    return render_template("components/_recorded.html", recorded=recorded_now(found, lot), site_names=names)
