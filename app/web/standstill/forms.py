"""What witness, centre, inspector and officer fill in about a sitting that is to stand still or go on: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

LONG = Length(max=1000, message=_l("至多 1000 字"))


class Noted:
    """A form whose words stand in the case file."""

    note: TextAreaField

    @property
    def words(self) -> str:
        return str(self.note.data or "").strip()


class FaultForm(Noted, FlaskForm):
    """What has failed, and where."""

    site = SelectField(_l("发生故障的场所"), [InputRequired()])
    note = TextAreaField(_l("故障情况"), [InputRequired(_l("请写明什么不能用了")), LONG])


class RepairForm(Noted, FlaskForm):
    """That it works again."""

    note = TextAreaField(_l("怎样排除"), [InputRequired(_l("请写明怎样排除的")), LONG])


class StepForm(Noted, FlaskForm):
    """What is ordered or decided, and why."""

    step = SelectField(_l("决定"), [InputRequired()])
    note = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由")), LONG])
