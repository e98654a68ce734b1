"""What the browser seals and signs, Python opens and verifies."""

from __future__ import annotations

import base64
import io
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from small_site import ORIGIN, SmallSite
from styleguide import DIST, asset

from crypto.canonical import digest
from crypto.committee import (
    Committee,
    Member,
    check_capsule_header,
    combine,
    identity,
    open_capsule,
    run_ceremony,
    sign_share,
)
from crypto.envelope import bid_context, check_sealed_header, context_hash, open_bid, recipient_of
from crypto.merkle import TreeDigest
from crypto.package import PackageFile, read_package, write_package
from crypto.receipts import make_receipt, sign_receipt
from crypto.signing import SignedAct, SigningKey, verify_act, verify_object
from crypto.submission import verify_submission
from crypto.timelock import QUICKNET, SignedRound
from tests.beacon import SigningChain

pytestmark = pytest.mark.browser

CASE, LOT, KEY = "c0ffee", "1", "account-7"
STATEMENT = {"origin": ORIGIN, "tender": CASE, "lot": LOT, "envelope": "1", "epoch": 0}
IDENT = identity("open", STATEMENT)
PLATFORM = SigningKey.generate()
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
FILES = {"投标函（盖章）.pdf": 18 * 2**20 + 11, "技术方案.docx": 70_000, "short.txt": 1}
PAGE = """
{% from "components/sealing.html" import sealing_form, opening_item with context %}
{% from "components/keys.html" import key_panel with context %}
{% block content %}
{{ key_panel(key_name, '/keys', {'label': 'tenderhall/key-proof', 'object': {'account': '7'}}) }}
{% call sealing_form(parameters) %}
{{ opening_item('price_fen', '投标报价', 'money') }}
{{ opening_item('duration_days', '交货期（日）', 'number') }}
{{ opening_item('project_manager', '项目负责人') }}
{% endcall %}
{% endblock %}
{% block scripts %}<script type="module" src="{{ asset('seal.js') }}" nonce="{{ csp_nonce }}"></script>{% endblock %}
"""


@dataclass(frozen=True)
class Trustees:
    committee: Committee
    secrets: dict[int, bytes]

    def release(self) -> bytes:
        shares = {index: sign_share(self.secrets[index], IDENT) for index in (1, 3)}
        return combine(self.committee, IDENT, shares).signature


@pytest.fixture(scope="module")
def trustees() -> Trustees:
    members = [Member(index, f"Organisation {index}", f"{index:064x}") for index in (1, 2, 3)]
    return Trustees(*run_ceremony(members, 2, os.urandom))


@pytest.fixture
def bid_files(tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / name for name in FILES}
    for name, size in FILES.items():
        paths[name].write_bytes(os.urandom(size))
    return paths


def parameters(trustees: Trustees) -> dict[str, object]:
    reference = f"{CASE}/{LOT}"
    return {
        "case": reference,
        **STATEMENT,
        "bidder": "org-a",
        "documents_root": "d0" * 32,
        "committee": trustees.committee.describe(),
        "committee_id": trustees.committee.id,
        "open_ident": IDENT.hex(),
        "timelock": {},
        "deadline_at": "2026-03-24T01:30:00Z",
        "key_name": KEY,
        "type": "BidSubmitted",
        "head_url": f"/api/v1/cases/{reference}/acts/head",
        "act_url": f"/api/v1/cases/{reference}/acts/BidSubmitted",
        "upload_url": "/api/v1/uploads",
        "worker": asset("seal_worker.js"),
        "client": {"name": "tenderhall-browser", "version": "0.1.0"},
        "limits": {"total_bytes": 64 * 2**20},
        "qualification_words": [],
        "standing": "",
        "platform": {"certificate": CERTIFICATE, "spki": base64.b64encode(PLATFORM.spki).decode()},
    }


def receipted(payload: dict[str, object], **changed: object) -> dict[str, object]:
    """The platform's answer to a submission; what is `changed` is signed as well."""
    facts = {
        "origin": ORIGIN,
        "tender": CASE,
        "lot": LOT,
        "bidder": "org-a",
        "submission_sha256": digest(payload),
        "bid_root": payload["bid_root"],
        "bid_size": payload["bid_size"],
    }
    at = datetime(2026, 3, 3, 1, 12, 44, 120_000, UTC)
    receipt = make_receipt(**facts | changed, received_at=at, receipt_id="8f3k27qm")
    answer = {"accepted": "BidSubmitted", "at": "2026-03-03T01:12:44Z", "platform_certificate": CERTIFICATE}
    return answer | {"receipt": sign_receipt(PLATFORM, receipt).to_json()}


def altered(payload: dict[str, object]) -> dict[str, object]:
    """With an instant that nobody signed."""
    answer = receipted(payload)
    answer["receipt"]["receipt"]["received_at"] = "2026-03-03T01:12:43Z"
    return answer


def open_page(page: Page, site: SmallSite, given: dict[str, object], account: str = "") -> None:
    site.answer = receipted
    page.goto(site.show_text("/seal", PAGE, parameters=given, key_name=KEY, account=account))
    page.get_by_role("button", name="制作新密钥").click()
    expect(page.get_by_role("button", name="申请证书")).to_be_enabled()
    page.get_by_role("button", name="申请证书").click()
    expect(page.locator("#seal-verdict")).to_contain_text("尚未提交")


def fill_in(page: Page, files: dict[str, Path]) -> None:
    page.get_by_label("投标报价").fill("1566000")
    expect(page.get_by_text("壹佰伍拾陆万陆仟元整")).to_be_visible()
    page.get_by_label("交货期（日）").fill("60")
    page.get_by_label("项目负责人").fill("吴昇")
    page.get_by_label("投标文件").set_input_files(list(files.values()))


def press_submit(page: Page) -> None:
    page.get_by_role("button", name="加密、签名并提交").click()


def spki_of(site: SmallSite) -> bytes:
    """The certified key, with its proof of possession checked."""
    enrolled = site.keys[-1]
    spki = base64.b64decode(enrolled["spki"])
    verify_object(spki, "tenderhall/key-proof", {"account": "7"}, enrolled["proof"])
    return spki


def open_sealed(
    site: SmallSite, trustees: Trustees, signed: SignedRound | None = None
) -> tuple[bytes, dict[str, object]]:
    """The package (bytes) that the last act submitted, opened as after a release, and the submission."""
    act = site.acts[-1]
    submission, capsule = act["payload"], act["attachments"]["capsule"]
    sealed = bytes(site.uploads[act["attachments"]["upload"].decode()])
    given = parameters(trustees)
    names = ("origin", "tender", "lot", "envelope", "epoch", "bidder", "documents_root", "open_ident")
    facts = {name: given[name] for name in names}
    context = bid_context(**facts, committee=trustees.committee.id, recipient=submission["recipient"])
    tree = TreeDigest()
    tree.update(sealed)
    verify_submission(submission, context=context, bid_size=len(sealed), bid_root=tree.hexdigest(), capsule=capsule)
    check_sealed_header(sealed[:4096], context_hash(context))
    check_capsule_header(capsule, trustees.committee, IDENT, signed.round if signed else None)
    secret = open_capsule(trustees.committee, IDENT, trustees.release(), capsule, signed).decode()
    assert recipient_of(secret) == submission["recipient"]
    package = io.BytesIO()
    open_bid(io.BytesIO(sealed), package, secret, context_hash(context))
    return package.getvalue(), submission


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
    manifest = json.loads((DIST / "manifest.json").read_text())
    client = site.acts[-1]["payload"]["client"]
    assert client == {
        "name": "tenderhall-browser",
        "version": "0.1.0",
        "bundle_sha256": manifest["seal_worker.js"]["sha256"],
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
    press_submit(page)
    asked = page.get_by_role("alert").filter(has_text="没有选择资格文件")
    expect(asked).to_be_focused()
    assert site.uploads == {}
    qualified = bid_files["short.txt"].with_name("Qualification 1.pdf")
    qualified.write_bytes(b"%PDF")
    page.get_by_label("投标文件").set_input_files([bid_files["技术方案.docx"], qualified])
    expect(asked).to_be_hidden()
    page.get_by_label("投标文件").set_input_files(bid_files["技术方案.docx"])
    press_submit(page)
    page.get_by_role("button", name="不需要资格文件，仍然提交").click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)
    expect(asked).to_be_hidden()


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
        expect(page.get_by_role("button", name="加密、签名并提交")).to_be_enabled()
        expect(goes_on.locator("visible=true")).to_have_count(offered)
    goes_on.click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交", timeout=30_000)


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
    site.answer = receipted
    page.reload()
    page.get_by_role("button", name="继续上传").click()
    expect(page.locator("#seal-verdict")).to_contain_text("已提交 09:12:44", timeout=30_000)
    first, second = site.acts
    assert first["act"]["command_id"] == second["act"]["command_id"]
    assert first["payload"] == second["payload"]
    open_sealed(site, trustees)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("committee_id", "00" * 32, "受托方公钥与其编号不符"),
        ("open_ident", "00" * 32, "开启标识与本标包不符"),
        ("timelock", {**QUICKNET.describe(), "genesis": QUICKNET.genesis + 3}, "drand 链与其散列值不符"),
    ],
)
def test_nothing_is_sealed_to_a_key_that_is_not_what_it_claims(
    page: Page, site: SmallSite, trustees: Trustees, bid_files: dict[str, Path], name: str, value: object, sentence: str
):
    open_page(page, site, parameters(trustees) | {name: value})
    fill_in(page, bid_files)
    press_submit(page)
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    assert site.uploads == {}


def test_what_is_missing_is_named_with_a_link_to_the_field(page: Page, site: SmallSite, trustees: Trustees):
    open_page(page, site, parameters(trustees))
    press_submit(page)
    expect(page.get_by_role("link", name="请填写投标报价")).to_have_attribute("href", "#opening-price_fen")
    page.get_by_label("投标报价").fill("15e6")
    press_submit(page)
    expect(page.get_by_role("link", name="请输入金额")).to_be_visible()
    page.get_by_label("投标文件").set_input_files({"name": "报价.pdf", "mimeType": "application/pdf", "buffer": b""})
    press_submit(page)
    expect(page.get_by_role("link", name="文件 报价.pdf 是空的（0 字节）")).to_be_visible()
    assert site.uploads == {}
