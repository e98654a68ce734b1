"""The register and its witnesses, for everybody: how they stand, how to run one, and checkpoints carried by hand."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext as _l

from app.extensions import access, platform
from app.permissions.actions import Action
from app.queries.act_list import carried_list
from app.queries.register_status import RegisterStatus, WitnessState, register_status
from app.queries.ticks import carried_checkpoint
from app.services import ticks
from app.web.pages import attempt, download
from app.web.public.forms import CosignedForm
from crypto.notes import Note

routes = Blueprint("register", __name__)
STATES = {
    WitnessState.IN_STEP: (_l("同步"), "done"),
    WitnessState.LATE: (_l("迟到"), "warning"),
    WitnessState.ALARM: (_l("告警"), "warning"),
}


def register_now() -> RegisterStatus:
    """How the register stands now."""
    here = platform()
    with here.database.reading() as db_session:
        now = here.database.now(db_session.connection())
        return register_status(db_session, here.settings.witnesses, now, here.settings.tick_seconds)


@routes.route("/register", methods=["GET", "POST"])
@access(Action.RECORD_VERIFY)
def monitor() -> str:
    """The last tick, each witness, and a form for a cosignature that came by hand."""
    form, taken = CosignedForm(), None
    if form.validate_on_submit():
        taken = attempt(form, lambda: _take(form))
    here, found = platform(), register_now()
    return render_template(
        "pages/public/register.html",
        status=found,
        states=STATES,
        form=form,
        taken=taken,
        vkey=str(here.log_key.verifier),
        terms=here.register_terms,
        period=here.settings.tick_seconds,
        base_url=here.settings.base_url,
    )


def _take(form: CosignedForm) -> int:
    """Keep what a witness wrote under a checkpoint; how many ticks it covers."""
    return ticks.take_cosigned_note(platform(), Note.parse((form.note.data or "").replace("\r\n", "\n").strip() + "\n"))


@routes.get("/register/checkpoint.txt")
@access(Action.RECORD_VERIFY)
def carried() -> Response:
    """The latest checkpoint with the proof that it continues what the witness saw last (`old` ticks), as a file.

    With `log=acts` that of the list of acts, `old` entries.
    """
    old, of_list = request.args.get("old", "0"), request.args.get("log") == "acts"
    seen = int(old) if old.isascii() and old.isdecimal() and len(old) < 10 else 0
    with platform().database.reading() as db_session:
        text = (carried_list if of_list else carried_checkpoint)(db_session, seen)
    return download("acts.txt" if of_list else "checkpoint.txt", text.encode(), "text/plain")
