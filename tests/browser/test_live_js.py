"""Live parts and the scoring desk on a line that breaks: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from live_site import DESK, LiveSite, wait_for
from playwright.sync_api import Page, expect
from styleguide import sample

pytestmark = pytest.mark.browser

BOARD = """
{% block content %}
<div data-live-case="c1" data-live-cursor="cursor-0">
<section data-live="board" data-live-url="/part"><p>1</p><input id="mine" aria-label="我的备注" value=""></section>
<section data-live="other" data-live-url="/never"><p>不变</p></section>
</div>
{% endblock %}
{% block scripts %}<script type="module" src="{{ asset('live.js') }}" nonce="{{ csp_nonce }}"></script>{% endblock %}
"""
COUNTS_EVENTS = """
window.told = { joined: 0, changed: 0 };
for (const name of Object.keys(window.told)) {
  document.addEventListener(`tenderhall:${name}`, () => { window.told[name] += 1; });
}
"""


@pytest.fixture
def site() -> Iterator[LiveSite]:
    serving = LiveSite()
    serving.start()
    yield serving
    serving.stop()


def test_a_changed_part_is_fetched_and_keeps_what_one_is_typing(page: Page, site: LiveSite):
    page.goto(site.show_text("/board", BOARD))
    wait_for(page, lambda: site.joins)
    assert site.joins == [{"case": "c1", "cursor": "cursor-0"}]
    page.get_by_label("我的备注").fill("待核")
    site.pages["/part"] = '<p>2</p><input id="mine" aria-label="我的备注" value="">'
    site.tell(cursor="cursor-9", fragment_ids=["board"], type="BidOpened", at="2026-03-03T01:30:04Z")
    expect(page.get_by_text("2", exact=True)).to_be_visible()
    expect(page.get_by_label("我的备注")).to_have_value("待核")
    expect(page.get_by_label("我的备注")).to_be_focused()
    expect(page.get_by_text("不变")).to_be_visible()
    site.pages["/part"] = "<p>3</p><button>验算</button>"
    site.tell(cursor="cursor-10", fragment_ids=["board"], type="BidOpened", at="2026-03-03T01:30:05Z")
    page.get_by_role("button", name="验算").focus()  # which has no id to be found by afterwards
    site.pages["/part"] = "<p>4</p><button>验算</button>"
    site.tell(cursor="cursor-11", fragment_ids=["board"], type="BidOpened", at="2026-03-03T01:30:06Z")
    expect(page.get_by_text("4", exact=True)).to_be_visible()


def test_a_lost_line_says_so_and_catches_up_from_the_cursor(page: Page, site: LiveSite):
    page.add_init_script(COUNTS_EVENTS)
    page.goto(site.show_text("/board", BOARD))
    page.wait_for_function("() => window.told.joined")
    site.tell(cursor="cursor-7", fragment_ids=[], type="BidOpened", at="2026-03-03T01:30:04Z")
    page.wait_for_function("() => window.told.changed")
    site.pages["/part"], site.pages["/never"] = "<p>补上的</p>", "<p>不变</p>"
    site.refusing = True
    site.break_line()
    expect(page.locator("#line-bar")).to_contain_text("线路中断")
    site.refusing = False
    expect(page.locator("#line-bar")).to_be_hidden(timeout=10_000)
    assert site.joins[-1] == {"case": "c1", "cursor": "cursor-7"}
    expect(page.get_by_text("补上的")).to_be_visible()


def test_a_score_is_saved_and_the_total_is_exact(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    expect(page.locator("[data-score-total]")).to_have_text("28.00")
    page.get_by_label("售后服务 满分").fill("7.5")
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07")
    expect(page.locator("[data-score-total]")).to_have_text("35.50")
    (saved,) = site.saves
    assert saved.pop("command_id")
    assert saved.pop("window")
    sent = {"case": "c1", "lot": "1", "bid": "b2", "criterion": "service", "value": "7.50", "comment": "", "seq": 0}
    assert saved == sent


def test_a_score_beyond_the_mark_or_off_the_step_is_not_sent(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    for wrong in ("10.5", "7.25", "x"):
        page.get_by_label("售后服务 满分").fill(wrong)
        expect(page.locator("#score-b2-service-saved")).to_have_text("请输入 0 至 10.00 之间、0.50 的倍数")
    page.get_by_label("技术参数 满分").fill("26.5")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("评分表已锁定。")
    assert len(site.saves) == 1


def test_what_is_no_score_leaves_the_saved_one_and_says_so(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    technical, told = page.get_by_label("技术参数 满分"), page.locator("#score-b2-technical-saved")
    for wrong in ("46", "x"):
        technical.fill(wrong)
        expect(told).to_have_text("请输入 0 至 45.00 之间、0.50 的倍数（仍按已保存的 27.00 计）")
        expect(page.locator("[data-score-total]")).to_have_text("28.00")
    technical.fill("44.5")
    expect(told).to_have_text("不在任何一档。（仍按已保存的 27.00 计）")
    expect(page.locator("[data-score-total]")).to_have_text("28.00")
    technical.fill("40")
    expect(told).to_have_text("已保存 10:32:07")
    expect(page.locator("[data-score-total]")).to_have_text("41.00")
    technical.fill("4x")
    expect(told).to_have_text("请输入 0 至 45.00 之间、0.50 的倍数（仍按已保存的 40.00 计）")


def test_a_saved_score_is_taken_back_by_emptying_its_field(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    page.get_by_label("技术参数 满分").fill("")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07")
    expect(page.locator("[data-bid-progress]")).to_have_text(["5/5", "1/3", "0/5"])
    assert site.saves[-1]["value"] == ""


def test_the_list_of_bidders_counts_what_is_saved(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    progress = page.locator("[data-bid-progress]")
    expect(progress).to_have_text(["5/5", "2/3", "0/5"])
    page.get_by_label("售后服务 满分").fill("11")
    expect(page.locator("#score-b2-service-saved")).to_contain_text("请输入")
    expect(progress).to_have_text(["5/5", "2/3", "0/5"])
    page.get_by_label("售后服务 满分").fill("7.5")
    expect(progress).to_have_text(["5/5", "3/3", "0/5"])


def test_what_another_window_saved_is_shown_but_for_what_is_typed_here(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    site.refusing = True  # what is typed now waits
    site.break_line()
    expect(page.locator("#line-bar")).to_be_visible()
    page.get_by_label("售后服务 满分").fill("8")
    expect(page.locator("#score-b2-service-saved")).to_have_text("线路恢复后自动保存")
    changed = sample()
    technical, service = changed.criteria[:2]
    technical.value, technical.comment, service.value = Decimal("30.50"), "参数有两项正偏离", Decimal("9.00")
    changed.desk_bids[2].done = 4
    site.show_text("/desk", DESK, sample=changed)
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_label("技术参数 满分")).to_have_value("30.50")
    expect(page.get_by_label("技术参数 的评语")).to_have_value("参数有两项正偏离")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已在另一窗口保存")
    expect(page.get_by_label("售后服务 满分")).to_have_value("8")
    expect(page.locator("[data-bid-progress]")).to_have_text(["5/5", "3/3", "4/5"])
    site.refusing = False
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07", timeout=10_000)
    expect(page.locator("[data-score-total]")).to_have_text("39.50")
    assert [save["value"] for save in site.saves] == ["8.00"]
    service.value = Decimal("6.50")
    site.show_text("/desk", DESK, sample=changed)
    site.tell_saved()
    expect(page.get_by_label("售后服务 满分")).to_have_value("6.50")
    expect(page.locator("[data-score-total]")).to_have_text("38.00")


def test_a_refusal_is_in_the_language_of_the_page(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK, lang="en"))
    wait_for(page, lambda: site.joins)
    page.get_by_label("技术参数").first.fill("44.5")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("In no band. (the saved 27.00 still counts)")


def test_keys_lead_through_the_criteria(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    technical, service, record = (page.get_by_label(f"{name} 满分") for name in ("技术参数", "售后服务", "业绩"))
    page.keyboard.press("2")
    expect(service).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("7.5")  # in a field, digits are figures
    expect(service).to_have_value("7.5")
    page.keyboard.press("Enter")
    expect(record).to_be_focused()
    page.keyboard.press("ArrowDown")  # there is no further one
    expect(record).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(technical).to_be_focused()
    page.keyboard.press("Escape")
    expect(technical).not_to_be_focused()
    page.keyboard.press("j")
    expect(service).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(technical).to_be_focused()
    comment = page.get_by_label("售后服务 的评语")
    comment.focus()
    page.keyboard.type("j")
    expect(comment).to_have_value("j")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(record).to_be_focused()


def test_full_width_figures_are_a_score(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    page.get_by_label("技术参数 满分").fill("１０．５")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07")
    page.get_by_label("售后服务 满分").fill("7。5")
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07")
    assert [save["value"] for save in site.saves] == ["10.50", "7.50"]


def test_a_comment_waits_for_its_score(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK, account="a"))
    wait_for(page, lambda: site.joins)
    score, comment = page.get_by_label("售后服务 满分"), page.get_by_label("售后服务 的评语")
    told = page.locator("#score-b2-service-saved")
    comment.fill("响应时间写得不清楚")
    expect(told).to_have_text("评语将与分数一并保存")
    page.reload()
    expect(comment).to_have_value("响应时间写得不清楚")
    expect(told).to_have_text("评语将与分数一并保存")
    score.fill("11")
    expect(told).to_have_text("请输入 0 至 10.00 之间、0.50 的倍数 评语将与分数一并保存")
    assert site.saves == []
    technical = page.get_by_label("技术参数 满分")  # refused by the server: its comment is kept as well
    technical.fill("44.5")
    page.get_by_label("技术参数 的评语").fill("参数有两项正偏离")
    expect(page.locator("#score-b2-technical-saved")).to_contain_text("不在任何一档。")
    wait_for(page, lambda: page.evaluate("() => JSON.stringify(sessionStorage).includes('两项正偏离')"))
    wait_for(page, lambda: site.saves[-1]["comment"] == "参数有两项正偏离")
    wait_for(page, lambda: not page.evaluate("() => JSON.stringify(localStorage).includes('44.50')"))  # answered, too
    page.reload()
    expect(page.get_by_label("技术参数 的评语")).to_have_value("参数有两项正偏离")
    expect(technical).to_have_value("44.5")  # as it was typed, with the reason; what counts is still the saved one
    expect(page.locator("#score-b2-technical-saved")).to_contain_text("不在任何一档。")
    technical.fill("40")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07")
    assert (site.saves[-1]["value"], site.saves[-1]["comment"]) == ("40.00", "参数有两项正偏离")
    site.saves.clear()
    score.fill("7.5")
    expect(told).to_have_text("已保存 10:32:07")
    assert [(save["value"], save["comment"]) for save in site.saves] == [("7.50", "响应时间写得不清楚")]
    assert page.evaluate("() => Object.keys(sessionStorage)") == []
