"""The page on which anybody checks a receipt, in a real browser."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from styleguide import DIST
from test_pages_desks import Served

from tests.app.client.draw_records import TRUSTEES, three_rounds
from tests.app.web.site import LOT, played

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: node app/static/src/build.mjs")
    serving = Served(played(tmp_path_factory.mktemp("verify"), "found publish bid"))
    yield serving
    serving.server.shutdown()


def test_a_receipt_is_checked_in_the_browser_and_nothing_is_uploaded(page: Page, served: Served):
    """`/verify` reads receipt and submission itself: the genuine ones hold, a changed one does not, nothing is sent."""
    client, case = served.site.browser("bidder-a").client, served.site.case
    base = f"/bidder/cases/{case.case_id}/lots/{LOT}/receipts/{case.receipts['bidder-a']}"
    receipt, submission = (client.get(f"{base}{part}").data for part in (".json", "/submission.json"))
    later = json.loads(receipt)
    later["receipt"]["receipt"]["received_at"] = "2026-03-02T00:00:00Z"
    page.goto(f"{served.url}/verify")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    verdict = page.locator("[data-check-verdict]")
    for name, data, words in (
        ("receipt", receipt, "回执有效：由本平台的密钥签名"),
        ("submission", submission, "与提交声明一致"),
        ("bid", b"some other bytes", "密文摘要不一致"),
        ("receipt", json.dumps(later).encode(), "回执上没有平台密钥的有效签名"),
        ("receipt", b"no json", "“receipt.json”不是 JSON 文件"),
    ):
        file = {"name": f"{name}.json", "mimeType": "application/json", "buffer": data}
        page.locator(f"#check-{name}").set_input_files(file)
        expect(verdict).to_contain_text(words)
    expect(page.locator("[data-receipt-upload]")).not_to_have_attribute("open", "")
    assert sent == []


def test_records_of_a_draw_are_checked_from_files_and_nothing_is_uploaded(page: Page, served: Served):
    """`/verify` computes a draw again from the records that somebody holds, against the committee that is entered."""
    genuine = three_rounds()
    other = json.loads(json.dumps(genuine))
    numbers = next(iter(other[0]["result"]["selected"].values()))
    numbers[0] = next(one["id"] for one in other[0]["candidates"] if one["id"] != numbers[0])
    page.goto(f"{served.url}/verify")
    shown, sent = page.locator("[data-draw-files] [data-draw-checked]"), list[str]()
    page.on("request", lambda request: sent.append(f"{request.method} {request.url.removeprefix(served.url)}"))
    for records, committee, words in (
        (genuine, TRUSTEES.id, "验算一致"),
        (genuine, "", "没有比对，不能算通过"),
        (genuine[1:], TRUSTEES.id, "没有比对，不能算通过"),
        (genuine, "f" * 64, "验算不一致"),
        (other, TRUSTEES.id, "验算不一致"),
        ([None], TRUSTEES.id, "记录不符合格式，不予认可（record）"),
        (genuine, "abc", "受托人编号应为 64 位十六进制数字"),
        ([], TRUSTEES.id, "请选择要核验的一轮和此前每一轮的记录文件"),
    ):
        files = [
            (f"draw-{n}.json", "application/json", json.dumps(record).encode()) for n, record in enumerate(records)
        ]
        page.locator("#draw-records").set_input_files(
            [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files]
        )
        page.locator("#draw-committee").fill(committee)
        page.locator("[data-draw-files] .actions > button").first.click()
        expect(shown).to_contain_text(words)
    assert all(one.startswith("GET /static/") for one in sent), "program and fonts alone are fetched"


def test_the_digest_of_a_document_is_computed_in_the_browser(page: Page, served: Served):
    """Of a file that is chosen where a paper's code leads, the digest alone is sent."""
    page.goto(served.path("/check/{case}/{lot}"))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url} {request.post_data}"))
    page.locator("#check-file").set_input_files(
        {"name": "report.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 of no seal"}
    )
    expect(page.locator("main")).to_contain_text("没有封存的文件有此摘要")
    digest = hashlib.sha256(b"%PDF-1.7 of no seal").hexdigest()
    expect(page.locator("#sha256")).to_have_value(digest)
    assert any(one.startswith("GET") and f"sha256={digest}" in one for one in sent)
    assert not any("no seal" in one for one in sent)


def test_the_booking_page_counts_days_of_the_calendar(page: Page, served: Served):
    """What begins today is no day away, what begins tomorrow one, at any hour."""
    served.log_in(page, "centre")
    page.goto(served.path("/centre/cases/{case}/lots/{lot}/booking"))
    words = page.locator('[data-instant-words-for="begins"]')
    expect(words).to_contain_text("距今 0 天")
    day, _, _time = page.locator("#begins").input_value().partition("T")
    year, month, date = day.split("-")
    page.locator("#begins").fill(f"{year}-{month}-{int(date) + 1:02}T00:01:00")
    expect(words).to_contain_text("距今 1 天")
