"""Clarifications on the pages: of a member, of the chair, of the bidder that is asked, of who watches, of others."""

from __future__ import annotations

import io
import re

import pytest

from evaluation import sitting
from tests.app.services.questions import IN_TIME, PAPER, PLACE, QUESTION, TEXT, Asking
from tests.app.services.whole_case import LOT
from tests.app.web.site import Browser, Site, booth, stated


@pytest.fixture
def case(tmp_path) -> Asking:
    return Asking(tmp_path).until_review()


@pytest.fixture
def site(case: Asking) -> Site:
    return Site(case)


def room(case: Asking, path: str = "") -> str:
    return f"/room/{case.case_id}/{LOT}{path}"


def desk(case: Asking, path: str = "") -> str:
    return f"/bidder/cases/{case.case_id}/lots/{LOT}{path}"


def signs(page: object, type: str) -> bool:
    text = page if isinstance(page, str) else page.get_data(as_text=True)
    return f'data-type="{type}"' in text


def seat(case: Asking, site: Site, number: int) -> Browser:
    return booth(site, case.members[number])


def test_a_member_proposes_and_what_is_missing_is_said_in_words(case: Asking, site: Site):
    browser, number = seat(case, site, 3), case.receipts["bidder-a"]
    page = browser.get(room(case))
    assert "还没有询问过投标人" in page
    assert "提议询问投标人" in page
    empty = browser.post(room(case, "/clarifications"), bid="", subject="", place="", question="")
    for words in ("请选择投标人", "请选择属于哪一种情形", "请写明是哪一份文件的哪一处", "请写明问题"):
        assert words in empty.get_data(as_text=True)
    fields = {"bid": number, "subject": "inconsistent", "place": PLACE, "question": QUESTION}
    proposal = browser.post(room(case, "/clarifications"), **fields)
    assert signs(proposal, "ClarificationProposed")
    assert re.search(r'"id": "[0-9a-f]{16}"', proposal.get_data(as_text=True))
    assert "投标人看不到成员和席位" in proposal.get_data(as_text=True)
    lines = browser.post(room(case, "/clarifications"), **fields | {"question": "交货期？\n第二行"})
    assert '<dd class="kept-lines">交货期？\n第二行</dd>' in lines.get_data(as_text=True)


def test_members_vote_the_chair_sends_and_everybody_sees_what_is_waited_for(case: Asking, site: Site):
    case.propose("a1")
    voter, chair = (seat(case, site, number) for number in (case.others[1], case.chair))
    page = voter.get(room(case))
    assert "正在表决" in page
    assert "已投票 1 / 5" in page
    assert "有一项询问投标人的提议正在表决" in page
    assert "对是否询问投标人投票" in page
    for answer, words in (("yes", "同意询问"), ("no", "不同意询问")):
        vote = voter.get(room(case, f"/clarifications/a1/votes/{answer}"))
        assert signs(vote, "ClarificationVoted")
        assert words in vote
    proposer = seat(case, site, case.others[0])
    assert signs(proposer.get(room(case, "/clarifications/a1/withdrawal")), "ClarificationWithdrawn")
    refused = voter.get(room(case, "/clarifications/a1/withdrawal"))
    assert f"由席位 {case.others[0]} 提出" in refused
    case.vote("a1", True, True)
    page = chair.get(room(case))
    assert "同意 3 票，不同意 0 票" in page
    assert "/a1/sending" in page
    assert "/a1/sending" not in voter.get(room(case))
    assert "等待组长" in voter.get(room(case))
    assert "把表决通过的问题发给投标人" in page
    form = chair.get(room(case, "/clarifications/a1/sending"))
    assert 'value="2"' in form
    assert "请填写 1 至 30 之间的分钟数" in chair.post(room(case, "/clarifications/a1/sending"), minutes="31").get_data(
        as_text=True
    )
    sending = chair.post(room(case, "/clarifications/a1/sending"), minutes="3")
    assert signs(sending, "ClarificationSent")
    assert '"seconds": 180' in sending.get_data(as_text=True)
    assert "不是组长" in voter.get(room(case, "/clarifications/a1/sending"))
    case.send("a1")
    assert "正在等待答复" in voter.get(room(case))
    found = [f"{kind}-{bid.bid}-formal" for bid in case.state.bids for kind in ("finding",)]
    review = voter.post(room(case, "/review"), **dict.fromkeys(found, "pass"))
    assert "正在等待答复" in review.get_data(as_text=True)
    assert not signs(review, "BidsReviewed")


def test_the_bidder_reads_its_question_with_its_time_and_answers_once(case: Asking, site: Site):
    assert "评标委员会的询问" not in site.browser("bidder-a").get(desk(case))
    case.ask("a1")
    browser = site.browser("bidder-a")
    assert "评标委员会询问一件事：请书面答复" in browser.get("/bidder")
    page = browser.get(desk(case))
    assert "data-countdown" in page
    assert "等待您答复" in page
    question = browser.get(desk(case, "/clarifications/a1"))
    for words in (QUESTION, PLACE, "同一内容表述不一致", "答复只有一次", "data-countdown"):
        assert words in question
    assert "席位" not in question
    path = desk(case, "/clarifications/a1")
    assert "请写明答复" in browser.post(path, text=" ").get_data(as_text=True)
    picture = (io.BytesIO(b"\x89PNG"), "图.png")
    assert "图.png 不是 PDF" in browser.post(path, text=TEXT, files=picture).get_data(as_text=True)
    answer = browser.post(path, text=TEXT, files=(io.BytesIO(PAPER), "交货期说明.pdf"))
    assert signs(answer, "ClarificationAnswered")
    assert "交货期说明.pdf" in answer.get_data(as_text=True)
    case.answer("a1", files=(case.paper(),))
    done = browser.get(path)
    assert "答复已送达评标委员会" in done
    assert TEXT in done
    assert "<textarea" not in done
    assert "已于" in browser.post(path, text="另外").get_data(as_text=True) or "已答复" in browser.get(path)
    member = seat(case, site, case.others[2])
    page = member.get(room(case))
    assert TEXT in page
    assert "答复附件 1 份" in page
    assert "澄清答复-a1-1.pdf" in member.get(room(case, f"/papers?bid={case.receipts['bidder-a']}"))


def test_who_is_late_reads_so_with_the_times(case: Asking, site: Site):
    case.ask("a1")
    case.clock.advance(IN_TIME)
    path = desk(case, "/clarifications/a1")
    late = site.browser("bidder-a").post(path, text=TEXT).get_data(as_text=True)
    assert "您的答复在" in late
    assert "没有收下" in late
    case.work_off()
    assert "逾期未答复" in site.browser("bidder-a").get(path)
    assert "期限内没有收到答复" in seat(case, site, 1).get(room(case))


def test_a_standstill_is_said_to_the_bidder(case: Asking, site: Site):
    case.ask("a1")
    case.member(sitting.RecessCalled(case.chair, "午餐"))
    page = site.browser("bidder-a").get(desk(case, "/clarifications/a1"))
    assert "答复的时间停止计算" in page
    assert "<textarea" not in page
    assert "午餐" not in page
    assert "答复的时间停止计算" in site.browser("bidder-a").get(desk(case))


def rid(page: str) -> str:
    """Without what changes with each answer: tokens, nonces, clocks, cursors."""
    page = re.sub(r'(nonce|content|value|data-live-cursor|data-server-time|datetime)="[^"]*"', "", page)
    return re.sub(r"\d{4}-\d\d-\d\d[^<]*|\d\d:\d\d:\d\d", "", page)


def test_no_page_of_another_bidder_or_of_the_agency_differs(tmp_path):
    quiet, busy = (Asking(tmp_path / name) for name in ("quiet", "busy"))
    for case in (quiet, busy):
        case.folder.mkdir(exist_ok=True)
    sites = []
    for case in (quiet.until_review(), busy.until_review()):
        if case is busy:
            case.ask("a1")
            case.answer("a1", files=(case.paper(),))
            case.ask("a2")
        sites.append(Site(case))
    for who, paths in (
        ("bidder-b", ("/bidder", "/bidder/cases/{}/lots/1", "/cases/{}", "/notices")),
        ("officer", ("/agency", "/cases/{}", "/cases/{}/lots/1/standstill")),
        ("centre", ("/cases/{}", "/cases/{}/lots/1/standstill")),
        ("", ("/", "/cases/{}")),
    ):
        for path in paths:
            answers = [
                rid(site.browser(who).client.get(path.format(site.case.case_id)).get_data(as_text=True))
                for site in sites
            ]
            assert answers[0] == answers[1], (who, path)
    for site in sites:
        for id in ("a1", "a2", "guessed"):
            path = f"/bidder/cases/{site.case.case_id}/lots/{LOT}/clarifications/{id}"
            site.browser("bidder-b").get(path, 404)
            for stranger in ("officer", "centre", "regulator"):
                assert site.browser(stranger).client.get(path).status_code in (403, 404)


def test_who_watches_reads_it_for_a_stated_reason_and_can_do_nothing(case: Asking, site: Site):
    case.ask("a1")
    case.answer("a1")
    page = stated(site).get(room(case))
    assert QUESTION in page
    assert TEXT in page
    assert "/votes/" not in page
    site.browser("inspector").get(room(case), 302)


def test_while_an_answer_is_awaited_the_desk_locks_nothing(tmp_path):
    case = Asking(tmp_path).until_scoring()
    site = Site(case)
    case.ask("a1")
    browser = seat(case, site, 3)
    assert "等待澄清办结" in browser.get(room(case))
    sheet = browser.get(room(case, "/sheet"))
    assert "等待澄清办结，暂时不能锁定" in sheet
    assert not signs(sheet, "ScoreSheetLocked")
    case.answer("a1")
    page = browser.get(room(case, f"?bid={case.receipts['bidder-a']}"))
    assert page.count(TEXT) == 2  # beside the bid, and in the list
    assert "等待澄清办结" not in page
