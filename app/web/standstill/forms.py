"""What witness, centre, inspector and officer fill in about a sitting that is to stand still or go on: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.web.names import REPLACEMENTS
from evaluation.sitting import MOST_LETTERS

NO_SITE = "-"  # what is not one site's
LONG = Length(max=1000, message=_l("至多 1000 字"))


class Noted:
    """A form whose words stand in the case file."""

    note: TextAreaField

    @property
    def words(self) -> str:
        return str(self.note.data or "").strip()


class Sited(Noted):
    """A form that speaks of one site, or of none."""

    site: SelectField

    @property
    def at(self) -> str:
        """The site as a fact names it, "" where it is none."""
        return "" if self.site.data == NO_SITE else str(self.site.data)

    @property
    def place(self) -> str:
        """The same in words."""
        return next((str(one.label) for one in self.site.choices or () if one.value == self.site.data), "")


class FaultForm(Sited, FlaskForm):
    """What has failed, and where."""

    site = SelectField(_l("发生故障的场所"), [InputRequired()])
    note = TextAreaField(_l("故障情况"), [InputRequired(_l("请写明什么不能用了")), LONG])


class WarningForm(Sited, FlaskForm):
    """What the authority warns of, and whom."""

    site = SelectField(_l("对象"), [InputRequired()])
    ground = SelectField(_l("事由"), [InputRequired(_l("请选择事由"))])
    note = TextAreaField(
        _l("提醒内容"),
        [InputRequired(_l("请写明提醒什么")), LONG],
        description=_l(
            "只能就现场纪律和程序提醒。不得评价投标、评分或者成员的判断，不得要求重新考虑。全体评审室立即可见，写入案卷。"
        ),
    )


class AnnouncementForm(Sited, FlaskForm):
    """What members have to know, and at which site."""

    site = SelectField(_l("发给"), [InputRequired()])
    note = TextAreaField(
        _l("通知内容"),
        [InputRequired(_l("请写明通知什么")), Length(max=MOST_LETTERS, message=_l("至多 500 字"))],
        description=_l("评审室置顶显示，直到每名成员点“已阅”。只写现场安排，不写对投标的看法。"),
    )

    @property
    def words(self) -> str:
        """In one line, as the rules want it."""
        return " ".join(str(self.note.data or "").split())


class RepairForm(Noted, FlaskForm):
    """That it works again."""

    note = TextAreaField(_l("怎样排除"), [InputRequired(_l("请写明怎样排除的")), LONG])


class ReplacementForm(Noted, FlaskForm):
    """Which member is replaced, on what ground, and what was found."""

    seat = SelectField(_l("席位"), [InputRequired()], coerce=int)
    ground = RadioField(
        _l("更换依据"),
        [InputRequired(_l("请选择更换依据"))],
        choices=[SelectChoice(ground.value, name) for ground, name in REPLACEMENTS.items()],
    )
    note = TextAreaField(
        _l("认定的事实"),
        [InputRequired(_l("请写明认定的事实")), LONG],
        description=_l("写入案卷，评审现场和监督部门可见。不要写病情细节、投标内容和评分。"),
    )


class StepForm(Noted, FlaskForm):
    """What is ordered or decided, and why."""

    step = SelectField(_l("决定"), [InputRequired()])
    note = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由")), LONG])
