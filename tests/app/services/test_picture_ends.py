"""What one member sends to other sites is ended as a recorded act: who may, who is told, and that it is off at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Notice, Presence
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.picture_ends import Ended, MemberPictureAllowed, MemberPictureEnded, apply, decide
from app.procedure.roles import Role
from app.queries.pictures import cameras
from app.services.audits import export_evidence
from app.services.pictures import start_camera
from app.services.platform import DIST
from app.services.presences import Place
from app.services.unit_of_work import plain_transaction
from evaluation.sitting import MemberRecused
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.whole_case import DRAWN, WholeCase
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY = "对着镜头展示手机"
SEATS = frozenset({1, 2})


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> WholeCase:
    return WholeCase(tmp_path_factory.mktemp("ends")).through(f"{DRAWN} seat_all elect")


def refusal(ends, fact, *, authority: bool) -> str:
    with pytest.raises(RuleViolation) as refused:
        decide(ends, fact, SEATS, authority=authority)
    return refused.value.code


def test_who_ended_it_lets_it_go_on_and_a_successor_may_send(case):
    at = case.clock.at
    ended = apply({}, MemberPictureEnded(2, WHY), Role.REGULATOR, at)
    assert ended == {2: Ended(at, True, WHY)}
    assert refusal(ended, MemberPictureEnded(2, WHY), authority=False) == "picture_ended_before"
    assert refusal(ended, MemberPictureAllowed(2, "ok"), authority=False) == "picture_ended_by_other"
    assert refusal(ended, MemberPictureAllowed(1, "ok"), authority=True) == "picture_not_ended"
    assert refusal({}, MemberPictureEnded(9, WHY), authority=True) == "sitting_seat_empty"
    assert refusal({}, MemberPictureEnded(1, " "), authority=True) == "sitting_text_missing"
    assert decide(ended, MemberPictureAllowed(2, "ok"), SEATS, authority=True)
    assert apply(ended, MemberPictureAllowed(2, "ok"), Role.REGULATOR, at) == {}
    assert apply(ended, MemberRecused(2, "ill"), "", at) == {}


def test_the_centre_ends_it_and_the_camera_is_off_at_once(case):
    number, seat = case.chair, case.state.seats[case.chair]
    person, place = case.members[number], Place(case.case_id, LOT, seat.site, number)
    with plain_transaction(case.platform.database) as (db_session, now):
        where = {"case_id": place.case_id, "lot": place.lot, "site": place.site, "seat": place.seat}
        db_session.add(Presence(**where, line="l" * 16, since=now, answered_at=now))
    start_camera(case.platform, person.log_in, place, "l" * 16)
    assert sending(case) == {number}
    page = f"/cases/{case.case_id}/lots/{LOT}/standstill"
    browser = Site(case).browser("centre")
    assert f"{page}/pictures" in browser.get(page)
    signing = browser.post(f"{page}/pictures", seat=str(number), note=WHY).get_data(as_text=True)
    assert 'data-type="MemberPictureEnded"' in signing
    fact = MemberPictureEnded(number, WHY)
    for who in ("officer", "releaser", "witness-host", "bidder-a", "admin"):
        with pytest.raises(NotAllowed):
            case.act(who, fact)
    with pytest.raises(NotAllowed):
        case.act(person, fact)
    case.act("centre", fact)
    assert sending(case) == set()
    with pytest.raises(RuleViolation, match="picture_ended"):
        start_camera(case.platform, person.log_in, place, "l" * 16)
    with case.platform.database.reading() as db_session:
        query = select(Notice.account_id).where(Notice.code == "member_picture_ended")
        assert {case.people[who].id for who in ("officer", "regulator")} <= set(db_session.scalars(query))
    mine = booth(Site(case), person).get(f"/room/{case.case_id}/{LOT}/status")
    assert "您的画面和声音已由交易中心关闭" in mine
    assert WHY in mine
    other = next(n for n in case.members if n != number)
    assert f"席位 {number} 的画面和声音已由交易中心关闭" in booth(Site(case), case.members[other]).get(
        f"/room/{case.case_id}/{LOT}/status"
    )


def sending(case) -> set[int]:
    with case.platform.database.reading() as db_session:
        return {camera.seat for camera in cameras(db_session, case.case, LOT, case.clock.at)}


def test_the_authority_does_not_undo_it_and_the_record_cannot_be_changed(case):
    number = case.chair
    with pytest.raises(RuleViolation, match="picture_ended_by_other"):
        case.act("regulator", MemberPictureAllowed(number, "可以"))
    case.act("centre", MemberPictureAllowed(number, "已收起手机"))
    assert case.case.lots[LOT].picture_ends == {}
    case.review()
    bids = [bid.bid for bid in case.state.bids]
    case._score(bids)
    for seat, person in case.members.items():
        case._sign(seat, person)
    case.work_off()
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    lines, key = tampering.lines_of(files), case.platform.keys.platform.key
    judging = {name: STEPS[name] for name in ("acts", "replay")}

    def failing(forged) -> bool:
        found = verify_bundle(tampering.by_platform(files, forged, key), steps=judging)
        return any(check.verdict is Verdict.FAIL for check in found)

    assert not failing(lines)
    for type in ("MemberPictureEnded", "MemberPictureAllowed"):
        seq = next(at for at, line in enumerate(lines) if line["entry"]["type"] == type)
        for path in (("payload", "seat"), ("payload", "note")):
            assert failing(tampering.changed(lines, seq, path)), (type, path)
    ended = next(at for at, line in enumerate(lines) if line["entry"]["type"] == "MemberPictureEnded")
    assert failing(tampering.without(lines, ended))
    assert failing(tampering.changed(lines, ended, ("role",), lambda _: str(Role.REGULATOR)))
