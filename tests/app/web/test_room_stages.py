"""A sitting stage by stage, as its seats see it: what is asked, and what is said about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest

from app.services.report_content import report_content
from evaluation import sitting
from tests.app.services.whole_case import DRAWN, LOT, PRICES, WholeCase
from tests.app.web.site import Site, booth, stated, stored

CEILING = "报价未超过最高限价"


@dataclass
class Sat(WholeCase):
    """A sitting with four bids, one of them above the ceiling, up to the vote for the chair."""

    def bid(self) -> Sat:
        for login, price in {**PRICES, "bidder-d": "159840001"}.items():
            self.submit(login, price)
        return self

    def until_vote(self) -> Sat:
        return self.through(f"{DRAWN} seat_all")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Sat:
    return Sat(tmp_path_factory.mktemp("stages")).until_vote()


@pytest.fixture(scope="module")
def site(case: Sat) -> Site:
    return Site(case)


def room(site: Site, number: int, part: str = "") -> str:
    return booth(site, site.case.members[number]).get(f"/room/{site.case.case_id}/{LOT}{part}")


def test_after_a_tied_vote_the_page_says_who_was_tied_and_nothing_of_the_ballots(case: Sat, site: Site):
    experts = [number for number, seat in case.state.seats.items() if seat.role == "expert"]
    first, second, third = experts[:3]
    assert "没有产生组长" not in room(site, 1)
    votes = dict(zip(case.members, (first, first, second, second, third), strict=True))
    case._each(lambda n: sitting.ChairVoted(n, votes[n], 1))
    for number in case.members:
        page = room(site, number)
        assert "推选组长，第 2 轮" in page
        tied = f"第 1 轮没有产生组长：席位 {first}、{second} 得票最多且相同。请再次投票。"
        assert f"{tied}本轮仍相同的，由其中席位号最小的担任。采购人代表不得担任组长。" in page
    english = f"Round 1 elected nobody: seats {first}, {second} had the most votes, equally many. Please vote again. If"
    assert english in room(site, 1, "?lang=en")


ANY_PRICE = re.compile("|".join(f"{fen[:-2]}|{int(fen) // 100:,}" for fen in PRICES.values()))


def everything_shown(site: Site, number: int) -> dict[str, str]:
    """Whatever a seat can fetch of its case: pages from link to link, answers, the files and copies it is let to."""
    case, client = site.case.case_id, booth(site, site.case.members[number]).client
    api = f"/api/v1/cases/{case}"
    waiting = [f"{api}/events", f"{api}/lots/{LOT}/room", f"{api}/lots/{LOT}/opening", f"{api}/lots/{LOT}/files"]
    waiting += [f"/room/{case}/{LOT}", f"/tenders/{case}", f"/cases/{case}", f"/opening/{case}/{LOT}", "/"]
    waiting += [f"/api/v1/files/{row.id}{part}" for row in stored(site) for part in ("", "/copy/en")]
    shown: dict[str, str] = {}
    while waiting:
        path = waiting.pop()
        if path not in shown:
            answer = client.get(path)
            shown[path] = answer.get_data().decode(errors="replace") if answer.status_code == 200 else ""
            waiting += [link for link in re.findall(r'href="(/[^"#]*)"', shown[path]) if case in link]
    return {path: text for path, text in shown.items() if text}


def test_no_answer_or_page_tells_a_member_a_price_before_the_last_lock(case: Sat, site: Site):
    """Matrix 1: prices are not for members before the technical lock, though the room outside has heard them."""
    shown = everything_shown(site, 1)
    api = f"/api/v1/cases/{case.case_id}"
    assert {f"{api}/events", f"{api}/lots/{LOT}/room", f"/room/{case.case_id}/{LOT}"} <= shown.keys()
    assert [path for path, text in shown.items() if ANY_PRICE.search(text)] == []
    records = [f"/api/v1/files/{row.id}" for row in stored(site) if row.kind == "record"]
    assert records
    assert not shown.keys() & {*records, *(f"{path}/copy/en" for path in records)}
    outside = site.browser("inspector").client.get(f"{api}/events").get_data(as_text=True)
    assert ANY_PRICE.search(outside)


def test_a_price_above_the_ceiling_is_the_systems_to_find_and_no_price_is_shown(case: Sat, site: Site):
    case._each(lambda n: sitting.ChairVoted(n, 1, 2))
    page = room(site, 1)
    checked = re.findall(rf"<p>{CEILING} <span class=\"tag[^>]*>([^<]+)</span> 由系统核对，不需要您判断</p>", page)
    assert sorted(checked) == ["不通过", "通过", "通过", "通过"]
    assert not re.search(r"(?<![0-9a-f])15[689]\d{4}(?![0-9a-f])|1,5\d\d,\d{3}", page), "a digest may hold such digits"
    bids = [bid.bid for bid in case.state.bids]
    passed = tuple(sitting.ReviewFinding(bid, "formal", True, "") for bid in bids)
    case._each(lambda n: sitting.BidsReviewed(n, passed))
    over = next(bid for bid in case.state.bids if bid.bidder_name not in {b.bidder_name for b in valid(case)})
    assert (over.price, len(case.state.valid)) == (Decimal("1598400.01"), 3)
    assert "最小计分单位 0.5<" in room(site, 2)
    assert "smallest step 0.5<" in room(site, 2, "?lang=en")
    case.act(case.members[1], sitting.ScoreSheetLocked(1, case.sheet(1, list(case.state.valid)), {}))
    assert f"{over.bidder_name}：{CEILING}（由系统核对）" in room(site, 1)


def test_the_report_names_the_bid_above_the_ceiling(case: Sat):
    for number in (2, 3, 4, 5):
        fact = sitting.ScoreSheetLocked(number, case.sheet(number, list(case.state.valid)), {})
        case.act(case.members[number], fact)
    for lang, words in (
        ("zh", ("报价超过最高限价", "由系统核对")),
        ("en", ("The price is above the ceiling", "compared by the system")),
    ):
        (found,) = report_content(case.platform, case.case, LOT, case.lot_records, lang).invalid_bids
        assert (found.ground, found.decided_by) == words
    case.work_off()
    assert case.state.stage is sitting.Stage.REPORT


def test_after_the_last_lock_members_read_the_prices_they_are_scored_by(case: Sat, site: Site):
    shown, api = everything_shown(site, 1), f"/api/v1/cases/{case.case_id}"
    for path in (f"{api}/events", f"{api}/lots/{LOT}/room"):
        assert ANY_PRICE.search(shown[path])
    types = {event["type"] for event in booth(site, case.members[1]).client.get(f"{api}/events").json["events"]}
    assert {"SittingConvened", "BidOpened"} <= types
    page = room(site, 1)
    assert page.count('class="figures">30 × 1566000 ÷ 1574022</span> = <strong>29.85</strong>') == 1
    assert page.count('class="curve__dot"') == len(valid(case))
    assert re.search(r'<desc id="curve-text">1 投标人\w ¥[0-9,.]+', page)


def test_whether_one_member_decides_is_told_to_the_authority_alone(case: Sat, site: Site):
    watched = stated(site).get(f"/room/{case.case_id}/{LOT}")
    assert "敏感性（仅供监督参考）" in watched
    assert "去掉最高最低后的平均分" in watched
    assert all("敏感性" not in room(site, number) for number in case.members)


def valid(case: Sat) -> list[sitting.BidUnderReview]:
    return [bid for bid in case.state.bids if bid.bid in case.state.valid]
