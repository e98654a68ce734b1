"""Courses that experts have finished, entered as a list; and what experts ask to have corrected."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.adapters.spreadsheets import read_table
from app.adapters.workbooks import write_workbook
from app.extensions import LONGEST_BODY, access, platform, required_log_in
from app.messages import sentence
from app.permissions.actions import Action
from app.procedure.days_off import COLUMNS
from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import Fault
from app.queries.own_expert import open_requests
from app.services import own_expert, trainings
from app.web.entitled import in_words
from app.web.expert.own import ABOUT, today
from app.web.operator.forms import ReasonForm
from app.web.operator.library import XLSX
from app.web.operator.wording import TRAINING_COLUMNS
from app.web.pages import Refused, download

routes = Blueprint("trainings", __name__)
FAULTS_SHOWN = 100


class TrainingForm(FlaskForm):
    """Courses as a file, or as lines."""

    table = FileField(_l("培训名单（XLSX 或 CSV）"), description=_l("列：专家编号、培训课程、学时、完成日期、有效期至"))
    lines = TextAreaField(
        _l("或者逐行填写"),
        [Optional(), Length(max=50000)],
        description=_l("每行：专家编号,培训课程,学时,完成日期,有效期至；长期有效的不写有效期。"),
    )


class AnswerForm(FlaskForm):
    """What the centre answers to a request."""

    answer = TextAreaField(
        _l("答复"), [InputRequired(_l("请写明办理结果")), Length(max=1000, message=_l("至多 1000 字"))]
    )


@routes.route("/centre/experts/trainings", methods=["GET", "POST"])
@access(Action.EXPERT_MANAGE)
def enter() -> Any:
    """All of a list or nothing of it, with what is wrong row by row."""
    form, errors, done = TrainingForm(), [], None
    faults: tuple[Fault, ...] = ()
    if form.validate_on_submit():
        try:
            done, faults = trainings.enter_trainings(platform(), required_log_in(), _rows(form), today())
        except Refused as refusal:
            errors = [in_words(refusal)]
    lines = [_line(fault) for fault in faults[:FAULTS_SHOWN]]
    shown = {"errors": errors, "faults": lines, "done": done if not faults else None}
    return render_template("pages/operator/trainings.html", form=form, **shown)


@routes.get("/centre/experts/trainings.xlsx")
@access(Action.EXPERT_MANAGE)
def template() -> Any:
    """An empty list to fill in."""
    example = ["ZJ000001", "评标专家年度培训", "8", "2026-03-01", "2028-02-29"]
    return download("trainings.xlsx", write_workbook([list(COLUMNS.values()), example]), XLSX)


@routes.post("/experts/trainings/<int:training>/strike")
@access(Action.EXPERT_ADMIT)
def strike(training: int) -> Any:
    """Another person takes back what was entered wrongly."""
    form = ReasonForm()
    if not form.validate_on_submit():
        abort(400)
    expert = trainings.strike_training(platform(), required_log_in(), training, form.reason.data or "")
    return redirect(url_for("experts.one_expert", expert=expert))


@routes.route("/centre/experts/requests", methods=["GET", "POST"])
@access(Action.EXPERT_MANAGE)
def requests() -> Any:
    """What experts ask; each is answered once."""
    form, errors, to = AnswerForm(), [], request.form.get("request", "")
    if to.isascii() and to.isdecimal() and len(to) < 10 and form.validate_on_submit():
        try:
            own_expert.answer_request(platform(), required_log_in(), int(to), form.answer.data or "")
            return redirect(url_for(".requests"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    with platform().database.reading() as db_session:
        rows = open_requests(db_session)
    shown = {"rows": rows, "about": ABOUT, "errors": errors, "to": to}
    return render_template("pages/operator/expert_requests.html", form=form, **shown)


def _rows(form: TrainingForm) -> list[list[str]]:
    """The cells of the file, or of the lines. Raises RuleViolation `trainings_empty`."""
    file = form.table.data
    if file and file.filename:
        return [list(row) for row in read_table(file.read(LONGEST_BODY))]
    text = (form.lines.data or "").replace("，", ",").replace("\t", ",")
    if not text.strip():
        raise RuleViolation("trainings_empty")
    return list(csv.reader(io.StringIO(text)))


def _line(fault: Fault) -> dict[str, Any]:
    words = sentence(fault.code, {"given": fault.given}, g.get("lang", "zh"))
    return {"row": fault.row, "column": str(TRAINING_COLUMNS.get(fault.column, _("整行"))), "words": words}
