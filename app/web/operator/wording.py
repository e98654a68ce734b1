"""What is going on with a lot, in one line of a board."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

BOARD_STEPS = {
    "opens": _l("投标中，到时自动开标"),
    "paused": _l("投标已暂停，截止时间停止计算"),
    "order_pause": _l("签发暂停决定"),
    "order_resumption": _l("签发恢复决定"),
    "shares": _l("已截止，等待受托人签署"),
    "failed": _l("流标"),
    "failed_valid": _l("流标：初步评审后有效投标不足"),
    "opening": _l("正在开标"),
    "conditions": _l("开标结束，等待抽取条件"),
    "draw_commit": _l("抽取：各方承诺"),
    "draw_state": _l("抽取：锁定名单"),
    "draw_sign": _l("抽取：受托人签名"),
    "draw_reveal": _l("抽取：公开随机数"),
    "draw_done": _l("抽取：等待专家答复"),
    "seated": _l("专家已确定，等待组成评审委员会"),
    "standing": _l("评审已中断"),
    "abandoned": _l("评审已终止"),
    "give_sitting_order": _l("签发评审监督决定"),
    "turned_away": _l("评审：有人核验未通过"),
    "gathering": _l("评审：签到"),
    "evaluating": _l("评审进行中"),
    "correction_asked": _l("评审：等待处理更正申请后签署报告"),
    "correcting": _l("评审：等待成员更正评分后生成报告"),
    "signing": _l("评审报告签字"),
    "closed": _l("评审结束"),
    "closed_no_majority": _l("评审结束：结论没有形成多数"),
    "closed_dissented_before": _l("评审结束：曾有成员就先前的汇总结果提出不同意见"),
    "share_opening": _l("需要您签署开标"),
    "share_draw": _l("需要您签署抽取"),
    "share_given": _l("您已签署或不再需要"),
}

REHEARSAL_STAGES = {
    "waiting": _l("等待开始"),
    "signing": _l("等待受托人签署"),
    "opening": _l("正在打开演练投标"),
    "ended": _l("已结束"),
}

CEREMONY_STAGES = {
    "join": _l("等待受托人加入"),
    "deal": _l("等待受托人分发份额"),
    "accept": _l("等待受托人核对并确认"),
    "complete": _l("已完成，委员会已登记"),
    "ended": _l("已终止，没有产生委员会"),
}
CEREMONY_ENDS = {
    "cancelled": _l("中心取消"),
    "share_wrong": _l("分发的份额有误"),
    "share_unreadable": _l("分发的份额无法打开"),
    "complaint_unfounded": _l("投诉不成立"),
}

IMPORT_STAGES = {
    "checked": _l("已检查，尚未导入"),
    "taking": _l("正在导入"),
    "taken": _l("已导入"),
    "cancelled": _l("已取消"),
}
# What entered experts where no person did.
MACHINES = {"appraisal": _l("评价规则"), "machine": _l("服务器命令行"), "generated": _l("生成的演示数据")}
EXPERT_COLUMNS = {
    "number": _l("专家编号"),
    "name": _l("姓名"),
    "id_number": _l("身份证号"),
    "born": _l("出生日期"),
    "phone": _l("手机"),
    "mail": _l("电子邮箱"),
    "organisation": _l("工作单位"),
    "credit_code": _l("统一社会信用代码"),
    "past_employments": _l("原工作单位"),
    "site": _l("场所"),
    "specialities": _l("专业代码"),
    "title": _l("职称"),
    "practising_since": _l("从业起始日期"),
    "region": _l("地区代码"),
    "qualifications": _l("执业资格"),
    "certified_until": _l("聘期截止"),
    "relatives": _l("应回避的亲属"),
    "interests": _l("持股单位代码"),
    "absences": _l("不能参加的日期"),
    "service": _l("任职的监督管理部门"),
    "punished": _l("受过招标采购处罚"),
}

STANDINGS = {
    "applied": _l("已申请"),
    "reviewed": _l("已审核，待核准"),
    "refused": _l("未通过"),
    "admitted": _l("在库"),
    "suspended": _l("已暂停"),
    "leaving": _l("拟清退，待核准"),
    "removed": _l("已清退"),
}
STANDING_STEPS = {
    "apply": _l("申请"),
    "review": _l("审核通过"),
    "refuse": _l("不予通过"),
    "admit": _l("核准入库"),
    "suspend": _l("暂停"),
    "restore": _l("恢复"),
    "propose_removal": _l("提出清退"),
    "remove": _l("核准清退"),
    "correct": _l("更正资料"),
    "contact": _l("本人更改联系方式"),
    "strike": _l("撤销培训记录"),
}
TRAINING_COLUMNS = {
    "number": _l("专家编号"),
    "course": _l("培训课程"),
    "hours": _l("学时"),
    "on": _l("完成日期"),
    "until": _l("有效期至"),
}
