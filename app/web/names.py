"""Names of phases, stages, facts and states, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.casefile.answered_corrections import Decision
from app.casefile.case import Case, Phase
from app.procedure.recording_gaps import Stretch
from app.procedure.standstill import DropCause
from evaluation.draw import Channel, Outcome, RoundReason, SeatState
from evaluation.sitting import (
    CheckInGround,
    ClarificationStanding,
    ClarificationSubject,
    CorrectionGround,
    Disposal,
    Disposition,
    IdentityDocument,
    ReplacementGround,
    RollbackGround,
    RollbackTarget,
    Stage,
    SuspensionGround,
    WarningGround,
)

PHASES: Mapping[Phase, LazyString] = {
    Phase.DRAFT: _l("编制"),
    Phase.BIDDING: _l("投标中"),
    Phase.SEALED: _l("已截止，待开标"),
    Phase.OPENING: _l("开标"),
    Phase.DRAW: _l("抽取专家"),
    Phase.SCORING: _l("评审"),
    Phase.CONSENSUS: _l("汇总与签字"),
    Phase.RESULT: _l("评审结束"),
    Phase.FAILED: _l("流标"),
}
GIVEN_UP = _l("评审已终止")


def phase_name(case: Case, lot: str = "") -> str:
    """The phase of a case or a lot; an evaluation that was given up is no failed tender (流标)."""
    phase = case.phase(lot)
    ended = [case.lots[lot]] if lot in case.lots else [state for state in case.lots.values() if state.phase is phase]
    given_up = phase is Phase.FAILED and all(state.sitting.stage is Stage.ABANDONED for state in ended)
    return str(GIVEN_UP if given_up else PHASES[phase])


STAGES: Mapping[Stage, LazyString] = {
    Stage.UNCONVENED: _l("尚未组成"),
    Stage.GATHERING: _l("签到"),
    Stage.STATEMENTS: _l("纪律与回避声明"),
    Stage.CHAIR: _l("推选组长"),
    Stage.REVIEW: _l("初步评审"),
    Stage.COMPETITION: _l("竞争性表决"),
    Stage.SCORING: _l("独立评分"),
    Stage.RESULTS: _l("汇总复核"),
    Stage.REPORT: _l("评审报告"),
    Stage.SIGNING: _l("签字"),
    Stage.CLOSED: _l("已结束"),
    Stage.FAILED: _l("流标"),
    Stage.ABANDONED: _l("已终止"),
}
CHANNELS: Mapping[Channel, LazyString] = {
    Channel.MAIL: _l("邮件"),
    Channel.TEXT: _l("短信"),
    Channel.VOICE: _l("电话"),
}

OUTCOMES: Mapping[Outcome, LazyString] = {
    Outcome.TAKEN: _l("已发出"),
    Outcome.ANSWERED: _l("已接听"),
    Outcome.UNANSWERED: _l("无人接听"),
    Outcome.FAILED: _l("未能发出"),
}

SEATS: Mapping[SeatState, LazyString] = {
    SeatState.DRAWN: _l("已抽中，待通知"),
    SeatState.CALLED: _l("已通知，待答复"),
    SeatState.ACCEPTED: _l("接受"),
    SeatState.REFUSED: _l("回避或不能参加"),
    SeatState.EXPIRED: _l("逾期未答复"),
    SeatState.DISMISSED: _l("依法不再担任"),
}
ROUND_REASONS: Mapping[RoundReason, LazyString] = {
    RoundReason.REFUSED: _l("有人不能参加，补抽"),
    RoundReason.EXPIRED: _l("有人逾期未答复，补抽"),
    RoundReason.DISMISSED: _l("有人依法不再担任，补抽"),
    RoundReason.UNFILLED: _l("名额未满，补抽"),
    RoundReason.ORDERED: _l("依监督部门决定补抽"),
}
CORRECTIONS: Mapping[CorrectionGround, LazyString] = {
    CorrectionGround.WRONG_SUM: _l("分值汇总计算错误"),
    CorrectionGround.OUT_OF_RANGE: _l("分项评分超出评分标准范围"),
    CorrectionGround.UNEQUAL_OBJECTIVE: _l("客观评审因素评分不一致"),
    CorrectionGround.ABNORMAL_SCORE: _l("评分畸高、畸低"),
}
ROLLBACK_TARGETS: Mapping[RollbackTarget, LazyString] = {
    RollbackTarget.CHAIR: _l("推选组长"),
    RollbackTarget.REVIEW: _l("初步评审"),
}
ROLLBACK_GROUNDS: Mapping[RollbackGround, LazyString] = {
    RollbackGround.PROCEDURE: _l("程序有误：漏掉了步骤，或者顺序颠倒"),
    RollbackGround.MISTAKE: _l("操作失误：意见填错了投标或者条目"),
    RollbackGround.BASIS: _l("依据有误：用错或者漏看了文件、答复或者公布的标准"),
}
SUBJECTS: Mapping[ClarificationSubject, LazyString] = {
    ClarificationSubject.UNCLEAR: _l("含义不明确"),
    ClarificationSubject.INCONSISTENT: _l("同一内容表述不一致"),
    ClarificationSubject.OBVIOUS_ERROR: _l("有明显的文字或者计算错误"),
    ClarificationSubject.LOW_PRICE: _l("报价明显偏低，要求书面说明"),
    ClarificationSubject.ARITHMETIC: _l("报价有算术错误，要求确认修正后的报价"),
}
CLARIFICATIONS: Mapping[ClarificationStanding, LazyString] = {
    ClarificationStanding.VOTING: _l("正在表决"),
    ClarificationStanding.ACCEPTED: _l("表决通过，等待组长发出"),
    ClarificationStanding.SENT: _l("已发出，等待投标人答复"),
    ClarificationStanding.ANSWERED: _l("已答复"),
    ClarificationStanding.LAPSED: _l("逾期未答复"),
    ClarificationStanding.REFUSED: _l("表决未通过"),
    ClarificationStanding.WITHDRAWN: _l("提议人已撤回"),
    ClarificationStanding.DROPPED: _l("因成员变动或者评审终止而终结"),
}
DECISIONS: Mapping[Decision, LazyString] = {
    Decision.PERMITTED: _l("已准许"),
    Decision.REFUSED: _l("已驳回"),
    Decision.WITHDRAWN: _l("本人撤回"),
}
DISPOSALS: Mapping[Disposal, LazyString] = {
    Disposal.EXPLAINED: _l("有合理解释，不作处理"),
    Disposal.ASK: _l("请投标人书面说明"),
    Disposal.REJECT: _l("否决投标"),
}
REPLACEMENTS: Mapping[ReplacementGround, LazyString] = {
    ReplacementGround.CONFLICT: _l("有应当回避的情形而未声明"),
    ReplacementGround.ABSENCE: _l("未到场或擅离职守"),
    ReplacementGround.HEALTH: _l("因健康等原因不能继续评审"),
}
DROPPED: Mapping[DropCause, LazyString] = {
    DropCause.STANDSTILL: _l("拟定之后，评审的中断情况已经变化。需要的，请按现在的情况重新拟定。"),
    DropCause.MEMBER_LEFT: _l("该席位的成员已经退出，不需要再更换。"),
    DropCause.SIGNING: _l("评审报告已经开始签署，成员不能再更换。"),
}
STRETCHES: Mapping[Stretch, LazyString] = {
    Stretch.KEPT: _l("按时收到"),
    Stretch.LATE: _l("迟到补交"),
    Stretch.MISSING: _l("片段缺失"),
    Stretch.PAUSED: _l("没有录制（画面关闭或页面重新打开）"),
    Stretch.CUT: _l("结尾被截断，片段未交"),
    Stretch.OPEN: _l("没有结束的说明"),
}
RECORDING_STATES: Mapping[str, LazyString] = {
    "running": _l("正在录音录像"),
    "stalled": _l("录像片段没有按时收到"),
    "none": _l("没有录音录像"),
}
GROUNDS: Mapping[SuspensionGround, LazyString] = {
    SuspensionGround.FAULT: _l("线路或场所故障"),
    SuspensionGround.ORDER: _l("监督部门决定"),
    SuspensionGround.DEFECTIVE_DOCUMENTS: _l("采购文件有缺陷"),
    SuspensionGround.RECESS: _l("休会"),
}
WARNING_GROUNDS: Mapping[WarningGround, LazyString] = {
    WarningGround.DEVICES: _l("使用手机、摄录设备或者自带电脑"),
    WarningGround.OUTSIDE: _l("与外界联系"),
    WarningGround.TALK: _l("独立评审时互相交谈"),
    WarningGround.SEAT: _l("擅自离席，或者有无关人员在场"),
    WarningGround.INTERFERENCE: _l("以言行干扰他人评审"),
    WarningGround.PROCEDURE: _l("没有按规定的步骤进行"),
    WarningGround.VENUE: _l("画面、声音或者门禁不符合要求"),
}
SITTING_STEPS: Mapping[Disposition, LazyString] = {
    Disposition.SUSPEND: _l("暂停评审"),
    Disposition.RESUME: _l("恢复评审"),
    Disposition.ABANDON: _l("终止评审，另组评审委员会"),
}
CHECK_INS: Mapping[CheckInGround, LazyString] = {
    CheckInGround.NOT_THE_PERSON: _l("身份不符"),
    CheckInGround.NO_VALID_PAPER: _l("没有有效证件"),
    CheckInGround.DECLINED: _l("本人拒绝"),
}
DOCUMENTS: Mapping[IdentityDocument, LazyString] = {
    IdentityDocument.IDENTITY_CARD: _l("居民身份证"),
    IdentityDocument.PASSPORT: _l("护照"),
    IdentityDocument.RESIDENCE_PERMIT: _l("居留许可"),
    IdentityDocument.OTHER: _l("其他有效证件"),
}
PARTIES: Mapping[str, LazyString] = {
    "agency": _l("代理机构"),
    "centre": _l("交易中心"),
    "supervisor": _l("监督部门"),
}
MEMBERS: Mapping[str, LazyString] = {"expert": _l("评审专家"), "buyer": _l("采购人代表")}
FACTS: Mapping[str, LazyString] = {
    "PlatformFounded": _l("平台设立"),
    "CertificateIssued": _l("签发证书"),
    "CertificateRevoked": _l("吊销证书"),
    "CommitteeRegistered": _l("登记受托人"),
    "CommitteeReshared": _l("受托人换届"),
    "CommitteeRetired": _l("停用受托人"),
    "ClientCodePublished": _l("公布客户端程序摘要"),
    "RegistrationChecked": _l("核对投标人的营业执照和授权"),
    "CeremonyOpened": _l("发起密钥仪式"),
    "ResharingOpened": _l("发起换届仪式"),
    "CeremonyJoined": _l("受托人加入密钥仪式"),
    "DealingGiven": _l("受托人分发份额"),
    "DealingsAccepted": _l("受托人确认份额"),
    "CeremonyEnded": _l("密钥仪式终止"),
    "RehearsalOpened": _l("演练开始"),
    "RehearsalShareSigned": _l("受托人签署演练"),
    "RehearsalReleased": _l("演练：解密条件齐备"),
    "SampleBidOpened": _l("演练投标打开"),
    "RehearsalEnded": _l("演练结束"),
    "CaseOpened": _l("立项"),
    "TenderSubmitted": _l("送审"),
    "TenderReturned": _l("退回修改"),
    "TenderPublished": _l("公告发布"),
    "QuestionAsked": _l("提出问题"),
    "AnswerProposed": _l("拟答复"),
    "AnswerReleased": _l("答复发布"),
    "AmendmentProposed": _l("拟更正"),
    "AmendmentReleased": _l("更正发布"),
    "TrusteesChanged": _l("受托人换届，新份额生效"),
    "PostponementProposed": _l("拟推迟截止时间"),
    "PostponementReleased": _l("截止时间推迟"),
    "EvidenceExportRequested": _l("申请导出证据包"),
    "EvidenceExportReleased": _l("放行导出证据包"),
    "OutageExtensionProposed": _l("报告服务中断"),
    "OutageExtensionReleased": _l("因中断顺延截止时间"),
    "OutageMeasured": _l("平台测得服务中断"),
    "PauseProposed": _l("拟责令暂停"),
    "PauseOrdered": _l("责令暂停"),
    "ResumptionProposed": _l("拟决定恢复"),
    "ResumptionOrdered": _l("决定恢复"),
    "BidSubmitted": _l("投标提交"),
    "BidReceipted": _l("出具回执"),
    "BidWithdrawn": _l("投标撤回"),
    "LotClosed": _l("投标截止"),
    "LotFailed": _l("流标"),
    "ShareReleased": _l("受托人签署"),
    "ShareRefused": _l("受托人的份额有误，未予接受"),
    "BidsReleased": _l("解密条件齐备"),
    "FallbackStarted": _l("受托人逾期，启动补救程序"),
    "KeyCommitted": _l("承诺投标密钥"),
    "CommitmentsEnded": _l("承诺结束"),
    "KeyRevealed": _l("公开投标密钥"),
    "KeysDisclosed": _l("投标密钥一并公布"),
    "RoundSigned": _l("第二把锁解开"),
    "CoefficientsDrawn": _l("抽取评标系数"),
    "BidFileLost": _l("平台丢失一份密文，等待投标人交回原件"),
    "BidFileRestored": _l("投标人交回密文原件，摘要与回执一致"),
    "BidOpened": _l("投标解密"),
    "BidVoided": _l("投标无法解密"),
    "BidsReadOut": _l("唱标结束"),
    "ObjectionRaised": _l("开标现场提出异议或询问"),
    "ObjectionAnswered": _l("答复开标现场的异议或询问"),
    "FaultAttributed": _l("认定解密失败的责任"),
    "AttributionDisputed": _l("对责任认定提出异议"),
    "OpeningConfirmed": _l("确认开标记录"),
    "OpeningConcluded": _l("开标结束"),
    "BidsChecked": _l("清标"),
    "QualificationChecked": _l("资格审查"),
    "BuyerMemberNamed": _l("指定参加评审的代表"),
    "DrawConditionsProposed": _l("拟定抽取条件"),
    "DrawConditionsApproved": _l("核准抽取条件"),
    "DrawRoundOpened": _l("抽取轮次开始"),
    "DrawCommitted": _l("提交随机数承诺"),
    "CommitmentsOverdue": _l("有一方逾期未承诺"),
    "DrawStated": _l("名单锁定"),
    "DrawShareReleased": _l("受托人签署抽取"),
    "DrawSignatureRecorded": _l("联合签名记录"),
    "DrawSigned": _l("联合签名完成"),
    "CapsuleShareReleased": _l("受托人签署打开密封随机数"),
    "CapsulesOpened": _l("打开未公开方的密封随机数"),
    "DrawRevealed": _l("公开随机数"),
    "DrawCompleted": _l("抽取完成"),
    "CallUpSent": _l("发出通知"),
    "CallAttempted": _l("联系专家"),
    "CallUpAnswered": _l("专家答复"),
    "CallUpExpired": _l("逾期未答复"),
    "CandidateDismissed": _l("依法不再担任"),
    "SittingConvened": _l("评审委员会组成"),
    "MemberIdentified": _l("身份核验"),
    "BoothChanged": _l("更换机位，重新核验身份"),
    "CheckInRefused": _l("核验未通过"),
    "SittingOpened": _l("全部签到"),
    "WarningGiven": _l("监督提醒"),
    "MessagePosted": _l("席位发言"),
    "FloorGiven": _l("组长请席位发言"),
    "AnnouncementMade": _l("现场通知"),
    "AnnouncementNoted": _l("席位已阅通知"),
    "MemberPictureEnded": _l("关闭一名成员的画面和声音"),
    "MemberPictureAllowed": _l("恢复一名成员的画面和声音"),
    "RecordingBegun": _l("场所开始录音录像"),
    "RecordingKept": _l("收到录音录像片段"),
    "RecordingEnded": _l("场所结束录音录像"),
    "RecordingLookRequested": _l("申请调看录音录像"),
    "RecordingLookGranted": _l("批准调看录音录像"),
    "RecordingsDisposed": _l("录音录像保存期满，已删除"),
    "RecessCalled": _l("组长宣布休会"),
    "RecessEnded": _l("组长宣布复会"),
    "DefectFound": _l("组长因采购文件缺陷停止评审"),
    "FaultReported": _l("报告线路或场所故障"),
    "FaultRepaired": _l("故障排除"),
    "SittingOrderProposed": _l("拟作出评审监督决定"),
    "SittingOrdered": _l("签发评审监督决定"),
    "SittingDecisionProposed": _l("拟决定评审恢复或终止"),
    "SittingDecided": _l("决定评审恢复或终止"),
    "RecheckProposed": _l("拟请评审委员会复核"),
    "RecheckOrdered": _l("请评审委员会复核"),
    "RecheckAnswered": _l("评审委员会复核意见"),
    "NewCommitteeProposed": _l("拟另组评审委员会"),
    "NewCommitteeOrdered": _l("另组评审委员会"),
    "ReplacementProposed": _l("拟更换评审成员"),
    "ReplacementOrdered": _l("更换评审成员"),
    "MoreTimeAsked": _l("认为评标时间不够"),
    "MoreTimeDue": _l("认为评标时间不够的成员超过规定比例"),
    "TimeExtended": _l("延长评标时间"),
    "BriefingGiven": _l("向评审委员会介绍项目和采购文件"),
    "ChairNamed": _l("指定评标委员会组长"),
    "RollbackProposed": _l("提议退回重做一个环节"),
    "RollbackReleased": _l("同意退回重做一个环节"),
    "ReviewRolledBack": _l("退回初步评审，重新进行"),
    "ChairRolledBack": _l("退回推选组长，重新进行"),
    "SittingSuspended": _l("评审中断"),
    "SittingResumed": _l("评审恢复"),
    "SittingAbandoned": _l("评审终止"),
    "StatementMade": _l("作出声明"),
    "StatementsCompleted": _l("声明齐备"),
    "ChairVoted": _l("推选投票"),
    "ChairVoteTied": _l("票数相同"),
    "ChairElected": _l("组长产生"),
    "BidsReviewed": _l("提交初步评审意见"),
    "ContractPointsStated": _l("写明签订合同前要处理的事宜"),
    "FindingPut": _l("清标提示付表决"),
    "FindingVoted": _l("就清标提示表决"),
    "FindingWithdrawn": _l("撤回清标提示的表决"),
    "FindingDisposed": _l("清标提示表决结果"),
    "ReviewConcluded": _l("初步评审结论"),
    "CompetitionQuestioned": _l("有效投标不足，须就是否明显缺乏竞争表决"),
    "CompetitionVoted": _l("就是否明显缺乏竞争表决"),
    "CompetitionDecided": _l("是否明显缺乏竞争的表决结果"),
    "SittingFailed": _l("评审中止，流标"),
    "FailureRecordSealed": _l("封存评审情况记录"),
    "ScoreSheetLocked": _l("锁定评分表"),
    "ResultsComputed": _l("汇总得分"),
    "ClarificationProposed": _l("提议询问投标人"),
    "ClarificationVoted": _l("对询问投标人投票"),
    "ClarificationWithdrawn": _l("撤回询问投标人的提议"),
    "ClarificationDecided": _l("询问投标人的表决结果"),
    "ClarificationSent": _l("组长发出澄清要求"),
    "ClarificationAsked": _l("要求投标人澄清、说明、补正"),
    "ClarificationAnswered": _l("投标人书面答复"),
    "ClarificationLapsed": _l("投标人逾期未答复"),
    "PricesMarked": _l("标记明显偏低的报价"),
    "ExplanationJudged": _l("对报价说明表决"),
    "ExplanationDecided": _l("报价说明的表决结果"),
    "TiesDrawn": _l("得分并列，抽签确定顺序"),
    "CorrectionRequested": _l("申请更正评分"),
    "SheetReopened": _l("准许更正评分"),
    "CorrectionRefused": _l("驳回更正申请"),
    "CorrectionWithdrawn": _l("撤回更正申请"),
    "MemberRecused": _l("成员回避"),
    "MemberReplaced": _l("补抽成员入席"),
    "ConflictDeclared": _l("声明应当回避的情形"),
    "ReportPrepared": _l("评审报告生成"),
    "ReportSigned": _l("签署评审报告"),
    "DissentRecorded": _l("书面不同意见"),
    "RefusalRecorded": _l("记录拒绝签字"),
    "ReportSealed": _l("报告封存"),
    "SittingClosed": _l("评审结束"),
}

ACCESSES = {
    "reason:state": _l("说明查阅的理由"),
    "events:read": _l("查阅案卷记录"),
    "room:join": _l("旁听评审室"),
    "bids:read": _l("查阅投标文件"),
    "findings:read": _l("查阅清标提示"),
    "sitting:replay": _l("回放评审"),
    "photo:read": _l("查阅签到核验记录"),
    "qualification:read": _l("查阅资格文件"),
    "clarification:read": _l("查阅澄清"),
    "picture:watch": _l("观看现场画面"),
    "recording:look": _l("调看录音录像"),
    "presence:read": _l("查阅在席情况"),
    "report:read": _l("查阅评审报告"),
    "downloads:list": _l("查阅文件下载名单"),
    "evidence:export": _l("导出证据包"),
    "serving:read": _l("查阅专家劳务费和评价"),
    "name:ask": _l("查询专家姓名：申请或者决定"),
    "name:see": _l("查看专家姓名"),
    "fairness:read": _l("查阅抽取情况统计中的专家姓名"),
}
