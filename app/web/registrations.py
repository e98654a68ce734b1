"""Papers of bidders: handed in once, looked at by one person and confirmed by another."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.extensions import access, current_actor, platform, required_log_in, takes
from app.permissions.actions import Action
from app.procedure.applications import LARGEST, Document
from app.services import registrations
from app.web.pages import attempt

routes = Blueprint("registrations", __name__)
HINT = _l("PDF、JPEG 或 PNG，至多 1 MB")
WORD_CHOICES = [SelectChoice("1", _l("相符")), SelectChoice("0", _l("不相符，退回"))]


class PapersForm(FlaskForm):
    """A bidder's papers."""

    licence = FileField(_l("营业执照"), [FileRequired(_l("请选择营业执照"))], description=HINT)
    authority = FileField(
        _l("法定代表人授权书"),
        [FileRequired(_l("请选择授权书"))],
        description=_l("授权本账户使用人办理投标，加盖公章；格式和大小同上"),
    )


class LookForm(FlaskForm):
    """The first person's word."""

    word = RadioField(_l("核对结果"), [InputRequired(_l("请选一项"))], choices=WORD_CHOICES)
    reason = TextAreaField(
        _l("理由"),
        [Optional(), Length(max=500, message=_l("至多 500 字"))],
        description=_l("退回的必须写明，投标人看得到。"),
    )


class ConfirmForm(FlaskForm):
    """The second person's, of exactly the word that the page showed."""

    seen = HiddenField()


def _document(file: FileStorage) -> Document:
    return Document(file.filename or "-", file.read(LARGEST + 1))


@routes.route("/account/registration", methods=["GET", "POST"])
@access(Action.REGISTRATION_SUBMIT)
@takes(3 * LARGEST)
def own() -> str | Response:
    """How one's papers stand, and a form to hand them in."""
    here, form = platform(), PapersForm()

    def hand_in() -> bool:
        papers = (_document(form.licence.data), _document(form.authority.data))
        registrations.submit(here, required_log_in(), *papers)
        return True

    if form.validate_on_submit() and attempt(form, hand_in):
        return redirect(url_for("registrations.own"))
    with here.database.reading() as db_session:
        found = registrations.own_registration(db_session, current_actor().organisation_id)
    return render_template("pages/account/registration.html", form=form, found=found)


@routes.get("/registrations")
@access(Action.REGISTRATION_CHECK)
def overview() -> str:
    """What waits to be looked at."""
    with platform().database.reading() as db_session:
        rows = registrations.registrations(db_session)
    return render_template("pages/operator/registrations.html", rows=rows, me=current_actor().id)


@routes.route("/registrations/<check>", methods=["GET", "POST"])
@access(Action.REGISTRATION_CHECK)
def one(check: str) -> str | Response:
    """The papers beside what was signed up, and the word of the first person."""
    form = LookForm()

    def look() -> bool:
        accepted, reason = form.word.data == "1", form.reason.data or ""
        registrations.look(platform(), required_log_in(), check, reason, accepted=accepted)
        return True

    if form.validate_on_submit() and attempt(form, look):
        return redirect(url_for("registrations.overview"))
    return _page(check, form, ConfirmForm())


@routes.post("/registrations/<check>/confirmation")
@access(Action.REGISTRATION_CHECK)
def confirm(check: str) -> str | Response:
    """The second person's."""
    form = ConfirmForm()

    def decide() -> bool:
        registrations.confirm(platform(), required_log_in(), check, form.seen.data == "1")
        return True

    if form.validate_on_submit() and attempt(form, decide):
        return redirect(url_for("registrations.overview"))
    return _page(check, LookForm(), form)


def _page(check: str, form: LookForm, second: ConfirmForm) -> str:
    with platform().database.reading() as db_session:
        found = registrations.registration(db_session, check)
    shown = {"found": found, "form": form, "second": second, "me": current_actor().id}
    return render_template(
        "pages/operator/registration.html", **shown, words=dict((c.value, c.label) for c in WORD_CHOICES)
    )


@routes.get("/registrations/<check>/<which>")
@access(Action.REGISTRATION_CHECK)
def paper(check: str, which: str) -> Response:
    """A paper, to be looked at."""
    if which not in ("licence", "authority"):
        abort(404)
    kind, data = registrations.paper(platform(), required_log_in(), check, which)
    ending = {"application/pdf": "pdf", "image/jpeg": "jpg"}.get(kind, "png")
    headers = {"Content-Disposition": f"attachment; filename={which}.{ending}"}
    return Response(data, mimetype=kind, headers=headers)
