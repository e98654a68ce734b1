"""The platform lost a sealed file: its bidder hands the same bytes in again on a page, in a real browser."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from live_case import take_key
from playwright.sync_api import Page, expect
from sealing_page import look_at
from styleguide import DIST
from test_pages_desks import Served

from tests.app.services.test_lost_files import copies, lose, opening, released
from tests.app.services.test_too_few_trustees import sealed
from tests.app.web.site import LOT, Site

pytestmark = pytest.mark.browser
OWN, PAGE = "/bidder/cases/{case}/lots/{lot}", "/bidder/cases/{case}/lots/{lot}/restoration"
KEEP = """async ([name, text, record]) => {
  const folder = await navigator.storage.getDirectory();
  const written = await (await folder.getFileHandle(record.file, { create: true })).createWritable();
  await written.write(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  await written.close();
  localStorage.setItem(name, JSON.stringify(record));
}"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Released, with the file of bidder-b gone from the store."""
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: node app/static/src/build.mjs")
    made = sealed(tmp_path)
    made.copies = {login: copies(made, login) for login in ("bidder-b", "bidder-c")}
    lose(made, "bidder-b")
    released(made)
    serving = Served(Site(made))
    yield serving
    serving.server.shutdown()


def enter(page: Page, served: Served) -> None:
    served.log_in(page, "bidder-b")
    page.goto(served.path("/account/keys"))
    take_key(page, served.site.case.people["bidder-b"].key)
    page.goto(served.path(OWN))
    page.get_by_role("link", name="交回原件").click()


def original(served: Served, kind: str) -> bytes:
    return served.site.case.copies["bidder-b"][kind][0]


def written(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def sign(page: Page, served: Served) -> None:
    page.get_by_role("button", name="签名并交回").click()
    page.wait_for_url(f"**/lots/{LOT}")
    whole = served.site.case
    with ThreadPoolExecutor(1) as aside:  # the browser's driver keeps an event loop in this thread
        aside.submit(whole.work_off).result()
    assert whole.receipts["bidder-b"] in opening(whole).opened
    assert opening(whole).read_out


def test_a_chosen_file_is_compared_here_and_only_the_original_is_uploaded(page: Page, served: Served, tmp_path: Path):
    enter(page, served)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/uploads" in request.url else None)
    bid, capsule = original(served, "bid"), original(served, "capsule")
    check = page.get_by_role("button", name="核对并上传")
    alert = page.locator("#restore-errors")
    look_at(page, "restore")
    check.click()
    expect(alert).to_contain_text("请选择密文和密钥封装两个文件")
    right = written(tmp_path, "capsule.age", capsule)
    for changed, kept, words in (
        (bid[:-1], capsule, "密文大小不符"),
        (bid[:-1] + bytes([bid[-1] ^ 1]), capsule, "密文与回执不符：所选文件的摘要是"),
        (bid, capsule + b"x", "密钥封装与提交声明不符"),
    ):
        page.get_by_label("密文（bid.age）").set_input_files(written(tmp_path, "bid.age", changed))
        page.get_by_label("密钥封装（capsule.age）").set_input_files(written(tmp_path, "other.age", kept))
        check.click()
        expect(alert).to_contain_text(words)
        expect(alert).to_be_focused()
    look_at(page, "restore-differs")
    assert sent == []
    page.get_by_label("密文（bid.age）").set_input_files(written(tmp_path, "bid.age", bid))
    page.get_by_label("密钥封装（capsule.age）").set_input_files(right)
    check.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="签名并交回")).to_be_enabled()
    look_at(page, "restore-sign")
    sign(page, served)
    page.goto(served.path(PAGE))
    expect(page).to_have_url(served.path(OWN))  # nothing is awaited any more


def kept_record(served: Served) -> dict[str, Any]:
    whole = served.site.case
    receipt = whole.receipts["bidder-b"]
    bid, capsule = original(served, "bid"), base64.b64encode(original(served, "capsule")).decode()
    return {"receiptId": receipt, "file": "kept.age", "size": len(bid), "capsule": capsule, "submission": {}}


def test_what_the_browser_kept_is_handed_in_without_choosing_and_given_up_after_the_opening(page: Page, served: Served):
    enter(page, served)
    account = page.locator("meta[name=account]").get_attribute("content")
    name = f"handed-in:{account}:{served.site.case.case_id}:{LOT}"
    damaged = bytearray(original(served, "bid"))
    damaged[-1] ^= 1
    page.evaluate(KEEP, [name, base64.b64encode(damaged).decode(), kept_record(served)])
    page.goto(served.path(PAGE))
    page.get_by_role("button", name="核对并上传").click()
    expect(page.locator("#restore-errors")).to_contain_text("密文与回执不符")
    expect(page.get_by_label("密文（bid.age）")).to_be_visible()  # another copy may be whole
    text = base64.b64encode(original(served, "bid")).decode()
    page.evaluate(KEEP, [name, text, kept_record(served)])
    page.goto(served.path(OWN))
    with page.expect_download() as saving:
        page.get_by_role("link", name="密文（bid.age）").click()
    assert Path(saving.value.path()).read_bytes() == original(served, "bid")
    look_at(page, "own-bid-copies")
    page.get_by_role("link", name="交回原件").click()
    expect(page.get_by_text("不必选择文件")).to_be_visible()
    expect(page.get_by_label("密文（bid.age）")).to_be_hidden()
    page.get_by_role("button", name="核对并上传").click()
    sign(page, served)
    page.goto(served.path(OWN))
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('handed-in:'))")
    expect(page.get_by_role("link", name="密文（bid.age）")).to_be_hidden()
