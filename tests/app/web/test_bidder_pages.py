"""The bidder's desk: submitted or not, receipts, what it may do and when."""

from __future__ import annotations

import base64
import io
import json
import re
from zoneinfo import ZoneInfo

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from app.casefile.inclusion import check_inclusion
from app.client import bid_commands
from app.client.command_line import Parser
from crypto.certificates import verify_certificate
from crypto.pdf import verify_pdf
from crypto.receipts import SignedReceipt, verify_receipt
from tests.app.web.site import LOT, Site


def base(site: Site) -> str:
    return f"/bidder/cases/{site.case.case_id}/lots/{LOT}"


def test_submitted_and_not_submitted_are_said_large(bidding: Site):
    assert 'class="verdict verdict--done"' in bidding.browser("bidder-a").get("/bidder")
    gone = bidding.browser("bidder-d").get(base(bidding))
    assert "尚未提交" in gone
    assert "已撤回" in gone


def test_the_desk_tells_of_ones_own_bid_when_and_with_which_receipt(bidding: Site):
    page = bidding.browser("bidder-a").get("/bidder")
    standing = bidding.case.case.lots[LOT].bidding.of_bidder(bidding.case.people["bidder-a"].organisation)
    local = standing.received_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"已提交 {local:%H:%M:%S}" in page
    assert f"回执编号 {standing.receipt_id}" in page
    others = (bidding.case.receipts[who] for who in ("bidder-b", "bidder-c"))
    assert not any(receipt in page for receipt in others)
    assert "尚未提交" not in page
    withdrawn = bidding.browser("bidder-d").get("/bidder")
    assert "尚未提交" in withdrawn
    assert "next-step--warning" in withdrawn


def test_only_ones_own_receipts_are_shown(bidding: Site):
    own, other = bidding.case.receipts["bidder-a"], bidding.case.receipts["bidder-b"]
    page = bidding.browser("bidder-a").get(base(bidding))
    assert own in page
    assert other not in page
    bidding.browser("bidder-a").get(f"{base(bidding)}/receipts/{other}.json", 404)
    bidding.browser("officer").get(f"{base(bidding)}/receipts/{own}.json", 404)


def test_a_receipt_comes_as_a_sealed_pdf_and_as_signed_json(bidding: Site):
    client = bidding.browser("bidder-a").client
    path = f"{base(bidding)}/receipts/{bidding.case.receipts['bidder-a']}"
    pdf, plain = client.get(f"{path}.pdf").data, json.loads(client.get(f"{path}.json").data)
    here = bidding.case.platform
    assert verify_pdf(pdf, here.keys.roots, here.database.now()).whole
    key = verify_certificate(here.keys.platform.certificate, here.keys.roots, here.database.now()).spki
    verify_receipt(SignedReceipt.from_json(plain["receipt"]), key)


def test_a_downloaded_receipt_is_checked_offline_by_anybody(bidding: Site, tmp_path, capsys):
    """The very line of docs/verify.md, on the file of the page and on the one in the PDF."""
    client, here = bidding.browser("bidder-a").client, bidding.case.platform
    path = f"{base(bidding)}/receipts/{bidding.case.receipts['bidder-a']}"
    (tmp_path / "authority.pem").write_text(here.keys.authority.certificate_pem)
    (tmp_path / "receipt-1.json").write_bytes(client.get(f"{path}.json").data)
    attached = PdfFileReader(io.BytesIO(client.get(f"{path}.pdf").data)).root["/Names"]["/EmbeddedFiles"]["/Names"]
    (tmp_path / "receipt-2.json").write_bytes(attached[1].get_object()["/EF"]["/F"].data)
    parser = Parser()
    bid_commands.add_parser(parser.commands())
    for number in (1, 2):
        words = ["bid", "verify-receipt", str(tmp_path / f"receipt-{number}.json")]
        arguments = parser.parse_args([*words, "--authority", str(tmp_path / "authority.pem")])
        assert arguments.run(arguments) == 0
        assert "the signature holds" in capsys.readouterr().out
    (tmp_path / "submission.json").write_bytes(client.get(f"{path}/submission.json").data)
    assert arguments.run(arguments) == 0
    assert "digest and lot agree" in capsys.readouterr().out
    (tmp_path / "回执.pdf").write_bytes(pdf := client.get(f"{path}.pdf").data)
    words = ["bid", "verify-receipt", str(tmp_path / "回执.pdf"), "--authority", str(tmp_path / "authority.pem")]
    arguments = parser.parse_args(words)
    assert arguments.run(arguments) == 0
    assert "the document's seal holds" in capsys.readouterr().out
    (tmp_path / "回执.pdf").write_bytes(pdf[:-100] + b" " * 100)
    assert arguments.run(arguments) == 1
    told = capsys.readouterr()
    assert "receipt" not in told.out
    assert "Download it again" in told.err


def test_after_the_opening_a_bidder_takes_the_proof_that_its_bid_stood(bidding: Site, opened: Site):
    client = opened.browser("bidder-a").client
    receipt = opened.case.receipts["bidder-a"]
    path = f"{base(opened)}/receipts/{receipt}"
    assert f"{path}/inclusion.json" in client.get(base(opened)).get_data(as_text=True)
    proof = json.loads(client.get(f"{path}/inclusion.json").data)
    submission = json.loads(client.get(f"{path}/submission.json").data)
    assert check_inclusion(proof, receipt, submission) == opened.case.case.lots[LOT].opening.closed.submissions_root
    assert client.get(f"/api/v1/cases/{opened.case.case_id}/lots/{LOT}/receipts/{receipt}/inclusion").json == proof
    before = f"{base(bidding)}/receipts/{bidding.case.receipts['bidder-a']}"
    assert bidding.browser("bidder-a").client.get(f"{before}/inclusion.json").status_code == 422
    assert "inclusion" not in bidding.browser("bidder-a").get(base(bidding))
    other = opened.case.receipts["bidder-b"]
    opened.browser("bidder-a").get(f"{base(opened)}/receipts/{other}/inclusion.json", 404)


def test_the_page_that_seals_carries_what_the_browser_checks(bidding: Site):
    page = bidding.browser("bidder-b").get(f"{base(bidding)}/seal")
    parameters = json.loads(re.search(r'id="seal-parameters"[^>]*>(.*?)</script>', page, re.S).group(1))
    wanted = {
        "case", "origin", "tender", "lot", "envelope", "epoch", "bidder", "documents_root", "committee",
        "committee_id", "open_ident", "key_name", "type", "head_url", "act_url", "upload_url", "worker", "client",
        "limits", "platform",
    }  # fmt: skip
    assert wanted <= parameters.keys()
    here = bidding.case.platform
    own = verify_certificate(here.keys.platform.certificate, here.keys.roots, here.database.now())
    assert parameters["platform"]["certificate"] == here.keys.platform.certificate
    assert base64.b64decode(parameters["platform"]["spki"]) == own.spki
    assert parameters["bidder"] == bidding.case.people["bidder-b"].organisation


def test_a_withdrawal_shows_what_it_withdraws_before_it_is_signed(bidding: Site):
    page = bidding.browser("bidder-c").get(f"{base(bidding)}/withdrawal")
    assert bidding.case.receipts["bidder-c"] in page
    assert 'data-type="BidWithdrawn"' in page
    bidding.browser("bidder-d").get(f"{base(bidding)}/withdrawal", 302)  # to the lot, which says that nothing is in


def test_a_question_is_reviewed_before_it_is_signed(bidding: Site):
    path = f"/cases/{bidding.case.case_id}/questions/new"
    browser = bidding.browser("bidder-a")
    page = browser.post(path, text="质保期几年？").get_data(as_text=True)
    assert 'data-type="QuestionAsked"' in page
    assert "质保期几年？" in page
    again = browser.post(path, text="质保期几年？", change="1").get_data(as_text=True)
    assert "data-sign-act" not in again
    assert "质保期几年？</textarea>" in again
    assert "请写明问题" in browser.post(path, text="").get_data(as_text=True)


def test_characters_that_turn_or_hide_others_are_shown_by_their_code(bidding: Site):
    path = f"/cases/{bidding.case.case_id}/questions/new"
    page = bidding.browser("bidder-a").post(path, text="报价\u202e321\x08元").get_data(as_text=True)
    assert "报价〔U+202E〕321〔U+0008〕元" in page
    shown = re.sub("<script.*?</script>", "", page, flags=re.DOTALL)  # what is signed stands there as it was typed
    assert not {"\u202e", "\x08"} & set(shown)


def test_sealing_after_the_deadline_leads_back_to_the_lot(opened: Site):
    answer = opened.browser("bidder-a").client.get(f"{base(opened)}/seal")
    assert answer.headers["Location"] == base(opened)
    assert "无效" in opened.browser("bidder-e").get(base(opened))


@pytest.mark.parametrize("who", ["officer", "regulator", "trustee-1"])
def test_others_have_no_bidders_desk(bidding: Site, who: str):
    bidding.browser(who).get("/bidder", 404)
    bidding.browser(who).get(f"{base(bidding)}/seal", 404)
