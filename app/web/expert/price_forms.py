"""Forms about prices: whose is to be explained, whether an explanation proves it, and to which one is corrected."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from app.casefile.bid_ids import findings_of_sitting
from app.casefile.case import Case
from app.messages import sentence
from app.procedure.bid_checking import known_to_committee
from app.procedure.clarifying import LONGEST_PLACE, LONGEST_QUESTION, LONGEST_REASON
from app.queries.sittings import Room
from evaluation.bid_checks.corrected import ABOUT_SUMS, suggested_price
from evaluation.price_corrections import PriceCorrection


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
    form, lang = PriceCorrectionForm(**_from_finding(found, lot, room)), g.get("lang", "zh")
    form.bid.choices = [SelectChoice("", _("请选择")), *(SelectChoice(bid, names[bid]) for bid in room.correctable)]
    grounds = found.lot(lot).sitting.rules.arithmetic or ()
    form.ground.choices = [SelectChoice(one.value, sentence(f"arithmetic_{one}", {}, lang)) for one in grounds]
    return form


def correctable_by_finding(found: Case, lot: str, room: Room, number: int) -> PriceCorrection | None:
    """The price that follows from a finding which the room may know, where it can be corrected now."""
    state = found.lot(lot)
    checked = findings_of_sitting(state)
    anonymous = bool(found.tender.published.lot(lot).anonymous)
    if number not in known_to_committee(checked, state.sitting.stage, anonymous=anonymous):
        return None
    bids = checked[number - 1].bids if checked[number - 1].kind in ABOUT_SUMS else ()
    if not bids or bids[0] not in room.correctable:
        return None
    read_out = next(bid.price for bid in state.sitting.bids if bid.bid == bids[0])
    mine = [one for one in checked if one.bids == bids]
    return suggested_price(mine, read_out, state.sitting.rules.arithmetic or ())


def _from_finding(found: Case, lot: str, room: Room) -> dict[str, Any]:
    """What the form begins with where a finding led to it; the member checks it, and may change all of it."""
    number = request.args.get("correct", 0, int)
    to = correctable_by_finding(found, lot, room, number) if number else None
    if to is None:
        return {}
    one = findings_of_sitting(found.lot(lot))[number - 1]
    lines = _("、").join(str(line) for place in one.evidence for line in place.places)
    place = _("已标价清单 %(file)s", file=one.evidence[0].file) + (_("，第 %(lines)s 行", lines=lines) if lines else "")
    question = _("请按公布的规则核对：%(rule)s。修正后的报价为 %(price)s 元，请确认。")
    rule = sentence(f"arithmetic_{to.ground}", {}, g.get("lang", "zh"))
    words = question % {"rule": rule, "price": f"{to.price:.2f}"}
    return {"bid": one.bids[0], "ground": to.ground.value, "price": to.price, "place": place[:300], "question": words}


def _usual_question(found: Case) -> str:
    """What the law has the bidder prove, in neutral words."""
    regime = found.tender.published.profile.regime
    return sentence(f"{regime}_price_question", {}, g.get("lang", "zh"))
