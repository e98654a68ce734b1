"""Opening hall, draw and room as pages: what each person sees, and what nobody may see yet."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models import Notice
from app.queries.sittings import room_of, scored_criteria
from app.services import call_ups
from app.web.expert.desk import missing_scores
from evaluation import sitting
from tests.app.services.whole_case import DRAWN, LOT, Person, WholeCase
from tests.app.web.site import Site, booth, played, stated, stored

CHANGES_ALWAYS = re.compile(
    r'name="csrf-token" content="[^"]+"|name="csrf_token" value="[^"]+"|nonce="[^"]+"|data-live-cursor="[^"]+"'
    r'|(?:datetime|content|data-countdown)="2026[^"]+"|<time[^>]*>[^<]*</time>|[0-9a-f]{16,64}'
)


def steady(page: str) -> str:
    """A page without what differs from one request or one case to the next: clock, nonce, tokens, digests."""
    return CHANGES_ALWAYS.sub("~", page)


def opening(site: Site, part: str = "") -> str:
    return f"/cases/{site.case.case_id}/lots/{LOT}/opening{part}"


@pytest.fixture(scope="module")
def scoring(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A sitting in which two of five sheets are locked."""

    def score(case: WholeCase) -> None:
        case.members = {seat: case._seat(seat) for seat in sorted(case.case.lots[LOT].sitting.seats)}
        chair = next(n for n, s in case.case.lots[LOT].sitting.seats.items() if s.role == "expert")
        bids = [bid.bid for bid in case.case.lots[LOT].sitting.bids]
        case._each(lambda n: sitting.StatementMade(n, True, ""))
        case._each(lambda n: sitting.ChairVoted(n, chair, 1))
        case._each(lambda n: sitting.BidsReviewed(n, tuple(sitting.ReviewFinding(b, "formal", True, "") for b in bids)))
        for number in (1, 2):
            fact = sitting.ScoreSheetLocked(number, case.sheet(number, bids), {})
            case.act(case.members[number], fact)

    return played(tmp_path_factory.mktemp("scoring"), DRAWN, score)


def test_before_the_deadline_the_hall_is_the_same_with_and_without_bids(tmp_path: Path):
    empty = played(tmp_path / "empty", "found publish")
    full = played(tmp_path / "full", "found publish bid")
    for who in ("", "officer", "centre", "regulator", "trustee-1", "bidder-b"):
        for part in ("", "/board"):
            without, with_bids = (site.browser(who).get(opening(site, part)) for site in (empty, full))
            assert steady(without) == steady(with_bids), who
    assert "距离开标" in full.browser().get(opening(full))


def test_the_hall_shows_every_bid_with_its_price_in_words_and_the_reason_of_a_void_one(scoring: Site):
    page = scoring.browser().get(opening(scoring))
    for text in ("¥1,566,000.00", "壹佰伍拾陆万陆仟元整", "97.9 %", "已签署并验证", "唱标价格是否含税", "含税", "无效"):
        assert text in page
    assert "style=" not in page
    assert 'class="presentation"' in scoring.browser().get(opening(scoring, "?wall=1"))


def test_the_draw_is_for_its_parties_and_shows_numbers_not_names(scoring: Site):
    path = f"/cases/{scoring.case.case_id}/lots/{LOT}/draw"
    for who in ("", "bidder-a", "witness-host", "admin"):
        scoring.browser(who).get(path, 404 if who else 401)
    for who in ("officer", "releaser", "centre", "regulator"):
        page = scoring.browser(who).get(path)
        assert "第 2 轮" in page
        assert "自己验算" in page
        assert not re.search(r"专家\d", page)


def test_the_room_is_for_its_seats_and_its_regulator(scoring: Site):
    path = f"/room/{scoring.case.case_id}/{LOT}"
    for who in ("centre", "officer", "bidder-a", "witness-host", "admin", "trustee-1"):
        scoring.browser(who).get(path, 404)
    scoring.browser().get(path, 401)
    page = stated(scoring).get(path)
    orders = f"/cases/{scoring.case.case_id}/lots/{LOT}/standstill"
    assert "监督旁听（只读）" in page
    assert "本环节已完成 2 / 5" in page
    assert orders in page  # who watches can warn and stop at once
    assert "发出监督提醒" in stated(scoring).get(orders)
    assert orders not in booth(scoring, scoring.case.members[1]).get(path)


def test_before_the_last_lock_a_seat_sees_its_own_scores_alone(scoring: Site):
    path = f"/room/{scoring.case.case_id}/{LOT}"
    members = scoring.case.members
    waiting, working = booth(scoring, members[1]).get(path), booth(scoring, members[3]).get(path)
    observed = stated(scoring).get(path)
    assert "等待全部成员锁定评分" in waiting
    assert "独立评分" in working
    for page in (waiting, working, observed):
        assert "评分汇总表" not in page
        assert not re.search(r"40\.50|41\.00|45\.50|46\.00", page)  # what seats 1 and 2 have locked
    sheet = booth(scoring, members[3]).get(f"{path}/sheet")
    assert "还有 6 项没有评分" in sheet
    assert "ScoreSheetLocked" not in sheet
    assert re.search(rf'<a href="{path}">评审室</a></li>\s*<li><span aria-current="page">核对并锁定评分表', sheet)
    assert "查看我的评分表" not in working


def test_who_has_locked_reads_the_own_sheet_while_others_score(scoring: Site):
    path = f"/room/{scoring.case.case_id}/{LOT}"
    mine = booth(scoring, scoring.case.members[1])
    assert f'<a href="{path}/sheet">查看我的评分表</a>' in mine.get(path)
    sheet = mine.get(f"{path}/sheet")
    assert "<h1>我的评分表</h1>" in sheet
    for row in scoring.case.state.sheets[1].values():
        assert all(f">{score}<" in re.sub(r"\s", "", sheet) for score in row.values())
    assert "返回评审室" in sheet
    assert "ScoreSheetLocked" not in sheet


def test_of_a_long_sheet_each_bid_says_how_much_is_missing_and_where_to_begin(scoring: Site):
    case = scoring.case
    room = room_of(case.case, LOT, 3, case.clock(), "zh")
    known = next(iter(scored_criteria(case.case, LOT)))
    criteria = [replace(known, id=f"c{n}") for n in range(60)]
    with scoring.app.test_request_context("/"):
        scoring.app.preprocess_request()
        first, *others = missing_scores(room, criteria, {}, "/room")
    assert (first["count"], len(first["first"])) == (60, 8)
    assert first["first"][0]["url"] == f"/room?bid={room.valid[0]}#score-{room.valid[0]}-c0"
    assert [one["bidder"] for one in others] == [dict(room.bids)[bid] for bid in room.valid[1:]]


def test_every_file_that_the_desk_shows_can_be_read_there(scoring: Site):
    """The tender documents, and whatever else it links to."""
    mine = booth(scoring, scoring.case.members[3])
    links = set(re.findall(r'"(/api/v1/files/\w+)', mine.get(f"/room/{scoring.case.case_id}/{LOT}")))
    documents = [row for row in stored(scoring) if row.kind == "document"]
    assert {f"/api/v1/files/{row.id}" for row in documents} <= links
    assert {mine.client.get(link).status_code for link in links} == {200}


def test_an_act_that_the_stage_does_not_ask_for_is_not_offered(scoring: Site):
    path = f"/room/{scoring.case.case_id}/{LOT}"
    mine = booth(scoring, scoring.case.members[3])
    mine.get(f"{path}/reopening/1", 404)
    mine.get(f"{path}/refusal/1", 404)
    answer = mine.post(f"{path}/vote", for_seat="1")
    assert "data-sign-act" not in answer.get_data(as_text=True)


def test_experts_know_no_project_before_they_sit_down(scoring: Site):
    expert = scoring.case.members[1]
    scoring.case.people["expert"] = Person(type(expert.log_in)(expert.id, ""), expert.key, "")
    scoring.browser("expert").get(opening(scoring), 404)
    scoring.browser("expert").get(f"/room/{scoring.case.case_id}/{LOT}", 404)


def test_a_booth_is_told_at_once_that_its_code_is_no_good_or_its_member_sits_elsewhere(scoring: Site):
    case, browser = scoring.case, scoring.browser()
    page = browser.post("/seat", code="AAAA-BBBB").get_data(as_text=True)
    assert "编码不对，或者这次通知已谢绝、已过期" in page
    assert "data-key-panel" not in page
    seat = case.case.lots[LOT].sitting.seats[1]
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, seat.person)
    assert "您已在另一台机位签到" in browser.post("/seat", code=code).get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/seat")).group(1)
    answer = browser.client.post("/seat/request", json={"code": code}, headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "malformed")


def test_why_an_expert_declined_is_for_the_authority_alone(scoring: Site):
    path = f"/api/v1/cases/{scoring.case.case_id}/events"
    answers = [
        event["payload"]["reason"] or event["payload_sha256"]
        for event in scoring.browser("centre").client.get(path).json["events"]
        if event["type"] == "CallUpAnswered" and not event["payload"]["accepted"]
    ]
    assert answers == [""]
    assert "出差" in stated(scoring, "inspector").client.get(path).get_data(as_text=True)


def test_an_inspector_states_why_before_it_reads_and_that_is_on_record(scoring: Site):
    """Once for a case and a log-in, for a limited time; in words on pages, over the API and the socket alike."""
    case, browser = scoring.case, scoring.browser("inspector")
    home, room = f"/regulator/cases/{case.case_id}", f"/room/{case.case_id}/{LOT}"
    api = f"/api/v1/cases/{case.case_id}"
    first = browser.client.get(f"{room}?x=1")
    assert first.status_code == 302
    assert first.headers["Location"].startswith(f"{home}/reason?next={room}")
    fragment = browser.client.get(f"{room}/status", headers={"Sec-Fetch-Mode": "cors"})
    refused = browser.client.get(f"{api}/lots/{LOT}/room")
    assert (fragment.status_code, refused.status_code) == (403, 403)
    assert refused.json["error"]["code"] == "reason_needed"
    assert "/reason" in refused.json["error"]["message"]
    assert "State one" in refused.json["error"]["message_en"]
    bid = next(row for row in stored(scoring) if row.kind == "opened")
    assert browser.client.get(f"/api/v1/files/{bid.id}").json["error"]["code"] == "reason_needed"
    before = browser.client.get(f"{api}/events").json
    assert before["withheld"]["code"] == "reason_needed"
    assert not {"SittingConvened", "CallUpSent"} & {event["type"] for event in before["events"]}
    assert "部分记录须先说明理由" in browser.get(home)

    assert "请写明理由" in browser.post(f"{home}/reason", reason="").get_data(as_text=True)
    moved = browser.post(f"{home}/reason?next={room}", reason="核查对抽取的投诉")
    assert moved.headers["Location"] == room
    assert browser.post(f"{home}/reason?next=//example.org", reason="再次").headers["Location"] == home
    assert "监督旁听（只读）" in browser.get(room)
    assert browser.client.get(f"/api/v1/files/{bid.id}").status_code == 200
    after = browser.client.get(f"{api}/events").json
    assert "withheld" not in after
    assert {"SittingConvened", "CallUpSent"} <= {event["type"] for event in after["events"]}
    page = browser.get(home)
    opened = page.count("旁听评审室</td>")
    for words in ("您已说明查阅的理由", "旁听评审室", "查阅投标文件", "查阅案卷记录", "核查对抽取的投诉", "127.0.0.1"):
        assert words in page
    assert page.count("查阅投标文件</td>") == 1
    browser.get(room)
    assert browser.get(home).count("旁听评审室</td>") == opened  # once for each reason, however often it is opened

    told = {row.account_id for row in notices(scoring) if row.code == "reason_stated" and "核查对抽取" in row.facts}
    assert told == {case.people["regulator"].id}
    other = scoring.browser("inspector")  # another log-in of the same person
    assert other.client.get(room).status_code == 302
    case.clock.advance(60 * 60)
    assert browser.client.get(room).status_code == 302
    for who in ("officer", "centre", "bidder-a"):
        scoring.browser(who).get(f"{home}/reason", 404)


def notices(site: Site) -> list[Notice]:
    with site.case.platform.database.reading() as db_session:
        return list(db_session.scalars(select(Notice)))
