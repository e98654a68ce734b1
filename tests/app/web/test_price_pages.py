"""Clearly low prices on the pages: who asks, who explains, who votes, and what all read of it."""

from __future__ import annotations

import pytest

from tests.app.services.low_priced import NO_PROOF, PROOF, WHY, LowPriced
from tests.app.services.questions import IN_TIME
from tests.app.services.whole_case import LOT
from tests.app.web.site import Browser, Site, booth
from tests.app.web.test_clarification_pages import desk, room, signs


@pytest.fixture
def case(tmp_path) -> LowPriced:
    return LowPriced(tmp_path).until_results()


@pytest.fixture
def site(case: LowPriced) -> Site:
    return Site(case)


def seat(case: LowPriced, site: Site, number: int) -> Browser:
    return booth(site, case.members[number])


def test_the_room_says_which_price_is_low_and_why_and_any_member_has_the_bidder_asked(case, site):
    member, low = seat(case, site, case.others[0]), case.receipts["bidder-a"]
    page = member.get(room(case))
    for words in ("明显偏低的报价", "要求投标人说明明显偏低的报价", "即 719,280.00 元", "办结之前不生成评审报告"):
        assert words in page, words
    empty = member.post(room(case, "/prices"), bid="", question="").get_data(as_text=True)
    assert "请选择投标人" in empty
    asking = member.post(room(case, "/prices"), bid=low, question=WHY).get_data(as_text=True)
    assert signs(asking, "ClarificationProposed")
    assert "依规则应当询问，不经表决" in asking
    other = member.post(room(case, "/prices"), bid=case.receipts["bidder-b"], question=WHY).get_data(as_text=True)
    assert "签名后全体成员表决" in other


def test_the_bidder_reads_what_follows_and_members_vote_with_a_reason(case, site):
    case.price("p1")
    browser = site.browser("bidder-a")
    page = browser.get(desk(case, "/clarifications/p1"))
    assert "请在期限之前书面说明报价" in page
    assert "视为不能证明报价合理，投标被否决" in page
    assert signs(browser.post(desk(case, "/clarifications/p1"), text=PROOF), "ClarificationAnswered")
    case.answer("p1", text=PROOF)
    member, path = seat(case, site, case.others[0]), room(case, "/prices/p1/judgement")
    assert "去表决" in member.get(room(case))
    assert PROOF in member.get(path)
    assert "请写明不能证明的理由" in member.post(path, proven="no", reason=" ").get_data(as_text=True)
    assert signs(member.post(path, proven="no", reason=NO_PROOF), "ExplanationJudged")
    assert signs(member.post(path, proven="yes", reason=""), "ExplanationJudged")
    case.judge("p1", against=3)
    page = member.get(room(case))
    assert "不能证明报价合理" in page
    assert NO_PROOF in page
    assert "财政部令第87号第六十条" in page


def test_who_explains_nothing_reads_that_its_bid_is_rejected(case, site):
    case.price("p1")
    case.work_off(IN_TIME)
    assert "逾期未说明" in site.browser("bidder-a").get(desk(case, "/clarifications/p1"))
    page = seat(case, site, 1).get(room(case))
    assert "视为不能证明报价合理，该投标被否决" in page
    english = seat(case, site, 1)
    english.client.get("/?lang=en")
    assert "Clearly low prices" in english.get(room(case))


def test_the_notice_says_below_what_a_price_is_to_be_explained(case, site):
    page = site.browser().get(f"/cases/{case.case_id}")
    assert "最高限价的 45%" in page
    assert LOT in case.case.lots
