"""The sealing page over a small site: trustees, receipts of the platform, a bidder at the page; opening what came."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from axe import violations
from playwright.sync_api import Page, expect
from small_site import ORIGIN, SmallSite
from styleguide import asset

from app.services.platform import read_sealing_code
from crypto.canonical import digest
from crypto.committee import (
    Committee,
    check_capsule_header,
    combine,
    identity,
    open_capsule,
    sign_share,
)
from crypto.envelope import bid_context, check_sealed_header, context_hash, open_bid, recipient_of
from crypto.merkle import TreeDigest
from crypto.receipts import make_receipt, sign_receipt
from crypto.signing import SigningKey, verify_object
from crypto.submission import verify_submission
from crypto.timelock import SignedRound

CASE, LOT, KEY = "c0ffee", "1", "account-7"
STATEMENT = {"origin": ORIGIN, "tender": CASE, "lot": LOT, "envelope": "1", "epoch": 0}
IDENT = identity("open", STATEMENT)
PLATFORM = SigningKey.generate()
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PICTURES = os.environ.get("PICTURES", "")
FILES = {"投标函（盖章）.pdf": 18 * 2**20 + 11, "技术方案.docx": 70_000, "short.txt": 1}
PAGE = """
{% from "components/sealing.html" import sealing_form, opening_item with context %}
{% from "components/keys.html" import key_panel with context %}
{% block content %}
<h1>加密并提交</h1>
{{ key_panel(key_name, '/keys', {'label': 'tenderhall/key-proof', 'object': {'account': '7'}}) }}
{% call sealing_form(parameters) %}
{{ opening_item('price_fen', '投标报价', 'money', capitals=True) }}
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
        "code": [f"/static/dist/{file}" for file in read_sealing_code()],
        "client": {"name": "tenderhall-browser", "version": "0.1.0"},
        "limits": {"total_bytes": 64 * 2**20},
        "qualification_words": [],
        "booth": {"endings": [".pdf", ".docx", ".txt", ".bin"], "picture_bytes": 2**40, "read": []},
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
    expect(page.locator("[data-money-words-for]")).to_have_text("壹佰伍拾陆万陆仟元整")
    words = page.get_by_label("大写金额")
    expect(words).to_have_value("")  # typed by a person, never filled in
    words.fill("壹佰伍拾陆万陆仟圆正")
    expect(page.get_by_text("读作 1,566,000.00 元，与小写一致")).to_be_visible()
    page.get_by_label("交货期（日）").fill("60")
    page.get_by_label("项目负责人").fill("吴昇")
    page.get_by_label("投标文件").set_input_files(list(files.values()))


def look_at(page: Page, name: str) -> None:
    """Accessible and within the screen at both widths; kept as a picture where PICTURES names a folder."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == [], name
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, name
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)


def press_seal(page: Page) -> None:
    page.get_by_role("button", name="加密并签名").click()


def save_key(page: Page) -> str:
    """The key of the bid, out of the file that the page has one save before anything is uploaded."""
    with page.expect_download() as saving:
        page.get_by_role("link", name="保存开启密钥").click(timeout=60_000)
    assert saving.value.suggested_filename == f"bid-{CASE}-{LOT}.age.key.txt"
    return Path(saving.value.path()).read_text().strip()


def send(page: Page) -> None:
    page.get_by_role("button", name="密钥已保存，上传并提交").click()


def press_submit(page: Page) -> None:
    press_seal(page)
    save_key(page)
    send(page)


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
