"""Experts one by one: the list with search and export, and each expert's page with standing, absences and history."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.adapters.spreadsheets import write_csv
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.queries.experts import ExpertFile, Wanted, find_experts, load_expert_file
from app.services import standings
from app.web.entitled import in_words
from app.web.operator.forms import AbsencesForm, ReasonForm
from app.web.operator.wording import EXPERT_COLUMNS, MACHINES, STANDING_STEPS, STANDINGS
from app.web.pages import download
from evaluation.experts import Absence
from evaluation.standing import SECOND_PERSON, Step, steps_from

routes = Blueprint("experts", __name__)
PAGE = 50
SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*[~～]\s*(\d{4}-\d{2}-\d{2}))?")


def _wanted() -> Wanted:
    given = {name: request.args.get(name, "").strip()[:60] for name in ("words", "status", "speciality")}
    return Wanted(**given)


@routes.get("/centre/experts/list")
@access(Action.EXPERT_MANAGE)
def expert_list() -> str:
    """Search by words, standing and speciality; one page after the other."""
    wanted = _wanted()
    with platform().database.reading() as db_session:
        rows = find_experts(db_session, wanted, request.args.get("after", "")[:32], PAGE + 1)
    further = url_for(".expert_list", **vars(wanted), after=rows[PAGE - 1].number) if len(rows) > PAGE else ""
    shown = {"rows": rows[:PAGE], "wanted": wanted, "further": further, "standings": STANDINGS}
    return render_template("pages/operator/expert_list.html", export=url_for(".export", **vars(wanted)), **shown)


@routes.get("/centre/experts/list.csv")
@access(Action.EXPERT_MANAGE)
def export() -> Response:
    """The whole of a search, without contacts."""
    columns = ("number", "name", "organisation", "site", "specialities", "certified_until")
    with platform().database.reading() as db_session:
        found = find_experts(db_session, _wanted(), limit=None)
    head = [*(str(EXPERT_COLUMNS[column]) for column in columns), _("状态")]
    cells = [
        [
            row.number,
            row.name,
            row.employer,
            row.site,
            row.specialities,
            row.certified_until,
            str(STANDINGS[row.status]),
        ]
        for row in found
    ]
    return download("experts.csv", write_csv([head, *cells]), "text/csv")


@routes.get("/experts/<expert>")
@access(Action.EXPERT_ADMIT)
def one_expert(expert: str) -> str:
    """Standing, entry and history of one expert; what may be done next."""
    return _page(expert, ReasonForm(formdata=None), AbsencesForm(formdata=None), [])


@routes.post("/experts/<expert>/standing")
@access(Action.EXPERT_ADMIT)
def take_step(expert: str) -> Any:
    """One step with its reason; the service asks who may take it, and for the second person."""
    form, errors = ReasonForm(), []
    step = request.form.get("step", "")
    if form.validate_on_submit() and step in set(Step):
        try:
            standings.take_step(platform(), required_log_in(), expert, Step(step), form.reason.data or "")
            return redirect(url_for(".one_expert", expert=expert))
        except RuleViolation as refusal:
            errors = [in_words(refusal)]
    return _page(expert, form, AbsencesForm(formdata=None), errors)


@routes.post("/experts/<expert>/absences")
@access(Action.EXPERT_MANAGE)
def set_absences(expert: str) -> Any:
    """Days on which the expert is not drawn."""
    form, errors = AbsencesForm(), []
    if form.validate_on_submit():
        try:
            lines = [line.strip() for line in (form.absences.data or "").splitlines() if line.strip()]
            standings.set_absences(platform(), required_log_in(), expert, tuple(map(_absence, lines)))
            return redirect(url_for(".one_expert", expert=expert))
        except RuleViolation as refusal:
            errors = [in_words(refusal)]
        except ValueError as exc:
            form.absences.errors = [_("“%(line)s”不是日期，请写成 2026-10-01~2026-10-07", line=str(exc)[:40])]
    return _page(expert, ReasonForm(formdata=None), form, errors)


def _absence(line: str) -> Absence:
    found = SPAN.fullmatch(line)
    try:
        if found is not None:
            return Absence(date.fromisoformat(found[1]), date.fromisoformat(found[2] or found[1]))
    except ValueError:
        pass
    raise ValueError(line)


def _page(expert: str, form: ReasonForm, absences: AbsencesForm, errors: list[str]) -> str:
    with platform().database.reading() as db_session:
        found = load_expert_file(db_session, expert)
    if found is None:
        abort(404)
    if not absences.is_submitted():
        absences.absences.data = "\n".join(f"{span.first}~{span.last}" for span in found.entry.absences)
    shown = {"file": found, "steps": _steps(found), "standings": STANDINGS, "words": STANDING_STEPS}
    shown |= {"machines": MACHINES, "may_manage": allowed(current_actor(), Action.EXPERT_MANAGE)}
    return render_template("pages/operator/expert.html", form=form, absences=absences, errors=errors, **shown)


def _steps(found: ExpertFile) -> list[Step]:
    """What this person may do: never both halves of what takes two."""
    actor = current_actor()
    return [
        step
        for step in steps_from(found.entry.status)
        if allowed(actor, standings.ACTION_OF.get(step, Action.EXPERT_MANAGE))
        and not (step in SECOND_PERSON and actor.id == found.status_by)
    ]
