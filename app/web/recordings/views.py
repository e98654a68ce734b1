"""The recordings of a sitting on a time line, the request of two inspectors to see them, and the player."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.recordings import LONGEST_REASON, RecordingLookGranted, RecordingLookRequested
from app.procedure.roles import Role
from app.queries.recordings import looks_now, looks_of, recordings_seen
from app.services import experts
from app.services.recordings import Place, look_at
from app.web.entitled import account_key, entitled_case
from app.web.names import STRETCHES
from app.web.pages import attempt, case_trail, confirmed, head_of, local_time, review_act

routes = Blueprint("recordings", __name__, url_prefix="/cases/<case>/lots/<lot>/recordings")


class LookForm(FlaskForm):
    """Why an inspector wants to see them."""

    reason = TextAreaField(
        _l("调看理由"),
        [InputRequired(_l("请写明调看的理由")), Length(max=LONGEST_REASON, message=_l("至多 500 字"))],
        description=_l("写入案卷，批准人看到同样的文字。"),
    )


@routes.get("")
@access(Action.RECORDING_LIST)
def show(case: str, lot: str) -> str:
    """By site, with every gap; what this machine has still to hand in goes from here as well."""
    return _page(entitled_case(case, lot, Action.RECORDING_LIST), lot, LookForm())


def _page(found: Case, lot: str, form: LookForm) -> str:
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        now = here.database.now(db_session.connection())
        view = recordings_seen(db_session, actor, found, lot, now)
    keeps = allowed(actor, Action.RECORDING_KEEP, found, lot)
    return render_template(
        "pages/recordings/recordings.html",
        **head_of(found, lot),
        breadcrumbs=case_trail(found, (_("录音录像"), None)),
        here=url_for("recordings.show", case=found.id, lot=lot),
        case_id=found.id,
        lot=lot,
        view=view,
        kinds=STRETCHES,
        sites={site["id"]: site["name"] for site in experts.list_sites(here)},
        looks=looks_of(actor, found, lot, now),
        plays=looks_now(actor, found, lot, now),
        form=form if allowed(actor, Action.RECORDING_LOOK, found, lot) else None,
        waits_for_result=actor.is_(Role.REGULATOR) and not allowed(actor, Action.RECORDING_LOOK, found, lot),
        films=keeps and allowed(actor, Action.PICTURE_SEND, found, lot),
        own_site=next(iter(sorted(actor.sites & found.lots[lot].sites)), "") if keeps else "",
        key_name=account_key(),
    )


@routes.post("/look")
@access(Action.RECORDING_LOOK)
def request_look(case: str, lot: str) -> str:
    found, form = entitled_case(case, lot, Action.RECORDING_LOOK), LookForm()
    if confirmed(form):
        fact = RecordingLookRequested(secrets.token_hex(8), str(form.reason.data).strip())
        actor, now = current_actor(), platform().database.now()
        if attempt(form, lambda: found.decide(fact, lot, actor, now)):
            words = _(
                "另一名监督人员批准后，你们两人在规定时间内可以播放和下载；每次调看都记入访问记录，交易中心得到通知。"
            )
            return _review(_("申请调看录音录像"), found, lot, fact, words)
    return _page(found, lot, form)


@routes.get("/look/<look>")
@access(Action.RECORDING_LOOK)
def grant_look(case: str, lot: str, look: str) -> str:
    """Word for word what waits, for the second person."""
    found = entitled_case(case, lot, Action.RECORDING_LOOK)
    here, actor = platform(), current_actor()
    waiting = found.lot(lot).recordings.looks.get(look)
    if waiting is None or waiting.granted_at is not None or waiting.by == actor.id:
        abort(404)
    fact = RecordingLookGranted(look, waiting.fact.reason)
    found.decide(fact, lot, actor, here.database.now())  # else it says why not
    effects = [(_("申请时间"), local_time(waiting.at))]
    return _review(_("批准调看录音录像"), found, lot, fact, _("批准后申请人和您可以播放和下载。"), effects)


def _review(
    title: str, found: Case, lot: str, fact: Any, words: str, more: list[tuple[str, object]] | None = None
) -> str:
    home = url_for("recordings.show", case=found.id, lot=lot)
    effects = [(_("标包"), lot), (_("调看理由"), fact.reason), *(more or [])]
    return review_act(title, found, fact, lot=lot, next_url=home, effects=effects, words=words, back_url=request.path)


@routes.get("/<site>/<int:run>")
@access(Action.RECORDING_LOOK)
def play(case: str, lot: str, site: str, run: int) -> str:
    """The pieces of a recording one after the other; that somebody looks is kept before anything is shown."""
    found = entitled_case(case, lot, Action.RECORDING_LOOK)
    here, actor = platform(), current_actor()
    rows = look_at(here, actor, Place(case, lot, site, run), request.remote_addr or "")
    names = {one["id"]: one["name"] for one in experts.list_sites(here)}
    home = url_for("recordings.show", case=case, lot=lot)
    return render_template(
        "pages/recordings/play.html",
        **head_of(found, lot),
        breadcrumbs=case_trail(found, (_("录音录像"), home), (names.get(site, site), None)),
        lot=lot,
        site=names.get(site, site),
        run=run,
        pieces=rows,
        base=f"/api/v1/cases/{case}/lots/{lot}/recordings/{site}/{run}",
    )
