"""Published (or submitted) terms as pages show them: the same words for the public, the officer and the supervisor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest

from flask import g
from flask_babel import gettext as _

from app.casefile.committees import StandingCommittee
from app.documents.method_wording import review_item_words
from app.documents.wording import plain
from app.messages import regime_words, sentence
from app.procedure.convening import least_members
from app.procedure.money import rmb_capital
from app.procedure.profiles import Profile
from app.procedure.terms import LotTerms, TenderTerms
from app.procedure.witnesses import RegisterTerms
from app.web.pages import to_local
from app.web.wording import (
    CRITERION_KINDS,
    CRITERION_STAGES,
    adjustment_words,
    article_words,
    averaging_words,
    citation_words,
    method_words,
    named,
    outlier_words,
    period_words,
    price_words,
    standard_of,
    standard_words,
    tie_words,
    titled,
)
from crypto.canonical import Json, canonical
from crypto.committee import Committee
from crypto.timelock import QUICKNET, Chain
from evaluation.arithmetic import HUNDRED
from evaluation.criteria import Criterion
from evaluation.sitting import ReviewItem


@dataclass(frozen=True)
class ShownCriterion:
    name: str
    kind: str
    stage: str
    full: str
    step: str
    bands: str
    standard: str
    adjustment: str  # what a unit of a deviation adds to the price; "" where points are given
    state: str = ""


@dataclass(frozen=True)
class ShownLot:
    """A lot's terms in words; `amounts` are figures with their capitals."""

    terms: LotTerms
    method: str
    criteria: tuple[ShownCriterion, ...]
    total: str
    formula: str
    averaging: str
    ties: str
    candidates: int
    review_items: tuple[str, ...]
    budget_words: str
    ceiling_words: str


@dataclass(frozen=True)
class ShownTerms:
    terms: TenderTerms
    method: str
    profile: str
    members: str
    periods: tuple[tuple[str, str], ...]
    committee: str
    committee_id: str  # by which the records of draws are checked
    second_lock: str  # "" where there is none
    witnesses: str
    lots: tuple[ShownLot, ...]


def shown_terms(terms: TenderTerms) -> ShownTerms:
    """The words of a tender's terms."""
    committee = terms.committee
    return ShownTerms(
        terms,
        method_words(terms.method),
        titled(terms.profile),
        committee_words(terms),
        (*_periods(terms), *_low_prices(terms.profile), *_arithmetic(terms.profile), *_chair(terms.profile)),
        _("%(k)s / %(n)s 家受托人共同解密（%(mode)s）", k=committee["k"], n=committee["n"], mode=terms.mode),
        Committee.from_description(committee).id,
        second_lock_words(terms.chain) if terms.chain else "",
        witness_words(terms.register),
        tuple(shown_lot(lot, terms.profile.regime) for lot in terms.lots),
    )


def committee_words(terms: TenderTerms) -> str:
    """How large the evaluation committee is at least, and why where it is not the ordinary size."""
    profile, least = terms.profile, least_members(terms)
    article = article_words(profile, "committee_size")
    words = _("不少于 %(least)s 人，单数（%(article)s）", least=least, article=article)
    if least == profile.committee_size:
        return words
    if terms.complex:
        return _("%(words)s：申明为技术复杂或者社会影响较大", words=words)
    limit = format(profile.large_budget or 0, ",f")
    return _("%(words)s：预算合计达到 %(limit)s 元", words=words, limit=limit)


def second_lock_words(chain: Chain) -> str:
    """What mode M2 means, and whose beacon it relies on."""
    name = chain.beacon_id if chain == QUICKNET else f"{chain.beacon_id} {chain.hash}"
    return _(
        "模式 M2：受托人签署之外，还须 drand 网络（%(chain)s）在截止后产生的公开签名；在此之前受托人串通也不能开标",
        chain=name,
    )


def standing_words(committee: StandingCommittee) -> str:
    """A standing committee in one line of a choice: how many sign, who they are, how it was made, since when."""
    holds = committee.description
    words = [
        _("%(k)s / %(n)s 家共同解密：", k=holds["k"], n=holds["n"])
        + _("、").join(m["organisation"] for m in holds["members"]),
        mode_words(holds["mode"]),
        _("%(day)s 登记", day=_day(committee.registered_at)),
    ]
    if committee.reshared_at is not None:
        words.append(_("%(day)s 换届", day=_day(committee.reshared_at)))
    return " · ".join(words)


def mode_words(mode: str) -> str:
    """How a committee's shares were made."""
    return _("演示：全部密钥在一台机器") if mode == "M0" else _("份额在各自机器上生成")


def _low_prices(profile: Profile) -> tuple[tuple[str, str], ...]:
    """Below which shares a price is to be explained; nothing where the rule book marks none."""
    rules = profile.low_price
    if rules is None:
        return ()
    shares = (
        (_("通过评审的投标报价平均值的 %(n)s%%"), rules.of_mean),
        (_("次低报价的 %(n)s%%"), rules.of_next),
        (_("最高限价的 %(n)s%%"), rules.of_ceiling),
    )
    below = _("、").join(words % {"n": plain(share * HUNDRED)} for words, share in shares if share is not None)
    source = article_words(profile, "low_price")
    return ((_("报价低于下列任一标准的，须书面说明"), _("%(period)s（%(source)s）", period=below, source=source)),)


def _arithmetic(profile: Profile) -> tuple[tuple[str, str], ...]:
    """By which rules, in which order, a price is corrected; nothing where the rule book knows none."""
    if not profile.arithmetic:
        return ()
    grounds = [sentence(f"arithmetic_{ground}", {}, g.get("lang", "zh")) for ground in profile.arithmetic]
    order = _("；").join(f"({number}) {words}" for number, words in enumerate(grounds, 1))
    source = article_words(profile, "arithmetic")
    return ((_("报价的算术修正，依次"), _("%(period)s（%(source)s）", period=order, source=source)),)


def _chair(profile: Profile) -> tuple[tuple[str, str], ...]:
    """That the tenderer may name the chair; nothing where it is always elected."""
    if not profile.tenderer_may_name_chair:
        return ()
    source = article_words(profile, "tenderer_may_name_chair")
    return ((_("评标委员会组长"), _("由成员推选，或者由招标人指定（%(source)s）", source=source)),)


def _day(at: datetime) -> str:
    return to_local(at).date().isoformat()


def witness_words(register: RegisterTerms) -> str:
    """Who vouches from outside that the case has one history, and how many of them must."""
    if not register.witnesses:
        return _("无见证机构：没有平台以外的一方证明案卷未被改写。")
    names = _("、").join(key.name for key in register.witness_keys)
    return _("%(names)s，须 %(quorum)s 家联署", names=names, quorum=register.quorum)


def _periods(terms: TenderTerms) -> tuple[tuple[str, str], ...]:
    profile, asked = terms.profile, terms.profile.clarification
    words = regime_words(profile.regime, g.get("lang", "zh"))
    rows = (
        (_("发布至投标截止不少于"), profile.documents_to_deadline, "documents_to_deadline"),
        (_("更正至投标截止不少于"), profile.amendment_before_deadline, "amendment_before_deadline"),
        (_("变动截止时间须提前公布"), profile.moved_deadline_notice, "moved_deadline_notice"),
        (_("中断满多久才顺延截止"), profile.outage_at_least, "outage_at_least"),
        (_("截止前多久内的中断由平台提出顺延"), profile.outage_before_deadline, "outage_before_deadline"),
        (_("截止前多久停止提问"), profile.question_before_deadline, "question_before_deadline"),
        (_("开标%(objection)s时间", **words), profile.objection_at_opening, "objection_at_opening"),
        (_("评审开始前故障最长等待"), profile.fault_before_start, "fault_before_start"),
        (_("评审开始后故障最长排除时间"), profile.fault_after_start, "fault_after_start"),
        (_("投标人答复评标委员会询问的时间，最短"), asked.least if asked else None, "clarification"),
        (_("投标人答复评标委员会询问的时间，最长"), asked.most if asked else None, "clarification"),
        (_("记录拒绝签字、代组长答复更正申请须先等待"), profile.refusal_after, "refusal_after"),
    )
    stated = ((label, period, profile.articles.get(key, "—")) for label, period, key in rows if period is not None)
    return tuple(
        (label, _("%(period)s（%(source)s）", period=period_words(period), source=citation_words(articles)))
        for label, period, articles in stated
    )


def shown_lot(lot: LotTerms, regime: str) -> ShownLot:
    rules = lot.evaluation
    averaging = "" if rules.in_money else averaging_words(rules.scoring) + outlier_words(rules.scoring)
    return ShownLot(
        lot,
        standard_words(rules, regime),
        tuple(_criterion(criterion) for criterion in rules.criteria.criteria),
        plain(rules.criteria.total),
        price_words(rules),
        averaging,
        tie_words(rules.tie_chain, rules.criteria),
        rules.most_candidates,
        tuple(review_item(item) for item in lot.review_items),
        _words(lot.budget),
        _words(lot.ceiling),
    )


def review_item(item: ReviewItem) -> str:
    """An item of the review in the language of the page."""
    return review_item_words(item, g.get("lang", "zh"))


def _criterion(criterion: Criterion) -> ShownCriterion:
    bands = _("；").join(f"{named(band)} {plain(band.low)}–{plain(band.high)}" for band in criterion.bands)
    return ShownCriterion(
        named(criterion),
        str(CRITERION_KINDS[criterion.kind]),
        str(CRITERION_STAGES[criterion.stage]),
        plain(criterion.full),
        plain(criterion.step),
        bands,
        standard_of(criterion),
        adjustment_words(criterion),
    )


def _words(amount: Decimal) -> str:
    return rmb_capital(amount)


def differences(before: Json, after: Json, path: str = "") -> list[tuple[str, str, str]]:
    """(where, before, after) of every leaf that differs; what is missing shows as a dash."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        return [d for key in keys for d in differences(before.get(key, ""), after.get(key, ""), f"{path}.{key}")]
    if isinstance(before, list) and isinstance(after, list):
        pairs = zip_longest(before, after, fillvalue="")
        return [d for i, (old, new) in enumerate(pairs, 1) for d in differences(old, new, f"{path}[{i}]")]
    return [] if before == after else [(path.lstrip("."), _leaf(before), _leaf(after))]


def _leaf(value: Json) -> str:
    return canonical(value).decode() if isinstance(value, dict | list) else str(value) or "—"
