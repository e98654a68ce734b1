"""What a bidder writes: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.procedure.clarifying import LONGEST_ANSWER

LONGEST = 4000


class QuestionForm(FlaskForm):
    text = TextAreaField(
        _l("问题"),
        [InputRequired(_l("请写明问题")), Length(max=LONGEST)],
        description=_l("答复会连同问题公开；请不要写出单位名称或联系方式"),
    )


class ClarificationForm(FlaskForm):
    """What the committee is answered."""

    text = TextAreaField(
        _l("答复"),
        [DataRequired(_l("请写明答复")), Length(max=LONGEST_ANSWER, message=_l("至多 2000 字，较长的放在附件中"))],
        description=_l("只就所问说明含义、统一表述或者更正明显的文字、计算错误。至多 2000 字。"),
    )
    files = MultipleFileField(_l("附件（PDF）"), description=_l("至多 5 份，每份至多 8 MiB。"))


class ConfirmationForm(FlaskForm):
    """Whether a corrected price is confirmed."""

    confirms = RadioField(
        _l("本单位的意见"),
        [InputRequired(_l("请选择确认或者不确认"))],
        choices=[
            SelectChoice("yes", _l("确认修正后的报价")),
            SelectChoice("no", _l("不确认（投标被否决）")),
        ],
    )
    text = TextAreaField(_l("说明"), [Length(max=LONGEST_ANSWER, message=_l("至多 2000 字"))])


class ObjectionForm(FlaskForm):
    text = TextAreaField(
        _l("内容和理由"),
        [InputRequired(_l("请写明内容和理由")), Length(max=LONGEST)],
        description=_l("当场公开，由招标人当场答复，写入开标记录"),
    )
