"""Desks in a real browser over a real case: accessible, within the screen, a key made, an act signed, a bid sealed."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from axe import violations
from playwright.sync_api import Locator, Page, Route, expect
from styleguide import DIST
from werkzeug.serving import make_server

from app.extensions import COOKIE
from tests.app.web.site import LOT, Site, played

pytestmark = pytest.mark.browser

PAGES = [
    ("", "/"),
    ("", "/cases/{case}"),
    ("", "/log-in"),
    ("", "/sign-up"),
    ("", "/register"),
    ("", "/verify"),
    ("", "/check"),
    ("", "/check/{case}/{lot}?sha256=0"),
    ("", "/trust"),
    ("", "/privacy"),
    ("officer", "/agency"),
    ("officer", "/agency/new"),
    ("officer", "/agency/cases/{case}/amendments/new"),
    ("officer", "/cases/{case}/postponement"),
    ("centre", "/cases/{case}/outage"),
    ("regulator", "/cases/{case}/pause"),
    ("centre", "/centre"),
    ("centre", "/centre/committees"),
    ("centre", "/centre/sites"),
    ("centre", "/centre/experts"),
    ("centre", "/centre/rooms"),
    ("centre", "/centre/bookings"),
    ("centre", "/centre/cases/{case}/lots/{lot}/booking"),
    ("centre", "/calendar"),
    ("releaser", "/accounts/waiting"),
    ("admin", "/accounts"),
    ("admin", "/accounts/change/officer"),
    ("trustee-1", "/trustee"),
    ("witness-host", "/witness"),
    ("regulator", "/regulator"),
    ("regulator", "/regulator/live"),
    ("regulator", "/regulator/cases/{case}"),
    ("", "/cases/{case}/lots/{lot}/opening"),
    ("", "/invitation"),
    ("", "/seat"),
    ("", "/experts/apply"),
    ("", "/expert/enter"),
    ("centre", "/centre/experts/trainings"),
    ("", "/nowhere"),
    ("bidder-a", "/bidder"),
    ("bidder-a", "/bidder/cases/{case}/lots/{lot}"),
    ("bidder-a", "/bidder/cases/{case}/lots/{lot}/seal"),
    ("bidder-a", "/bidder/cases/{case}/lots/{lot}/withdrawal"),
    ("bidder-a", "/account"),
    ("bidder-a", "/account/keys"),
]


class Served:
    """A site behind a local address."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.server = make_server("127.0.0.1", 0, site.app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def path(self, template: str) -> str:
        return self.url + template.format(case=self.site.case.case_id, lot=LOT)

    def log_in(self, page: Page, who: str) -> None:
        page.context.add_cookies([{"name": COOKIE, "value": self.site.token(who), "url": self.url}])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: node app/static/src/build.mjs")
    serving = Served(played(tmp_path_factory.mktemp("desks"), "found publish bid"))
    yield serving
    serving.server.shutdown()


@pytest.mark.parametrize(("who", "template"), PAGES)
def test_pages_are_accessible_and_fit_a_phone(visitor: Page, served: Served, who: str, template: str):
    if who:
        served.log_in(visitor, who)
    visitor.goto(served.path(template))
    for width in (1280, 390):
        visitor.set_viewport_size({"width": width, "height": 900})
        assert violations(visitor) == [], template
        assert visitor.evaluate("() => document.documentElement.scrollWidth") <= width, template


def test_labels_of_a_card_are_apart_in_english(page: Page, served: Served):
    served.log_in(page, "centre")
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(served.path("/centre?lang=en"))
    heights = page.evaluate(
        """() => [...document.querySelectorAll('.table--cards td')].map((cell) => {
          const label = getComputedStyle(cell, '::before');
          return [cell.clientHeight, parseFloat(label.height)];
        })"""
    )
    assert heights
    assert all(cell >= label for cell, label in heights)


KEYBOARD = [
    ("", "/log-in"),
    ("bidder-a", "/bidder"),
    ("bidder-a", "/bidder/cases/{case}/lots/{lot}/seal"),
    ("officer", "/cases/{case}/postponement"),
    ("admin", "/accounts"),
    ("", "/cases/{case}/lots/{lot}/opening"),
]
REACHABLE = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, summary"
FOCUSED = """() => {
  const at = document.activeElement, look = getComputedStyle(at);
  const seen = look.outlineStyle !== 'none' || look.boxShadow !== 'none';
  return [at.tagName, at.getAttribute('href') || at.name || at.textContent.trim().slice(0, 30), seen];
}"""


@pytest.mark.parametrize(("who", "template"), KEYBOARD)
def test_the_keyboard_reaches_everything_sees_where_it_is_and_gets_out(
    page: Page, served: Served, who: str, template: str
):
    if who:
        served.log_in(page, who)
    page.goto(served.path(template))
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)[1] == "#content"  # the link that skips the head
    visited, most = [], 3 * page.locator(REACHABLE).count()
    while page.evaluate("() => document.activeElement !== document.body") and len(visited) < most:
        visited.append(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
    assert len(visited) < most, "a trap"
    assert [(tag, name) for tag, name, seen in visited if not seen] == []
    footer = [name for tag, name, _seen in visited if name in ("/verify", "/about")]
    assert footer == ["/verify", "/about"]


def certified_key(page: Page, served: Served) -> None:
    page.goto(served.path("/account/keys"))
    page.get_by_role("button", name="制作新密钥").click()
    with page.expect_navigation():  # the page comes again with the new certificate in its list
        page.get_by_role("button", name="申请证书").click()


def test_a_question_is_signed_in_the_browser_and_put_on_record(page: Page, served: Served):
    served.log_in(page, "bidder-b")
    certified_key(page, served)
    page.goto(served.path("/cases/{case}/questions/new"))
    page.get_by_label("问题").fill("质保期从哪一天起算？")
    page.get_by_role("button", name="下一步：核对并签名").click()
    page.get_by_role("button", name="签名并提交").click()
    page.wait_for_url("**/cases/*#questions")
    expect(page.get_by_text("质保期从哪一天起算？")).to_be_visible()
    asked = [q.text for q in served.site.case.case.tender.questions.values()]
    assert "质保期从哪一天起算？" in asked
    page.go_back()  # past the signature, to the form
    expect(page.get_by_label("问题")).to_be_visible()
    page.wait_for_load_state()
    page.goto(served.path("/cases/{case}/questions/new"))
    expect(page.get_by_label("问题")).to_have_value("")  # what is on record is not offered again


AMENDMENT = "/agency/cases/{case}/amendments/new"
RESTORED = "已恢复您在本机填写、尚未提交的内容。"


def amend(page: Page, served: Served) -> Locator:
    served.log_in(page, "officer")
    page.goto(served.path(AMENDMENT))
    return page.locator("main form textarea").first


def test_a_log_in_that_ends_does_not_cost_the_form(page: Page, served: Served):
    text = amend(page, served)
    text.fill("交货地点改为实训楼")
    page.context.clear_cookies(name=COOKIE)
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="请先登录")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="登录").click()
    page.get_by_label("登录名").fill("officer")
    wanted = unquote(page.url.partition("next=")[2])
    assert served.url + wanted == served.path(AMENDMENT)
    served.log_in(page, "officer")
    page.goto(served.url + wanted)
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(text).to_have_value("交货地点改为实训楼")
    page.reload()
    expect(text).to_have_value("交货地点改为实训楼")
    names = page.evaluate("() => Object.keys(sessionStorage)")
    assert len(names) == 1  # and nothing of the log-in


def test_what_is_typed_is_gone_with_the_account(page: Page, served: Served):
    text = amend(page, served)
    text.fill("交货地点改为实训楼")
    served.log_in(page, "releaser")
    page.goto(served.path("/account"))
    amend(page, served)
    expect(text).to_have_value("")
    text.fill("交货地点改为实训楼")
    beside = page.context.new_page()  # another window logs out
    beside.goto(served.path("/account"))
    beside.get_by_role("button", name="退出").click()
    expect(beside.get_by_role("link", name="登录")).to_be_visible()
    page.wait_for_function("() => Object.keys(sessionStorage).length === 0")
    amend(page, served)
    expect(text).to_have_value("")
    text.fill("交货地点改为实训楼")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("link", name="登录")).to_be_visible()
    amend(page, served)
    expect(text).to_have_value("")


def test_a_refused_form_is_kept_and_an_accepted_one_is_not(page: Page, served: Served):
    served.log_in(page, "officer")
    new = served.path("/agency/new")
    page.goto(new)
    title, create = page.get_by_label("项目名称"), page.get_by_role("button", name="新建并开始编制")
    title.fill("实训室二期")
    create.click()  # without a procedure
    expect(page.locator(".error-summary")).to_be_visible()
    expect(title).to_have_value("实训室二期")
    page.goto(served.path("/agency"))
    page.goto(new)
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(title).to_have_value("实训室二期")
    page.get_by_label("政府采购货物 · 综合评分法").check()
    create.click()
    expect(page.get_by_role("heading", name="基本信息")).to_be_visible()
    page.wait_for_load_state()
    page.goto(new)
    expect(title).to_have_value("")
    assert page.evaluate("() => Object.keys(sessionStorage)") == []


def test_what_is_typed_before_the_script_has_come_is_kept(page: Page, served: Served):
    served.log_in(page, "officer")
    held: list[Route] = []
    page.route("**/static/app-*.js", lambda route: held.append(route), times=1)
    new = served.path("/agency/new")
    page.goto(new, wait_until="commit")
    title, chosen = page.get_by_label("项目名称"), page.get_by_label("政府采购货物 · 综合评分法")
    title.fill("实训室四期")
    chosen.check()
    page.wait_for_function("() => performance.getEntriesByType('paint').length")
    assert page.evaluate("() => Object.keys(sessionStorage)") == []
    held[0].continue_()
    page.wait_for_load_state()
    page.goto(new)
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(title).to_have_value("实训室四期")
    expect(chosen).to_be_checked()
    page.get_by_role("button", name="清除").click()
    expect(title).to_have_value("")


def test_a_form_whose_line_was_lost_is_kept(page: Page, served: Served):
    served.log_in(page, "officer")
    page.goto(served.path("/agency/new"))
    page.get_by_label("项目名称").fill("实训室三期")
    page.route("**/agency/new", lambda route: route.abort())
    page.get_by_role("button", name="新建并开始编制").click()
    page.wait_for_timeout(500)
    page.unroute("**/agency/new")
    page.goto(served.path("/agency/new"))
    expect(page.get_by_label("项目名称")).to_have_value("实训室三期")
    page.goto(served.path("/agency"))
    page.go_back()
    expect(page.get_by_label("项目名称")).to_have_value("实训室三期")


def test_full_width_figures_are_amounts(page: Page, served: Served):
    served.log_in(page, "bidder-a")
    page.goto(served.path("/bidder/cases/{case}/lots/{lot}/seal"))
    page.get_by_label("投标报价").fill("１５６６０００．５")
    expect(page.locator("[data-money-words-for=opening-price_fen]")).to_contain_text("壹佰伍拾陆万陆仟元伍角整")


def test_a_bid_is_sealed_in_the_browser_and_receipted(page: Page, served: Served, tmp_path: Path):
    document = tmp_path / "资格和技术方案.txt"
    document.write_text("方案" * 1000, "utf-8")
    served.log_in(page, "bidder-d")
    certified_key(page, served)
    page.goto(served.path("/bidder/cases/{case}/lots/{lot}/seal"))
    expect(page.locator("#seal-verdict")).to_contain_text("尚未提交")
    price, days = page.get_by_label("投标报价"), page.get_by_label("工期或交货期（日历天）")
    page.get_by_label("项目负责人").fill("李工")
    price.fill("0")
    days.fill("0")
    page.get_by_role("button", name="加密并签名").click()
    wrong = page.locator(".error-summary li")  # all of it at once
    named = [re.compile("请输入金额"), re.compile("整数天数"), "请填写大写金额", "请选择投标文件"]
    expect(wrong).to_have_text(named)
    page.get_by_label("投标文件").set_input_files(document)
    expect(page.locator("#seal-chosen li")).to_have_text(["资格和技术方案.txt · 5.9 KiB"])
    for typed, lasts, words in (
        ("0", "45", "请输入金额"),
        ("1598400.01", "45", "报价高于最高限价 1,598,400.00 元"),
        ("1570000.00", "0", "请输入 1 至 99999 之间的整数天数"),
        ("1570000.00", "3.5", "请输入 1 至 99999 之间的整数天数"),
    ):  # each would make the bid void at the opening
        price.fill(typed)
        days.fill(lasts)
        page.get_by_role("button", name="加密并签名").click()
        expect(page.locator("#seal-errors")).to_contain_text(words)
    days.fill("45")
    page.get_by_role("button", name="加密并签名").click()
    expect(page.locator("#seal-errors li")).to_have_text(["请填写大写金额"])
    page.get_by_label("大写金额").fill("壹佰伍拾柒万元整")
    seal_and_send(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=60_000)
    page.goto(served.path("/bidder/cases/{case}/lots/{lot}"))
    expect(page.locator(".verdict--done")).to_contain_text("已提交")
    standing = served.site.case.case.lots[LOT].bidding.of_bidder(served.site.case.people["bidder-d"].organisation)
    assert standing is not None
    replace_bid(page, served, document, standing.receipt_id)


def seal_and_send(page: Page) -> None:
    """A text file is chosen, which no booth can show: that is asked once."""
    page.get_by_role("button", name="加密并签名").click()
    page.get_by_role("button", name="知道评委看不到，仍然提交").click()
    with page.expect_download():
        page.get_by_role("link", name="保存开启密钥").click(timeout=60_000)
    page.get_by_role("button", name="密钥已保存，上传并提交").click()


def replace_bid(page: Page, served: Served, document: Path, before: str) -> None:
    """A standing bid stands, and the page says so, until the receipt of the new one is there."""
    page.get_by_role("link", name="替换投标").click()
    verdict = page.locator("#seal-verdict")
    expect(verdict).to_contain_text(f"新的投标尚未提交 您已有一份有效投标（回执编号 {before}）", use_inner_text=True)
    for label, value in (
        ("投标报价", "1569000"),
        ("大写金额", "壹佰伍拾陆万玖仟元整"),
        ("工期或交货期（日历天）", "40"),
        ("项目负责人", "李工"),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_label("投标文件").set_input_files(document)
    seal_and_send(page)
    expect(verdict).to_contain_text("已提交", timeout=60_000)
    bidding = served.site.case.case.lots[LOT].bidding
    standing = bidding.of_bidder(served.site.case.people["bidder-d"].organisation)
    assert standing is not None
    assert standing.receipt_id != before
    ends = {s.receipt_id: s.ended for s in bidding.submissions.values()}
    assert (bool(ends[before]), bool(ends[standing.receipt_id])) == (True, False)


def test_without_javascript_everything_but_signing_is_there(page: Page, served: Served):
    context = page.context.browser.new_context(java_script_enabled=False)
    silent = context.new_page()
    served.log_in(silent, "officer")
    silent.goto(served.path("/agency/new"))
    silent.get_by_label("项目名称").fill("无脚本项目")
    silent.get_by_label("政府采购货物 · 综合评分法").check()
    silent.get_by_role("button", name="新建并开始编制").click()
    expect(silent.get_by_role("heading", name="基本信息")).to_be_visible()
    context.close()
