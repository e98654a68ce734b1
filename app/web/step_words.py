"""Next steps in words, each with the page on which it is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.permissions.actions import Action
from app.queries.next_steps import NextStep

Url = Callable[[str, NextStep], str]


def _agency(endpoint: str) -> Url:
    return lambda case, step: url_for(f"agency.{endpoint}", case=case, lot=step.lot)


def _subject(endpoint: str) -> Url:
    return lambda case, step: url_for(f"agency.{endpoint}", case=case, subject=step.subject)


def _deadline_page(endpoint: str) -> Url:
    return lambda case, step: url_for(f"deadlines.{endpoint}", case=case)


def _lot_page(path: str) -> Url:
    return lambda case, step: f"/cases/{case}/lots/{step.lot}/{path}"


@dataclass(frozen=True)
class Wording:
    """A step's title and text, and where it is done; without a page there is nothing to do."""

    title: LazyString
    text: LazyString | str = ""
    label: LazyString | str = ""
    url: Url | None = None
    asks: Action | None = None  # what the page asks for, where not everybody who is told of the step may open it


HALL = (_l("开标大厅"), _lot_page("opening"), Action.OPENING_WATCH)
STEPS: dict[str, Wording] = {
    "finish_draft": Wording(
        _l("完成招标文件并送审"),
        _l("草稿填写完整后由您签名送审，再由审核人复核发布。"),
        _l("继续编制"),
        lambda case, step: url_for("agency.draft", case=case, step="basics"),
    ),
    "await_release": Wording(_l("等待审核人复核发布"), _l("审核人会看到本次与上次送审的差异，发布或退回。")),
    "await_submission": Wording(_l("等待经办送审"), _l("经办送审后，由您复核发布或退回。")),
    "release_tender": Wording(
        _l("复核并发布招标公告"),
        _l("请核对全部条款和与上次送审的差异。发布后公告、评分办法和价格公式不能再改。"),
        _l("去复核"),
        lambda case, step: url_for("agency.release", case=case),
    ),
    "open_next_round": Wording(
        _l("重新招标"),
        _l("流标的标包可以重新招标：公告条款和招标文件带入新的草稿，由您核对、改定后送审。"),
        _l("去办理"),
        lambda case, step: url_for("agency.next_round", case=case),
    ),
    "answer_question": Wording(
        _l("答复投标人的问题"),
        _l("您拟的答复由审核人发布，发给所有下载文件的人；提问人不公开。"),
        _l("去答复"),
        _subject("question"),
    ),
    "release_answer": Wording(
        _l("复核并发布答复"), _l("发布后所有人都能看到，提问人不公开。"), _l("去复核"), _subject("question")
    ),
    "release_amendment": Wording(
        _l("复核并发布更正公告"),
        _l("请核对更正内容和新的截止时间；截止时间只能推后。"),
        _l("去复核"),
        _subject("amendment"),
    ),
    "release_postponement": Wording(
        _l("复核并发布推迟公告"),
        _l("请核对新的投标截止时间和理由；截止时间只能推后。"),
        _l("去复核"),
        _deadline_page("release_postponement"),
    ),
    "release_outage_extension": Wording(
        _l("复核并发布顺延公告"),
        _l("交易中心报告了平台服务中断。请核对原因、起止时间和新的投标截止时间。"),
        _l("去复核"),
        _deadline_page("release_outage_extension"),
    ),
    "propose_outage_extension": Wording(
        _l("平台测得服务中断，请提出顺延"),
        _l(
            "登记簿节拍显示投标截止前平台曾中断，平台已按公布的规则算出新的截止时间。由您核对并提出，再由代理机构审核人发布；截止后不能再顺延。"
        ),
        _l("去提出"),
        _deadline_page("report_outage"),
    ),
    "order_pause": Wording(
        _l("签发暂停决定"), _l("本部门另一名监督人员已拟定。"), _l("去签发"), _deadline_page("order_pause")
    ),
    "order_resumption": Wording(
        _l("签发恢复决定"), _l("本部门另一名监督人员已拟定。"), _l("去签发"), _deadline_page("order_resumption")
    ),
    "release_export": Wording(
        _l("复核并放行证据包导出"),
        _l("经办申请导出本项目的证据包。请核对用途；放行只对此刻的案卷有效，案卷一有新记录即失效。"),
        _l("去复核"),
        lambda case, step: url_for("agency.release_export", case=case),
    ),
    "await_export_release": Wording(_l("等待审核人放行证据包导出"), _l("放行之前案卷如有新记录，须重新申请。")),
    "take_export": Wording(
        _l("下载已放行的证据包"),
        _l("只限申请人和放行人下载，逾期或案卷有新记录即失效；每次下载都有记录。"),
        _l("去下载"),
        lambda case, step: url_for("agency.export", case=case),
    ),
    "paused": Wording(
        _l("招标活动已暂停"), _l("暂停期间不接收投标，截止时间停止计算，恢复时另行公布。暂停前提交的投标继续有效。")
    ),
    "answer_objection": Wording(
        _l("当场答复投标人对开标提出的内容"),
        _l("答复写入开标记录；还有未答复的，开标不能结束。"),
        _l("去答复"),
        lambda case, step: url_for("agency.objection", case=case, lot=step.lot, subject=step.subject),
    ),
    "attribute_fault": Wording(
        _l("认定解密失败的责任"),
        _l("有投标无法解密：请写明是投标人的原因还是其他原因；投标人有异议的，当场答复。"),
        _l("去认定"),
        lambda case, step: url_for("faults.attribute", case=case, lot=step.lot, receipt=step.subject),
    ),
    "confirm_opening": Wording(
        _l("核对唱标内容并签名确认"),
        _l("有不同意见请在截止前提出；不确认的视为认可开标结果。"),
        _l("去确认"),
        _lot_page("opening/confirmation"),
    ),
    "check_qualification": Wording(
        _l("进行资格审查"),
        _l("由采购人或代理机构审查每份投标的资格，评审委员会只评合格者。"),
        _l("去审查"),
        _agency("qualification"),
    ),
    "name_buyer_member": Wording(
        _l("指定%(buyer_member)s"),
        _l("可以委派一名代表进入评审委员会；须在抽取前指定。"),
        _l("去指定"),
        _agency("buyer_member"),
    ),
    "name_buyer_successor": Wording(
        _l("请指定接替的%(buyer_member)s"),
        _l("另行书面委派，不抽取；接替的人从头评审，原代表的意见、投票和评分不计。评审在此之前等待。"),
        _l("去指定"),
        _agency("buyer_member"),
    ),
    "propose_draw_conditions": Wording(
        _l("拟定专家抽取条件"),
        _l("专业、地点和名额由您拟定，审核人核准后抽取，条件全部公开给抽取各方。"),
        _l("去拟定"),
        _agency("draw_conditions"),
    ),
    "propose_wider_conditions": Wording(
        _l("抽取名单已用尽：拟定放宽的条件"),
        _l("本轮抽取没有足够的人补满席位。放宽专业、地区或地点，审核人核准后本轮继续。"),
        _l("去拟定"),
        _agency("wider_conditions"),
    ),
    "await_wider_approval": Wording(_l("等待审核人核准放宽的抽取条件")),
    "approve_wider_conditions": Wording(
        _l("核准放宽的抽取条件"),
        _l("本轮抽取的名单已用尽，请核对理由和新的组别。"),
        _l("去核准"),
        _agency("draw_approval"),
    ),
    "await_draw_approval": Wording(_l("等待审核人核准抽取条件")),
    "approve_draw_conditions": Wording(
        _l("核准专家抽取条件"), _l("条件过窄会指向特定的人，请核对名额与地点。"), _l("去核准"), _agency("draw_approval")
    ),
    "draw_commit": Wording(
        _l("提交您一方的随机数承诺"),
        _l("随机数只保存在您的机器上，公开之前谁都不知道。"),
        _l("去抽取页"),
        _lot_page("draw"),
    ),
    "draw_reveal": Wording(
        _l("公开您一方的随机数"),
        _l("各方公开后即得出抽取结果；逾期由受托人从密封件中打开。"),
        _l("去抽取页"),
        _lot_page("draw"),
    ),
    "submit_bid": Wording(
        _l("尚未提交投标"),
        _l("在截止时间之前完成加密、上传并看到回执，才算提交。"),
        _l("加密并提交"),
        lambda case, step: url_for("bidder.seal", case=case, lot=step.lot),
    ),
    "bid_stands": Wording(
        _l("投标已提交，等待开标"),
        _l("截止之前可以替换或撤回。"),
        _l("查看回执"),
        lambda case, step: url_for("bidder.lot", case=case, lot=step.lot),
    ),
    "no_bid": Wording(_l("您没有参加本标包")),
    "follow_opening": Wording(
        _l("您的投标已提交"), _l("可以在开标大厅观看开标。"), _l("开标大厅"), _lot_page("opening")
    ),
    "answer_clarification": Wording(
        _l("评标委员会询问一件事：请书面答复"),
        _l("只就所问答复，不得改变投标文件的实质性内容。答复只有一次；逾期不再接收，后果见询问。"),
        _l("阅读并答复"),
        lambda case, step: url_for("clarifications.answer", case=case, lot=step.lot, id=step.subject),
    ),
    "clarification_stands": Wording(
        _l("评审已中断，答复的时间停止计算"),
        _l("恢复后您有全部的答复时间，届时另行通知。"),
        _l("查看询问"),
        lambda case, step: url_for("clarifications.answer", case=case, lot=step.lot, id=step.subject),
    ),
    "restore_file": Wording(
        _l("平台丢失了您的密文：请交回原件"),
        _l("责任在平台。只收与回执一字节不差的原件。逾期视为撤回，保证金退还，可以要求赔偿。"),
        _l("交回原件"),
        lambda case, step: url_for("bidder.restoration", case=case, lot=step.lot),
    ),
    "commit_key": Wording(
        _l("受托人逾期：请承诺您的投标密钥"),
        _l("用加密时保存的密钥文件承诺，密钥此时不公开。逾期未承诺的，投标视为撤回，保证金退还。"),
        _l("承诺密钥"),
        lambda case, step: url_for("bidder.key", case=case, lot=step.lot),
    ),
    "key_committed": Wording(
        _l("您已承诺投标密钥"), _l("等待承诺结束。届时会通知您公开密钥；此前请不要把密钥交给任何人。")
    ),
    "reveal_key": Wording(
        _l("请公开您的投标密钥"),
        _l("全部密钥一并公布后开标。承诺后逾期不公开的，投标视为撤销，保证金可以不退还。"),
        _l("公开密钥"),
        lambda case, step: url_for("bidder.key", case=case, lot=step.lot),
    ),
    "key_revealed": Wording(
        _l("平台已收到您的投标密钥"), _l("全部密钥一并公布后开标。"), _l("开标大厅"), _lot_page("opening")
    ),
    "key_missed": Wording(
        _l("您没有在规定时间内承诺密钥"),
        _l("投标视为撤回，保证金退还；受托人此时补签达到门限的，仍照常打开。"),
        _l("开标大厅"),
        _lot_page("opening"),
    ),
    "give_sitting_order": Wording(
        _l("签发评审监督决定"), _l("本部门另一名监督人员已拟定。"), _l("去签发"), _lot_page("standstill/order/release")
    ),
    "release_sitting_decision": Wording(
        _l("复核评审决定"),
        _l("经办已拟定评审恢复或终止的决定。"),
        _l("去复核"),
        _lot_page("standstill/decision/release"),
    ),
    "release_replacement": Wording(
        _l("复核更换评审成员"),
        _l("经办已拟更换一名评审成员。"),
        _l("去复核"),
        _lot_page("standstill/replacement/release"),
    ),
    "decide_sitting": Wording(
        _l("评审中断，由采购人（招标人）决定"),
        _l("采购文件有缺陷，或者故障逾时未排除。由您拟定，审核人复核。"),
        _l("去决定"),
        _lot_page("standstill"),
    ),
    "brief_committee": Wording(
        _l("可以向评审委员会介绍"), _l("初步评审之前，以书面介绍一次；不是必须的。"), _l("去介绍"), _agency("briefing")
    ),
    "name_chair": Wording(
        _l("可以指定评审组长"), _l("第一张选票之前，按席位指定一次；不是必须的。"), _l("去指定"), _agency("chair")
    ),
    "extend_time": Wording(
        _l("延长评标时间"),
        _l("超过规定比例的成员认为评标时间不够，招标人（采购人）应当适当延长。"),
        _l("去延长"),
        _agency("more_time"),
    ),
    "sitting_runs": Wording(
        _l("评审正在进行"),
        _l("成员突发疾病、擅离职守或者有回避情形而未声明的，由您提出更换，审核人复核。"),
        _l("中断、恢复与更换"),
        _lot_page("standstill"),
    ),
    "sitting_stands": Wording(
        _l("评审已中断"),
        _l("恢复之前任何成员不能评分、锁定或签字，已保存的内容保留。"),
        _l("查看原因"),
        _lot_page("standstill"),
        Action.STANDSTILL_WATCH,
    ),
    "propose_new_committee": Wording(
        _l("评审已终止：另组评审委员会"),
        _l("由您拟定，审核人复核。原委员会的资料封存保留，同一批投标由重新抽取的成员从头评审。"),
        _l("去拟定"),
        _agency("new_committee"),
    ),
    "release_new_committee": Wording(
        _l("复核另组评审委员会"), _l("签名后立即重新抽取全部席位。"), _l("去复核"), _agency("release_new_committee")
    ),
    "release_recheck": Wording(
        _l("放行复核要求"),
        _l("签名后原评审委员会重新签到，核对已封存的评审报告。"),
        _l("去复核"),
        _agency("release_recheck"),
    ),
    "sitting_abandoned": Wording(
        _l("评审已终止"),
        _l("资料已封存，由另组的评审委员会重新评审。"),
        _l("评审情况记录"),
        _lot_page("failure"),
        Action.FAILURE_READ,
    ),
    "phase_P1": Wording(_l("接受投标"), _l("截止之前任何人都看不到有没有投标、有几家投标。")),
    "phase_P2": Wording(_l("投标已截止，等待受托人共同解密"), "", *HALL),
    "phase_P3": Wording(_l("正在开标"), "", *HALL),
    "opened": Wording(_l("开标已结束，等待抽取评审专家"), "", *HALL),
    "phase_P4": Wording(
        _l("正在抽取评审专家"),
        _l("专家签到之前，任何工作人员都不知道专家姓名。"),
        _l("抽取页"),
        _lot_page("draw"),
        Action.DRAW_WATCH,
    ),
    "successor_drawn": Wording(
        _l("正在补抽一名评审成员"),
        _l("有成员退出，抽取另一轮。轮到本单位时，抽取页上有要办的事。"),
        _l("抽取页"),
        _lot_page("draw"),
        Action.DRAW_WATCH,
    ),
    "phase_P5": Wording(_l("评审委员会正在签到和评审"), _l("全部成员锁定评分之前，任何人都看不到他人的评分。")),
    "phase_P6": Wording(_l("评审委员会正在汇总和签署报告")),
    "phase_P7": Wording(_l("评审报告已签署并盖章")),
    "no_majority": Wording(_l("评审报告已封存，评审结论没有形成多数")),
    "no_award": Wording(
        _l("不得据此定标：评审结论没有形成多数"),
        _l("报告仅作为记录封存，监督部门已收到通知。请依法处理，由监督部门决定是否重新评审。"),
        _l("查看评审报告"),
        _lot_page("report"),
    ),
    "phase_P9": Wording(_l("本标包流标")),
}
