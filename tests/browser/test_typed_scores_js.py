"""What is typed at the scoring desk outlives a line, a database, a page: it is kept on the machine and sent once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from live_site import DESK, LiveSite, wait_for
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def site() -> Iterator[LiveSite]:
    serving = LiveSite()
    serving.start()
    yield serving
    serving.stop()


def test_a_save_whose_answer_was_lost_is_sent_again_as_the_same_command(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    site.cuts = 1
    page.get_by_label("技术参数 满分").fill("30")
    page.get_by_label("售后服务 满分").fill("8")
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07", timeout=20_000)
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07")
    first, again, second = site.saves
    assert first == again
    assert [first["criterion"], second["criterion"]] == ["technical", "service"]


def test_a_score_that_finds_no_database_is_kept_and_sent_again(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    site.away = 1
    page.get_by_label("技术参数 满分").fill("30")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("暂时没有应答。")
    page.reload()
    expect(page.get_by_label("技术参数 满分")).to_have_value("30.00")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07", timeout=10_000)
    first, again = site.saves
    assert first["command_id"] == again["command_id"]


def test_what_waited_for_the_line_survives_a_reload(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    site.refusing = True
    site.break_line()
    expect(page.locator("#line-bar")).to_be_visible()
    page.get_by_label("技术参数 满分").fill("31")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("线路恢复后自动保存")
    page.reload()
    expect(page.get_by_label("技术参数 满分")).to_have_value("31.00")
    site.refusing = False
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07", timeout=10_000)
    assert [save["value"] for save in site.saves] == ["31.00"]


def test_what_waited_for_the_line_is_sent_by_whose_it_is_and_nobody_else(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK, account="one"))
    wait_for(page, lambda: site.joins)
    site.refusing = True
    site.break_line()
    page.get_by_label("技术参数 满分").fill("31")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("线路恢复后自动保存")
    page.goto("about:blank")  # a page that is still open would send it at once
    site.refusing = False
    joined = len(site.joins)
    page.goto(site.show_text("/desk", DESK, account="other"))
    wait_for(page, lambda: len(site.joins) > joined)
    expect(page.get_by_label("技术参数 满分")).to_have_value("27.00")
    page.get_by_label("售后服务 满分").fill("8")
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07")
    assert [save["criterion"] for save in site.saves] == ["service"]
    page.goto(site.show_text("/desk", DESK, account="one"))
    wait_for(page, lambda: len(site.saves) > 1)
    assert [(save["criterion"], save["value"]) for save in site.saves[1:]] == [("technical", "31.00")]


def test_a_score_typed_at_the_last_moment_is_saved_however_the_page_is_left(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    typed = "field => { field.value = '31'; field.dispatchEvent(new Event('input', { bubbles: true })); }"
    with page.expect_navigation():
        page.get_by_label("技术参数 满分").evaluate(f"field => {{ ({typed})(field); location.reload(); }}")
    wait_for(page, lambda: site.saves)
    expect(page.get_by_label("技术参数 满分")).to_have_value("31.00")
    with page.expect_navigation():
        page.get_by_label("售后服务 满分").fill("7")
        page.get_by_label("售后服务 满分").evaluate("field => { field.blur(); location.reload(); }")
    wait_for(page, lambda: len({save["criterion"] for save in site.saves}) == 2)
    assert [save["value"] for save in site.saves if save["criterion"] == "service"][-1] == "7.00"


def test_a_line_that_nobody_hung_up_is_said_to_be_lost_where_one_scores(page: Page, site: LiveSite):
    """A pulled cable: the socket looks whole and carries nothing, and no new one can be had."""
    page.set_viewport_size({"width": 1280, "height": 400})
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    site.silent, site.refusing = threading.Event(), True
    page.get_by_label("业绩 的评语").scroll_into_view_if_needed()
    page.get_by_label("售后服务 满分").fill("8")
    expect(page.locator("#score-b2-service-saved")).to_have_text("正在保存…")
    expect(page.locator("#score-b2-service-saved")).to_have_text("线路恢复后自动保存", timeout=15_000)
    expect(page.locator("#line-bar")).to_contain_text("线路中断")
    expect(page.locator("#line-bar")).to_be_in_viewport()
    site.silent.set()
    site.refusing = False
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07", timeout=15_000)
    expect(page.locator("#line-bar")).to_be_hidden()
    first, again = site.saves
    assert first == again


def test_a_score_that_meets_an_unknown_fault_is_kept_and_others_go_past_it(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK))
    wait_for(page, lambda: site.joins)
    site.failing = "technical"
    page.get_by_label("技术参数 满分").fill("30")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("出错，事件编号 0123。 已留在本机，自动重试。")
    page.get_by_label("售后服务 满分").fill("8")
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07")
    page.get_by_label("技术参数 满分").fill("31")  # overtakes what was refused
    wait_for(page, lambda: "31.00" in [save["value"] for save in site.saves])
    page.reload()
    expect(page.get_by_label("技术参数 满分")).to_have_value("31.00")
    site.failing = ""
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07", timeout=10_000)
    assert site.saves[-1]["value"] == "31.00"


@pytest.mark.parametrize(
    ("typed", "shown", "said"),
    [("45.5", "45.5", "请输入 0 至 45.00"), ("26.5", "26.5", "评分表已锁定。"), ("x", "x", "请输入 0 至 45.00")],
)
def test_what_cannot_be_saved_stays_as_it_was_typed(page: Page, site: LiveSite, typed: str, shown: str, said: str):
    """Outside the marks, refused, no number at all: it is in its field again when the page is loaded anew."""
    page.goto(site.show_text("/desk", DESK, account="one"))
    wait_for(page, lambda: site.joins)
    page.get_by_label("技术参数 满分").fill(typed)
    expect(page.locator("#score-b2-technical-saved")).to_contain_text(said)
    sent = len(site.saves)
    page.reload()
    expect(page.get_by_label("技术参数 满分")).to_have_value(shown)
    expect(page.locator("#score-b2-technical-saved")).to_contain_text(said)
    page.get_by_label("售后服务 满分").fill("8")
    expect(page.locator("#score-b2-service-saved")).to_have_text("已保存 10:32:07")
    assert len(site.saves) == sent + 1  # what was refused is not sent again as it is
    page.get_by_label("技术参数 满分").fill("30")
    expect(page.locator("#score-b2-technical-saved")).to_have_text("已保存 10:32:07")
    page.reload()
    expect(page.get_by_label("技术参数 满分")).to_have_value("27.00")  # as this small site always serves it


def test_a_refused_score_of_a_bid_that_is_not_shown_is_told_with_the_way_to_it(page: Page, site: LiveSite):
    page.goto(site.show_text("/desk", DESK, account="one"))
    wait_for(page, lambda: site.joins)
    command = {"case": "c1", "lot": "1", "bid": "b1", "criterion": "technical", "value": "28.00", "comment": "好"}
    waiting = json.dumps([command | {"seq": 0, "command_id": "typed-before"}])
    page.evaluate("([name, text]) => localStorage.setItem(name, text)", ["scores:one:c1:1:3", waiting])
    page.reload()
    told = page.locator("[data-desk-unsent]")
    expect(told).to_contain_text("别的投标有 1 项填写还没有保存")
    expect(told.get_by_role("link", name="投标人 A")).to_be_visible()
    wait_for(page, lambda: site.saves)
    assert [save["value"] for save in site.saves] == ["28.00"]
    page.goto(site.show_text("/other", DESK.replace("'b2'", "'b1'").replace('"b2"', '"b1"'), account="one"))
    expect(page.locator("#score-b1-technical")).to_have_value("28.00")
    expect(page.locator("#score-b1-technical-comment")).to_have_value("好")
    expect(page.locator("#score-b1-technical-saved")).to_contain_text("另一窗口已保存 20。 请核对后重新填写")
    assert len(site.saves) == 1
