"""Names of what inspections know, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.procedure.inspections.facts import Part, ResultCode
from app.procedure.inspections.items import Grade, ObjectClass

CLASSES: Mapping[ObjectClass, LazyString] = {
    ObjectClass.AGENCY: _l("代理机构"),
    ObjectClass.PROJECT: _l("项目"),
    ObjectClass.BIDDER: _l("投标人"),
    ObjectClass.EXPERT: _l("评审专家"),
}
GRADES: Mapping[Grade, LazyString] = {
    Grade.A: _l("A 低风险"),
    Grade.B: _l("B 一般风险"),
    Grade.C: _l("C 较高风险"),
    Grade.D: _l("D 高风险"),
}
PARTS: Mapping[Part, LazyString] = {Part.OBJECTS: _l("抽取检查对象"), Part.INSPECTORS: _l("抽取检查人员")}
CODES: Mapping[ResultCode, LazyString] = {
    ResultCode.NO_PROBLEM: _l("1 未发现问题"),
    ResultCode.OTHER_RULES: _l("5 违反其他部门的规定"),
    ResultCode.NOT_FOUND: _l("6 通过登记的住所无法联系"),
    ResultCode.OUT_OF_BUSINESS: _l("7 已停业或注销"),
    ResultCode.REFUSED: _l("8 不配合检查，情节严重"),
    ResultCode.PROBLEM: _l("A 发现问题，待后续处理"),
    ResultCode.NOT_PUBLISHED: _l("B 未按规定公示"),
    ResultCode.CONCEALED: _l("C 隐瞒真实情况、弄虚作假"),
    ResultCode.CORRECTED: _l("E 责令改正，已改正"),
    ResultCode.NOT_ENGAGED: _l("F 未开展该项业务"),
}
STEPS: Mapping[str, LazyString] = {
    "approve_plan": _l("批准年度抽查计划"),
    "plan_waits": _l("等待年度计划拟定和批准"),
    "propose_plan": _l("拟定年度抽查计划"),
    "propose_campaign": _l("发起第一次抽查"),
    "list_inspectors": _l("提交本单位的检查人员名单"),
    "lists_wait": _l("等待各单位提交检查人员名单"),
    "publish_campaign": _l("核对并公布抽查任务"),
    "publication_waits": _l("等待另一名监管人员公布"),
    "order_redraw": _l("签发补抽"),
    "redraw_waits": _l("等待另一名监管人员签发补抽"),
    "propose_redraw": _l("为已回避的检查人员补抽"),
    "draw_commit": _l("为抽取提供随机数：承诺"),
    "draw_state": _l("锁定名单并签署声明"),
    "draw_reveal": _l("公开本机保存的随机数"),
    "draw_waits": _l("抽取正在进行，等待其他方"),
    "open_inspectors": _l("开始抽取检查人员"),
    "propose_certain": _l("写明为什么没有选择余地也要抽取检查人员"),
    "certain_waits": _l("等待另一名监管人员开始抽取"),
    "answer_statement": _l("答复当事人的陈述申辩"),
    "recusals": _l("检查对象已抽出，等待抽取检查人员"),
    "enter_results": _l("填报检查结果"),
    "confirm_results": _l("确认同组填报的检查结果"),
    "rectify": _l("记录整改情况"),
    "confirm_rectified": _l("确认整改情况"),
    "results_wait": _l("检查正在进行，等待结果"),
    "campaign_done": _l("本次抽查的结果已全部公布"),
}
PARTY_NAMES: Mapping[str, LazyString] = {"centre": _l("交易中心"), "supervisor": _l("牵头部门")}
