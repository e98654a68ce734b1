"""An expert's own page, away from any booth: its entry, days off, courses, call-ups, fees, appraisals, requests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask import redirect as redirect_to
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from app.extensions import access, platform, required_log_in
from app.permissions.actions import Action
from app.queries.fees import own_fees
from app.queries.own_expert import own_call_ups, own_days_off, own_entry, requests_of, trainings_of
from app.services import contact_changes, own_expert
from app.web.entitled import in_words
from app.web.fee_words import COURSES, FEE_KINDS, ORIGINS, duration_words
from app.web.operator.wording import STANDINGS
from app.web.pages import Refused, attempt, to_local

routes = Blueprint("own_expert", __name__)
CALL_UP_OUTCOMES = {
    "waits": _l("等待答复"),
    "accepted": _l("已接受"),
    "declined": _l("已谢绝"),
    "expired": _l("逾期未答复"),
    "dismissed": _l("已退出"),
}
ABOUT = {"entry": _l("登记的资料"), "fee": _l("劳务费"), "other": _l("其他")}
WEEKS = 6  # of the calendar


class EnterForm(FlaskForm):
    """Who takes an account over: known by number and mail address."""

    number = StringField(_l("专家编号"), [InputRequired(_l("请输入专家编号")), Length(max=32)])
    mail = StringField(
        _l("登记的电子邮箱"),
        [InputRequired(_l("请输入登记的电子邮箱")), Length(max=200)],
        description=_l("邀请码只发到专家库里登记的邮箱。"),
    )


class DaysOffForm(FlaskForm):
    """Days on which one is not drawn."""

    first = DateField(_l("第一天"), [InputRequired(_l("请选择日期"))])
    last = DateField(_l("最后一天"), [Optional()], description=_l("只有一天的不用填；只有半天不能参加的，也登记当天。"))


class RequestForm(FlaskForm):
    """What is wrong and how it should be."""

    about = SelectField(_l("关于"), [InputRequired()], choices=[SelectChoice(key, name) for key, name in ABOUT.items()])
    words = TextAreaField(
        _l("哪里不对，应当怎样"),
        [InputRequired(_l("请写明要更正的内容")), Length(max=1000, message=_l("至多 1000 字"))],
        description=_l("交易中心一人答复；登记的资料须由两人更改，是否已经更改由系统在本页显示。"),
    )


class ContactForm(FlaskForm):
    """How one is reached from now on."""

    mail = StringField(_l("新的电子邮箱"), [InputRequired(_l("请输入电子邮箱")), Length(max=200)])
    again = StringField(
        _l("再输一次电子邮箱"), [InputRequired(_l("请再输一次")), EqualTo("mail", _l("两次输入的电子邮箱不一样"))]
    )
    phone = StringField(
        _l("新的手机号"), [Optional(), Length(max=20)], description=_l("不填的，今后只用电子邮件通知。")
    )


def today() -> date:
    """The day on the calendar of the installation's own zone."""
    return to_local(platform().database.now()).date()


@routes.route("/expert/enter", methods=["GET", "POST"])
@access(Action.EXPERT_ENTER)
def enter() -> str:
    """Have the invitation sent; the answer is the same whether there is such an expert or not."""
    form, asked = EnterForm(), False
    if form.validate_on_submit():
        number, mail, address = form.number.data or "", form.mail.data or "", request.remote_addr or ""
        done = attempt(form, lambda: (own_expert.ask_to_enter(platform(), number, mail, address), True))
        asked = done is not None
    return render_template("pages/expert/enter.html", form=form, asked=asked)


@routes.get("/expert")
@access(Action.EXPERT_OWN)
def home() -> Any:
    """What the library holds of oneself; who sits for a buyer has an account and nothing else."""
    with platform().database.reading() as db_session:
        row = own_expert.find_own_expert(db_session, required_log_in())
        if row is None:
            return redirect_to(url_for("account.overview"))
        own = own_entry(db_session, row)
        courses, asked = trainings_of(db_session, row.id), requests_of(db_session, row.id)
    shown = {"own": own, "courses": courses, "waiting": [one for one in asked if one.answered_at is None]}
    return render_template("pages/expert/own.html", standings=STANDINGS, today=today(), **shown)


@routes.route("/expert/days-off", methods=["GET", "POST"])
@access(Action.EXPERT_OWN)
def days_off() -> Any:
    """The calendar; a day off counts for what is published after it was entered."""
    form, day = DaysOffForm(), today()
    if form.validate_on_submit() and form.first.data:
        first, last = form.first.data, form.last.data or form.first.data
        done = attempt(form, lambda: (own_expert.add_days_off(platform(), required_log_in(), first, last, day), True))
        if done:
            return redirect_to(url_for(".days_off"))
    return _calendar(form, day, [])


@routes.post("/expert/days-off/<int:absence>/withdraw")
@access(Action.EXPERT_OWN)
def withdraw(absence: int) -> Any:
    """Taken back; what was published before still counts it."""
    return _doing(
        lambda: own_expert.withdraw_days_off(platform(), required_log_in(), absence),
        lambda errors: _calendar(DaysOffForm(formdata=None), today(), errors),
        ".days_off",
    )


@routes.get("/expert/fees")
@access(Action.EXPERT_OWN)
def fees() -> str:
    """Call-ups and fees; a project is named to who was there, once the evaluation is over."""
    with platform().database.reading() as db_session:
        row = own_expert.own_expert(db_session, required_log_in())
        called, paid = own_call_ups(db_session, row.account_id), own_fees(db_session, row.id)
    shown = {"called": called, "fees": paid, "outcomes": CALL_UP_OUTCOMES, "kinds": FEE_KINDS, "origins": ORIGINS}
    return render_template("pages/expert/own_fees.html", courses=COURSES, duration=duration_words, **shown)


@routes.route("/expert/contact", methods=["GET", "POST"])
@access(Action.EXPERT_OWN)
def contact() -> Any:
    """Other addresses, which nobody else sees; what is held now is not shown to anybody."""
    form = ContactForm()
    if form.validate_on_submit():
        mail, phone = form.mail.data or "", form.phone.data or ""
        if attempt(form, lambda: contact_changes.change_contact(platform(), required_log_in(), mail, phone)):
            return redirect_to(url_for(".contact"))
    return _contact(form, [])


@routes.post("/expert/contact/withdraw")
@access(Action.EXPERT_OWN)
def keep_contact() -> Any:
    """It stays as it was."""
    return _doing(
        lambda: contact_changes.withdraw_contact_change(platform(), required_log_in()),
        lambda errors: _contact(ContactForm(formdata=None), errors),
        ".contact",
    )


def _contact(form: ContactForm, errors: list[str]) -> str:
    with platform().database.reading() as db_session:
        waiting = contact_changes.waiting_change(db_session, own_expert.own_expert(db_session, required_log_in()).id)
    return render_template("pages/expert/own_contact.html", form=form, waiting=waiting, errors=errors)


@routes.route("/expert/requests", methods=["GET", "POST"])
@access(Action.EXPERT_OWN)
def requests() -> Any:
    """What one has asked the centre to correct, and its answers."""
    form = RequestForm()
    if form.validate_on_submit():
        about, words = form.about.data, form.words.data or ""
        if attempt(form, lambda: (own_expert.ask_for_correction(platform(), required_log_in(), about, words), True)):
            return redirect_to(url_for(".requests", sent=1))
    with platform().database.reading() as db_session:
        row = own_expert.own_expert(db_session, required_log_in())
        found = requests_of(db_session, row.id)
    sent = request.args.get("sent") == "1" and not form.is_submitted()
    return render_template("pages/expert/requests.html", form=form, rows=found, about=ABOUT, sent=sent)


@routes.post("/expert/requests/<int:asked>/withdraw")
@access(Action.EXPERT_OWN)
def withdraw_request(asked: int) -> Any:
    """Taken back before anybody has answered."""
    with platform().database.reading() as db_session:
        own_expert.own_expert(db_session, required_log_in())  # at a booth an expert is a seat and nothing else
    if asked >= 1 << 31 or not FlaskForm().validate_on_submit():
        return redirect_to(url_for(".requests"))
    with suppress(Refused):  # answered meanwhile: the page shows the answer
        own_expert.withdraw_request(platform(), required_log_in(), asked)
    return redirect_to(url_for(".requests"))


def _calendar(form: DaysOffForm, day: date, errors: list[str]) -> str:
    with platform().database.reading() as db_session:
        row = own_expert.own_expert(db_session, required_log_in())
        own, found = own_entry(db_session, row), own_days_off(db_session, row.id, day)
    free = [(one.first, one.last) for one in found if one.withdrawn_at is None]
    free += [(one.first, one.last) for one in own.entry.absences]
    monday = day - timedelta(days=day.weekday())
    weeks = [[_day(monday + timedelta(days=7 * week + at), day, free) for at in range(7)] for week in range(WEEKS)]
    entered = [one for one in own.entry.absences if one.last >= day]
    shown = {"rows": found, "weeks": weeks, "entered": entered, "errors": errors}
    return render_template("pages/expert/days_off.html", form=form, **shown)


def _day(at: date, today_: date, free: list[tuple[date, date]]) -> dict[str, object]:
    return {"day": at, "off": any(first <= at <= last for first, last in free), "past": at < today_}


def _doing(act: Callable[[], object], again: Callable[[list[str]], str], endpoint: str) -> Any:
    if not FlaskForm().validate_on_submit():
        return again([_("页面已过期，请再试一次。")])
    try:
        act()
    except Refused as refusal:
        return again([in_words(refusal)])
    return redirect_to(url_for(endpoint))
