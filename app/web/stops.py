"""The stops of a case's time line in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.casefile.case import Case
from app.extensions import could_ever, current_actor
from app.permissions.actions import Action
from app.queries.timeline import CaseStage
from app.web.wording import failure_words, signing_words


@dataclass(frozen=True)
class ShownStage:
    """A stop of the time line as the component draws it."""

    name: str
    state: str
    at: datetime | None
    text: str = ""
    documents: list[tuple[str, str]] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)
    verdict: str = ""  # what re-checking the case found at this stop: a `Verdict`, or nothing where it was not done


STAGE_NAMES = {
    "notice": _l("采购公告"),
    "questions": _l("提问与答复"),
    "deadline": _l("投标截止"),
    "opening": _l("开标"),
    "failed": _l("流标"),
    "draw": _l("抽取专家"),
    "evaluation": _l("远程评审"),
    "report": _l("评审报告"),
}
FAILURE_RECORD = _l("评审情况记录")  # the last stop, where an evaluation failed or was given up


def shown_stage(case: Case, stage: CaseStage) -> ShownStage:
    text = _stage_text(case, stage)
    hall = stage.code == "opening" and could_ever(current_actor(), Action.OPENING_WATCH)
    documents = [(_("开标大厅"), f"/cases/{case.id}/lots/{stage.lot}/opening")] if hall else []
    checks = []
    if stage.code == "notice":
        digest, how = _("条款摘要 SHA-256"), _("怎样核验")
        checks = [
            (digest, case.tender.terms_sha256),
            (how, _("发布人签名的就是这个摘要；证据包中的公告条款按规范 JSON 计算，应得到同一数值。")),
        ]
    name = FAILURE_RECORD if "failure" in stage.facts else STAGE_NAMES[stage.code]
    return ShownStage(str(name), stage.state, stage.at, text, documents, checks)


def _stage_text(case: Case, stage: CaseStage) -> str:
    facts, parties = stage.facts, case.tender.parties
    match stage.code:
        case "notice":
            return _("%(agency)s 发布，审核人复核。", agency=parties.agency.name if parties else "")
        case "questions":
            return _("已答复 %(answered)s 个问题，发布 %(amended)s 次更正。", **facts)
        case "deadline" if "paused" in facts:
            return _("已暂停，截止时间停止计算，恢复时另行公布。")
        case "deadline" if "moved" in facts:
            return _("公告发布后变动 %(moved)s 次。", **facts)
        case "opening" if "opened" in facts:
            return _("%(opened)s 家开启，%(voided)s 家无效。", **facts)
        case "failed":
            return failure_words(facts)
        case "evaluation" | "report":
            return _evaluation_text(stage)
        case "draw":
            rounds = _("已进行 %(rounds)s 轮。", **facts) if facts.get("rounds", "0") != "0" else ""
            return (_("原评审已终止，另组评审委员会重新评审。") if "anew" in facts else "") + rounds
    return ""


def _evaluation_text(stage: CaseStage) -> str:
    """What a sitting and its report came to where they are not simply done or ahead."""
    facts = stage.facts
    if "stands" in facts:
        return _("评审已中断")
    if "abandoned" in facts:
        return _("评审已终止，资料按现状封存。")
    if "findings" in facts:
        return _("清标提示 %(findings)s 项，评审委员会已处理 %(settled)s 项。", **facts)
    if "failure" in facts:
        sealed = facts["failure"] == "sealed"
        return _("没有评审报告；本记录已由中心封存。") if sealed else _("没有评审报告；中心正在封存本记录。")
    return signing_words(facts) or failure_words(facts)
