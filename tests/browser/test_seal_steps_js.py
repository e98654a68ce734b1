"""The steps of the sealing page: the key is saved before the upload, and only a receipt that holds ends it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sealing_page import (
    KEY,
    PAGE,
    Trustees,
    altered,
    fill_in,
    look_at,
    open_page,
    open_sealed,
    parameters,
    press_seal,
    press_submit,
    receipted,
    save_key,
    send,
)
from small_site import SmallSite

from crypto.envelope import recipient_of

pytestmark = pytest.mark.browser


PRIVATE_FILES = """async () => {
  const names = [];
  for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
  return names;
}"""


def saved(page: Page, link: str) -> bytes:
    """The file behind a link that the page made."""
    with page.expect_download() as saving:
        page.get_by_role("link", name=link).locator("visible=true").click()
    return Path(saving.value.path()).read_bytes()


def kept_names(page: Page) -> list[str]:
    return page.evaluate("() => Object.keys(localStorage).filter((name) => name.startsWith('sealed:'))")


def kept(page: Page) -> str:
    return page.evaluate("() => JSON.stringify(localStorage)")


def test_nothing_is_uploaded_before_the_key_is_saved_and_a_reload_offers_it_again(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    open_page(page, site, parameters(trustees), account="one")
    fill_in(page, bid_files)
    press_seal(page)
    step = page.get_by_role("group", name="已加密，尚未上传。下一步：保存开启密钥")
    expect(step).to_be_focused(timeout=60_000)
    expect(page.get_by_role("button", name="加密并签名")).to_be_hidden()
    sends = page.get_by_role("button", name="密钥已保存，上传并提交")
    expect(sends).to_be_hidden()
    look_at(page, "seal-save")
    page.reload()
    expect(sends).to_be_hidden()
    expect(page.get_by_role("button", name="加密并签名")).to_be_hidden()
    assert site.uploads == {}
    page.get_by_role("link", name="保存开启密钥").focus()  # by keyboard alone
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    identity = Path(saving.value.path()).read_text().strip()
    look_at(page, "seal-saved")
    assert site.uploads == {}
    assert identity in kept(page)
    page.keyboard.press("Tab")
    expect(sends).to_be_focused()
    site.act_faults = [(500, {"code": "unknown", "message": "系统没有完成这次操作。", "incident": "7F2K-93QD"})]
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="继续上传")).to_be_visible(timeout=60_000)
    look_at(page, "seal-resume")
    assert "AGE-SECRET-KEY" not in kept(page)  # its bidder alone has it
    assert recipient_of(identity) == site.acts[-1]["payload"]["recipient"]
    page.get_by_role("button", name="继续上传").click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    assert kept_names(page) == []
    look_at(page, "seal-done")
    act = site.acts[-1]
    assert saved(page, "密文（bid.age）") == bytes(site.uploads[act["attachments"]["upload"].decode()])
    assert saved(page, "密钥封装（capsule.age）") == act["attachments"]["capsule"]
    assert json.loads(saved(page, "提交声明（JSON）")) == act["payload"]


def test_the_browser_keeps_the_file_of_the_last_receipt_and_no_other(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    open_page(page, site, parameters(trustees))
    for _ in range(2):
        fill_in(page, {"short.txt": bid_files["short.txt"]})
        press_submit(page)
        expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
        page.reload()
    fill_in(page, {"short.txt": bid_files["short.txt"]})
    press_seal(page)
    save_key(page)
    last = page.evaluate(PRIVATE_FILES)
    assert len(last) == 2  # handed in, and waiting
    page.reload()
    page.get_by_role("button", name="重新填写").locator("visible=true").click()
    fill_in(page, {"short.txt": bid_files["short.txt"]})
    press_submit(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    assert saved(page, "密文（bid.age）") == bytes(site.uploads[site.acts[-1]["attachments"]["upload"].decode()])
    assert len(page.evaluate(PRIVATE_FILES)) == 1


def test_a_bid_may_be_filled_in_anew_until_another_is_sealed(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    open_page(page, site, parameters(trustees))
    fill_in(page, {"short.txt": bid_files["short.txt"]})
    press_seal(page)
    first = save_key(page)
    page.get_by_role("button", name="重新填写").locator("visible=true").click()
    price = page.get_by_label("投标报价")
    expect(price).to_be_focused()
    price.fill("15e6")
    press_seal(page)
    expect(page.get_by_role("link", name="请输入金额")).to_be_visible()
    expect(price).to_be_visible()
    assert first in kept(page)
    price.fill("1500000")
    page.get_by_label("大写金额").fill("壹佰伍拾万元整")
    press_seal(page)
    second = save_key(page)
    assert first not in kept(page)
    send(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    assert [recipient_of(second)] == [act["payload"]["recipient"] for act in site.acts]


def test_who_logs_out_leaves_no_key_of_a_bid(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    given = parameters(trustees)
    open_page(page, site, given, account="one")
    fill_in(page, {"short.txt": bid_files["short.txt"]})
    press_seal(page)
    save_key(page)
    page.evaluate(
        """() => {
          const form = Object.assign(document.createElement('form'), { method: 'post' });
          form.dataset.logOut = '';
          form.addEventListener('submit', (event) => event.preventDefault());
          document.body.append(form);
          form.requestSubmit();
        }"""
    )
    assert "AGE-SECRET-KEY" not in kept(page)
    send(page)
    expect(page.get_by_role("alert").filter(has_text="本机已没有这份密文")).to_be_visible()
    assert site.uploads == {}
    page.goto(site.show_text("/seal", PAGE, parameters=given, key_name=KEY, account="one"))
    expect(page.get_by_role("button", name="加密并签名")).to_be_enabled()


FALSE_RECEIPTS = {
    "of another bid": (partial(receipted, bid_root="ab" * 32), ["回执中的密文摘要是 abab", "，本机是 "]),
    "of another bidder": (partial(receipted, bidder="org-b"), ["回执中的投标人是 org-b，本机是 org-a"]),
    "not signed": (altered, ["回执上没有平台密钥的有效签名"]),
    "none": (lambda payload: {"receipt": {}}, ["平台的答复不是完整的回执"]),
}


@pytest.mark.parametrize("which", FALSE_RECEIPTS)
def test_an_answer_that_is_no_receipt_of_this_bid_leaves_it_not_submitted_and_sealed(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path], which: str
):
    open_page(page, site, parameters(trustees))
    site.answer, sentences = FALSE_RECEIPTS[which]
    fill_in(page, {"short.txt": bid_files["short.txt"]})
    press_submit(page)
    said = page.get_by_role("alert").filter(has_text="不能视为已提交")
    expect(said).to_be_focused(timeout=60_000)
    for sentence in sentences:
        expect(said).to_contain_text(sentence)
    expect(page.locator("#seal-verdict")).to_contain_text("尚未提交")
    expect(page.locator("[data-seal-receipt]")).to_be_hidden()
    look_at(page, "seal-false-receipt")
    site.answer = receipted
    page.reload()
    page.get_by_role("button", name="继续上传").click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交 09:12:44", timeout=30_000)
    first, second = site.acts
    assert first["act"]["command_id"] == second["act"]["command_id"]
    assert first["payload"] == second["payload"]
    open_sealed(site, trustees)
