"""An expert's way: the call-up, the seat at a booth, and the room with one task at a time."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask import session as web_session
from flask_babel import gettext as _

from app.extensions import COOKIE, access, current_actor, platform
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.typed_codes import call_up_code
from app.services import booths, call_ups
from app.services.accounts import LOG_IN_VALID
from app.web.entitled import in_words
from app.web.expert.forms import CallUpForm, SeatForm
from app.web.names import CHECK_INS
from app.web.pages import attempt
from crypto.canonical import Json

routes = Blueprint("expert", __name__)
PROOF_LABEL = "tenderhall/key-proof"


@routes.route("/call-up", methods=["GET", "POST"])
@access(Action.CALL_UP_ANSWER)
def call_up() -> str:
    """By code: when and where, and then the answer; the project is not named."""
    form, errors, seen = CallUpForm(), [], None
    if form.validate_on_submit():
        code, answer, reason = form.code.data or "", form.answer.data, (form.reason.data or "").strip()
        try:
            if answer == "yes" or (answer == "no" and reason):
                meeting = call_ups.answer_call_up(platform(), code, answer == "yes", reason)
                return render_template("pages/expert/answered.html", accepted=answer == "yes", meeting=meeting)
            seen = call_ups.read_call_up(platform(), code)
        except RuleViolation as refusal:
            errors = [in_words(refusal)]
        if answer == "no" and not reason:
            form.reason.errors = [_("请写明不能参加的理由")]
        elif seen is not None and "seen" in request.form:
            form.answer.errors = [_("请选择能否参加")]
    return render_template("pages/expert/call_up.html", form=form, errors=errors, seen=seen)


@routes.route("/seat", methods=["GET", "POST"])
@access(Action.SEAT_REQUEST)
def seat() -> str:
    """At the booth: first the code, then a key made on this machine."""
    form = SeatForm()
    offered = (
        attempt(form, lambda: booths.offered_seat(platform(), form.code.data)) if form.validate_on_submit() else None
    )
    if offered is None:
        return render_template("pages/expert/seat.html", form=form, claim=None)
    code = call_up_code(form.code.data or "")
    web_session.permanent = True  # a browser that crashed finds its seat's key again, as long as the log-in lasts
    web_session["booth_key"] = f"booth-{secrets.token_hex(8)}"
    claim = {"label": PROOF_LABEL, "object": {"code_sha256": call_ups.code_hash(code), "origin": platform().origin}}
    return render_template(
        "pages/expert/seat.html",
        form=form,
        claim=claim,
        code=code,
        key_name=web_session["booth_key"],
        taken=offered.taken,
        booth=offered.booth,
    )


@routes.get("/seat/over")
@access(Action.SITE_READ)
def over() -> str:
    """Where the booth of a sitting that is over comes to rest; it names no case."""
    return render_template("pages/expert/over.html")


@routes.post("/seat/request")
@access(Action.SEAT_REQUEST)
def request_seat() -> Response:
    """Ask for the seat; the booth's log-in stays dead until the witness has certified the key."""
    try:
        sent = request.get_json(silent=True)
    except RecursionError:  # brackets in brackets, a thousand deep
        sent = None
    code, spki, proof = (sent.get(name) if isinstance(sent, dict) else None for name in ("code", "spki", "proof"))
    if not (isinstance(code, str) and isinstance(spki, str) and isinstance(proof, dict)):
        raise RuleViolation("malformed", path="$", expected="code, spki, proof")
    offer = booths.request_seat(platform(), code, spki, {str(k): str(v) for k, v in proof.items()})
    web_session["booth"] = {
        "request": offer.request,
        "case": offer.case_id,
        "lot": offer.lot,
        "seat": offer.seat,
        "key": str(proof.get("key_id")),
    }
    answer = make_response({"seat": offer.seat})
    secure = platform().settings.base_url.startswith("https://")
    age = int(LOG_IN_VALID.total_seconds())
    answer.set_cookie(COOKIE, offer.token, max_age=age, httponly=True, samesite="Lax", secure=secure)
    return answer


@routes.get("/seat/waiting")
@access(Action.SEAT_REQUEST)
def waiting() -> Any:
    """The code to compare with the witness's, which the booth computes from the key that it holds; it becomes the room
    once the key is certified.

    A booth that the witness did not let sit down, or whose member has moved to another one, says so here.
    """
    booth: Json = web_session.get("booth")
    if not booth:
        return redirect(url_for("expert.seat"))
    if current_actor().seat_in(booth["case"], booth["lot"]) is not None:
        return redirect(url_for("sitting.show", case=booth["case"], lot=booth["lot"]))
    template = "_waiting.html" if request.args.get("part") else "waiting.html"
    standing = booths.booth_standing(platform(), str(booth.get("request", "")))
    shown = {"booth": booth, "key_name": web_session.get("booth_key", ""), "standing": standing, "grounds": CHECK_INS}
    return render_template(f"pages/expert/{template}", **shown)
