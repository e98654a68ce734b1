"""Forms of clarifications: about which bids may be asked, and how long an answer may be waited for."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from app.casefile.case import Case
from app.extensions import platform
from app.procedure.clarifying import LONGEST_PLACE, LONGEST_QUESTION
from app.queries.sittings import Room
from app.web.names import SUBJECTS
from evaluation.sitting import OF_PRICES, askable


class ClarificationForm(FlaskForm):
    """What one bidder is to be asked."""

    bid = SelectField(_l("投标人"), [InputRequired(_l("请选择投标人"))])
    subject = RadioField(
        _l("询问的事项"),
        [InputRequired(_l("请选择属于哪一种情形"))],
        choices=[SelectChoice(subject.value, name) for subject, name in SUBJECTS.items() if subject not in OF_PRICES],
        description=_l("依法只能就这三种情形要求投标人澄清、说明或者补正。"),
    )
    place = StringField(
        _l("投标文件的位置"),
        [DataRequired(_l("请写明是哪一份文件的哪一处")), Length(max=LONGEST_PLACE, message=_l("至多 300 字"))],
        description=_l("例如：技术方案第 12 页 3.2 节。"),
    )
    question = TextAreaField(
        _l("问题"),
        [DataRequired(_l("请写明问题")), Length(max=LONGEST_QUESTION, message=_l("至多 2000 字"))],
        description=_l(
            "原文发给投标人。用语中立：不得暗示或者诱导，不得要求改变投标文件的实质性内容，不写成员和席位。"
        ),
    )


class SendingForm(FlaskForm):
    """How long the bidder has."""

    minutes = IntegerField(_l("答复时间（分钟）"), [InputRequired(_l("请填写分钟数"))])


def proposal_form(found: Case, lot: str, room: Room) -> ClarificationForm:
    form, names = ClarificationForm(), dict(room.bids)
    form.bid.choices = [SelectChoice("", _("请选择"))]
    form.bid.choices += [SelectChoice(bid, names[bid]) for bid in askable(found.lot(lot).sitting) if bid in names]
    return form


def sending_form(found: Case) -> SendingForm:
    """The time that the profile has as usual, within its bounds in whole minutes."""
    time, now = found.tender.published.profile.clarification, platform().database.now()
    if time is None:
        return SendingForm()
    least, most = -(-time.seconds_least(now) // 60), time.seconds_most(now) // 60
    form = SendingForm(minutes=max(least, min(most, time.seconds_usual(now) // 60)))
    message = _("请填写 %(least)s 至 %(most)s 之间的分钟数", least=least, most=most)
    form.minutes.validators = [*form.minutes.validators, NumberRange(least, most, message)]
    form.minutes.description = _("不少于 %(least)s 分钟，不多于 %(most)s 分钟，自发出起计算。", least=least, most=most)
    return form


def minutes_of(form: SendingForm) -> int:
    return int(form.minutes.data or 0)
