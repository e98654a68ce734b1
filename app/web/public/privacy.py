"""What the platform keeps of people: what for, on which ground, who reads it, for how long. As it works, no more."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.extensions import access, platform
from app.permissions.actions import Action
from app.queries.people import find_organisations

routes = Blueprint("privacy", __name__)


@dataclass(frozen=True)
class Kept:
    """One kind of personal data. `sensitive`: asked for with a consent of its own."""

    what: LazyString
    purpose: LazyString
    ground: LazyString
    readers: LazyString
    until: LazyString
    sensitive: bool = False


ARCHIVED = _l("随案卷归档，系统不自动删除")
KEPT = (
    Kept(
        _l("账户：姓名、登录名、单位、联系邮箱、签名证书"),
        _l("登录、签名、通知"),
        _l("您开立或者启用账户"),
        _l("本人、核准账户的人；签名人的姓名随已公开的文件公开"),
        _l("账户停用后保留，已签名的记录仍要能核验"),
    ),
    Kept(
        _l("申请入库的专家：身份证号、出生日期、联系方式、单位和职称、证明材料、近亲属和利害关系"),
        _l("审核资格；入库以后用于抽取、回避和通知"),
        _l("您提交申请时的同意；专家库的设立依招标投标法第三十七条"),
        _l("审核的交易中心人员；身份证号、电话和邮箱加密，只用于识别同一人和发通知"),
        _l("不予通过的，证明材料随即删除；入库的随专家库保留，经过记录只增不改"),
        sensitive=True,
    ),
    Kept(
        _l("投标人的营业执照、法定代表人授权书"),
        _l("登记签名密钥以前核对单位和账户使用人"),
        _l("投标人提交"),
        _l("核对的交易中心和监督部门人员；登记簿只公布名称、信用代码和材料的摘要"),
        _l("加密保存；退回的随即删除，其余的在单位登记期间保留，系统不自动删除"),
    ),
    Kept(
        _l("签到时的现场照片、证件种类、收存手机的数量"),
        _l("证明到场的是本人"),
        _l("到场时当面告知并取得同意"),
        _l("只有本项目的监督部门，须写明理由，每次查看都记录；不作人脸识别"),
        _l("照片加密保存，不在案卷和证据包中，系统不自动删除；没有入座的随即删除"),
        sensitive=True,
    ),
    Kept(
        _l("评审：评分、意见、签名、评审室里的发言"),
        _l("评审和监督"),
        _l("法定评审程序；记录归档依电子招标投标办法第四十条、第四十九条"),
        _l("按项目阶段和身份开放；席位以外的姓名只有监督部门写明理由后可看"),
        ARCHIVED,
    ),
    Kept(
        _l("投标文件里的人员信息（项目负责人等）"),
        _l("评审"),
        _l("投标人提交"),
        _l("截止以前任何工作人员都读不到；开标以后评审成员和有权的人"),
        ARCHIVED,
    ),
    Kept(
        _l("操作记录：时间、网络地址、登录名、查阅的理由"),
        _l("保障安全、追查越权"),
        _l("电子招标投标办法第四十条、第四十九条"),
        _l("监督部门和系统管理员"),
        _l("只增不改，系统不自动删除"),
    ),
    Kept(
        _l("副场之间的实时画面和声音"),
        _l("远程评审时互相看见"),
        _l("评审程序"),
        _l("当时在场和有权旁听的人"),
        _l("在各处的浏览器之间直接传送，平台不保存"),
    ),
    Kept(
        _l("评审场所的录音录像"),
        _l("证明评审过程，供监督部门核查"),
        _l("远程异地评标的见证和记录要求；录制期间评审室内始终提示"),
        _l("评审结束以后，监督部门两人共同批准；每次调看都记录"),
        _l("加密保存，期限按项目的规则参数（现为至少 15 年），满期后系统自动删除，只留摘要"),
        sensitive=True,
    ),
)


@routes.get("/privacy")
@access(Action.SITE_READ)
def show() -> str:
    centres = [one["name"] for one in find_organisations(platform().database, "centre")]
    return render_template("pages/public/privacy.html", kept=KEPT, centres=centres)
