"""What experts fill in: shape only; the rules of the sitting decide."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from app.web.agency.forms import WhereItApplies
from app.web.names import CORRECTIONS, DISPOSALS, GROUNDS, ROLLBACK_GROUNDS
from evaluation.sitting import SuspensionGround

WORDS = Length(max=2000, message=_l("至多 2000 字"))


class CallUpForm(FlaskForm):
    """A call-up by its code, and the answer to it; the reason is asked for only where one declines."""

    code = StringField(
        _l("通知中的编码"),
        [InputRequired(_l("请输入通知中的编码")), Length(max=40, message=_l("编码过长"))],
        description=_l("16 个字母和数字，见通知邮件；空格和大小写不影响。"),
    )
    answer = RadioField(
        _l("能否参加"),
        [Optional()],
        choices=[SelectChoice("yes", _l("能够参加")), SelectChoice("no", _l("不能参加或应当回避"))],
    )
    reason = TextAreaField(_l("不能参加的理由"), [Optional(), WORDS], description=_l("选择不能参加时必填。"))


class SeatForm(FlaskForm):
    """The code with which a person sits down."""

    code = StringField(
        _l("通知中的编码"),
        [InputRequired(_l("请输入通知中的编码")), Length(max=40, message=_l("编码过长"))],
        description=_l("与答复通知时使用的是同一个编码。"),
    )


class StatementForm(FlaskForm):
    """Discipline and conflicts of interest."""

    no_conflict = RadioField(
        _l("回避情形"),
        [InputRequired(_l("请选择是否有应当回避的情形"))],
        choices=[
            SelectChoice("yes", _l("没有应当回避的情形，并遵守评审纪律")),
            SelectChoice("no", _l("有应当回避的情形，退出本次评审")),
        ],
    )
    conflict = TextAreaField(_l("应当回避的情形"), [Optional(), WORDS], description=_l("退出时必填。"))


class VoteForm(FlaskForm):
    """A vote for the chair; the choices are the seats that may chair."""

    for_seat = RadioField(_l("推选为组长"), [InputRequired(_l("请选择一个席位"))], coerce=int)


class ConflictForm(FlaskForm):
    """A conflict that a member finds after its statement."""

    conflict = TextAreaField(_l("应当回避的情形"), [InputRequired(_l("请写明应当回避的情形")), WORDS])


class HaltForm(FlaskForm):
    """Why the chair lets the sitting stand still."""

    ground = SelectField(
        _l("原因"),
        [InputRequired()],
        choices=[
            SelectChoice(ground.value, GROUNDS[ground])
            for ground in (SuspensionGround.RECESS, SuspensionGround.DEFECTIVE_DOCUMENTS)
        ],
    )
    note = TextAreaField(
        _l("说明"),
        [InputRequired(_l("请写明原因，例如何时复会，或文件哪里有缺陷")), WORDS],
        description=_l("写入案卷，代理机构、交易中心和监督部门可见。不要写投标内容和评分。"),
    )


class RollbackForm(FlaskForm):
    """Why a stage is to be held again; the choices are the stages that can be."""

    to = RadioField(_l("退回到"), [InputRequired(_l("请选择要退回到的环节"))])
    ground = SelectField(
        _l("依据"),
        [InputRequired(_l("请选择依据"))],
        choices=[
            SelectChoice("", _l("请选择")),
            *(SelectChoice(ground.value, name) for ground, name in ROLLBACK_GROUNDS.items()),
        ],
    )
    note = TextAreaField(
        _l("说明"),
        [DataRequired(_l("请写明哪里有误")), WORDS],
        description=_l("写入案卷和评审报告。不要写评分，不要写成员姓名。"),
    )


class CorrectionForm(FlaskForm):
    """Why one's own locked sheet should be opened again: the only four lawful grounds."""

    ground = SelectField(
        _l("更正依据"),
        [InputRequired(_l("请选择更正依据"))],
        choices=[
            SelectChoice("", _l("请选择")),
            *(SelectChoice(ground.value, name) for ground, name in CORRECTIONS.items()),
        ],
    )
    places = SelectMultipleField(
        _l("要更正的分项"),
        [InputRequired(_l("请选择要更正的分项"))],
        description=_l("准许后只能更正选中的分项。"),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    explanation = TextAreaField(_l("说明"), [InputRequired(_l("请说明哪一项分数有误")), WORDS])


class CorrectionRefusalForm(FlaskForm):
    """Why another member's correction is not permitted."""

    reason = TextAreaField(_l("驳回理由"), [DataRequired(_l("请写明驳回理由")), WORDS])


class PutForm(FlaskForm):
    """What the committee is to decide about a finding on the bids; bids and ground are those of a rejection."""

    disposal = RadioField(
        _l("付表决的处理"),
        [InputRequired(_l("请选择付表决的处理"))],
        choices=[SelectChoice(disposal.value, name) for disposal, name in DISPOSALS.items()],
    )
    bids = SelectMultipleField(
        _l("要否决的投标"),
        [Optional()],
        description=_l("选择“否决投标”时必填。"),
        option_widget=CheckboxInput(),
    )
    ground = SelectField(_l("法定依据"), [WhereItApplies()], description=_l("选择“否决投标”时必填。"))
    reason = TextAreaField(
        _l("理由"),
        [DataRequired(_l("请写明理由")), WORDS],
        description=_l("写入案卷和评审报告。不要写成员姓名。"),
    )


class FindingVoteForm(FlaskForm):
    """A vote about what the chair has put."""

    agrees = RadioField(
        _l("您的意见"),
        [InputRequired(_l("请选择同意或者不同意"))],
        choices=[SelectChoice("yes", _l("同意")), SelectChoice("no", _l("不同意"))],
    )
    reason = TextAreaField(_l("说明"), [Optional(), WORDS])


class CompetitionForm(FlaskForm):
    """Whether competition is lacking among the bids that passed the review."""

    lacking = RadioField(
        _l("您的意见"),
        [InputRequired(_l("请选择是否明显缺乏竞争"))],
        choices=[
            SelectChoice("no", _l("不缺乏竞争，继续评审")),
            SelectChoice("yes", _l("明显缺乏竞争，否决全部投标")),
        ],
    )
    reason = TextAreaField(
        _l("理由"),
        [Optional(), WORDS],
        description=_l("认为明显缺乏竞争的必填；不得写入评分。汇总或者流标之前别人看不到。"),
    )


class FindingWithdrawalForm(FlaskForm):
    """Why a vote is taken back that somebody does not take part in."""

    reason = TextAreaField(_l("撤回的原因"), [DataRequired(_l("请写明撤回的原因")), WORDS])


class ContractPointsForm(FlaskForm):
    """What is left to the talks before the contract."""

    text = TextAreaField(_l("要处理的事宜"), [DataRequired(_l("请写明要处理的事宜")), WORDS])


class RecheckAnswerForm(FlaskForm):
    """What the committee found when its report was checked again."""

    text = TextAreaField(_l("复核意见"), [DataRequired(_l("请写明复核意见")), WORDS])


class DissentForm(FlaskForm):
    """A written dissent, printed in the report."""

    text = TextAreaField(_l("不同意见及理由"), [InputRequired(_l("请写明不同意见和理由")), WORDS])
