"""Experts one by one: the list with search and export, and the page of each with standing, corrections, history."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms.fields.choices import SelectChoice

from app.adapters.spreadsheets import write_csv
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.procedure.expert_particulars import COLUMNS_OF, particulars_cells
from app.procedure.expert_rows import CORRECTED, correction_cells
from app.queries.boards import site_rows
from app.queries.experts import ExpertFile, Wanted, find_experts, load_expert_file
from app.queries.own_expert import own_days_off, trainings_of
from app.services import expert_corrections, standings
from app.web.entitled import in_words
from app.web.operator.forms import CorrectionForm, ReasonForm
from app.web.operator.wording import EXPERT_COLUMNS, MACHINES, STANDING_STEPS, STANDINGS
from app.web.pages import download
from evaluation.experts import correctable, particulars
from evaluation.standing import SECOND_PERSON, Step, steps_from

routes = Blueprint("experts", __name__)
PAGE = 50


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
    return _page(expert, ReasonForm(formdata=None), CorrectionForm(formdata=None), [])


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
    return _page(expert, form, CorrectionForm(formdata=None), errors)


@routes.post("/experts/<expert>/correction")
@access(Action.EXPERT_MANAGE)
def propose_correction(expert: str) -> Any:
    """What should stand in the entry; it counts once a second person has confirmed it."""
    form, errors = CorrectionForm(), []
    if form.validate_on_submit():
        cells = {name: form[name].data or "" for name in CORRECTED | COLUMNS_OF}
        try:
            expert_corrections.propose_correction(platform(), required_log_in(), expert, cells, form.why.data or "")
            return redirect(url_for(".one_expert", expert=expert))
        except RuleViolation as refusal:
            if column := str(refusal.facts.get("column", "")):
                form[column].errors = [in_words(refusal)]
            else:
                errors = [in_words(refusal)]
    return _page(expert, ReasonForm(formdata=None), form, errors)


@routes.post("/experts/<expert>/correction/decision")
@access(Action.EXPERT_ADMIT)
def decide_correction(expert: str) -> Any:
    """Confirm the change that waits, or refuse it; the service asks for the second person."""
    form, errors = FlaskForm(), []
    if form.validate_on_submit():
        try:
            accepted = request.form.get("decision") == "confirm"
            expert_corrections.decide_correction(platform(), required_log_in(), expert, accepted=accepted)
            return redirect(url_for(".one_expert", expert=expert))
        except RuleViolation as refusal:
            errors = [in_words(refusal)]
    return _page(expert, ReasonForm(formdata=None), CorrectionForm(formdata=None), errors)


def _page(expert: str, form: ReasonForm, correction: CorrectionForm, errors: list[str]) -> str:
    with platform().database.reading() as db_session:
        found, courses = load_expert_file(db_session, expert), trainings_of(db_session, expert)
        off = own_days_off(db_session, expert, platform().database.now().date())
        sites = {row.id: row.name for row in site_rows(db_session)}
    if found is None:
        abort(404)
    now = correction_cells(correctable(found.entry))
    particular = particulars_cells(particulars(found.entry), found.row.employer)
    correction.site.choices = [SelectChoice(site, name) for site, name in sites.items()]
    if not correction.is_submitted() or correction.why.raw_data is None:
        for name, text in (now | particular).items():
            correction[name].data = text
    shown = {"file": found, "steps": _steps(found), "standings": STANDINGS, "words": STANDING_STEPS}
    shown |= {"machines": MACHINES, "may_manage": allowed(current_actor(), Action.EXPERT_MANAGE)}
    shown |= {"courses": courses, "off": off, "columns": EXPERT_COLUMNS}
    shown |= {"changes": _changes(found, now | particular, sites), "own": current_actor().id}
    shown |= {"declared": _declared(now), "qualifications": "；".join(particular["qualifications"].split("\n"))}
    return render_template("pages/operator/expert.html", form=form, correction=correction, errors=errors, **shown)


def _declared(cells: dict[str, str]) -> list[tuple[str, str]]:
    """What stands in the entry of availability and grounds to step back, column by column."""
    return [(str(EXPERT_COLUMNS[name]), "；".join(text.split("\n")) or "–") for name, text in cells.items()]


def _changes(found: ExpertFile, now: dict[str, str], sites: dict[str, str]) -> list[dict[str, str]]:
    """The change that waits, column by column, where it differs from what stands; sites by name."""
    waiting = found.waiting
    if waiting is None:
        return []
    then = correction_cells(waiting.entry)
    then |= particulars_cells(waiting.particulars, waiting.employer or found.row.employer)
    named = [cells | {"site": sites.get(cells["site"], cells["site"])} for cells in (now, then)]
    return [
        {"column": str(EXPERT_COLUMNS[name]), "now": named[0][name] or "–", "then": named[1][name] or "–"}
        for name in now
        if now[name] != then[name]
    ]


def _steps(found: ExpertFile) -> list[Step]:
    """What this person may do: never both halves of what takes two."""
    actor = current_actor()
    return [
        step
        for step in steps_from(found.entry.status)
        if allowed(actor, standings.ACTION_OF.get(step, Action.EXPERT_MANAGE))
        and not (step in SECOND_PERSON and actor.id == found.status_by)
    ]
