"""Forms of the centre and the system administrator: shape only."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from app.procedure.roles import Role
from app.services.account_changes import LONGEST_REASON
from app.web.agency.forms import MOMENTS, WhereItApplies
from app.web.figures import DateTimeLocalField, IntegerField
from app.web.names import CHECK_INS, DOCUMENTS
from app.web.wording import ROLES
from evaluation.sitting.checks import MOST_PHONES

PREPARED = {
    role: _l("招标人（采购人）代表（参加评审）") if role is Role.EXPERT else ROLES[role]  # experts come by the library
    for role in Role
    if role not in (Role.PUBLIC, Role.BIDDER)
}
KINDS = {
    "agency": _l("代理机构"),
    "centre": _l("交易中心"),
    "regulator": _l("监督部门"),
    "trustee": _l("受托人"),
    "buyer": _l("采购人"),
}


class AccountChangeForm(FlaskForm):
    """Why an account is suspended or its person gets new credentials."""

    reason = StringField(
        _l("理由"),
        [InputRequired(_l("请写明理由")), Length(max=LONGEST_REASON)],
        description=_l("写入访问记录，不能更改"),
    )


class IdentityForm(FlaskForm):
    """What the witness has seen and taken of who sits down."""

    document = SelectField(
        _l("核对的证件"),
        [InputRequired(_l("请选择证件"))],
        choices=[SelectChoice(kind.value, name) for kind, name in DOCUMENTS.items()],
        description=_l("不登记证件号码。"),
    )
    phones = IntegerField(
        _l("收存的手机"),
        [InputRequired(_l("请填写数量，没有的填 0")), NumberRange(0, MOST_PHONES, _l("应为 0 至 20 之间的整数"))],
        description=_l("部数；自带电脑等另行收存。没有的填 0。"),
    )
    photo = FileField(
        _l("现场照片"),
        [WhereItApplies()],
        description=_l("当场拍摄本人正面。照片密封保存，案卷只记摘要，仅监督部门写明理由后可以查看。"),
    )
    told = BooleanField(_l("已当面告知本人照片的用途、谁能查看和怎样保存，本人同意拍照"))

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if not self.photo.data or self.told.data:
            return sound
        self.told.errors = [_l("请先告知并取得本人同意，再提交照片；本人不同意的，按“本人拒绝”办理")]
        return False


class BoothChangeForm(IdentityForm):
    """Why a member sits down at another booth, and at which."""

    booth = SelectField(_l("新机位"), [Optional()], validate_choice=False)
    reason = StringField(
        _l("换机位的原因"),
        [InputRequired(_l("请写明换机位的原因")), Length(max=200, message=_l("至多 200 字"))],
        description=_l("例如：原机位电脑不能开机。写入案卷，评审室可见。"),
    )


class CheckInForm(FlaskForm):
    """Why nobody is let sit down."""

    ground = SelectField(
        _l("依据"), [InputRequired()], choices=[SelectChoice(ground.value, name) for ground, name in CHECK_INS.items()]
    )
    reason = TextAreaField(
        _l("说明"),
        [InputRequired(_l("请写明看到的情况")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("写入案卷，评审室可见。不要写证件号码。"),
    )


def region_field() -> StringField:
    """A code of administrative division."""
    return StringField(
        _l("地区代码"),
        [Optional(), Regexp(r"^[0-9]{6}$", message=_l("应为 6 位数字"))],
        description=_l("行政区划代码，如 510104；专家的交通补助按它与专家所在地区的远近计算。"),
    )


def address_field() -> StringField:
    """Where people are sent."""
    return StringField(
        _l("地址"),
        [Optional(), Length(max=200, message=_l("至多 200 字"))],
        description=_l("路名、门牌和楼层；写进专家的评审通知。"),
    )


class SiteForm(FlaskForm):
    """A place of evaluation with its witness."""

    name = StringField(_l("场所名称"), [InputRequired(_l("请输入场所名称")), Length(max=100)])
    witness = SelectField(_l("现场见证人"), [InputRequired(_l("请选择现场见证人"))])
    address = address_field()
    region = region_field()


class SitePlaceForm(FlaskForm):
    """Where a site is, and in which administrative division."""

    site = SelectField(_l("评审场所"), [InputRequired()])
    address = address_field()
    region = region_field()


class CommitteeForm(FlaskForm):
    """The public description that a ceremony of the trustees has written."""

    description = FileField(
        _l("受托人公开说明文件（JSON）"),
        [FileRequired(_l("请选择文件"))],
        description=_l("只含公钥，不含任何份额。只接受演示模式 M0；份额分别生成的委员会由密钥仪式自动登记。"),
    )


class CeremonyForm(FlaskForm):
    """Who is asked to hold a key ceremony, and how many of them open."""

    trustees = SelectMultipleField(
        _l("受托人"),
        [InputRequired(_l("请选择受托人"))],
        description=_l(
            "受托单位的利益应当相互对立，例如采购人、投标人协会、监督部门、公证处、高校；同属一方的受托人合起来就能提前开标。请按受托人工具显示的密钥指纹选择。"
        ),
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
    k = IntegerField(
        _l("开标所需签署数"),
        [InputRequired(_l("请输入开标所需签署数")), NumberRange(2, 32, _l("开标所需签署数应为 2 至 32 之间的整数"))],
        default=3,
        description=_l("通常 5 家中任意 3 家。太小容易串通，太大则有人缺席就开不了标。"),
    )


class CancelCeremonyForm(FlaskForm):
    """Why a ceremony that is under way ends."""

    reason = StringField(
        _l("取消理由"),
        [InputRequired(_l("请写明取消理由")), Length(max=200)],
        description=_l("将写入公开登记簿"),
    )


class RehearsalForm(FlaskForm):
    """A committee tries an opening with bids that the platform makes up."""

    committee = SelectField(_l("受托人"), [InputRequired(_l("请选择受托人"))])
    due = DateTimeLocalField(
        _l("演练时间"), [Optional()], format=MOMENTS, description=_l("留空即刻开始。到时间之前，受托人工具拒绝签署。")
    )
    minutes = IntegerField(
        _l("等待签署的分钟数"),
        [InputRequired(_l("请输入分钟数")), NumberRange(1, 1440, _l("应为 1 至 1440 之间的整数"))],
        default=30,
        description=_l("真实开标时受托人也有 30 分钟。全部签署后提前结束。"),
    )


class RetireCommitteeForm(FlaskForm):
    """Why no further tender is sealed to a committee."""

    reason = StringField(
        _l("停用理由"),
        [InputRequired(_l("请写明停用理由")), Length(max=200)],
        description=_l("将写入公开登记簿"),
    )


class ExpertTableForm(FlaskForm):
    """A list of experts as a table."""

    table = FileField(
        _l("专家名册（XLSX 或 CSV）"), [FileRequired(_l("请选择文件"))], description=_l("按模板的列名填写。")
    )


class SpecialitiesForm(FlaskForm):
    """Another classification of specialities."""

    document = FileField(
        _l("专业分类文件（JSON）"),
        [FileRequired(_l("请选择文件"))],
        description=_l("格式 specialities/v1，见下载的现行文件。"),
    )


class CorrectionForm(FlaskForm):
    """What should stand in an expert's entry: where one works, for what one is drawn and until when, availability and
    grounds to step back; two persons change it."""

    organisation = StringField(_l("工作单位"), [Optional(), Length(max=200)])
    credit_code = StringField(
        _l("统一社会信用代码"),
        [Optional(), Length(max=18)],
        description=_l("换了单位的填新单位；原单位由系统自动记入“原工作单位”，离职日期为确认当日"),
    )
    site = SelectField(_l("场所"), [Optional()], validate_choice=False)
    specialities = TextAreaField(
        _l("专业代码"), [Optional(), Length(max=1000)], description=_l("每行一个，用专业分类中的代码")
    )
    title = StringField(_l("职称"), [Optional(), Length(max=200)])
    region = StringField(_l("地区代码"), [Optional(), Length(max=6)])
    practising_since = StringField(_l("从业起始日期"), [Optional(), Length(max=20)])
    certified_until = StringField(
        _l("聘期截止"), [Optional(), Length(max=20)], description=_l("续聘的填新的截止日期，如 2029-12-31")
    )
    qualifications = TextAreaField(
        _l("执业资格"), [Optional(), Length(max=1000)], description=_l("每行一项：名称:有效期；长期有效的只写名称")
    )

    absences = TextAreaField(
        _l("不能参加的日期"),
        [Optional(), Length(max=1000)],
        description=_l("每行一段，如 2026-10-01~2026-10-07；留空为全部可参加。"),
    )
    past_employments = TextAreaField(
        _l("原工作单位"),
        [Optional(), Length(max=1000)],
        description=_l("每行一家：统一社会信用代码:离职日期"),
    )
    relatives = TextAreaField(
        _l("应回避的亲属"), [Optional(), Length(max=1000)], description=_l("每行一人，写姓名；空格、间隔号和大小写不计")
    )
    interests = TextAreaField(
        _l("持股单位代码"), [Optional(), Length(max=1000)], description=_l("每行一家，写统一社会信用代码")
    )
    service = StringField(
        _l("任职的监督管理部门"),
        [Optional(), Length(max=200)],
        description=_l("在行政监督或者项目主管部门任职的，写部门名称；填写后不再抽取"),
    )
    punished = RadioField(
        _l("受过招标采购处罚"), choices=[SelectChoice("否", _l("否")), SelectChoice("是", _l("是"))], default="否"
    )
    why = StringField(
        _l("更正理由"),
        [InputRequired(_l("请写明更正理由")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("写入专家的记录，不能更改。"),
    )


class ReasonForm(FlaskForm):
    """Why a step is taken; it stays in the expert's history."""

    reason = StringField(
        _l("理由"),
        [InputRequired(_l("请写明理由")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("写入专家的记录，不能更改。"),
    )


class AccountForm(FlaskForm):
    """An account for a member of an organisation; another person approves it."""

    kind = SelectField(
        _l("单位类型"), [InputRequired()], choices=[SelectChoice(kind, name) for kind, name in KINDS.items()]
    )
    organisation = StringField(_l("单位名称"), [InputRequired(_l("请输入单位名称")), Length(max=200)])
    credit_code = StringField(
        _l("统一社会信用代码"),
        [
            InputRequired(_l("请输入统一社会信用代码")),
            Regexp(r"^[0-9A-Z]{18}$", message=_l("应为 18 位数字和大写字母")),
        ],
    )
    login = StringField(_l("登录名"), [InputRequired(_l("请输入登录名")), Length(max=64)])
    name = StringField(_l("姓名"), [InputRequired(_l("请输入姓名")), Length(max=100)])
    mail = StringField(
        _l("电子邮箱"), [Optional(), Length(max=200), Regexp(r"^[^@\s]+@[^@\s]+$", message=_l("邮箱格式不对"))]
    )
    roles = SelectMultipleField(
        _l("角色"),
        [InputRequired(_l("请选择至少一个角色"))],
        choices=[SelectChoice(role.value, name) for role, name in PREPARED.items()],
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
