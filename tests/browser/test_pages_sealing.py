"""The sealing page against the real platform where an answer does not arrive as it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from sealing_page import look_at
from styleguide import DIST
from test_pages_desks import Served, certified_key, seal_and_send

from app.models import Upload
from tests.app.web.site import LOT, Site, played

pytestmark = pytest.mark.browser
LEAVES = "() => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"  # true: without being asked
SUBMITS, GOES_ON = "**/acts/BidSubmitted", "继续上传"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: node app/static/src/build.mjs")
    serving = Served(Site(played(tmp_path_factory.mktemp("sealing"), "found publish").case))
    yield serving
    serving.server.shutdown()


def fill_in(page: Page, served: Served, who: str, folder: Path) -> None:
    document = folder / "资格文件.txt"
    document.write_text("资格" * 500, "utf-8")
    served.log_in(page, who)
    certified_key(page, served)
    page.goto(served.path("/bidder/cases/{case}/lots/{lot}/seal"))
    fields = {
        "投标报价": "1570000",
        "大写金额": "壹佰伍拾柒万元整",
        "工期或交货期（日历天）": "45",
        "项目负责人": "李工",
    }
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("投标文件").set_input_files(document)


def receipts(served: Served, who: str) -> list[str]:
    case = served.site.case
    submissions = case.case.lots[LOT].bidding.submissions.values()
    return [one.receipt_id for one in submissions if one.bidder == case.people[who].organisation]


def altered(route: Route) -> None:
    answer = route.fetch()
    body = answer.json()
    body["receipt"]["receipt"]["bid_size"] += 1
    route.fulfill(response=answer, json=body)


def lost(route: Route) -> None:
    route.fetch()
    route.abort()


@pytest.mark.parametrize(
    ("who", "fault", "words"),
    [
        ("bidder-a", altered, ["回执上没有平台密钥的有效签名", "回执中的密文大小是 ", "因此不能视为已提交"]),
        ("bidder-b", lost, ["与服务器的连接中断"]),
    ],
)
def test_the_same_command_has_the_receipt_of_the_one_bid_that_was_taken(
    page: Page, served: Served, tmp_path: Path, who: str, fault: Callable[[Route], None], words: list[str]
):
    fill_in(page, served, who, tmp_path)
    assert not page.evaluate(LEAVES)
    page.route(SUBMITS, fault, times=1)
    seal_and_send(page)
    for sentence in words:
        expect(page.locator("#seal-errors")).to_contain_text(sentence, timeout=60_000)
    expect(page.locator("#seal-verdict")).to_contain_text("尚未提交")
    assert page.evaluate(LEAVES)
    look_at(page, f"seal-{fault.__name__}")
    taken = receipts(served, who)
    assert len(taken) == 1
    page.get_by_role("button", name=GOES_ON).click()
    expect(page.locator("#seal-verdict")).to_contain_text(taken[0], timeout=30_000)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交")
    assert receipts(served, who) == taken


def forget_uploads(served: Served) -> None:
    """As two days after the last piece came."""
    with served.site.case.platform.database.engine.begin() as connection:
        connection.execute(Upload.__table__.delete())


def test_an_upload_that_has_expired_is_sent_again(page: Page, served: Served, tmp_path: Path):
    fill_in(page, served, "bidder-c", tmp_path)
    page.route("**/uploads/*", lambda route: route.abort() if route.request.method == "PATCH" else route.continue_())
    seal_and_send(page)
    page.wait_for_function("() => JSON.stringify(localStorage).includes('\"id\\\\\":')")
    page.reload()
    page.unroute("**/uploads/*")
    forget_uploads(served)  # unfinished
    page.route(SUBMITS, lambda route: route.abort(), times=1)
    page.get_by_role("button", name=GOES_ON).click()
    expect(page.locator("#seal-errors")).to_contain_text("与服务器的连接中断", timeout=30_000)
    forget_uploads(served)  # complete, and not yet submitted
    page.get_by_role("button", name=GOES_ON).click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    assert len(receipts(served, "bidder-c")) == 1
