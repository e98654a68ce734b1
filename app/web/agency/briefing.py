"""The tenderer briefs the committee, in writing and once, before anybody has reviewed a bid: the officer signs."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.extensions import access
from app.permissions.actions import Action
from app.web.agency.blueprint import routes
from app.web.pages import agency_page, confirmed, entitled_case, known_lot, review_act, taken_now
from evaluation.sitting import BriefingGiven
from evaluation.sitting.briefing_rules import MOST_LETTERS


class BriefingForm(FlaskForm):
    """What every member reads before the review."""

    text = TextAreaField(
        _l("介绍的内容"),
        [
            DataRequired(_l("请写明项目背景、采购需求和评审办法的要点")),
            Length(max=MOST_LETTERS, message=_l("至多 3000 字")),
        ],
        description=_l("不得超出采购文件所述范围，不得含有歧视性、倾向性意见，不得提及任何投标人。"),
        render_kw={"rows": 12},
    )


@routes.route("/agency/cases/<case>/lots/<lot>/briefing", methods=["GET", "POST"])
@access(Action.BRIEFING_GIVE)
def briefing(case: str, lot: str) -> str:
    """The officer introduces project and documents (O87 art. 45, O12 art. 16)."""
    found, form = entitled_case(case, Action.BRIEFING_GIVE, lot), BriefingForm()
    home = url_for("agency.desk")
    known_lot(found, lot)
    fact = BriefingGiven((form.text.data or "").strip())
    if confirmed(form) and taken_now(form, found, lot, fact):
        return review_act(
            _("向评审委员会介绍项目和采购文件"),
            found,
            fact,
            lot=lot,
            effects=[(_("标包"), lot), (_("介绍的内容"), fact.text)],
            words=_("签名后全体成员立即看到，载入评审报告并存档，不能更改，也不能再次介绍。"),
            next_url=home,
            back_url=url_for("agency.briefing", case=case, lot=lot),
        )
    lead = _("评审之前，可以向评审委员会书面说明项目背景和采购需求。依法可以不作说明，评审不因此等待。")
    return agency_page("form", found, lot, _("向评审委员会介绍项目和采购文件"), form=form, lead=lead, back_url=home)
