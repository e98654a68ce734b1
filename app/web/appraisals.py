"""Appraisal of a committee after its evaluation: marked by seat, confirmed by a second person, objections decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField, TextAreaField, widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.queries.appraisals import ABSENT, CASES, AppraisedLot, appraised_lot, lots_to_appraise, own_appraisals
from app.services import appraisals
from app.services.own_expert import own_expert
from app.web.entitled import in_words
from app.web.fee_words import COURSES
from app.web.navigation import first_page
from app.web.pages import Refused, attempt, entitled_case, neighbours, place_asked, read_case
from evaluation.appraisal import AppraisalGround, AppraisalRules, objection_until

routes = Blueprint("appraisals", __name__)
STAGES = {
    "entered": _l("等待本方另一人确认"),
    "confirmed": _l("已确认，专家可以提出异议"),
    "objected": _l("专家已提出异议，等待处理"),
    "withdrawn": _l("异议成立，不计分"),
    "settled": _l("已生效"),
}
SEEN = {**{course.value: words for course, words in COURSES.items()}, ABSENT: _l("没有签到")}
PARTIES = {"agency": _l("代理机构"), "centre": _l("交易中心")}


class MarkForm(FlaskForm):
    """Which of the published grounds hold, and what happened."""

    grounds = SelectMultipleField(
        _l("评价"),
        [InputRequired(_l("请至少选择一项"))],
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
    note = TextAreaField(
        _l("说明"),
        [Optional(), Length(max=500, message=_l("至多 500 字"))],
        description=_l("扣分的写明事实、时间和依据；专家本人可见。不要写姓名。"),
    )


class ObjectionForm(FlaskForm):
    """Why an expert does not agree."""

    words = TextAreaField(
        _l("异议和理由"), [InputRequired(_l("请写明异议和理由")), Length(max=1000, message=_l("至多 1000 字"))]
    )


class DecisionForm(FlaskForm):
    """Why an objection is right or wrong."""

    reason = StringField(_l("处理理由"), [InputRequired(_l("请写明理由")), Length(max=500, message=_l("至多 500 字"))])


def ground_words(ground: AppraisalGround) -> str:
    """A ground in the language of the page, with its points."""
    words = ground.zh if g.get("lang", "zh") == "zh" else ground.en
    return _("%(words)s（%(n)s 分）", words=words, n=ground.points) if ground.points else words


@routes.get("/appraisals")
@access(Action.APPRAISAL_LIST)
def overview() -> str:
    """Lots whose evaluation is over, with what the asker's party has marked."""
    first = place_asked()
    with platform().database.reading() as db_session:
        lots, more = lots_to_appraise(db_session, current_actor(), first)
    before, after = neighbours(".overview", first, CASES, more=more)
    shown = {"lots": lots, "desk": first_page(current_actor()), "before": before, "after": after}
    return render_template("pages/appraisals/overview.html", **shown)


@routes.get("/cases/<case>/lots/<lot>/appraisals")
@access(Action.APPRAISAL_LIST)
def one_lot(case: str, lot: str) -> str:
    """Seat by seat; nobody is named."""
    return _lot_page(case, lot, [], DecisionForm(formdata=None))


@routes.route("/cases/<case>/lots/<lot>/appraisals/<int:seat>/<person>", methods=["GET", "POST"])
@access(Action.APPRAISAL_GIVE)
def mark(case: str, lot: str, seat: int, person: str) -> Any:
    """Mark one member."""
    found = _lot(case, lot)
    here = next((one for one in found.seats if one.seat == seat and one.person == person), None)
    if here is None or not allowed(current_actor(), Action.APPRAISAL_GIVE, read_case(case), lot):
        abort(404)
    rules, form = _rules(case), MarkForm()
    form.grounds.choices = [
        SelectChoice(ground.code, ground_words(ground)) for ground in rules.grounds_for(here.presence)
    ]
    if form.validate_on_submit():
        given = (seat, person, form.grounds.data or [], form.note.data or "")
        if attempt(form, lambda: (appraisals.mark(platform(), required_log_in(), case, lot, *given), True)):
            return redirect(url_for(".one_lot", case=case, lot=lot))
    elif not form.is_submitted() and here.own is not None:
        form.grounds.data = [ground.code for ground in here.own.grounds]
        form.note.data = here.own.note
    shown = {"lot": found, "seat": here, "courses": SEEN, "rules": rules}
    return render_template("pages/appraisals/mark.html", form=form, **shown)


@routes.get("/cases/<case>/lots/<lot>/appraisals/<int:appraisal>/confirmation")
@access(Action.APPRAISAL_CONFIRM)
def look(case: str, lot: str, appraisal: int) -> str:
    """What somebody else of the party has marked, and what follows from it, before it is confirmed."""
    found, me = _lot(case, lot), current_actor().id
    waits = [one for one in found.seats if one.own and one.own.id == appraisal and one.own.stage == "entered"]
    here = next((one for one in waits if one.own and one.own.entered_id != me), None)
    if here is None or here.own is None or not allowed(current_actor(), Action.APPRAISAL_CONFIRM, read_case(case), lot):
        abort(404)
    rules, now = _rules(case), platform().database.now()
    until = objection_until(rules, now)
    suspended = until + timedelta(days=rules.suspended_days) if rules.suspends(here.own.points) else None
    shown = {"lot": found, "seat": here, "rules": rules, "objection_until": until, "suspended_until": suspended}
    return render_template("pages/appraisals/confirm.html", courses=SEEN, ground=ground_words, **shown)


@routes.post("/cases/<case>/lots/<lot>/appraisals/<int:appraisal>/confirmation")
@access(Action.APPRAISAL_CONFIRM)
def confirm(case: str, lot: str, appraisal: int) -> Any:
    """The second person of the party; the page says what it has seen."""
    seen, confirmed = request.form.get("entered_at", ""), request.form.get("decision") == "confirm"
    return _doing(
        case,
        lot,
        FlaskForm(),
        lambda: appraisals.confirm(platform(), required_log_in(), appraisal, seen, confirmed=confirmed),
    )


@routes.post("/cases/<case>/lots/<lot>/appraisals/<int:appraisal>/objection")
@access(Action.APPRAISAL_DECIDE)
def decide(case: str, lot: str, appraisal: int) -> Any:
    """Who has neither marked nor confirmed decides an objection."""
    form, upheld = DecisionForm(), request.form.get("decision") == "uphold"
    words = form.reason.data or ""
    return _doing(
        case,
        lot,
        form,
        lambda: appraisals.decide_objection(platform(), required_log_in(), appraisal, words, upheld=upheld),
    )


@routes.route("/expert/appraisals", methods=["GET"])
@access(Action.EXPERT_OWN)
def own() -> str:
    """What was marked of oneself, by which party; an objection may be made in time."""
    return _own_page(ObjectionForm(formdata=None), 0)


@routes.post("/expert/appraisals/<int:appraisal>/objection")
@access(Action.EXPERT_OWN)
def object_to(appraisal: int) -> Any:
    """Object, once."""
    form = ObjectionForm()
    if form.validate_on_submit():
        words = form.words.data or ""
        if attempt(form, lambda: (appraisals.object_to(platform(), required_log_in(), appraisal, words), True)):
            return redirect(url_for(".own"))
    return _own_page(form, appraisal)


def _own_page(form: ObjectionForm, to: int) -> str:
    now = platform().database.now()
    with platform().database.reading() as db_session:
        row = own_expert(db_session, required_log_in())
        found = own_appraisals(db_session, row.id, now)
    shown = {"found": found, "stages": STAGES, "parties": PARTIES, "to": to, "now": now, "ground": ground_words}
    return render_template("pages/expert/appraisals.html", form=form, **shown)


def _rules(case: str) -> AppraisalRules:
    rules = read_case(case).tender.published.profile.appraisal
    if rules is None:
        abort(404)
    return rules


def _lot(case: str, lot: str) -> AppraisedLot:
    found = read_case(case)
    mine = (Action.APPRAISAL_GIVE, Action.APPRAISAL_CONFIRM, Action.APPRAISAL_DECIDE)
    if not any(allowed(current_actor(), action, found, lot) for action in mine):
        entitled_case(case, Action.APPRAISAL_GIVE, lot)  # refuses, and keeps the attempt
    with platform().database.reading() as db_session:
        shown = appraised_lot(db_session, current_actor(), case, lot)
    if shown is None:
        abort(404)
    return shown


def _lot_page(case: str, lot: str, errors: list[str], form: DecisionForm) -> str:
    found, about = _lot(case, lot), read_case(case)
    may = {
        "give": allowed(current_actor(), Action.APPRAISAL_GIVE, about, lot),
        "confirm": allowed(current_actor(), Action.APPRAISAL_CONFIRM, about, lot),
    }
    shown = {"found": found, "may": may, "own": current_actor().id, "stages": STAGES, "courses": SEEN}
    shown |= {"errors": errors, "parties": PARTIES, "ground": ground_words}
    return render_template("pages/appraisals/lot.html", form=form, **shown)


def _doing(case: str, lot: str, form: FlaskForm, act: Callable[[], object]) -> Any:
    decision = form if isinstance(form, DecisionForm) else DecisionForm(formdata=None)
    if not form.validate_on_submit():
        errors = [str(error) for found in form.errors.values() for error in found]
        return _lot_page(case, lot, errors, decision)
    try:
        act()
    except Refused as refusal:
        return _lot_page(case, lot, [in_words(refusal)], decision)
    return redirect(url_for(".one_lot", case=case, lot=lot))
