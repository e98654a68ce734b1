"""What officers and supervisors fill in: shape only; the rules are asked when it is saved or signed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field
from wtforms.form import BaseForm
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, StopValidation, ValidationError

from app.procedure.errors import RuleViolation
from app.procedure.names import credit_code_fault
from app.procedure.terms import LONGEST_PRODUCT
from app.web.figures import DateTimeLocalField, DecimalField, IntegerField
from app.web.wording import ADJUSTMENT_BASES, CRITERION_KINDS, CRITERION_STAGES, METHODS
from evaluation.draw import Stratum

MOMENTS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
LONG = Length(max=20_000)
MOST_STRATA = 16  # groups of a draw: more than any committee has members


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """What can be chosen: value and name of each."""
    return [SelectChoice(str(value), name) for value, name in pairs]


def _named(words: Any) -> list[SelectChoice]:
    return options((key.value, name) for key, name in words.items())


class WhereItApplies(Optional):
    """Neither required nor left to choice: the field says when it is needed."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags = {**self.field_flags, "conditional": True}


def credit_code(_form: FlaskForm, field: StringField) -> None:
    """A unified social credit code with its check digit (GB 32100-2015)."""
    given = (field.data or "").strip()
    if fault := credit_code_fault(given):
        words = _("应为 18 位统一社会信用代码，不含 I、O、S、V、Z；您填了 %(n)s 位", n=len(given))
        if fault != "form":
            words = _("最后一位应为 %(due)s，您填的是 %(given)s，请核对各位数字", due=fault, given=given[-1])
        raise ValidationError(words)


class RowForm(FlaskForm):
    """A row of another form, whose token it comes with."""

    class Meta:
        csrf = False


class NewCaseForm(FlaskForm):
    title = StringField(_l("项目名称"), [InputRequired(_l("请填写项目名称")), Length(max=300)])
    template = RadioField(_l("从范本开始"), [InputRequired(_l("请选择范本"))])
    regulator = SelectField(_l("监督部门"), [InputRequired(_l("请选择监督部门"))])


class BasicsForm(FlaskForm):
    title = StringField(_l("项目名称"), [InputRequired(_l("请填写项目名称")), Length(max=300)])
    code = StringField(_l("采购编号"), [InputRequired(_l("请填写采购编号")), Length(max=60)])
    buyer = StringField(_l("采购人"), [InputRequired(_l("请填写采购人全称")), Length(max=200)])
    buyer_code = StringField(
        _l("采购人统一社会信用代码"),
        [InputRequired(_l("请填写采购人的统一社会信用代码")), credit_code],
        description=_l("该单位的工作人员不得作为评审专家参加本项目，系统据此回避"),
    )
    region = StringField(_l("地区"), [Optional(), Length(max=60)], description=_l("行政区划代码或名称"))
    method = SelectField(_l("采购方式"), [InputRequired(_l("请选择采购方式"))], choices=options(METHODS.items()))
    profile = SelectField(_l("适用规则"), [InputRequired()], description=_l("期限、家数和委员会组成依此执行"))
    complex = BooleanField(
        _l("技术复杂或者社会影响较大"),
        description=_l("按适用规则须由更多成员组成评标委员会的，请如实勾选，发布后不能再改"),
    )
    committee = SelectField(
        _l("受托人"), [InputRequired(_l("交易中心还没有登记受托人"))], description=_l("共同解密投标的单位")
    )
    timelock = SelectField(
        _l("第二把锁"), [Optional()], description=_l("须与由密钥仪式（M1）产生的受托人同用；公告后不能更改")
    )
    notice = TextAreaField(_l("公告正文"), [InputRequired(_l("请填写公告正文")), LONG])


class LotForm(FlaskForm):
    title = StringField(_l("标包名称"), [InputRequired(_l("请填写标包名称")), Length(max=300)])
    budget = DecimalField(_l("预算金额"), [InputRequired(_l("请填写预算金额，例如 1751000.00")), NumberRange(min=0)])
    ceiling = DecimalField(
        _l("最高限价"),
        [InputRequired(_l("请填写最高限价，例如 1598400.00")), NumberRange(min=0)],
        description=_l("不得高于预算金额"),
    )
    deadline = DateTimeLocalField(
        _l("投标截止时间"),
        [InputRequired(_l("请填写投标截止时间，例如 2026-03-24 09:30"))],
        format=MOMENTS,
        description=_l("北京时间，也是开标时间"),
    )
    anonymous = BooleanField(
        _l("技术标匿名评审（暗标）"),
        description=_l("全部评分锁定之前评委看不到投标人名称，只能看到名称以“技术”开头的文件；评分项须全部为技术部分"),
    )
    core_product = StringField(
        _l("核心产品"),
        [Optional(), Length(max=LONGEST_PRODUCT)],
        description=_l("政府采购货物填写：投标人须写明其品牌，品牌相同的按一家投标人计算；没有核心产品的留空"),
    )


class CriterionForm(RowForm):
    id = HiddenField()
    name_zh = StringField(_l("名称"), [Optional(), Length(max=100)])
    name_en = StringField(_l("英文名称"), [Optional(), Length(max=100)])
    kind = SelectField(_l("性质"), choices=_named(CRITERION_KINDS))
    stage = SelectField(_l("部分"), choices=_named(CRITERION_STAGES))
    full = DecimalField(_l("满分"), [Optional()])
    step = DecimalField(_l("最小计分单位"), [Optional()], default=Decimal("0.01"))
    bands = StringField(_l("档次"), [Optional(), Length(max=300)])
    standard_zh = TextAreaField(_l("评分标准"), [Optional(), Length(max=2000)])
    standard_en = TextAreaField(_l("评分标准（英文）"), [Optional(), Length(max=2000)])


class ScoringForm(FlaskForm):
    criteria = FieldList(FormField(CriterionForm))
    formula = SelectField(_l("价格公式"), [InputRequired()])
    aggregation = SelectField(
        _l("汇总方法"),
        [InputRequired()],
        choices=options([("simple_mean", _l("全体成员算术平均")), ("trimmed_mean", _l("去掉最高最低后平均"))]),
    )
    trim_from = IntegerField(_l("满几名成员才去掉最高最低"), [InputRequired(), NumberRange(min=3, max=99)])
    places = IntegerField(_l("总分保留小数位"), [InputRequired(), NumberRange(min=0, max=6)])
    tie_1 = SelectField(_l("同分时第一依据"), [Optional()])
    tie_2 = SelectField(_l("第二依据"), [Optional()])
    tie_3 = SelectField(_l("第三依据"), [Optional()])
    most_candidates = IntegerField(_l("候选人不超过"), [InputRequired(), NumberRange(min=1, max=10)])
    pass_mark = DecimalField(_l("技术合格分"), [Optional()], description=_l("低于此分的不进入价格评审；不设则留空"))
    shortlist = IntegerField(
        _l("入围家数"),
        [Optional(), NumberRange(min=3, max=99)],
        description=_l("按技术得分取前几名进入价格评审，不少于 3 家，与末位同分的一并进入；不限则留空"),
    )
    review_items = TextAreaField(
        _l("初步评审事项"),
        [Optional(), LONG],
        description=_l(
            "每行一项，可在竖线后写英文：形式评审 | Form。报价是否超过最高限价由系统核对，不必列入。"
            "政策规定的价格扣除也写在这里，末尾写明比例：小微企业 | Small enterprise | 10%；"
            "符合的按扣除后的价格评审，不符合的不影响投标效力。"
        ),
    )


class DeviationForm(RowForm):
    id = HiddenField()
    name_zh = StringField(_l("名称"), [Optional(), Length(max=100)])
    name_en = StringField(_l("英文名称"), [Optional(), Length(max=100)])
    unit_zh = StringField(_l("单位"), [Optional(), Length(max=20)])
    unit_en = StringField(_l("单位（英文）"), [Optional(), Length(max=40)])
    amount = DecimalField(_l("每单位调整额"), [Optional()], places=3)
    basis = SelectField(_l("怎样调整"), choices=options(ADJUSTMENT_BASES.items()))
    full = DecimalField(_l("最多单位数"), [Optional()])
    step = DecimalField(_l("最小单位"), [Optional()], default=Decimal(1))
    standard_zh = TextAreaField(_l("怎样清点"), [Optional(), Length(max=2000)])
    standard_en = TextAreaField(_l("怎样清点（英文）"), [Optional(), Length(max=2000)])


class DeviationsForm(FlaskForm):
    """The evaluation by the lowest evaluated price: priced deviations instead of points."""

    criteria = FieldList(FormField(DeviationForm))
    tie_1 = SelectField(_l("价格相同时第一依据"), [Optional()])
    tie_2 = SelectField(_l("第二依据"), [Optional()])
    most_candidates = ScoringForm.most_candidates
    review_items = ScoringForm.review_items


class MethodForm(FlaskForm):
    method = SelectField(
        _l("评标办法"),
        [InputRequired()],
        description=_l("换用其他办法时，评审因素、公式和排序依据换成该办法的范本，原来填写的不保留"),
    )


class DocumentForm(FlaskForm):
    file = FileField(
        _l("招标文件"), [FileRequired(_l("请选择文件"))], description=_l("发布后任何人都可以下载，单个不超过 200 MiB")
    )


class ReturnForm(FlaskForm):
    reason = TextAreaField(_l("退回理由"), [InputRequired(_l("请写明需要修改的内容")), Length(max=2000)])


class AnswerForm(FlaskForm):
    text = TextAreaField(
        _l("答复"),
        [InputRequired(_l("请填写答复")), Length(max=4000)],
        description=_l("不得透露提问人和其他潜在投标人"),
    )


class MovingForm(FlaskForm):
    """A form that can move deadlines; `moments` gives it a field for each lot."""

    def moments(self) -> dict[str, DateTimeLocalField]:
        """The fields of new deadlines by lot."""
        return {name.removeprefix("deadline_"): f for name, f in self._fields.items() if name.startswith("deadline_")}


class AmendmentForm(MovingForm):
    text = TextAreaField(_l("更正内容"), [InputRequired(_l("请写明更正内容")), Length(max=4000)])


UNMOVED = _l("不推后则留空")


def moments(
    lots: Collection[str], hint: LazyString = UNMOVED, *, needed: bool = False
) -> dict[str, DateTimeLocalField]:
    """A new deadline for each lot, all of them `needed` or none; the hint says what becomes of a lot left out."""
    validators = [InputRequired(_l("请填写新的投标截止时间")) if needed else Optional()]
    return {
        f"deadline_{number}": DateTimeLocalField(
            _l("标包 %(number)s 新的投标截止时间", number=number),
            validators,
            format=MOMENTS,
            description="" if needed else hint,
        )
        for number in lots
    }


def amendment_form(lots: Collection[str]) -> AmendmentForm:
    """The form with one optional new deadline for each lot."""
    form: AmendmentForm = type("LotsAmendmentForm", (AmendmentForm,), moments(lots))()
    return form


class ObjectionAnswerForm(FlaskForm):
    text = TextAreaField(
        _l("答复"), [InputRequired(_l("请填写答复")), Length(max=4000)], description=_l("当场公开并写入开标记录")
    )


class CheckedBidForm(RowForm):
    receipt = HiddenField()
    qualified = RadioField(
        _l("审查结论"),
        [AnyOf(("yes", "no"), _l("请选择合格或不合格"))],
        choices=options([("yes", _l("合格")), ("no", _l("不合格"))]),
        validate_choice=False,
    )
    reason = StringField(_l("不合格的理由"), [WhereItApplies(), Length(max=1000)], description=_l("不合格时必填"))

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if self.qualified.data != "no" or (self.reason.data or "").strip():
            return sound
        self.reason.errors = [_l("请写明不合格的理由")]
        return False


class QualificationForm(FlaskForm):
    bids = FieldList(FormField(CheckedBidForm))


class BuyerMemberForm(FlaskForm):
    login = StringField(
        _l("代表的登录名"), [InputRequired(_l("请填写登录名")), Length(max=64)], description=_l("须已启用账户")
    )
    site = SelectField(_l("评审地点"), [InputRequired(_l("请选择评审地点"))])
    letter = FileField(
        _l("授权函"), [FileRequired(_l("请选择授权函文件"))], description=_l("只登记文件的摘要，原件由代理机构留存")
    )


class NeededWith(WhereItApplies):
    """A field of a row that is needed once another one of the row is filled in."""

    def __init__(self, other: str, message: str) -> None:
        super().__init__()
        self.other, self.message = other, message

    def __call__(self, form: BaseForm, field: Field) -> None:
        if _typed(form[self.other]) and not _typed(field):
            raise StopValidation(self.message)
        super().__call__(form, field)


def _typed(field: Field) -> bool:
    return any(str(text).strip() for text in field.raw_data or ())


class StratumForm(RowForm):
    speciality = StringField(
        _l("专业"), [NeededWith("quota", _l("请填写这一组的专业，或者清空它的名额")), Length(max=60)]
    )
    site = SelectField(_l("地点"), [WhereItApplies()])
    quota = IntegerField(
        _l("名额"),
        [
            NeededWith("speciality", _l("请填写这一组的名额，或者清空它的专业")),
            NumberRange(min=1, max=99, message=_l("应为 1 至 99 之间的整数")),
        ],
    )


def strata_of(rows: Iterable[StratumForm]) -> tuple[Stratum, ...]:
    """The groups that are filled in. Raises RuleViolation `draw_strata_repeated`, by their places on the page."""
    found: dict[str, tuple[int, Stratum]] = {}
    for place, row in enumerate(rows, 1):
        if speciality := (row.speciality.data or "").strip():
            name = f"{speciality}/{row.site.data}"
            if name in found:
                raise RuleViolation("draw_strata_repeated", first=found[name][0], second=place)
            found[name] = place, Stratum(name, row.quota.data or 0, 0)
    return tuple(stratum for _place, stratum in found.values())


class GivenSeatsForm(RowForm):
    seats = IntegerField(validators=[NumberRange(min=0, max=99, message=_l("应为 0 至 99 之间的整数"))], default=0)


class WiderConditionsForm(FlaskForm):
    given = FieldList(FormField(GivenSeatsForm))
    strata = FieldList(FormField(StratumForm), min_entries=2)
    reason = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由")), Length(max=2000)])


class DrawConditionsForm(FlaskForm):
    strata = FieldList(FormField(StratumForm), min_entries=3, max_entries=MOST_STRATA)
