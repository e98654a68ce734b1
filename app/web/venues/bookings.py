"""Bookings: the host arranges, moves and cancels; the room's centre answers, and reads a label, no project."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.venues import Answer
from app.queries import boards, calendars
from app.queries.calendars import BookingView, PartRow
from app.queries.people import names_of_accounts
from app.services import bookings
from app.web.entitled import in_words
from app.web.pages import Refused, entitled_case, head_of, known_lot, read_case, to_local
from app.web.venues.forms import AnswerForm, ReasonForm, booking_form
from app.web.venues.rooms import form_page

routes = Blueprint("bookings", __name__)
ANSWERS = {
    Answer.ASKED: _l("待答复"),
    Answer.ACCEPTED: _l("已同意"),
    Answer.REFUSED: _l("不同意"),
    Answer.WITHDRAWN: _l("已收回同意"),
}
STEPS = {
    "arranged": _l("预订或更改"),
    "accepted": _l("同意"),
    "refused": _l("不同意"),
    "withdrawn": _l("收回同意"),
    "cancelled": _l("取消"),
}
USUAL = timedelta(hours=4)  # what the form proposes


@routes.get("/centre/bookings")
@access(Action.BOOKING_ANSWER)
def listed() -> str:
    """What waits for this centre's answer, then its own evaluations and what is booked for them."""
    actor = current_actor()
    with platform().database.reading() as db_session:
        now = platform().database.now(db_session.connection())
        asked = calendars.own_parts(db_session, actor.organisation_id, now)
        rows = [row for row in boards.centre_board(db_session, actor) if _bookable(row.case_id, row.lot)]
        views = {(r.case_id, r.lot): calendars.booking_view(db_session, read_case(r.case_id), r.lot, now) for r in rows}
    return render_template("pages/venues/bookings.html", asked=asked, rows=rows, views=views, answers=ANSWERS)


def _bookable(case_id: str, lot: str) -> bool:
    return allowed(current_actor(), Action.BOOKING_ARRANGE, read_case(case_id), lot)


@routes.route("/centre/cases/<case>/lots/<lot>/booking", methods=["GET", "POST"])
@access(Action.BOOKING_ARRANGE)
def arrange(case: str, lot: str) -> Any:
    """The host's page: times, and how many booths of which room."""
    found = entitled_case(case, Action.BOOKING_ARRANGE, known_lot(read_case(case), lot))
    with platform().database.reading() as db_session:
        rooms = calendars.rooms(db_session)
        now = platform().database.now(db_session.connection())
        view = calendars.booking_view(db_session, found, lot, now)
        events = calendars.history(db_session, view.id) if view else []
    form, log_in = booking_form(rooms), required_log_in()
    if not form.is_submitted():
        deadline = found.tender.deadlines[lot]
        _fill(form, view if view and view.counts else None, max(deadline, now), view)
    names = {room.id: f"{room.site_name} · {room.name}" for room in rooms}

    def act() -> None:
        bookings.arrange_booking(platform(), log_in, case, lot, form.window, form.wanted(rooms))

    errors = _tried(form, act)
    if errors is None:
        return redirect(url_for("bookings.arrange", case=case, lot=lot))
    shown = {"view": view, "rooms": rooms, "answers": ANSWERS, "lot": lot, "form": form, "errors": errors}
    shown |= {"history": [(e, STEPS[e.step], _history_words(e.facts, names)) for e in events]}
    shown |= {"people": names_of_accounts(platform().database, {e.by for e in events})}
    shown |= {"spare": found.tender.published.profile.booths_spare, "case_id": case}
    return render_template("pages/venues/arrange.html", **head_of(found, lot), **shown)


def _tried(form: Any, act: Any) -> list[str] | None:
    """None where the form was sent and its act accepted; otherwise what to say."""
    if not form.validate_on_submit():
        return []
    try:
        act()
        return None
    except Refused as refusal:
        return [in_words(refusal)]


def _fill(form: Any, current: BookingView | None, earliest: Any, view: BookingView | None) -> None:
    """What is booked; of a booking that counts no more its rooms, and times after the deadline."""
    begins = current.begins_at if current else earliest
    ends = current.ends_at if current else earliest + (view.ends_at - view.begins_at if view else USUAL)
    form.begins.data, form.ends.data = to_local(begins).replace(microsecond=0), to_local(ends).replace(microsecond=0)
    if not current:
        form.begins.data += timedelta(seconds=1)  # a deadline may have milliseconds
    for part in view.parts if view else ():
        form[f"room_{part.room}"].data = part.booths


def _history_words(text: str, names: dict[str, str]) -> str:
    facts = json.loads(text)
    if "booths" in facts and isinstance(facts["booths"], dict):
        return " · ".join(f"{names.get(room, room)} {n}" for room, n in facts["booths"].items())
    return str(facts.get("reason", ""))


@routes.route("/centre/cases/<case>/lots/<lot>/booking/cancel", methods=["GET", "POST"])
@access(Action.BOOKING_ARRANGE)
def cancel(case: str, lot: str) -> Any:
    entitled_case(case, Action.BOOKING_ARRANGE, known_lot(read_case(case), lot))
    form, log_in = ReasonForm(), required_log_in()

    def act() -> None:
        bookings.cancel_booking(platform(), log_in, case, lot, form.reason.data or "")

    back = url_for("bookings.arrange", case=case, lot=lot)
    lead = _("全部机位立即空出，被请求的中心会收到通知和这里写的原因。抽取条件核准以后不能取消。")
    trail = [(_("场所预订"), url_for("bookings.listed"))]
    return form_page(form, _("取消预订"), back, act, label=_("取消预订"), lead=lead, tone="warning", trail=trail)


def _own_part(part: str) -> PartRow:
    with platform().database.reading() as db_session:
        now = platform().database.now(db_session.connection())
        rows = calendars.own_parts(db_session, current_actor().organisation_id, now)
    return next((row for row in rows if row.id == part), None) or abort(404)


@routes.route("/centre/bookings/<part>", methods=["GET", "POST"])
@access(Action.BOOKING_ANSWER)
def answer(part: str) -> Any:
    """A request of another centre, by its label; what to say to it."""
    row, form, log_in = _own_part(part), AnswerForm(), required_log_in()
    with platform().database.reading() as db_session:
        rooms = calendars.rooms(db_session, current_actor().organisation_id)
    form.room.choices = [(r.id, f"{r.name}（{r.in_service}）") for r in rooms if r.site_name == row.site_name]
    asked = row.answer is Answer.ASKED
    form.answer.choices = (
        [("accepted", _("同意")), ("refused", _("不同意"))] if asked else [("withdrawn", _("收回同意"))]
    )
    if not asked:
        del form.room
    elif not form.is_submitted():
        form.room.data = row.room

    def act() -> None:
        room = form.room.data or "" if form.room is not None else ""
        said = Answer(form.answer.data)
        bookings.answer_booking(platform(), log_in, part, form.seen.data or "", said, form.reason.data or "", room)

    errors = _tried(form, act)
    if errors is None:
        return redirect(url_for("bookings.listed"))
    form.seen.data = row.terms
    return render_template("pages/venues/answer.html", row=row, form=form, errors=errors, answers=ANSWERS)
