"""Applying to the library without an account, and reviewing who applied."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask import session as web_session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.adapters.profiles import profile_names, read_profile
from app.extensions import FORM_AROUND, access, current_actor, platform, required_log_in, takes
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.applications import ASKED, LARGEST, MOST_DOCUMENTS, Document, Shortfall, shortfalls
from app.procedure.expert_rows import BROKEN, Fault
from app.procedure.file_names import disposition
from app.procedure.typed_codes import in_groups
from app.queries.experts import current_tree
from app.services import applications, experts
from app.services.applications import LISTED, NO_TERM, ApplicationView, Progress, Received
from app.web.entitled import in_words
from app.web.navigation import first_page
from app.web.operator.wording import EXPERT_COLUMNS, STANDING_STEPS, STANDINGS
from app.web.pages import Refused, attempt, neighbours, place_asked
from app.web.wording import titled
from evaluation.standing import SECOND_PERSON, Status, Step, steps_from

routes = Blueprint("applications", __name__)
HINTS = {
    "past_employments": _l("近三年内离职的单位，每行一家：统一社会信用代码:离职日期"),
    "specialities": _l("专业分类的代码，每行一个，如 A0801"),
    "qualifications": _l("每行一项，如 注册造价工程师:2029-12-31；长期有效的不写日期"),
    "relatives": _l("在招标代理、监督部门或者常参加投标的单位任职的近亲属，每行一人"),
    "interests": _l("持有股份或者有其他利害关系的单位，每行一个统一社会信用代码"),
    "service": _l("在行政监督或者项目主管部门任职的，写部门名称"),
    "region": _l("常住地的行政区划代码，6 位数字，如 510104"),
    "practising_since": _l("从事本专业工作的起始日期，如 2005-07-01"),
    "organisation": _l("营业执照或者法人证书上的全称"),
}
OF_A_FORM = {"row_id_number": "form_id_number", "row_phone": "form_phone"}  # what is no cell of a table here
KEPT_FROM_STAFF = frozenset({"phone", "mail"})  # for the notification service alone, from the beginning
OPTIONAL = frozenset({"past_employments", "qualifications", "relatives", "interests", "service"})


class ApplicationForm(FlaskForm):
    """The entry as the applicant states it, with its documents."""

    site = SelectField(EXPERT_COLUMNS["site"], [InputRequired(_l("请选择场所"))])
    files = MultipleFileField(
        _l("证明材料"),
        [FileRequired(_l("请选择证明材料"))],
        description=_l("职称证书、执业资格证书和单位证明，PDF、JPEG 或 PNG，至多 3 个，每个至多 1 MB"),
    )
    consent = BooleanField(
        _l("我已阅读上面的个人信息说明，单独同意为审核和入库后的回避、抽取处理身份证号和近亲属等敏感个人信息"),
        [InputRequired(_l("请勾选同意，或者不提交申请"))],
    )


def _add_fields() -> None:
    for name in ASKED:
        if name == "site":
            continue
        missing = _l("请填写“%(column)s”", column=EXPERT_COLUMNS[name])
        needed = [Optional()] if name in OPTIONAL else [InputRequired(missing)]
        kind = TextAreaField if name in BROKEN else StringField
        field = kind(EXPERT_COLUMNS[name], [*needed, Length(max=1000)], description=HINTS.get(name, ""))
        setattr(ApplicationForm, name, field)


_add_fields()


class CodeForm(FlaskForm):
    """By which an applicant asks how it stands."""

    code = StringField(_l("申请编码"), [InputRequired(_l("请输入申请编码")), Length(max=40)])


class StepForm(FlaskForm):
    """A step of the review, with its reason."""

    until = DateField(_l("聘期截止（审核通过时必填）"), [Optional()], description=_l("至多从今天起十年。"))
    reason = StringField(
        _l("理由"),
        [InputRequired(_l("请写明理由")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("每一步都要写明；不予通过的，申请人可以看到。"),
    )


@routes.route("/experts/apply", methods=["GET", "POST"])
@access(Action.EXPERT_APPLY)
@takes(MOST_DOCUMENTS * LARGEST + FORM_AROUND)
def apply() -> Any:
    """The form; then on to a page of its own, so that nobody applies twice by looking again."""
    form = ApplicationForm()
    form.site.choices = [SelectChoice(site["name"], site["name"]) for site in experts.list_sites(platform())]
    if form.validate_on_submit():
        cells = {name: form[name].data or "" for name in ASKED}
        files = [Document(file.filename or "", file.read(LARGEST + 1)) for file in form.files.data if file]
        address = request.remote_addr or ""
        received: Received | None = attempt(form, lambda: applications.apply(platform(), cells, files, address))
        if received is not None and not received.faults:
            web_session["applied"] = received.code
            return redirect(url_for(".received"))
        for fault in received.faults if received else ():
            _show(form, fault)
    if form.is_submitted() and any(file for file in form.files.data or ()):
        form.files.errors = [*form.files.errors, _("浏览器不保留已选的文件，请重新选择")]
    with platform().database.reading() as db_session:
        tree = current_tree(db_session)
    return render_template("pages/public/apply.html", form=form, fields=ASKED, tree=tree, broken=BROKEN)


@routes.get("/experts/apply/received")
@access(Action.EXPERT_APPLY)
def received() -> str:
    """The code, once; whose application waits already is pointed at the code it has."""
    code = web_session.pop("applied", None)
    return render_template("pages/public/applied.html", code=in_groups(code) if code else "", stands=code == "")


def _show(form: ApplicationForm, fault: Fault) -> None:
    words = sentence(OF_A_FORM.get(fault.code, fault.code), {"given": fault.given}, g.get("lang", "zh"))
    if fault.column in form:
        form[fault.column].errors = [*form[fault.column].errors, words]
    else:
        form.form_errors.append(words)


@routes.route("/experts/apply/status", methods=["GET", "POST"])
@access(Action.EXPERT_APPLY)
def status() -> str:
    """How an application stands, by its code."""
    form, found = CodeForm(), None
    if form.validate_on_submit():
        code, address = form.code.data or "", request.remote_addr or ""
        found = attempt(form, lambda: applications.progress(platform(), code, address))
    shown: Progress | None = found
    return render_template("pages/public/application_status.html", form=form, found=shown, standings=STANDINGS)


@routes.get("/experts/applications")
@access(Action.EXPERT_ADMIT)
def overview() -> str:
    """What waits to be reviewed or admitted; names are sealed until one is opened."""
    first = place_asked()
    rows, more = applications.list_applications(platform(), first)
    shown = {"rows": rows, "standings": STANDINGS, "desk": first_page(current_actor())}
    shown["before"], shown["after"] = neighbours(".overview", first, LISTED, more=more)
    return render_template("pages/operator/applications.html", **shown)


@routes.route("/experts/applications/<application>", methods=["GET", "POST"])
@access(Action.EXPERT_ADMIT)
def one(application: str) -> Any:
    """The entry with its documents; a step with its reason."""
    form, errors = StepForm(), []
    if form.validate_on_submit() and request.form.get("step", "") in set(Step):
        step, words = Step(request.form["step"]), form.reason.data or ""
        try:
            applications.take_step(platform(), required_log_in(), application, step, words, form.until.data)
            return redirect(url_for(".one", application=application))
        except Refused as refusal:
            errors = [in_words(refusal)]
    try:
        found = applications.load_application(platform(), required_log_in(), application)
    except Refused:
        abort(404)
    shown = {"row": found, "lines": _lines(found), "steps": _steps(found), "words": STANDING_STEPS}
    shown |= {"standings": STANDINGS, "columns": EXPERT_COLUMNS, "errors": errors, "lacks": _shortfalls(found)}
    return render_template("pages/operator/application.html", form=form, **shown)


@routes.get("/experts/applications/files/<file>")
@access(Action.EXPERT_ADMIT)
def document(file: str) -> Response:
    """A document, only ever to be saved: it comes from nobody we know."""
    try:
        name, kind, data = applications.opened_file(platform(), required_log_in(), file)
    except Refused:
        abort(404)
    answer = Response(data, mimetype=kind)
    answer.headers["Content-Disposition"] = disposition("attachment", name or "document")
    return answer


def _shortfalls(found: ApplicationView) -> list[str]:
    """What the reviewer should know before anybody is admitted whom no draw would take."""
    if not found.entry:
        return []
    days = date.fromisoformat(found.entry["born"]), date.fromisoformat(found.entry["practising_since"])
    today = platform().database.now().date()
    return [_lack(one) for one in shortfalls(*days, today, map(read_profile, profile_names()))]


def _lack(one: Shortfall) -> str:
    figures = {"has": one.has, "limit": one.limit, "rules": titled(one.profile)}
    if one.what == "years":
        return _("从业 %(has)s 年，少于 %(limit)s 年：不能参加“%(rules)s”的抽取", **figures)
    return _("%(has)s 周岁，超过 %(limit)s 周岁：不能参加“%(rules)s”的抽取", **figures)


def _lines(found: ApplicationView) -> list[tuple[str, str]]:
    """The entry, column by column."""
    entry = found.entry
    if not entry:
        return []
    texts: dict[str, object] = dict(entry) | {
        "organisation": entry["organisation"]["name"],
        "credit_code": entry["organisation"]["credit_code"],
        "past_employments": [f"{each['organisation']} ~ {each['until']}" for each in entry["past_employments"]],
        "qualifications": [" ".join(filter(None, (q["name"], q.get("until")))) for q in entry["qualifications"]],
    }
    sites = {site["id"]: site["name"] for site in experts.list_sites(platform())}
    texts["site"] = sites.get(str(entry["site"]), "")
    found_lines = []
    texts["id_number"] = f"{entry['id_number'][:6]}********{entry['id_number'][-4:]}"
    term = ("certified_until",) if entry["certified_until"] != NO_TERM else ()  # as who reviewed it has set it
    for name in (*ASKED, "born", *term):
        if name in KEPT_FROM_STAFF:
            continue
        value = texts.get(name) or "–"
        found_lines.append((str(EXPERT_COLUMNS[name]), _("；").join(value) if isinstance(value, list) else str(value)))
    return found_lines


def _steps(found: ApplicationView) -> list[Step]:
    """What this person may do: never both halves."""
    if not found.entry:
        return []
    actor = current_actor()
    possible = [step for step in steps_from(Status(found.status)) if step in (Step.REVIEW, Step.REFUSE, Step.ADMIT)]
    may_manage = allowed(actor, Action.EXPERT_MANAGE)
    return [
        step
        for step in possible
        if (may_manage or step is not Step.REVIEW) and not (step in SECOND_PERSON and actor.id == found.status_by)
    ]
