"""What authorities fill in for their inspections: shape only."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, MultipleFileField
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.extensions import platform, required_log_in
from app.procedure.errors import RuleViolation
from app.procedure.inspections.items import TIMES_AT_MOST, Grade, Intensity
from app.procedure.inspections.results import FILES_AT_MOST
from app.procedure.terms import Document
from app.services.inspection_results import FILE_LIMIT, take_evidence
from app.web.agency.forms import WhereItApplies
from app.web.figures import DecimalField, IntegerField
from app.web.inspections.words import CLASSES, GRADES

SHORT = Length(max=100, message=_l("至多 100 字"))
LONG = Length(max=1000, message=_l("至多 1000 字"))
CLASS_CHOICES = [SelectChoice(kind.value, name) for kind, name in CLASSES.items()]


class Needed(InputRequired):
    """Something is filled in; what is missing is said by its name, as it stands in the summary too."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        self.message = _("请填写“%(column)s”", column=field.label.text)
        super().__call__(form, field)


REQUIRED = Needed()


class Choices(SelectMultipleField):
    """Several of a few, as check boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class YearForm(FlaskForm):
    """The year that an authority opens, and who joins it."""

    year = IntegerField(_l("年度"), [REQUIRED, NumberRange(2000, 2199, _l("请填写年份，只能是今年或者明年"))])
    sure = BooleanField(
        _l("确认建立：年度案卷只增不改，建立后不能删除"), [InputRequired(_l("请勾选确认，建立后不能删除"))]
    )
    joint = Choices(
        _l("联合检查的部门"),
        description=_l("选中的部门用自己的事项和检查人员参加本年度的联合抽查；不选就是单独抽查。"),
    )


def _percent(grade: Grade) -> DecimalField:
    named = {"grade": GRADES[grade]}
    words = NumberRange(min=0, max=100, message=_l("%(grade)s：请填 0.01 至 100 之间的数，例如 5", **named))
    return DecimalField(_l("%(grade)s：抽查比例（百分之）", **named), [REQUIRED, words])


def _times(grade: Grade) -> IntegerField:
    named = {"grade": GRADES[grade]}
    words = NumberRange(1, TIMES_AT_MOST, _l("%(grade)s：请填 1 至 12 之间的整数", **named))
    return IntegerField(_l("%(grade)s：每年至多几次", **named), [REQUIRED, words])


class ItemForm(FlaskForm):
    """One line of the list of items."""

    title = StringField(_l("抽查事项"), [REQUIRED, SHORT], description=_l("例如：招标代理机构从业人员情况"))
    object_class = SelectField(_l("检查对象"), [REQUIRED], choices=CLASS_CHOICES)
    basis = StringField(_l("检查依据"), [REQUIRED, LONG], description=_l("法律、法规、规章的名称和条款"))
    method = StringField(_l("检查方式"), [Optional(), LONG], description=_l("例如：现场检查、书面检查、网络核查"))
    percent_a, times_a = _percent(Grade.A), _times(Grade.A)
    percent_b, times_b = _percent(Grade.B), _times(Grade.B)
    percent_c, times_c = _percent(Grade.C), _times(Grade.C)
    percent_d, times_d = _percent(Grade.D), _times(Grade.D)

    @property
    def intensity(self) -> dict[str, Intensity]:
        """By grade, as typed."""
        return {
            grade.value: Intensity(
                self[f"percent_{grade.value.lower()}"].data, self[f"times_{grade.value.lower()}"].data
            )
            for grade in Grade
        }

    def show(self, intensity: dict[str, Intensity]) -> None:
        """Fill in what the register has."""
        for grade, asked in intensity.items():
            self[f"percent_{grade.lower()}"].data = asked.percent
            self[f"times_{grade.lower()}"].data = asked.times


class InspectorForm(FlaskForm):
    """An inspector of the own authority."""

    account = SelectField(_l("检查人员"), [REQUIRED])
    unit = StringField(_l("所在科室"), [REQUIRED, SHORT])
    ties = TextAreaField(
        _l("应当回避的单位"),
        [Optional(), LONG],
        description=_l("统一社会信用代码，每行一个：本人或近亲属任职、曾任职或有利害关系的单位。本单位自动回避。"),
    )


class PlanForm(FlaskForm):
    """What the plan says beside the items of the registers."""

    title = StringField(_l("计划名称"), [REQUIRED, SHORT])
    committee = SelectField(_l("为抽取签名的受托人"), [REQUIRED])
    book = SelectField(_l("期限和人数"), [REQUIRED])


class CampaignForm(FlaskForm):
    """A campaign: which items, and from which objects."""

    title = StringField(_l("任务名称"), [REQUIRED, SHORT], description=_l("例如：第二季度招标代理机构双随机抽查"))
    items = Choices(_l("抽查事项"), [InputRequired(_l("请至少选一个事项"))])
    objects = TextAreaField(
        _l("检查对象名录"),
        [WhereItApplies()],
        description=_l(
            "每行一个：代码,名称,类别（代理机构、项目、投标人、专家）,风险分类（A、B、C、D）,关联单位代码（多个用分号隔开，检查人员据此回避）。专家只留编号，不留姓名。"
        ),
    )
    certain = TextAreaField(
        _l("整组抽取的理由"),
        [Optional(), LONG],
        description=_l("名录太短、某一类按比例进一位就全部抽中的（事项本来不是 100 %），写明理由，公布后公开。"),
    )
    file = FileField(
        _l("或者上传名录（XLSX 或 CSV，同样的列）"), [WhereItApplies()], description=_l("上传后代替上面的名录")
    )


class GroundForm(FlaskForm):
    """Why somebody steps back, or is replaced."""

    ground = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由")), LONG])


class RedrawForm(GroundForm):
    """Who or what is replaced by a further round."""

    candidate = SelectField(_l("更换"), [REQUIRED])


class FilesForm(FlaskForm):
    """Evidence beside what is written."""

    files = MultipleFileField(
        _l("证据文件（照片、文书）"), description=_l("每份至多 16 MiB，至多 20 份。只有检查部门能看到。")
    )

    def kept(self) -> tuple[Document, ...]:
        """The files that were chosen, kept until the act names them. Raises RuleViolation."""
        chosen = [file for file in self.files.data or () if file and file.filename]
        if len(chosen) > FILES_AT_MOST:
            raise RuleViolation("files_too_many", files=len(chosen), most=FILES_AT_MOST)
        here, log_in = platform(), required_log_in()
        return tuple(take_evidence(here, log_in, f.filename or "-", f.read(FILE_LIMIT + 1)) for f in chosen)


WORDS = Length(max=2000, message=_l("至多 2000 字"))
RIGHT_CHOICES = [SelectChoice("1", _l("成立，重新核对结果")), SelectChoice("0", _l("不成立，维持结果"))]


class StatementForm(FilesForm):
    """One's view of a result, or what has been put right."""

    words = TextAreaField(
        _l("意见和理由"),
        [InputRequired(_l("请写明意见")), WORDS],
        description=_l("事实、理由或者整改情况。随结果一并向社会公布，请不要写个人信息和商业秘密；证据作为附件提交。"),
    )
    corrected = Choices(_l("已经改正的事项"), description=_l("勾选的事项由检查人员核查后记录整改情况。"))


class AnswerForm(FlaskForm):
    """The inspector's answer to a statement."""

    statement = HiddenField()
    right = RadioField(_l("对陈述的认定"), [InputRequired(_l("请选一项"))], choices=RIGHT_CHOICES)
    words = TextAreaField(
        _l("理由"), [InputRequired(_l("请写明理由")), WORDS], description=_l("随陈述申辩一并向社会公布。")
    )
