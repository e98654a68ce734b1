"""The expert library: its numbers, imports with their report, the second person's admissions, the specialities."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.adapters.spreadsheets import write_csv
from app.extensions import FORM_AROUND, access, current_actor, platform, required_log_in, takes
from app.messages import sentence
from app.permissions.actions import Action
from app.procedure.expert_rows import Fault
from app.queries import boards
from app.queries.experts import (
    ImportRow,
    current_document,
    current_tree,
    experts_to_correct,
    import_findings,
    latest_imports,
    load_import,
    waiting_imports,
)
from app.queries.own_expert import open_requests
from app.services import expert_imports, standings
from app.web.entitled import in_words
from app.web.operator.forms import ExpertTableForm, ReasonForm, SpecialitiesForm
from app.web.operator.wording import EXPERT_COLUMNS, IMPORT_STAGES, MACHINES
from app.web.pages import Refused, download, place_asked

routes = Blueprint("library", __name__)
MOST_BYTES = 32 << 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FINDINGS_SHOWN = 100  # on a page


@routes.route("/centre/experts", methods=["GET", "POST"])
@access(Action.EXPERT_MANAGE)
@takes(MOST_BYTES + FORM_AROUND)
def overview() -> Any:
    """The library in numbers, and the examination of a list; nothing is entered by it."""
    form, errors = ExpertTableForm(), []
    if form.validate_on_submit():
        file = form.table.data
        try:
            data = file.read(MOST_BYTES)
            found = expert_imports.examine_import(platform(), required_log_in(), file.filename or "", data)
            return redirect(url_for("library.examined", batch=found))
        except Refused as refusal:
            errors = [in_words(refusal)]
    with platform().database.reading() as db_session:
        shown = {
            "pools": boards.expert_pools(db_session),
            "sites": boards.site_rows(db_session),
            "imports": latest_imports(db_session),
            "waiting": waiting_imports(db_session),
            "corrections": experts_to_correct(db_session),
            "asked": len(open_requests(db_session)),
        }
    shown |= {"stages": IMPORT_STAGES, "machines": MACHINES}
    return render_template("pages/operator/experts.html", form=form, errors=errors, **shown)


@routes.get("/centre/experts/template.xlsx")
@access(Action.EXPERT_MANAGE)
def template() -> Response:
    """An empty list to fill in."""
    return download("experts.xlsx", expert_imports.template(), XLSX)


@routes.route("/centre/experts/imports/<batch>", methods=["GET", "POST"])
@access(Action.EXPERT_MANAGE)
def examined(batch: str) -> Any:
    """What is wrong in which row and column; the good rows are taken when asked, and the rest can be broken off."""
    errors = []
    if request.method == "POST":
        act = expert_imports.cancel_import if "cancel" in request.form else expert_imports.start_import
        try:
            act(platform(), required_log_in(), batch)
            return redirect(url_for("library.examined", batch=batch))
        except Refused as refusal:
            errors = [in_words(refusal)]
    places = {kind: place_asked(kind) for kind in ("faults", "alike")}
    row = _import(batch, **places)
    shown = {"row": row, "faults": _lines(row.faults), "alike": _lines(row.alike), "stages": IMPORT_STAGES}
    pages = {
        "faults": _neighbours(batch, places, "faults", row.fault_count),
        "alike": _neighbours(batch, places, "alike", row.alike_count),
    }
    shown |= {"places": places, "pages": pages}
    return render_template("pages/operator/import.html", errors=errors, **shown)


def _neighbours(batch: str, places: dict[str, int], kind: str, count: int) -> tuple[str | None, str | None]:
    """The pages before and after the one that is shown of `kind`; the other list stays where it is."""

    def page(place: int) -> str:
        return url_for("library.examined", batch=batch, **{**places, kind: place}, _anchor=kind)

    here = places[kind]
    before = page(max(0, here - FINDINGS_SHOWN)) if here else None
    return before, page(here + FINDINGS_SHOWN) if here + FINDINGS_SHOWN < count else None


@routes.get("/centre/experts/imports/<batch>/findings.csv")
@access(Action.EXPERT_MANAGE)
def findings(batch: str) -> Response:
    """Every row in which something was found, as CSV: what is wrong first, then who may be somebody else."""
    _import(batch)
    rows = [[str(text) for text in (_("行"), _("列"), _("所填内容"), _("问题与改法"))]]
    with platform().database.reading() as db_session:
        for alike in (False, True):
            for fault in import_findings(db_session, batch, alike=alike):
                rows.append([str(fault.row), str(EXPERT_COLUMNS[fault.column]), fault.given, _words(fault)])
    return download("findings.csv", write_csv(rows), "text/csv; charset=utf-8")


def _words(fault: Fault) -> str:
    return sentence(fault.code, {"given": fault.given}, g.get("lang", "zh"))


def _lines(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
    """Row, column and sentence of each."""
    return [
        {
            "row": fault.row,
            "column": str(EXPERT_COLUMNS[fault.column]),
            "words": _words(fault),
        }
        for fault in faults
    ]


def _import(batch: str, faults: int = 0, alike: int = 0) -> ImportRow:
    with platform().database.reading() as db_session:
        row = load_import(db_session, batch, faults=faults, alike=alike, most=FINDINGS_SHOWN)
    if row is None:
        abort(404)
    return row


@routes.route("/experts/admissions", methods=["GET"])
@access(Action.EXPERT_ADMIT)
def admissions() -> str:
    """Whom the centre has entered and a second person has not admitted yet."""
    with platform().database.reading() as db_session:
        rows, corrections = waiting_imports(db_session), experts_to_correct(db_session)
    shown = {"rows": rows, "corrections": corrections, "own": current_actor().id, "machines": MACHINES}
    return render_template("pages/operator/admissions.html", **shown)


@routes.route("/experts/admissions/<batch>", methods=["GET", "POST"])
@access(Action.EXPERT_ADMIT)
def admit(batch: str) -> Any:
    """Asks once, with the reason."""
    form, errors, row = ReasonForm(), [], _import(batch)
    if form.validate_on_submit():
        try:
            standings.admit_batch(platform(), required_log_in(), batch, form.reason.data or "")
            return redirect(url_for("library.admissions"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    shown = {"row": row, "alike": _lines(row.alike), "machines": MACHINES}
    return render_template("pages/operator/admit.html", form=form, errors=errors, **shown)


@routes.route("/centre/specialities", methods=["GET", "POST"])
@access(Action.EXPERT_MANAGE)
@takes(MOST_BYTES + FORM_AROUND)
def specialities() -> Any:
    """The classification in force as a tree; another one can be put in force."""
    form, errors = SpecialitiesForm(), []
    if form.validate_on_submit():
        try:
            text = form.document.data.read(MOST_BYTES).decode("utf-8")
            expert_imports.put_specialities_in_force(platform(), required_log_in(), text)
            return redirect(url_for("library.specialities"))
        except Refused as refusal:
            errors = [in_words(refusal)]
        except UnicodeDecodeError:
            errors = [_("文件不是 UTF-8 编码的 JSON，请选择专业分类文件。")]
    with platform().database.reading() as db_session:
        tree = current_tree(db_session)
    return render_template("pages/operator/specialities.html", form=form, errors=errors, tree=tree)


@routes.get("/centre/specialities.json")
@access(Action.EXPERT_MANAGE)
def specialities_file() -> Response:
    """The document in force, to change and put in again."""
    with platform().database.reading() as db_session:
        return download("specialities.json", current_document(db_session).encode(), "application/json")
