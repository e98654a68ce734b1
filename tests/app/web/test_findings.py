"""清标提示 on pages: what a seat, the authority and the agency read, and how the chair puts a finding to the vote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from app.services.platform import DIST
from evaluation.sitting import Disposal, RejectionGround
from tests.app.services.checked_bids import REASON, UNTIL_REVIEW, WORKS_UNTIL_REVIEW, CheckedCase
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.web.site import Site, booth, stated
from tests.app.web.test_anonymous_bids import ANONYMOUS

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
MONEY = re.compile(r"15(66000|74022|74922|85000)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(CheckedCase(tmp_path_factory.mktemp("findings")).through(UNTIL_REVIEW))


def room(case: WholeCase, path: str = "") -> str:
    return f"/room/{case.case_id}/{LOT}{path}"


def seat(site: Site, number: int = 0):
    case = site.case
    return booth(site, case.members[number or case.chair])


def test_a_member_reads_questions_without_prices_with_evidence_that_opens_in_the_viewer(site: Site):
    case: Any = site.case
    page = seat(site).get(room(case, "/findings"))
    assert "相同文件" in page
    assert "文字相近" in page
    assert "提示不是结论，不计分" in page
    assert "涉及报价的提示，全部成员锁定评分之后才显示" in page
    assert not MONEY.search(page)
    for hidden in ("合计不符", "项目计算不符", "单价呈规律"):
        assert hidden not in page
    numbers = [int(number) for number in re.findall(r"提示 (\d+)：", page)]
    assert numbers == list(range(1, len(numbers) + 1))  # no gap tells how many there are about prices
    number = case.number_of("like_text")
    detail = seat(site).get(room(case, f"/findings/{number}"))
    (link, *_more) = re.findall(r'href="([^"]+/papers\?bid=[^"]+)"', detail)
    assert "技术/方案.pdf" in seat(site).get(link.replace("&amp;", "&"))
    assert f"清标提示第 {number} 项" in detail  # how a request to a bidder refers to it
    assert seat(site).client.get(room(case, f"/findings/{case.number_of('list_sum')}")).status_code == 404


def test_the_chair_is_told_what_is_left_before_the_review_ends_and_that_it_holds_up_nothing(site: Site):
    page = seat(site).get(room(site.case))
    assert re.search(r"\d+ 项提示中还有 \d+ 项没有处理：第 [\d、]+ 项。不处理不影响评审继续；您可以在", page)
    bids = {f"finding-{bid.bid}-formal": "pass" for bid in site.case.state.bids}
    assert "还没有处理：第 1、2" in seat(site).post(room(site.case, "/review"), **bids).get_data(as_text=True)
    other = next(number for number in site.case.members if number != site.case.chair)
    assert "您可以在初步评审结束前" not in seat(site, other).get(room(site.case))


def test_only_the_chair_has_the_form_and_a_rejection_names_bids_and_ground(site: Site):
    case: Any = site.case
    path = room(case, f"/findings/{case.number_of('like_text')}")
    other = next(number for number in case.members if number != case.chair)
    assert "付表决（组长）" not in seat(site, other).get(path)
    page = seat(site).get(path)
    assert "付表决（组长）" in page
    assert "财政部令第87号第三十七条第四项" in page
    assert "实施条例第四十条" not in page
    missing = seat(site).post(f"{path}/put", disposal="reject", reason=REASON).get_data(as_text=True)
    assert "请选择要否决的投标" in missing
    assert "请选择法定依据" in missing
    bids = [case.receipts["bidder-a"], case.receipts["bidder-b"]]
    sent = {"disposal": "reject", "reason": REASON, "bids": bids, "ground": "abnormally_alike"}
    signed = seat(site).post(f"{path}/put", **sent).get_data(as_text=True)
    assert 'data-type="FindingPut"' in signed
    assert "通过后，所列投标不再参加评审" in signed
    plain = seat(site).post(f"{path}/put", disposal="explained", reason=REASON).get_data(as_text=True)
    assert 'data-type="FindingPut"' in plain
    assert "法定依据" not in plain


def test_staff_without_a_part_in_it_are_told_nothing(site: Site):
    path = f"/cases/{site.case.case_id}/lots/{LOT}/findings"
    for who in ("officer", "releaser", "centre", "bidder-a", "witness-host", ""):
        assert site.browser(who).client.get(path).status_code in (302, 401, 403, 404), who
        assert "清标提示" not in site.browser(who).client.get(f"/cases/{site.case.case_id}").get_data(as_text=True)


def test_the_authority_reads_all_of_them_for_a_stated_reason(site: Site):
    path = f"/cases/{site.case.case_id}/lots/{LOT}/findings"
    unstated = site.browser("regulator").client.get(path)
    assert "合计不符" not in unstated.get_data(as_text=True)
    page = stated(site).get(path)
    assert "合计不符" in page
    assert "投标人b" in page
    case_page = stated(site).get(f"/regulator/cases/{site.case.case_id}")
    assert path in case_page
    assert "查阅清标提示" in case_page  # the look is on record


def test_a_vote_shows_its_count_and_nobodys_choice(tmp_path_factory: pytest.TempPathFactory):
    case = CheckedCase(tmp_path_factory.mktemp("voting")).through(UNTIL_REVIEW)
    site, number = Site(case), case.number_of("same_file")
    case.put(number, Disposal.EXPLAINED)
    one, *others = case.members
    path = room(case, f"/findings/{number}")
    assert f"第 {number} 项正在表决，请投票" in seat(site, one).get(room(case))
    sign = seat(site, one).post(f"{path}/vote", agrees="no", reason="来源不明").get_data(as_text=True)
    assert 'data-type="FindingVoted"' in sign
    assert "请选择同意或者不同意" in seat(site, one).post(f"{path}/vote").get_data(as_text=True)
    case.vote(number, against=1)
    page = seat(site, others[0]).get(path)
    assert "同意 3 人，不同意 1 人" in page
    assert "来源不明" not in page
    assert "已处理" in page
    frames = seat(site, others[0]).client.get(f"/api/v1/cases/{case.case_id}/events").get_json()
    assert [event["type"] for event in frames["events"]].count("FindingVoted") == 1  # its own


def test_the_agency_reads_them_with_the_result_and_the_bidder_why_its_bid_was_rejected(
    tmp_path_factory: pytest.TempPathFactory,
):
    case = CheckedCase(tmp_path_factory.mktemp("works"), profile="demo-works").through(WORKS_UNTIL_REVIEW)
    case.until_results()
    site, number = Site(case), case.number_of("list_sum")
    assert "合计不符" in seat(site).get(room(case, "/findings"))  # prices are known now
    points = room(case, "/contract-points")
    assert "签订合同前要处理的事宜" in seat(site, case.chair).get(points)
    assert 'data-type="ContractPointsStated"' in seat(site, case.chair).post(points, text="保险").get_data(as_text=True)
    assert "请写明要处理的事宜" in seat(site, case.chair).post(points, text=" ").get_data(as_text=True)
    other = next(number for number in case.members if number != case.chair)
    seat(site, other).get(points, 404)
    late = seat(site).get(room(case, f"/findings/{case.number_of('like_text')}"))
    assert "只有初步评审时还不能显示的清标提示可以付表决" in late
    assert "付表决（组长）" not in late
    alike = case.number_of("regular_items", "bidder-b")
    case.put(alike, Disposal.REJECT, "bidder-b", ground=RejectionGround.ABNORMALLY_ALIKE)
    case.vote(alike)
    case.go_on()
    case.work_off()
    path = f"/cases/{case.case_id}/lots/{LOT}/findings"
    assert site.browser("officer").client.get(path).status_code == 404
    case.report()
    page = site.browser("officer").get(path)
    assert f"提示 {number}：" in page
    assert "实施条例第四十条第四项" in page
    assert path in site.browser("officer").get(f"/cases/{case.case_id}")
    supervised = site.browser("regulator").get(f"/regulator/cases/{case.case_id}")
    assert path in supervised
    assert re.search(r"清标提示 \d+ 项，评审委员会已处理 1 项", supervised)
    own = site.browser("bidder-b").get(f"/bidder/cases/{case.case_id}/lots/{LOT}")
    assert "实施条例第四十条第四项" in own
    assert REASON in own
    english = site.browser("officer", "en").get(path)
    assert "Texts that are alike" in english
    assert "Regulation art. 40 (4)" in english


@dataclass
class AnonymousChecked(CheckedCase):
    @property
    def more_terms(self) -> dict[str, Any]:
        return {"anonymous": True}


def test_of_anonymous_bids_nothing_is_shown_that_names_a_bidder(tmp_path_factory: pytest.TempPathFactory):
    case = AnonymousChecked(tmp_path_factory.mktemp("anonymous"), evaluation=ANONYMOUS).through(UNTIL_REVIEW)
    site = Site(case)
    page = seat(site).get(room(case, "/findings"))
    assert "相同文件" in page
    assert "匿名投标" in page
    for hidden in ("文件属性相同", "张三", "投标人a", "投标人b", "方案.pdf", "priced-list"):
        assert hidden not in page
    assert "可能看出投标人名称的提示也是" in page
    assert re.findall(r"提示 (\d+)：", page) == ["1", "2", "3", "4", "5"]
    detail = seat(site).get(room(case, f"/findings/{case.number_of('same_file')}"))
    assert "技术文件" in detail
    for hidden in ("张三", "投标人a", "认证证书"):
        assert hidden not in detail
    assert seat(site).client.get(room(case, f"/findings/{case.number_of('same_property')}")).status_code == 404
    case.until_results()
    later = seat(site).get(room(case, "/findings"))
    assert "文件属性相同" in later
    assert "投标人a" in later
