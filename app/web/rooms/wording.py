"""The running record of an opening in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.messages import sentence, void_sentence
from app.queries.opening_hall import RecordLine
from app.web.names import FACTS

BY_ITSELF = {  # what the clock and the platform do
    "FallbackStarted": _l("受托人逾期未达门限，系统自动启动补救程序，投标人承诺密钥"),
    "CommitmentsEnded": _l("承诺结束"),
    "KeysDisclosed": _l("投标人的密钥一并公布，开始解密"),
    "LotClosed": _l("投标截止，系统自动封闭"),
    "BidsReleased": _l("受托人签名达到规定数量"),
}


def record_text(line: RecordLine, words: Mapping[str, str]) -> str:
    """One line of the running record; `words` are those of the regime."""
    if line.type == "ObjectionRaised":
        return _("投标人提出%(objecting)s", **words)
    if line.type == "ObjectionAnswered":
        return _("代理机构已答复%(objection)s", **words)
    if line.type == "ShareReleased":
        return _("%(name)s 已签署，签名验证通过", name=line.about)
    if line.type == "ShareRefused":
        return _("%(name)s 送来的份额验证不通过，未予接受；本轮开标须由其他受托人或其正确份额完成", name=line.about)
    if line.type == "RoundSigned":
        return _("drand 第 %(round)s 轮签名已到，验证通过，第二把锁解开", round=line.about)
    if line.type == "FaultAttributed":
        return _("招标人认定 %(name)s 解密失败的责任", name=line.about)
    if line.type == "AttributionDisputed":
        return _("%(name)s 对责任认定提出异议", name=line.about)
    if line.type == "OpeningConfirmed" and line.about:
        return _("%(name)s 确认开标记录", name=line.about)
    if line.type == "BidOpened":
        return _("%(name)s 的投标已解密", name=line.about)
    if line.type == "BidVoided":
        return _("%(name)s 的投标无法解密，按无效投标记录", name=line.about)
    return str(BY_ITSELF.get(line.type) or FACTS[line.type])


def coefficient_name(name: str) -> str:
    """What a coefficient of the price formula is called."""
    return sentence(f"coefficient_{name}", {}, g.get("lang", "zh"))


def fault_words(fault: str) -> str:
    """Whose fault it is, and what follows from it."""
    return sentence(f"fault_is_{fault}", {}, g.get("lang", "zh"))


def void_reason(code: str) -> str:
    """Why a bid could not be opened, in one sentence."""
    return void_sentence(code, g.get("lang", "zh"))
