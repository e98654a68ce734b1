"""Rehearsals: the centre opens one in a few clicks; it and the trustees watch the hall and read the result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.casefile.case import Case
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.queries.committees import read_committees
from app.queries.rehearsals import own_rehearsals, rehearsal_hall
from app.services import rehearsals
from app.services.cursors import cursor_of
from app.web.entitled import in_words
from app.web.operator.forms import RehearsalForm
from app.web.operator.wording import REHEARSAL_STAGES
from app.web.pages import Refused, entitled_case, to_utc
from app.web.rooms.wording import void_reason

routes = Blueprint("rehearsals", __name__)


@routes.route("/rehearsals", methods=["GET", "POST"])
@access(Action.REHEARSAL_LIST)
def rehearsal_list() -> Any:
    """What was tried and how it went; for a centre also the form that opens the next one."""
    here, errors = platform(), []
    committees = [committee for committee in read_committees(here.database) if committee.in_use]
    may_open = allowed(current_actor(), Action.REHEARSAL_OPEN)
    form = RehearsalForm()
    form.committee.choices = [(c.id, _committee_name(c.description)) for c in committees]
    if may_open and form.validate_on_submit():
        due_at = to_utc(form.due.data) if form.due.data else None
        lasts = timedelta(minutes=form.minutes.data or 0)
        try:
            made = rehearsals.open_rehearsal(here, required_log_in(), form.committee.data, due_at, lasts)
            return redirect(url_for("rehearsals.hall", rehearsal=made))
        except Refused as refusal:
            errors = [in_words(refusal)]
    with here.database.reading() as db_session:
        rows = own_rehearsals(db_session, current_actor(), here.database.now())
    shown = {"rows": rows, "stages": REHEARSAL_STAGES, "may_open": may_open, "committees": committees}
    return render_template("pages/operator/rehearsals.html", form=form, errors=errors, **shown)


def _committee_name(description: dict[str, Any]) -> str:
    names = "、".join(member["organisation"] for member in description["members"])
    return _("%(k)s / %(n)s 签署有效", k=description["k"], n=description["n"]) + " · " + names


def _shown(case: Case) -> dict[str, Any]:
    here = platform()
    if case.rehearsal is None:
        raise RuleViolation("rehearsal_unknown")
    hall = rehearsal_hall(case.id, case.rehearsal, here.database.now())
    return {
        "hall": hall,
        "stages": REHEARSAL_STAGES,
        "void_reason": void_reason,
        "cursor": cursor_of(here, case),
    }


@routes.get("/rehearsals/<rehearsal>")
@access(Action.REHEARSAL_WATCH)
def hall(rehearsal: str) -> str:
    """The hall of a rehearsal; its live part alone with `?part=1`."""
    shown = _shown(entitled_case(rehearsal, Action.REHEARSAL_WATCH))
    template = "_rehearsal.html" if request.args.get("part") else "rehearsal.html"
    return render_template(f"pages/operator/{template}", **shown)
