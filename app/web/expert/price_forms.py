"""Forms about prices that are clearly low: whose price is to be explained, and whether an explanation proves it."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.casefile.case import Case
from app.messages import sentence
from app.procedure.clarifying import LONGEST_QUESTION, LONGEST_REASON
from app.queries.sittings import Room


class PriceQuestionForm(FlaskForm):
    """Whose price is to be explained, and in which words it is asked."""

    bid = SelectField(_l("投标人"), [InputRequired(_l("请选择投标人"))])
    question = TextAreaField(
        _l("问题"),
        [DataRequired(_l("请写明问题")), Length(max=LONGEST_QUESTION, message=_l("至多 2000 字"))],
        description=_l("原文发给投标人。用语中立，不写成员、席位和其他投标人的报价。"),
    )


class JudgementForm(FlaskForm):
    """Whether the explanation proves the price reasonable."""

    proven = RadioField(
        _l("您的意见"),
        [InputRequired(_l("请选择能够证明或者不能证明"))],
        choices=[SelectChoice("yes", _l("能够证明报价合理")), SelectChoice("no", _l("不能证明报价合理"))],
    )
    reason = TextAreaField(
        _l("理由"),
        [Length(max=LONGEST_REASON, message=_l("至多 500 字"))],
        description=_l("认为不能证明的必须写明理由；过半数的，载入评审报告，作为否决的理由。"),
    )


def price_question_form(found: Case, room: Room) -> PriceQuestionForm | None:
    """None where no price can be asked about now."""
    names, bids = dict(room.bids), room.explainable
    if not bids:
        return None
    form = PriceQuestionForm(question=_usual_question(found))
    marked = {one.bid for one in room.low_prices}
    choices = [SelectChoice(bid, names[bid] + (_("（报价明显偏低）") if bid in marked else "")) for bid in bids]
    form.bid.choices = [SelectChoice("", _("请选择")), *choices]
    return form


def _usual_question(found: Case) -> str:
    """What the law has the bidder prove, in neutral words."""
    regime = found.tender.published.profile.regime
    return sentence(f"{regime}_price_question", {}, g.get("lang", "zh"))
