"""The forms of the evaluation report: works and goods, what was recorded, where its code leads."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from app.documents.course_content import DocumentCheck, SiteRecording
from tests.app.documents.examples import CHECKED_AT, REPORT, minutes
from tests.app.documents.test_render import needs_poppler, squeezed


@needs_poppler
def test_a_report_about_works_has_the_ten_parts_of_its_rule_in_their_order(renderer):
    """O12 art. 42; goods keep the order of O87 art. 58, and neither speaks in the words of the other."""
    works = replace(REPORT, regime="works", qualification=(), contract_points="承包人应补交材料价格分析表。")
    shown = squeezed(renderer.render(works))
    parts = (
        "一、基本情况和数据表",
        "二、评标委员会成员名单",
        "三、开标记录",
        "四、符合要求的投标一览表",
        "五、否决投标的情况说明",
        "六、评标标准、评标方法或者评标因素一览表",
        "七、经评审的价格和评分比较一览表",
        "八、经评审的投标人排序",
        "九、推荐的中标候选人名单与签订合同前要处理的事宜",
        "十、澄清、说明、补正事项纪要",
        "十一、不同意见",
        "十二、其他说明",
    )
    assert sorted(parts, key=shown.index) == list(parts)
    assert shown.index(parts[8]) < shown.index("承包人应补交材料价格分析表") < shown.index(parts[9])
    assert "招标人" in shown
    assert "标段" in shown
    goods = squeezed(renderer.render(REPORT))
    order = ("一、项目与公告", "二、投标人名单", "三、评标方法", "四、开标记录", "五、价格", "六、评分", "七、评标结果")
    assert sorted(order, key=goods.index) == list(order)
    assert "标段" not in goods


@needs_poppler
def test_a_report_says_what_was_recorded_and_where_its_code_leads(renderer):
    sites = (
        SiteRecording("主场", 1, minutes(90), None, "已收 6 段", ("缺第 2–3 段",), "ab" * 32),
        SiteRecording("副场"),
    )
    shown = squeezed(renderer.render(replace(REPORT, recordings=sites)))
    for words in ("尚未结束", "已收6段", "缺第2–3段", "ab" * 32, "没有录音录像", "扫码核验", CHECKED_AT, "6e" * 32):
        assert words in shown, words
    unreached = replace(REPORT, check=DocumentCheck("tenderhall-check/v1 x", "", "6e" * 32))
    assert "没有配置公开网址，二维码不是网址" in squeezed(renderer.render(unreached))


@needs_poppler
@pytest.mark.parametrize("regime", ["goods", "works"])
@pytest.mark.parametrize(
    ("by", "tables", "absent"),
    [
        ("comprehensive", ("价格分", "最终得分"), ("标价比较表", "进入价格评审")),
        (
            "lowest_evaluated_price",
            ("标价比较表", "各成员清点的商务偏差", "付款期限调整（元）"),
            ("最终得分", "价格分"),
        ),
        ("technical_gate", ("技术得分", "进入价格评审", "价格分"), ("标价比较表", "最终得分")),
    ],
)
def test_the_tables_of_comparison_follow_from_the_method_under_either_rule(renderer, regime, by, tables, absent):
    bids = [replace(bid, adjustments=(D("1200.00"),), means=(D(2),)) for bid in REPORT.scored_bids]
    bids[-1] = replace(bids[-1], passed=by != "technical_gate")
    more = {"scored_names": ("付款期限",)} if by == "lowest_evaluated_price" else {}
    more |= {} if by == "comprehensive" else {"price_formula": "按公布的办法", "averaging": "取平均"}
    report = replace(REPORT, regime=regime, by=by, scored_bids=tuple(bids), criteria=REPORT.criteria[1:], **more)
    shown = squeezed(renderer.render(report))
    assert [words for words in tables if words not in shown] == []
    assert [words for words in absent if words in shown] == []
    assert ("综合评估比较表" in shown) == (by == "comprehensive" and regime == "works")
