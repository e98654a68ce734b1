"""An inspector asks for a name before the evaluation is over, a second one decides; who is told that it happened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.casefile.case import Case
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.queries.appraisals import appraisals_of_lot
from app.queries.fees import fees_of_lot
from app.queries.name_requests import LISTED, name_alarms, name_requests
from app.services import name_requests as requests
from app.services.name_requests import LONGEST_REASON, NameGround
from app.web.appraisals import PARTIES, STAGES, ground_words
from app.web.entitled import in_words
from app.web.fee_words import duration_words
from app.web.navigation import first_page
from app.web.pages import Refused, attempt, entitled_case, head_of, known_lot, neighbours, place_asked

routes = Blueprint("name_requests", __name__)
NAME_GROUNDS = {
    NameGround.REPORTED: _l("举报或者投诉涉及该成员"),
    NameGround.CONFLICT: _l("有线索表明该成员应当回避"),
    NameGround.IDENTITY: _l("签到时身份核验有疑问"),
    NameGround.INVESTIGATION: _l("依法立案调查需要"),
}


class NameForm(FlaskForm):
    """Whose name, on which ground, and why."""

    number = SelectField(_l("抽中的编号"), [InputRequired(_l("请选择编号"))])
    ground = SelectField(
        _l("依据"),
        [InputRequired()],
        choices=[SelectChoice(ground.value, name) for ground, name in NAME_GROUNDS.items()],
    )
    reason = TextAreaField(
        _l("事实和理由"),
        [InputRequired(_l("请写明事实和理由")), Length(max=LONGEST_REASON, message=_l("至多 500 字"))],
        description=_l("永久保存。另一名监督人员看到后决定。"),
    )


@routes.get("/regulator/names")
@access(Action.NAME_ASK)
def overview() -> str:
    """Requests of the asker's authority; what waits for a second inspector first."""
    return _overview([])


@routes.route("/regulator/cases/<case>/lots/<lot>/names", methods=["GET", "POST"])
@access(Action.NAME_ASK)
def ask(case: str, lot: str) -> Any:
    """Ask for one number; says what follows, and asks once."""
    found = entitled_case(case, Action.NAME_ASK, lot)
    seats = found.lots[known_lot(found, lot)].draw.seats
    form = NameForm()
    form.number.choices = [SelectChoice(number, words) for number, words in _numbers(found, lot)]
    if form.validate_on_submit():
        given = (case, lot, form.number.data, form.ground.data, form.reason.data or "")
        if attempt(form, lambda: (requests.ask(platform(), required_log_in(), *given), True)):
            return redirect(url_for(".overview"))
    trail = [(_("监督工作台"), "/regulator"), (found.tender.published.title, url_for("regulator.case", case=case))]
    shown = {"breadcrumbs": [*trail, (_("查询专家姓名"), "")], "lot": lot, "drawn": bool(seats)}
    return render_template("pages/regulator/ask_name.html", **head_of(found), form=form, **shown)


def _numbers(found: Case, lot: str) -> list[tuple[str, str]]:
    """The drawn numbers; of those who sit by their seats, in whose order an inspector sees them in the room."""
    drawn, sitting = found.lots[lot].draw.seats, found.lots[lot].sitting
    seated = {seat.person: number for number, seat in sorted(sitting.seats.items()) if seat.person in drawn}
    named = [(id_, _("%(number)s · %(seat)s 号席", number=id_[:8], seat=seat)) for id_, seat in seated.items()]
    return named + [(id_, id_[:8]) for id_ in sorted(drawn.keys() - seated.keys())]


@routes.post("/regulator/names/<int:asked>/decision")
@access(Action.NAME_ASK)
def decide(asked: int) -> Any:
    """The second inspector grants or refuses."""
    _checked()
    try:
        requests.decide(platform(), required_log_in(), asked, granted=request.form.get("decision") == "grant")
    except Refused as refusal:
        return _overview([in_words(refusal)])
    return redirect(url_for(".overview"))


@routes.post("/regulator/names/<int:asked>")
@access(Action.NAME_SEE)
def look(asked: int) -> str:
    """The name; each look is on record."""
    _checked()
    try:
        named = requests.see(platform(), required_log_in(), asked, request.remote_addr or "")
    except Refused as refusal:
        return _overview([in_words(refusal)])
    return render_template("pages/regulator/name.html", named=named)


@routes.get("/name-alarms")
@access(Action.NAME_ALARM)
def alarms() -> str:
    """That names were asked for: when, by whom, in which case; never whose."""
    first = place_asked()
    with platform().database.reading() as db_session:
        rows, more = name_alarms(db_session, current_actor(), first)
    shown = {"rows": rows, "grounds": NAME_GROUNDS, "desk": first_page(current_actor())}
    shown["before"], shown["after"] = neighbours(".alarms", first, LISTED, more=more)
    return render_template("pages/regulator/name_alarms.html", **shown)


@routes.get("/regulator/cases/<case>/lots/<lot>/serving")
@access(Action.SERVING_READ)
def serving(case: str, lot: str) -> str:
    """Fees and appraisals of a lot by seat, for a stated reason."""
    found = entitled_case(case, Action.SERVING_READ, lot)
    with platform().database.reading() as db_session:
        fees, marks = fees_of_lot(db_session, case, lot), appraisals_of_lot(db_session, found, lot)
    trail = [(_("监督工作台"), "/regulator"), (found.tender.published.title, url_for("regulator.case", case=case))]
    shown = {"breadcrumbs": [*trail, (_("专家劳务费和评价"), "")], "lot": lot, "fees": fees, "marks": marks}
    shown |= {"duration": duration_words, "stages": STAGES, "parties": PARTIES, "ground": ground_words}
    return render_template("pages/regulator/serving.html", **head_of(found), **shown)


def _checked() -> None:
    if not FlaskForm().validate_on_submit():
        abort(400)


def _overview(errors: list[str]) -> str:
    first = place_asked()
    with platform().database.reading() as db_session:
        rows, more = name_requests(db_session, current_actor(), first)
    shown = {"rows": rows, "own": current_actor().id, "grounds": NAME_GROUNDS, "errors": errors}
    shown["now"] = platform().database.now()
    shown["before"], shown["after"] = neighbours(".overview", first, LISTED, more=more)
    return render_template("pages/regulator/names.html", **shown)
