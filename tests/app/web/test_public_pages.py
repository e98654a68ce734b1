"""What everybody may see, what nobody may learn before the deadline, and checking a receipt."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask

from app.casefile.sealing import committee_of
from app.config import BadSettings, Settings
from app.extensions import contested
from app.queries.people import find_account
from app.services.accounts import LogIn
from app.services.meeting import Meeting
from app.services.notices import mail_seat_code
from tests.app.services.whole_case import Person
from tests.app.web.site import LOT, Site, played

VARYING = re.compile(
    r'nonce="[^"]*"|name="csrf-token" content="[^"]*"|name="csrf_token"[^>]*value="[^"]*"'
    r'|name="server-time" content="[^"]*"|<time class="clock__time".*?</time>|data-live-cursor="[^"]*"'
)
WATCHERS = ("", "officer", "releaser", "centre", "regulator", "admin", "trustee-1", "witness-host", "bidder-e")


def pages_of(site: Site, who: str) -> dict[str, str]:
    """Every page of ours about the case that this person can open, without what differs by the second."""
    case = site.case.case_id
    paths = ["/", f"/cases/{case}", "/agency", "/bidder", f"/bidder/cases/{case}/lots/{LOT}", "/account"]
    client, found = site.browser(who).client, {}
    for path in paths:
        answer = client.get(path)
        found[path] = f"{answer.status_code} {VARYING.sub('', answer.get_data(as_text=True))}"
    return found


def test_bids_leave_no_trace_on_any_page_before_the_deadline(tmp_path: Path):
    """Two worlds: without bids and with five, one replaced, one withdrawn. Nobody else's pages differ by a byte."""
    site = played(tmp_path, "found publish")
    before = {who: pages_of(site, who) for who in WATCHERS}
    site.case.submit("bidder-a", "158000000")
    site.case.submit("bidder-a", "156600000")
    site.case.submit("bidder-b", "157402200")
    after = {who: pages_of(site, who) for who in WATCHERS}
    assert after == before
    assert "已提交" in site.browser("bidder-a").get(f"/bidder/cases/{site.case.case_id}/lots/{LOT}")


def test_a_notice_says_everything_in_words(bidding: Site):
    page = bidding.browser().get(f"/cases/{bidding.case.case_id}")
    for words in (
        "设备采购",
        "T-2026-1",
        "¥1,751,000.00",
        "壹佰柒拾伍万壹仟元整",
        "价格分 = 最低评审价 ÷ 评审价 × 30",
        "招标文件.pdf",
        "交货地点？",
        "校内",
        "增加培训",
        committee_of(bidding.case.case).id,  # what the record of a draw is checked against
    ):
        assert words in page, words
    assert "员工a" not in page


def test_notices_are_found_by_their_words(bidding: Site):
    browser = bidding.browser()
    assert "设备采购" in browser.get("/?q=T-2026")
    assert "没有找到" in browser.get("/?q=桥梁")


def test_a_draft_is_nobodys_business(founded: Site):
    founded.browser().get("/cases/0123456789abcdef", 401)
    founded.browser("bidder-a").get("/cases/0123456789abcdef", 404)


def test_an_expert_is_shown_no_project(bidding: Site):
    case = bidding.case
    with case.platform.database.reading() as db_session:
        found = find_account(db_session, "expert-1")
    case.people["expert-1"] = Person(LogIn(found[0], ""), case.people["admin"].key, "")
    page = bidding.browser("expert-1").get("/")
    assert "设备采购" not in page
    bidding.browser("expert-1").get(f"/cases/{case.case_id}", 404)


@pytest.mark.parametrize(
    "path",
    [
        "/trust",
        "/about",
        "/privacy",
        "/draws",
        "/verify",
        "/log-in",
        "/sign-up",
        "/register",
        "/invitation",
        "/second-factor",
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_for_everybody_open_in_both_languages(founded: Site, path: str, lang: str):
    page = founded.browser(lang=lang).get(path)
    assert f'<html lang="{"en" if lang == "en" else "zh-CN"}"' in page


def receipt_files(site: Site) -> tuple[bytes, bytes]:
    base = f"/bidder/cases/{site.case.case_id}/lots/{LOT}/receipts/{site.case.receipts['bidder-a']}"
    client = site.browser("bidder-a").client
    return client.get(f"{base}.json").data, client.get(f"{base}/submission.json").data


def check(site: Site, receipt: bytes, submission: bytes | None = None) -> str:
    fields: dict[str, object] = {"check": "receipt", "receipt-receipt": (io.BytesIO(receipt), "receipt.json")}
    if submission:
        fields["receipt-submission"] = (io.BytesIO(submission), "submission.json")
    browser = site.browser()
    token = re.findall(r'id="receipt-csrf_token"[^>]*value="([^"]+)"', browser.get("/verify"))[0]
    return browser.post("/verify", **{"receipt-csrf_token": token, **fields}).get_data(as_text=True)


def test_a_receipt_is_checked_with_its_submission(bidding: Site):
    receipt, submission = receipt_files(bidding)
    page = check(bidding, receipt, submission)
    assert "回执有效" in page
    assert "一致" in page


def test_a_changed_receipt_and_a_foreign_submission_are_refused(bidding: Site):
    receipt, submission = receipt_files(bidding)
    later = json.loads(receipt)
    later["receipt"]["received_at"] = "2026-03-02T00:00:00Z"
    assert "回执有效" not in check(bidding, json.dumps(later).encode())
    other = {**json.loads(submission), "bid_root": "0" * 64}
    assert "回执有效" not in check(bidding, receipt, json.dumps(other).encode())
    assert "回执有效" not in check(bidding, b'{"platform_certificate": 1}')
    for hostile in (b"no json", b'{"a":' + b"[" * 50_000, b"\xff"):
        page = check(bidding, hostile)
        assert "回执有效" not in page
        assert "receipt.json" in page  # which file, in words


def test_after_the_opening_the_counts_are_public(opened: Site):
    page = opened.browser().get(f"/cases/{opened.case.case_id}")
    assert "3 家开启，1 家无效" in page


def test_an_address_that_two_views_would_answer_is_found(founded: Site):
    assert contested(founded.app) == []
    app = Flask("another")
    app.add_url_rule("/register", "sign_up", methods=["GET", "POST"])
    app.add_url_rule("/register", "monitor", methods=["POST"])
    app.add_url_rule("/register/checkpoint", "checkpoint", methods=["POST"])
    assert contested(app) == ["POST /register"]


def test_pages_do_not_promise_what_keys_of_one_machine_cannot_keep(tmp_path: Path):
    """All trustees are of mode M0: the page on which one is to rely does not contradict itself."""
    site = played(tmp_path, "found")
    trust, about = (site.browser().get(path) for path in ("/trust", "/about"))
    assert "全部密钥由同一台机器生成（M0）" in trust
    assert "联合私钥" not in trust
    assert "不能证明截止以前没有人打开过投标" in about


def test_the_centre_is_reached_as_the_installation_says(founded: Site, monkeypatch: pytest.MonkeyPatch):
    """`TENDERHALL_CONTACT`: at the foot of every page and on pages of errors; nothing where it is not set."""
    assert "联系交易中心：" not in founded.browser().get("/about")
    here = founded.case.platform
    told = replace(here, settings=replace(here.settings, contact="0830-12345"))
    monkeypatch.setitem(founded.app.extensions, "tenderhall", told)
    assert founded.browser().get("/about").count("联系交易中心：0830-12345") == 1
    assert founded.browser().get("/nowhere", 404).count("联系交易中心：0830-12345") == 2
    assert "The transaction centre: 0830-12345" in founded.browser(lang="en").get("/about")
    mail_seat_code(told, "member@example.org", "ABCDEFGHJKLMNPQR", Meeting("主场", "", None, None), "goods")
    (mail,) = (told.settings.mail / "member@example.org").iterdir()
    text = message_from_bytes(mail.read_bytes(), policy=default).get_content()
    assert "联系交易中心：0830-12345" in text
    assert "The transaction centre: 0830-12345" in text
    assert (
        Settings.from_env({"TENDERHALL_CONTACT": " 0830-12345，一楼 3 号窗口 "}).contact == "0830-12345，一楼 3 号窗口"
    )
    for wrong in ("0830\n12345", "0" * 121):
        with pytest.raises(BadSettings, match="TENDERHALL_CONTACT"):
            Settings.from_env({"TENDERHALL_CONTACT": wrong})


def test_the_page_of_personal_data_says_who_what_why_and_how_long(founded: Site):
    page = founded.browser().get("/privacy")
    assert "交易中心" in page
    for words in ("身份证号", "现场照片", "不作人脸识别", "平台不保存", "两人共同批准", "只增不改", "另行征得同意"):
        assert words in page
    assert 'href="/privacy"' in founded.browser().get("/")
    english = founded.browser(lang="en").get("/privacy").partition("<main")[2].partition("</main")[0]
    assert re.findall("[\u4e00-\u9fff]+", english) == ["交易中心"]  # the name of the centre
