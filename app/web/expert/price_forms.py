"""Forms about prices: whose is to be explained, whether an explanation proves it, and to which one is corrected."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from app.casefile.case import Case
from app.messages import sentence
from app.procedure.clarifying import LONGEST_PLACE, LONGEST_QUESTION, LONGEST_REASON
from app.queries.sittings import Room


class PriceQuestionForm(FlaskForm):
    """Whose price is to be explained, and in which words it is asked."""

    bid = SelectField(_l("投标人"), [InputRequired(_l("请选择投标人"))])
    question = TextAreaField(
        _l("问题"),
        [DataRequired(_l("请写明问题")), Length(max=LONGEST_QUESTION, message=_l("至多 2000 字"))],
        description=_l("原文发给投标人。用语中立，不写成员、席位和其他投标人的报价。"),
    )


class PriceCorrectionForm(FlaskForm):
    """Which price a bid has by the published rules of correction."""

    bid = SelectField(_l("投标人"), [InputRequired(_l("请选择投标人"))], choices=[])
    ground = RadioField(
        _l("修正的依据"),
        [InputRequired(_l("请选择依据"))],
        choices=[],
        description=_l("按公布的规则，依列出的顺序适用。"),
    )
    price = DecimalField(
        _l("修正后的报价"), [InputRequired(_l("请填写修正后的报价，例如 1751000.00")), NumberRange(min=0)]
    )
    place = StringField(
        _l("投标文件的位置"),
        [DataRequired(_l("请写明是哪一份文件的哪一处")), Length(max=LONGEST_PLACE, message=_l("至多 300 字"))],
        description=_l("例如：分项报价表第 2 页合计。"),
    )
    question = TextAreaField(
        _l("问题"),
        [DataRequired(_l("请写明问题")), Length(max=LONGEST_QUESTION, message=_l("至多 2000 字"))],
        description=_l("原文发给投标人。写明怎样算出修正后的报价；不写成员、席位和其他投标人的报价。"),
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


def price_correction_form(found: Case, lot: str, room: Room) -> PriceCorrectionForm | None:
    """None where no price can be corrected now."""
    names = dict(room.bids)
    if not room.correctable:
        return None
    form, lang = PriceCorrectionForm(), g.get("lang", "zh")
    form.bid.choices = [SelectChoice("", _("请选择")), *(SelectChoice(bid, names[bid]) for bid in room.correctable)]
    grounds = found.lot(lot).sitting.rules.arithmetic or ()
    form.ground.choices = [SelectChoice(one.value, sentence(f"arithmetic_{one}", {}, lang)) for one in grounds]
    return form


def _usual_question(found: Case) -> str:
    """What the law has the bidder prove, in neutral words."""
    regime = found.tender.published.profile.regime
    return sentence(f"{regime}_price_question", {}, g.get("lang", "zh"))
