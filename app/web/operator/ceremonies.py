"""Committees of trustees as the centre sees them: registered ones, and the key ceremonies that make them."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from app.extensions import access, platform, required_log_in
from app.permissions.actions import Action
from app.queries.ceremonies import CeremonyRow, find_ceremony, load_ceremonies, trustees_with_keys
from app.queries.committees import load_committees
from app.queries.trustee_agents import agents_of
from app.services import ceremonies, register, trustees
from app.web.entitled import in_words
from app.web.operator.forms import CancelCeremonyForm, CeremonyForm, CommitteeForm, RetireCommitteeForm
from app.web.operator.wording import CEREMONY_ENDS, CEREMONY_STAGES
from app.web.pages import Refused
from crypto.committee import Committee
from crypto.signing import fingerprint

routes = Blueprint("ceremonies", __name__)
MOST_BYTES = 1 << 20


@routes.route("/centre/committees", methods=["GET", "POST"])
@access(Action.COMMITTEE_REGISTER)
def committees() -> Any:
    """Committees of trustees: the joint keys to which bids are sealed."""
    form, errors = CommitteeForm(), []
    if form.validate_on_submit():
        try:
            description = json.loads(form.description.data.read(MOST_BYTES).decode("utf-8"))
            register.register_committee(platform(), required_log_in(), description)
            return redirect(url_for("ceremonies.committees"))
        except Refused as refusal:
            errors = [in_words(refusal)]
        except (ValueError, RecursionError):
            errors = [_("文件不是 JSON，请选择密钥仪式写出的公开说明文件。")]
    return _page(form, errors, _ceremony_form(fresh=True), [])


@routes.route("/centre/ceremonies", methods=["GET", "POST"])
@access(Action.CEREMONY_OPEN)
def open_ceremony() -> Any:
    """Ask trustees to hold a key ceremony; the same page, with what was typed when it is refused."""
    form, errors = _ceremony_form(), []
    if form.validate_on_submit():
        try:
            ceremonies.open_ceremony(platform(), required_log_in(), form.k.data or 0, form.trustees.data or ())
            return redirect(url_for("ceremonies.committees"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    return _page(CommitteeForm(formdata=None), [], form, errors)


@routes.route("/centre/ceremonies/<ceremony>/cancel", methods=["GET", "POST"])
@access(Action.CEREMONY_OPEN)
def cancel_ceremony(ceremony: str) -> Any:
    """Asks once, with the reason; what was dealt is then worth nothing."""
    with platform().database.reading() as db_session:
        row = find_ceremony(db_session, ceremony)
    if row is None:
        abort(404)
    form, errors = CancelCeremonyForm(), []
    if form.validate_on_submit():
        try:
            ceremonies.cancel_ceremony(platform(), required_log_in(), ceremony, form.reason.data or "")
            return redirect(url_for("ceremonies.committees"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    shown = {"row": row, "stages": CEREMONY_STAGES, "trail": url_for("ceremonies.committees")}
    return render_template("pages/operator/cancel_ceremony.html", form=form, errors=errors, **shown)


@routes.route("/centre/committees/<committee>/reshare", methods=["GET", "POST"])
@access(Action.CEREMONY_OPEN)
def reshare(committee: str) -> Any:
    """Ask a committee's trustees to hand its key on to others."""
    form, errors = _ceremony_form(), []
    if form.validate_on_submit():
        try:
            keys = form.trustees.data or ()
            ceremonies.open_resharing(platform(), required_log_in(), committee, form.k.data or 0, keys)
            return redirect(url_for("ceremonies.committees"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    return _of_committee("reshare_committee", committee, form, errors)


@routes.route("/centre/committees/<committee>/retire", methods=["GET", "POST"])
@access(Action.COMMITTEE_REGISTER)
def retire(committee: str) -> Any:
    """Asks once, with the reason; tenders under way go on."""
    form, errors = RetireCommitteeForm(), []
    if form.validate_on_submit():
        try:
            trustees.retire_committee(platform(), required_log_in(), committee, form.reason.data or "")
            return redirect(url_for("ceremonies.committees"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    return _of_committee("retire_committee", committee, form, errors)


def _of_committee(template: str, committee: str, form: Any, errors: list[Any]) -> str:
    with platform().database.reading() as db_session:
        standing = load_committees(db_session).get(committee)
    if standing is None:
        abort(404)
    shown = {"standing": standing, "trail": url_for("ceremonies.committees")}
    return render_template(f"pages/operator/{template}.html", form=form, errors=errors, **shown)


def _ceremony_form(*, fresh: bool = False) -> CeremonyForm:
    with platform().database.reading() as db_session:
        known = trustees_with_keys(db_session)
    form = CeremonyForm(formdata=None) if fresh else CeremonyForm()
    form.trustees.choices = [
        SelectChoice(found.key_id, f"{found.organisation} · {found.name} · {fingerprint(found.key_id[:16])}")
        for found in known
    ]
    return form


def _page(form: CommitteeForm, errors: list[str], ceremony_form: CeremonyForm, ceremony_errors: list[str]) -> str:
    with platform().database.reading() as db_session:
        rows: list[CeremonyRow] = list(load_ceremonies(db_session).values())
        standing = [found for found in load_committees(db_session).values()]
        now = platform().database.now(db_session.connection())
        agents = {c.id: agents_of(db_session, Committee.from_description(c.description), now) for c in standing}
    return render_template(
        "pages/operator/committees.html",
        form=form,
        errors=errors,
        ceremony_form=ceremony_form,
        ceremony_errors=ceremony_errors,
        committees=standing,
        agents=agents,
        rows=rows,
        stages=CEREMONY_STAGES,
        ends=CEREMONY_ENDS,
    )
