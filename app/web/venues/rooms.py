"""Rooms and booths of a centre's sites: what there is, what is out of service, when a room is not let."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.queries import calendars
from app.queries.calendars import RoomRow
from app.services import venues
from app.web.entitled import in_words
from app.web.pages import Refused
from app.web.venues.forms import BoothsForm, ClosureForm, EquipmentForm, ReasonForm, RoomForm

routes = Blueprint("venues", __name__)
TRAIL = "/centre"


def _own_rooms() -> list[RoomRow]:
    with platform().database.reading() as db_session:
        return calendars.rooms(db_session, current_actor().organisation_id)


def own_room(room: str) -> RoomRow:
    """A room of the actor's own centre, or 404."""
    return next((row for row in _own_rooms() if row.id == room), None) or abort(404)


def form_page(
    form: FlaskForm,
    title: str,
    back_url: str,
    act: Callable[[], Any],
    *,
    label: str,
    lead: str = "",
    tone: str = "",
    trail: list[tuple[str, str]] | None = None,
) -> Any:
    """One form that does one thing and leads back; what is refused is said above it."""
    errors = []
    if form.validate_on_submit():
        try:
            act()
            return redirect(back_url)
        except Refused as refusal:
            errors = [in_words(refusal)]
    breadcrumbs = [(_("交易中心工作台"), TRAIL), *(trail or []), (title, "")]
    shown = {"title": title, "lead": lead, "label": label, "tone": tone, "back_url": back_url}
    return render_template("pages/venues/form.html", form=form, errors=errors, breadcrumbs=breadcrumbs, **shown)


@routes.get("/centre/rooms")
@access(Action.SITE_MANAGE)
def rooms() -> str:
    """All rooms of the centre, by site."""
    with platform().database.reading() as db_session:
        sites = calendars.own_sites(db_session, current_actor().organisation_id)
    return render_template("pages/venues/rooms.html", rows=_own_rooms(), sites=sites)


@routes.route("/centre/sites/<site>/rooms/new", methods=["GET", "POST"])
@access(Action.SITE_MANAGE)
def new_room(site: str) -> Any:
    with platform().database.reading() as db_session:
        name = dict(calendars.own_sites(db_session, current_actor().organisation_id)).get(site) or abort(404)
    form, log_in = RoomForm(), required_log_in()
    order = ("name", "booths", "alone", "camera", "microphone", "screen", "line", "csrf_token")
    form._fields = {field: form._fields[field] for field in order if field in form._fields}

    def act() -> None:
        chosen = {"alone": bool(form.alone.data), "equipment": form.equipment}
        venues.add_room(platform(), log_in, site, form.name.data or "", form.booths.data or 0, **chosen)

    lead = _("%(site)s。机位从 1 号起编号，每个机位先按下面的设备登记，以后可以逐个更改。", site=name)
    trail = [(_("评审室与机位"), url_for("venues.rooms"))]
    return form_page(form, _("登记评审室"), url_for("venues.rooms"), act, label=_("登记"), lead=lead, trail=trail)


@routes.get("/centre/rooms/<room>")
@access(Action.SITE_MANAGE)
def show_room(room: str) -> str:
    row = own_room(room)
    with platform().database.reading() as db_session:
        now = platform().database.now(db_session.connection())
        shown = {
            "booths": calendars.booths_of(db_session, room),
            "closures": calendars.closures_of(db_session, room, now),
        }
    return render_template("pages/venues/room.html", room=row, **shown)


def _room_trail(row: RoomRow) -> list[tuple[str, str]]:
    return [
        (_("评审室与机位"), url_for("venues.rooms")),
        (f"{row.site_name} · {row.name}", url_for("venues.show_room", room=row.id)),
    ]


@routes.route("/centre/rooms/<room>/booths", methods=["GET", "POST"])
@access(Action.SITE_MANAGE)
def add_booths(room: str) -> Any:
    row, form, log_in = own_room(room), BoothsForm(), required_log_in()

    def act() -> None:
        venues.add_booths(platform(), log_in, room, form.booths.data or 0, form.equipment)

    back = url_for("venues.show_room", room=room)
    lead = _("现有 %(n)s 个机位，新的接着编号。", n=row.booths)
    return form_page(form, _("增加机位"), back, act, label=_("增加"), lead=lead, trail=_room_trail(row))


@routes.route("/centre/rooms/<room>/closures", methods=["GET", "POST"])
@access(Action.SITE_MANAGE)
def close_room(room: str) -> Any:
    row, form, log_in = own_room(room), ClosureForm(), required_log_in()

    def act() -> None:
        venues.close_room(platform(), log_in, room, form.window, form.reason.data or "")

    back = url_for("venues.show_room", room=room)
    lead = _("停用期间这间室不能预订。已有预订的时间不能停用，请先请主场更改预订。")
    return form_page(form, _("安排停用"), back, act, label=_("停用"), lead=lead, trail=_room_trail(row))


@routes.post("/centre/closures/<int:closure>/end")
@access(Action.SITE_MANAGE)
def reopen_room(closure: int) -> Any:
    venues.reopen_room(platform(), required_log_in(), closure)
    room = request.form.get("room", "")
    return redirect(url_for("venues.show_room", room=own_room(room).id) if room else url_for("venues.rooms"))


@routes.route("/centre/rooms/<room>/booths/<int:number>", methods=["GET", "POST"])
@access(Action.SITE_MANAGE)
def equip_booth(room: str, number: int) -> Any:
    row, booth = _booth(room, number)
    form, log_in = EquipmentForm(obj=booth), required_log_in()

    def act() -> None:
        venues.equip_booth(platform(), log_in, booth.id, form.equipment)

    back, title = url_for("venues.show_room", room=room), _("机位 %(n)s 的设备", n=number)
    return form_page(form, title, back, act, label=_("保存"), trail=_room_trail(row))


@routes.route("/centre/rooms/<room>/booths/<int:number>/outage", methods=["GET", "POST"])
@access(Action.SITE_MANAGE)
def take_out(room: str, number: int) -> Any:
    row, booth = _booth(room, number)
    form, log_in = ReasonForm(), required_log_in()

    def act() -> None:
        venues.take_out(platform(), log_in, booth.id, form.reason.data or "")

    back, title = url_for("venues.show_room", room=room), _("停用机位 %(n)s", n=number)
    lead = _(
        "应坐在这里的席位立即改到同一场所的其他空闲机位；没有空闲机位的，会通知本中心和主场。已签到的人由见证人换机位。"
    )
    trail = _room_trail(row)
    return form_page(form, title, back, act, label=_("停用机位"), lead=lead, tone="warning", trail=trail)


@routes.post("/centre/rooms/<room>/booths/<int:number>/return")
@access(Action.SITE_MANAGE)
def put_back(room: str, number: int) -> Any:
    _row, booth = _booth(room, number)
    venues.put_back(platform(), required_log_in(), booth.id)
    return redirect(url_for("venues.show_room", room=room))


def _booth(room: str, number: int) -> tuple[RoomRow, Any]:
    row = own_room(room)
    with platform().database.reading() as db_session:
        found = next((booth for booth in calendars.booths_of(db_session, room) if booth.number == number), None)
    return row, found or abort(404)
