"""What a bidder writes: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

LONGEST = 4000


class QuestionForm(FlaskForm):
    text = TextAreaField(
        _l("问题"),
        [InputRequired(_l("请写明问题")), Length(max=LONGEST)],
        description=_l("答复会连同问题公开；请不要写出单位名称或联系方式"),
    )


class ObjectionForm(FlaskForm):
    text = TextAreaField(
        _l("内容和理由"),
        [InputRequired(_l("请写明内容和理由")), Length(max=LONGEST)],
        description=_l("当场公开，由招标人当场答复，写入开标记录"),
    )
