"""More time for an evaluation, once more members than the rule book's share have asked for it: the officer extends."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from app.extensions import access
from app.permissions.actions import Action
from app.web.agency.blueprint import routes
from app.web.figures import IntegerField
from app.web.pages import agency_page, confirmed, entitled_case, known_lot, review_act, taken_now
from evaluation.sitting import MOST_MINUTES, TimeExtended


class ExtensionForm(FlaskForm):
    """By how long the time is extended, and why so long."""

    minutes = IntegerField(
        _l("延长的分钟数"),
        [InputRequired(_l("请输入分钟数")), NumberRange(1, MOST_MINUTES, _l("应为 1 至 10080 之间的整数"))],
        description=_l("例如 120 为两小时。预约的评标室不够用的，由交易中心随后调整。"),
    )
    note = TextAreaField(
        _l("说明"),
        [DataRequired(_l("请写明何时结束或者其他安排")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("评审现场、交易中心和监督部门可见，载入评审报告。不要写投标内容。"),
    )


@routes.route("/agency/cases/<case>/lots/<lot>/more-time", methods=["GET", "POST"])
@access(Action.MORE_TIME_GIVE)
def more_time(case: str, lot: str) -> str:
    """The officer extends the time (Regulation art. 48)."""
    found, form = entitled_case(case, Action.MORE_TIME_GIVE, lot), ExtensionForm()
    home = url_for("agency.desk")
    known_lot(found, lot)
    fact = TimeExtended(form.minutes.data or 0, (form.note.data or "").strip())
    if confirmed(form) and taken_now(form, found, lot, fact):
        return review_act(
            _("延长评标时间"),
            found,
            fact,
            lot=lot,
            effects=[(_("标包"), lot), (_("延长的分钟数"), fact.minutes), (_("说明"), fact.note)],
            words=_("签名后评审现场立即显示，交易中心和监督部门收到通知，载入评审报告，不能撤回。"),
            next_url=home,
            back_url=url_for("agency.more_time", case=case, lot=lot),
        )
    lead = _("超过规定比例的成员认为评标时间不够的，招标人（采购人）应当适当延长。延长多少由您决定。")
    return agency_page("form", found, lot, _("延长评标时间"), form=form, lead=lead, back_url=home)
