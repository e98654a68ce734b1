"""What people type in a hall."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length


class RoundForm(FlaskForm):
    signature = TextAreaField(
        _l("轮次签名"),
        [InputRequired(_l("请填写 96 位十六进制数字")), Length(max=400)],
        description=_l("96 位十六进制数字，空格和换行不影响；也可以用扫码枪读入"),
    )
