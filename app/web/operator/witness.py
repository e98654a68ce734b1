"""The site witness: who waits at a booth, is certified for it, moves to another one, or is not let in."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _

from app.casefile.codec import encode
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.queries import boards
from app.services import booths
from app.services.booths import WaitingSeat
from app.web.entitled import account_key
from app.web.names import CHECK_INS
from app.web.operator.forms import BoothChangeForm, CheckInForm
from app.web.operator.wording import BOARD_STEPS
from app.web.pages import confirmed
from evaluation.sitting import BoothChanged, CheckInGround, CheckInRefused, MemberIdentified

routes = Blueprint("witness", __name__)


@routes.get("/witness")
@access(Action.SEAT_CERTIFY)
def desk() -> str:
    """Seats that wait at the witness's own site; names are shown here, at sign-in, for the first time."""
    template = "_seats.html" if request.args.get("part") else "witness.html"
    with platform().database.reading() as db_session:
        sittings = boards.witness_board(db_session, current_actor())
    rows = booths.waiting_seats(platform(), required_log_in())
    return render_template(f"pages/operator/{template}", rows=rows, sittings=sittings, steps=BOARD_STEPS)


def _waiting(seat_request: str) -> WaitingSeat:
    rows = booths.waiting_seats(platform(), required_log_in())
    return next((row for row in rows if row.request == seat_request), None) or abort(404)


def _act(row: WaitingSeat, fact: Any, effects: list[tuple[str, object]], **shown: object) -> str:
    """The page that shows who it is and signs the witness's word."""
    who: list[tuple[str, object]] = [(_("姓名"), row.name), (_("单位"), row.organisation), (_("席位"), row.seat)]
    attachments = {"request": base64.b64encode(row.request.encode("ascii")).decode()}
    panel = {"type": type(fact).__name__, "payload": encode(fact), "effects": who + effects}
    return render_template(
        "pages/operator/certify.html",
        row=row,
        panel=panel,
        attachments=attachments,
        key_name=account_key(),
        **shown,
    )


@routes.route("/witness/<seat_request>", methods=["GET", "POST"])
@access(Action.SEAT_CERTIFY)
def certify_seat(seat_request: str) -> str:
    """Identity checked, fingerprint compared: the witness certifies the booth's key for this sitting.

    Where the member sat at another booth until now, the witness first writes why it moved.
    """
    row = _waiting(seat_request)
    if not row.replaces:
        return _act(row, MemberIdentified(row.seat, row.key_id, current_actor().id), [])
    form = BoothChangeForm()
    if not confirmed(form):
        return render_template("pages/operator/change_booth.html", row=row, form=form)
    reason = (form.reason.data or "").strip()
    fact = BoothChanged(row.seat, row.key_id, row.replaces, current_actor().id, reason)
    return _act(row, fact, [(_("换机位的原因"), reason)])


@routes.route("/witness/<seat_request>/refusal", methods=["GET", "POST"])
@access(Action.SEAT_CERTIFY)
def refuse_seat(seat_request: str) -> str:
    """The person at the booth is not let sit down; why is on record."""
    row, form = _waiting(seat_request), CheckInForm()
    if not confirmed(form):
        return render_template("pages/operator/refuse_seat.html", row=row, form=form)
    ground, reason = CheckInGround(form.ground.data), (form.reason.data or "").strip()
    fact = CheckInRefused(row.seat, row.key_id, current_actor().id, ground, reason)
    return _act(row, fact, [(_("依据"), CHECK_INS[ground]), (_("说明"), reason)], tone="warning")
