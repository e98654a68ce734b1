"""Words for what the rules name by code: roles, criteria, formulas, periods, reasons. English: the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.documents import method_wording
from app.documents import wording as documents_wording
from app.messages import regime_words, sentence
from app.procedure.calendar import Period, Unit
from app.procedure.profiles import Profile
from app.procedure.roles import Role
from evaluation.criteria import AdjustmentBasis, CriteriaSet, Criterion, CriterionKind, CriterionStage
from evaluation.evaluate import EvaluationRules
from evaluation.methods import EvaluationMethod
from evaluation.ranking import CRITERION_PREFIX
from evaluation.scoring import Aggregation, ScoringRules
from evaluation.sitting import COMPETITION_LACKING, TOO_FEW_BRANDS

ROLES = {
    Role.AGENCY_OFFICER: _l("代理机构经办"),
    Role.AGENCY_SUPERVISOR: _l("代理机构审核人"),
    Role.CENTRE_OPERATOR: _l("交易中心经办"),
    Role.TRUSTEE: _l("受托人（保管份额）"),
    Role.BIDDER: _l("投标人"),
    Role.EXPERT: _l("评审专家"),
    Role.SITE_WITNESS: _l("现场见证"),
    Role.REGULATOR: _l("监督人员"),
    Role.SYSTEM_ADMIN: _l("系统管理员"),
    Role.PUBLIC: _l("公众"),
}
FAILURES = {
    "fewer_than_required": _l("截止时有效提交少于规定的家数，依法不开标。"),
    "too_few_keys": _l("受托人未达到门限，承诺密钥的投标少于规定的家数，依法不开标。"),
    "too_few_valid": _l("能够开启的投标少于规定的家数。"),
}
COMPETITION_FAILED = _l(
    "初步评审后有效投标 %(valid)s 家，少于 %(least)s 家，评标委员会过半数认为明显缺乏竞争，否决全部投标，本标包流标。"
)
TOO_FEW_BRANDS_FAILED = _l(
    "初步评审后有效投标 %(valid)s 家，核心产品品牌相同的按一家计算为 %(brands)s 家，少于规定的 %(least)s 家，依法流标。"
)
EVALUATION_FAILED = _l("初步评审后有效投标 %(valid)s 家，少于规定的 %(least)s 家，依法流标。")


def failure_words(facts: Mapping[str, str]) -> str:
    """Why a lot failed, with the figures (`queries.endings.failure_of`); "" where it did not."""
    if facts.get("reason") == COMPETITION_LACKING:
        return str(COMPETITION_FAILED) % facts
    if facts.get("reason") == TOO_FEW_BRANDS:
        return str(TOO_FEW_BRANDS_FAILED) % facts
    if "valid" in facts:
        return str(EVALUATION_FAILED) % facts
    return str(FAILURES.get(facts["reason"], facts["reason"])) if "reason" in facts else ""


def signing_words(facts: Mapping[str, str]) -> str:
    """How many members stand behind a sealed report (`queries.endings.signing_counts`); "" before the seal."""
    if "members" not in facts:
        return ""
    lang, missing = g.get("lang", "zh"), 2 * int(facts["dissented"]) > int(facts["members"])
    parts = [sentence("signing_tally", facts, lang)]
    if facts["earlier"] != "0":
        parts.append(sentence("dissented_before", facts, lang))
    if missing:
        parts.append(sentence("no_majority", {}, lang))
    return " ".join(parts)


CRITERION_KINDS = {
    CriterionKind.OBJECTIVE: _l("客观分"),
    CriterionKind.SUBJECTIVE: _l("主观分"),
    CriterionKind.PRICE: _l("价格分"),
}
CRITERION_STAGES = {
    CriterionStage.TECHNICAL: _l("技术"),
    CriterionStage.COMMERCIAL: _l("商务"),
    CriterionStage.CREDIT: _l("资信"),
    CriterionStage.PRICE: _l("报价"),
}
ADJUSTMENT_BASES = {  # with a minus: what is taken off the price
    AdjustmentBasis.YUAN: _l("加价 元"),
    AdjustmentBasis.PERCENT: _l("加价 %"),
    f"-{AdjustmentBasis.YUAN}": _l("减价 元"),
    f"-{AdjustmentBasis.PERCENT}": _l("减价 %"),
}
FORMULAS = {
    "lowest_price_ratio": _l("低价优先：最低价得满分，其余按最低价 ÷ 报价折算"),
    "mean_deviation": _l("平均价基准：按偏离平均价的百分点扣分"),
    "trimmed_mean_discount": _l("平均价下浮：基准价为平均价下浮后，按偏离百分点扣分"),
    "ceiling_mix": _l("限价与均价合成基准：最高限价与区间内均价加权"),
    "utility": _l("效用函数：基准价得满分，两侧按比例递减"),
    "piecewise": _l("分段计分：按偏离区间的不同比率扣分"),
}
PARAMETERS = {
    "full": _l("价格分满分"),
    "places": _l("得分保留小数位"),
    "drop_highest_from": _l("多少家起去掉一个最高价"),
    "drop_lowest_from": _l("多少家起去掉一个最低价"),
    "benchmark_places": _l("基准价保留小数位"),
    "above": _l("高于基准价的扣分率"),
    "below": _l("低于基准价的扣分率"),
    "floor": _l("最低得分"),
    "deviation_places": _l("偏离率保留小数位"),
    "discount": _l("下浮率"),
    "ceiling": _l("最高限价（元）"),
    "drop": _l("限价下浮率"),
    "floor_weight": _l("下限权重"),
    "floor_ratio": _l("下限系数"),
    "weight": _l("限价权重"),
    "ratio": _l("基准系数"),
    "base": _l("等于基准价时的百分得分"),
    "peak": _l("最高百分得分"),
    "least_below": _l("低于基准价一侧的最低百分得分"),
    "least_above": _l("高于基准价一侧的最低百分得分"),
}
TIE_RULES = {
    "price_score": _l("价格分高者在前"),
    "lower_price": _l("报价低者在前"),
    "technical": _l("技术得分高者在前"),
    "draw": _l("抽签决定"),
}
METHODS = {
    "公开招标": _l("公开招标"),
    "邀请招标": _l("邀请招标"),
}
PLATFORM_RULE = "平台规则"
LAWS = {
    "招标投标法": _l("招标投标法"),
    "实施条例": _l("招标投标法实施条例"),
    "电子招标投标办法": _l("电子招标投标办法"),
    "评标委员会和评标方法暂行规定": _l("评标委员会和评标方法暂行规定"),
    "政府采购法": _l("政府采购法"),
    "政府采购法实施条例": _l("政府采购法实施条例"),
    "财政部令第87号": _l("财政部令第87号"),
    "政府采购评审专家管理办法": _l("政府采购评审专家管理办法"),
    "发改办法规〔2025〕807号": _l("发改办法规〔2025〕807号"),
    "财库〔2022〕19号": _l("财库〔2022〕19号"),
}
_CITATION = re.compile(r"(?P<law>\S+?)(?: (?P<articles>[\d、]+))?(?P<unchecked>（待核）)?")
_UNITS = {
    Unit.DAYS: _l("日"),
    Unit.WORKING_DAYS: _l("个工作日"),
    Unit.HOURS: _l("小时"),
    Unit.MINUTES: _l("分钟"),
    Unit.SECONDS: _l("秒"),
}


def english() -> bool:
    return g.get("lang", "zh") == "en"


def standard_of(criterion: Criterion) -> str:
    """For what points are given, in the language of the page; "" where the tender says no more than bands and steps."""
    return criterion.standard_en if english() else criterion.standard_zh


def named(thing: object) -> str:
    """`name_en` or `name_zh` of something that has both, in the language of the page."""
    return str(getattr(thing, "name_en" if english() else "name_zh"))


def titled(thing: object) -> str:
    """`title_en` or `title_zh`, in the language of the page."""
    return str(getattr(thing, "title_en" if english() else "title_zh"))


def method_words(method: str) -> str:
    """The way of procurement; one of an older notice that is not named here stays as it was typed."""
    return str(METHODS.get(method, method))


def citation_words(citations: str) -> str:
    """A profile's articles in words: “招标投标法 23；实施条例 21” names the law, then its articles.

    What an older notice's profile calls 待核 was not compared with the text of the law, which might say something else:
    a page cites no article for it.
    """
    return _("；").join(_citation_words(one) for one in citations.split("；"))


def _citation_words(one: str) -> str:
    found = _CITATION.fullmatch(one)
    if found is not None and found["unchecked"]:
        return _("平台规则")
    if found is None or found["law"] not in LAWS:
        return _("平台规则") if one == PLATFORM_RULE else one
    law, articles = str(LAWS[found["law"]]), (found["articles"] or "").replace("、", _("、"))
    return _("%(law)s第 %(articles)s 条", law=law, articles=articles) if articles else law


def article_words(profile: Profile, name: str) -> str:
    """The article behind a number of the rule book, by the number's name; a dash where it names none."""
    return citation_words(profile.articles.get(name, "—"))


def period_words(period: Period) -> str:
    """20 日, 5 个工作日."""
    return _("%(amount)s %(unit)s", amount=period.amount, unit=_UNITS[period.unit])


def lang() -> documents_wording.Lang:
    """The language of the page."""
    return "en" if english() else "zh"


def price_words(rules: EvaluationRules) -> str:
    """How prices are compared, in the language of the page."""
    return method_wording.price_words(rules, lang())


def standard_words(rules: EvaluationRules, regime: str) -> str:
    """The method of an evaluation with what decides under it, in the language of the page."""
    return method_wording.method_standard(rules, regime, lang())


def adjustment_words(criterion: Criterion) -> str:
    """What a unit of a deviation adds to the price, in the language of the page; "" where points are given."""
    return method_wording.adjustment_words(criterion, lang())


def evaluation_methods(profile: Profile) -> dict[EvaluationMethod, str]:
    """The methods that a rule book knows, by their names in its regime."""
    return {one: sentence(f"{profile.regime}_method_{one}", {}, lang()) for one in profile.methods}


def averaging_words(rules: ScoringRules) -> str:
    """How the members' totals become one."""
    if rules.aggregation is Aggregation.SIMPLE_MEAN:
        return _("总得分为全体成员评分的算术平均，四舍五入保留 %(places)s 位小数。", places=rules.places)
    return _(
        "满 %(least)s 名成员时去掉一个最高分和一个最低分，其余取算术平均，保留 %(places)s 位小数。",
        least=rules.trim_from,
        places=rules.places,
    )


def outlier_words(rules: ScoringRules) -> str:
    """From where a score is marked as abnormally high or low; "" where the documents publish no limit."""
    if rules.outlier_share is None:
        return ""
    share = documents_wording.plain(rules.outlier_share * 100)
    return _("与其他成员平均分相差超过该项满分 %(share)s%% 的评分，汇总时标记为偏离（畸高、畸低）。", share=share)


def tie_words(chain: tuple[str, ...], criteria: CriteriaSet) -> str:
    """The order in which equal totals are told apart."""
    words = []
    for rule in chain:
        if rule.startswith(CRITERION_PREFIX):
            words.append(_("“%(name)s”得分高者在前", name=named(criteria[rule.removeprefix(CRITERION_PREFIX)])))
        else:
            words.append(str(TIE_RULES[rule]))
    return _("；").join(words) or _("不设先后")


def in_regime(text: str, facts: Mapping[str, str]) -> str:
    """A text, with what the regime of the case calls its people where the facts say which one it is."""
    return text % regime_words(facts["regime"], g.get("lang", "zh")) if "regime" in facts else text
