"""What the browser seals and signs, Python opens and verifies."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sealing_page import (
    CASE,
    FILES,
    KEY,
    LOT,
    PAGE,
    Trustees,
    fill_in,
    look_at,
    open_page,
    open_sealed,
    parameters,
    press_seal,
    press_submit,
    save_key,
    send,
    spki_of,
)
from small_site import ORIGIN, SmallSite

from app.procedure.page_links import FILE_NAME, PageLink, read_page_links
from app.services.platform import read_sealing_code
from crypto.canonical import digest
from crypto.package import PackageFile, read_package, write_package
from crypto.signing import SignedAct, verify_act, verify_object
from crypto.timelock import QUICKNET, SignedRound
from tests.beacon import SigningChain

pytestmark = pytest.mark.browser


def test_python_opens_what_the_browser_sealed(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    site.upload_faults = [503, 503]
    open_page(page, site, parameters(trustees))
    fill_in(page, bid_files)
    press_submit(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交 09:12:44", timeout=60_000)

    spki = spki_of(site)
    act = site.acts[-1]
    signed = SignedAct.from_json({name: act[name] for name in ("act", "key_id", "signature")})
    verify_act(signed, spki, origin=ORIGIN, case=f"{CASE}/{LOT}", type="BidSubmitted", payload=act["payload"])
    assert act["csrf"] == "sample-token"

    packed, _ = open_sealed(site, trustees)
    package = read_package(io.BytesIO(packed))
    verify_object(spki, "bidpkg/v2", package.manifest, package.signature)
    assert package.manifest["opening"] == {"price_fen": "156600000", "duration_days": "60", "project_manager": "吴昇"}
    contents = {file.entry.path: b"".join(file.chunks) for file in package.files}
    assert contents == {name: path.read_bytes() for name, path in bid_files.items()}

    again = io.BytesIO()
    files = [PackageFile(name, FILES[name], partial(path.open, "rb")) for name, path in bid_files.items()]
    write_package(again, package.manifest, package.signature, files)
    assert again.getvalue() == packed


def test_a_bid_with_two_locks_names_its_round_and_the_code_that_sealed(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    beacon = SigningChain()
    open_page(page, site, parameters(trustees) | {"timelock": beacon.chain.describe()})
    fill_in(page, {"技术方案.docx": bid_files["技术方案.docx"]})
    press_submit(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=60_000)
    due = beacon.chain.round_after(datetime(2026, 3, 24, 1, 30, tzinfo=UTC))
    _package, submission = open_sealed(site, trustees, SignedRound(due, beacon.sign(due.number)))
    assert (submission["v"], submission["round"]) == ("bidsub/v2", due.number)
    client = site.acts[-1]["payload"]["client"]
    assert client == {
        "name": "tenderhall-browser",
        "version": "0.1.0",
        "bundle_sha256": digest(dict(read_sealing_code())),
    }


def test_a_refused_act_loses_nothing_and_a_reload_goes_on(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    site.act_faults = [(500, {"code": "unknown", "message": "系统没有完成这次操作。", "incident": "7F2K-93QD"})]
    open_page(page, site, parameters(trustees))
    fill_in(page, bid_files)
    press_submit(page)
    expect(page.get_by_role("alert").filter(has_text="事件编号 7F2K-93QD")).to_be_visible(timeout=60_000)
    expect(page.locator("#seal-verdict")).to_contain_text("尚未提交")
    page.reload()
    page.get_by_role("button", name="继续上传").click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    first, second = site.acts
    assert first["act"]["command_id"] == second["act"]["command_id"]
    assert first["payload"] == second["payload"]
    assert len(site.uploads) == 1
    open_sealed(site, trustees)


def test_without_a_file_of_qualification_the_page_asks_once(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    open_page(page, site, parameters(trustees) | {"qualification_words": ["资格", "qualification"]})
    fill_in(page, bid_files)
    press_seal(page)
    asked = page.get_by_role("alert").filter(has_text="没有选择资格文件")
    expect(asked).to_be_focused()
    assert site.uploads == {}
    qualified = bid_files["short.txt"].with_name("Qualification 1.pdf")
    qualified.write_bytes(b"%PDF")
    page.get_by_label("投标文件").set_input_files([bid_files["技术方案.docx"], qualified])
    expect(asked).to_be_hidden()
    page.get_by_label("投标文件").set_input_files(bid_files["技术方案.docx"])
    press_seal(page)
    page.get_by_role("button", name="不需要资格文件，仍然提交").click()
    save_key(page)
    send(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    expect(asked).to_be_hidden()


def test_files_that_no_seat_can_show_are_named_and_asked_about_once(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    booth = {"endings": [".pdf", ".png"], "picture_bytes": 4, "read": ["priced-list.csv"]}
    open_page(page, site, parameters(trustees) | {"booth": booth})
    fill_in(page, bid_files)
    large = bid_files["short.txt"].with_name("扫描.PNG")
    large.write_bytes(b"12345")
    fine = [large.with_name("方案.PDF"), large.with_name("priced-list.csv")]
    for file in fine:
        file.write_bytes(b"%PDF-")
    page.get_by_label("投标文件").set_input_files([bid_files["技术方案.docx"], large, *fine])
    press_seal(page)
    asked = page.get_by_role("alert").filter(has_text="评委看不到下列文件")
    expect(asked).to_be_focused()
    expect(asked.get_by_role("listitem")).to_have_count(2)
    expect(asked).to_contain_text("技术方案.docx")
    expect(asked).to_contain_text("扫描.PNG")
    assert site.uploads == {}
    page.get_by_label("投标文件").set_input_files(bid_files["技术方案.docx"])
    expect(asked).to_be_hidden()
    press_seal(page)
    page.get_by_role("button", name="知道评委看不到，仍然提交").click()
    save_key(page)
    send(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)


def test_pages_that_answer_a_criterion_are_sealed_with_the_bid(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    criteria = [{"id": "plan", "name_zh": "方案", "name_en": "Plan"}]
    open_page(page, site, parameters(trustees) | {"criteria": criteria})
    fill_in(page, {"技术方案.docx": bid_files["技术方案.docx"]})
    page.get_by_text("指明评审因素所在的页").click()
    page.get_by_label("方案", exact=True).fill("商务.pdf 2")
    page.get_by_role("button", name="加密并签名").click()
    expect(page.get_by_role("link", name="请写成“文件名.pdf 12-15”，文件须在所选文件之中")).to_be_visible()
    page.get_by_label("方案", exact=True).fill("技术方案.docx 12-15")
    press_submit(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    packed, _ = open_sealed(site, trustees)
    files = {file.entry.path: b"".join(file.chunks) for file in read_package(io.BytesIO(packed)).files}
    assert files.keys() == {"技术方案.docx", FILE_NAME}
    assert read_page_links(files[FILE_NAME]) == (PageLink("plan", "技术方案.docx", 12, 15),)


def test_a_bid_whose_upload_waits_is_offered_to_its_account_alone(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    given = parameters(trustees)
    site.act_faults = [(500, {"code": "unknown", "message": "系统没有完成这次操作。", "incident": "7F2K-93QD"})]
    open_page(page, site, given, account="one")
    fill_in(page, bid_files)
    press_submit(page)
    expect(page.get_by_role("alert").filter(has_text="事件编号 7F2K-93QD")).to_be_visible(timeout=60_000)
    goes_on = page.get_by_role("button", name="继续上传")
    for account, offered in (("other", 0), ("one", 1)):
        page.goto(site.show_text("/seal", PAGE, parameters=given, key_name=KEY, account=account))
        expect(page.get_by_role("button", name="加密并签名").locator("visible=true")).to_have_count(1 - offered)
        expect(goes_on.locator("visible=true")).to_have_count(offered)
    goes_on.click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("committee_id", "00" * 32, "受托人公钥与其编号不符"),
        ("open_ident", "00" * 32, "开启标识与本标包不符"),
        ("timelock", {**QUICKNET.describe(), "genesis": QUICKNET.genesis + 3}, "drand 链与其散列值不符"),
    ],
)
def test_nothing_is_sealed_to_a_key_that_is_not_what_it_claims(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path], name: str, value: object, sentence: str
):
    open_page(page, site, parameters(trustees) | {name: value})
    fill_in(page, bid_files)
    press_seal(page)
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    assert site.uploads == {}


def test_what_is_missing_is_named_with_a_link_to_the_field(page: Page, site: SmallSite, trustees: Trustees):
    open_page(page, site, parameters(trustees))
    press_seal(page)
    expect(page.get_by_role("link", name="请填写投标报价")).to_have_attribute("href", "#opening-price_fen")
    page.get_by_label("投标报价").fill("15e6")
    press_seal(page)
    expect(page.get_by_role("link", name="请输入金额")).to_be_visible()
    page.get_by_label("投标文件").set_input_files({"name": "报价.pdf", "mimeType": "application/pdf", "buffer": b""})
    press_seal(page)
    expect(page.get_by_role("link", name="文件 报价.pdf 是空的（0 字节）")).to_be_visible()
    assert site.uploads == {}


def test_words_and_figures_are_compared_and_a_mismatch_seals_nothing(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path]
):
    open_page(page, site, parameters(trustees))
    fill_in(page, {"short.txt": bid_files["short.txt"]})
    words, figures = page.get_by_label("大写金额"), page.get_by_label("投标报价")
    figures.fill("1655000")
    differs = "大小写不一致：大写读作 1,566,000.00 元，小写是 1,655,000.00 元"
    expect(page.locator("[data-capital-reading-for]")).to_contain_text(differs)
    press_seal(page)
    link = page.get_by_role("link", name=differs)
    expect(link).to_have_attribute("href", "#opening-price_fen-capital")
    look_at(page, "seal-words-differ")
    words.fill("壹佰陆拾伍万伍元整")
    press_seal(page)
    expect(page.get_by_role("link", name="无法读出大写金额")).to_be_visible()
    assert page.evaluate("() => Object.keys(localStorage).filter((name) => name.startsWith('sealed:'))") == []
    words.fill("壹佰陆拾伍万伍仟元整")
    press_submit(page)
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    package = read_package(io.BytesIO(open_sealed(site, trustees)[0]))
    assert package.manifest["opening"] == {"price_fen": "165500000", "duration_days": "60", "project_manager": "吴昇"}
