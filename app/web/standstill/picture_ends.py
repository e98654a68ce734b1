"""Centre and authority end what one member sends to other sites, and let it go on: each as a page to sign."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.procedure.picture_ends import Fact, MemberPictureAllowed, MemberPictureEnded
from app.web.entitled import entitled_case
from app.web.pages import attempt, case_trail, confirmed, head_of, review_act

routes = Blueprint("picture_ends", __name__, url_prefix="/cases/<case>/lots/<lot>/standstill/pictures")


class PictureForm(FlaskForm):
    """Whose picture and sound, and why."""

    seat = SelectField(_l("席位"), [InputRequired()], coerce=int)
    note = TextAreaField(
        _l("理由"),
        [DataRequired(_l("请写明理由")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("该成员、评审现场和代理机构可见，写入案卷和评审报告。不要写投标内容和评分。"),
    )


def _form(found: Case, lot: str) -> PictureForm:
    form = PictureForm()
    form.seat.choices = [SelectChoice(n, _("席位 %(n)s", n=n)) for n in sorted(found.lots[lot].sitting.keys)]
    return form


@routes.route("", methods=["GET", "POST"])
@access(Action.PICTURE_END)
def end(case: str, lot: str) -> str:
    """End what a member sends."""
    found = entitled_case(case, lot, Action.PICTURE_END)
    words = _("签名后该成员的画面和声音立即停止向其他场所传送，该成员看到您写的理由；评分、表决、签字和收看不受影响。")
    return _page(found, lot, _("关闭一名成员的画面和声音"), MemberPictureEnded, words)


@routes.route("/allowed", methods=["GET", "POST"])
@access(Action.PICTURE_END)
def allow(case: str, lot: str) -> str:
    """Let it go on."""
    found = entitled_case(case, lot, Action.PICTURE_END)
    words = _("签名后该成员可以自己重新开启画面和声音。")
    return _page(found, lot, _("恢复一名成员的画面和声音"), MemberPictureAllowed, words)


def _page(found: Case, lot: str, title: str, kind: type[Fact], words: str) -> str:
    form, home = _form(found, lot), url_for("picture_ends.end", case=found.id, lot=lot)
    if confirmed(form):
        fact = kind(form.seat.data, (form.note.data or "").strip())
        if attempt(form, lambda: found.decide(fact, lot, current_actor(), platform().database.now())):
            effects = [(_("标包"), lot), (_("席位"), fact.seat), (_("理由"), fact.note)]
            return review_act(title, found, fact, lot=lot, next_url=home, effects=effects, words=words, tone="warning")
    above = (_("评审中断与恢复"), url_for("standstill.show", case=found.id, lot=lot))
    return render_template(
        "pages/standstill/picture_ends.html",
        lot=lot,
        **head_of(found, lot),
        breadcrumbs=case_trail(found, above, (title, None)),
        title=title,
        form=form,
        ended=sorted(found.lots[lot].picture_ends.items()),
        ends=kind is MemberPictureEnded,
        home=home,
    )
