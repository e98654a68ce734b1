"""A booth breaks: what the old booth, the new one, the witness and the room say."""

from __future__ import annotations

import base64
import hashlib
import io
import re

import pytest

from app.services import booths, call_ups, register
from app.services.identities import kept_photo
from crypto.signing import SigningKey, sign_object
from evaluation import sitting
from tests.app.services.test_booths import Moving
from tests.app.services.whole_case import LOT
from tests.app.web.site import Browser, Site, booth
from tests.pictures import jpeg

MOVER = 2


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Moving:
    return Moving(tmp_path_factory.mktemp("booth-pages")).until_scoring()


@pytest.fixture(scope="module")
def site(case: Moving) -> Site:
    return Site(case)


def sit_down(site: Site, number: int) -> tuple[Browser, SigningKey, str]:
    """A browser in which the code was typed and a key made: it waits for the witness."""
    case, browser, key = site.case, site.browser(), SigningKey.generate()
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, case.case.lots[LOT].sitting.seats[number].person)
    page = browser.post("/seat", code=code).get_data(as_text=True)
    statement = {"code_sha256": call_ups.code_hash(code), "origin": case.platform.origin}
    sent = {
        "code": code,
        "spki": base64.b64encode(key.spki).decode(),
        "proof": sign_object(key, register.PROOF_LABEL, statement),
    }
    token = re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)
    answer = browser.client.post("/seat/request", json=sent, headers={"X-CSRFToken": token})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return browser, key, page


def test_from_a_broken_booth_to_another_one(case: Moving, site: Site):
    room = f"/room/{case.case_id}/{LOT}"
    for turn in (1, 2):
        browser, key, page = sit_down(site, MOVER)
        assert "您已在另一台机位签到" in page
        assert "请举手，由见证人核对证件" in browser.get("/seat/waiting")
        witness = site.browser(case.witness_of(MOVER))
        assert "更换机位" in witness.get("/witness")
        (path,) = set(re.findall(r"/witness/[0-9a-f]{32}(?=\")", witness.get("/witness")))
        form = witness.get(path)
        assert "换机位的原因" in form
        assert "data-sign-act" not in form
        assert "请写明换机位的原因" in witness.post(path, reason="").get_data(as_text=True)
        (row,) = booths.waiting_seats(case.platform, case.people[case.witness_of(MOVER)].log_in)
        seen = {"document": "identity_card", "phones": "1", "booth": row.booth}
        signing = witness.post(path, reason="屏幕不亮", **seen).get_data(as_text=True)
        assert 'data-type="BoothChanged"' in signing
        assert key.key_id in signing
        assert "原机位的密钥同时作废" in signing
        seat_request = path.rpartition("/")[2]
        old = case.state.keys[MOVER]
        fact = sitting.BoothChanged(
            MOVER, key.key_id, old, case.people[case.witness_of(MOVER)].id, "屏幕不亮", row.booth
        )
        case.act(case.witness_of(MOVER), fact, attachments={"request": seat_request.encode()})
        moved = browser.client.get("/seat/waiting")
        assert moved.headers["Location"] == room
        assert "独立评分" in browser.get(room)
        assert "已换机位：屏幕不亮" in browser.get(f"{room}/status")
        if turn == 1:
            first = browser
    for path in (room, f"{room}/status", f"{room}/sheet"):
        sent_away = first.client.get(path)
        assert (sent_away.status_code, sent_away.headers["Location"]) == (302, "/seat/waiting")
    told = first.get("/seat/waiting")
    for words in ("您已换到另一台机位", "屏幕不亮", "这台机位的密钥自那时起作废", "换机位的时间"):
        assert words in told
    english = first.get("/seat/waiting?lang=en")
    assert "You have moved to another booth" in english
    answer = first.client.get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/room")
    assert answer.status_code == 401


def test_a_photo_that_was_agreed_to_is_kept_where_another_field_is_wrong(case: Moving, site: Site):
    sit_down(site, 3)
    witness = site.browser(case.witness_of(3))
    (path,) = set(re.findall(r"/witness/[0-9a-f]{32}(?=\")", witness.get("/witness")))
    kept, seat_request = "已保存一张照片", path.rpartition("/")[2]
    seen = {"document": "identity_card", "phones": "", "reason": "屏幕不亮"}
    for told in ({}, {"told": "y"}):  # who has not agreed is not kept
        photo = (io.BytesIO(jpeg(640, 480)), "photo.jpg")
        page = witness.post(path, **seen, **told, photo=photo).get_data(as_text=True)
        assert "请填写数量，没有的填 0" in page
        assert (kept in page) is bool(told)
        with case.platform.database.reading() as db_session:
            assert (kept_photo(db_session, seat_request) is not None) is bool(told)
    signing = witness.post(path, **seen | {"phones": "0"}, told="y").get_data(as_text=True)
    assert hashlib.sha256(jpeg(640, 480)).hexdigest() in signing


def test_the_witness_lets_nobody_sit_down_and_says_why(case: Moving, site: Site):
    browser, key, _ = sit_down(site, 3)
    who = case.witness_of(3)
    witness = site.browser(who)
    (path,) = set(re.findall(r"/witness/[0-9a-f]{32}(?=/refusal)", witness.get("/witness")))
    assert "其在原机位的签到不受影响" in witness.get(f"{path}/refusal")
    assert "请写明看到的情况" in witness.post(f"{path}/refusal", ground="declined").get_data(as_text=True)
    signing = witness.post(f"{path}/refusal", ground="not_the_person", reason="照片不符").get_data(as_text=True)
    assert 'data-type="CheckInRefused"' in signing
    assert "身份不符" in signing
    ground = sitting.CheckInGround.NOT_THE_PERSON
    fact = sitting.CheckInRefused(3, key.key_id, case.people[who].id, ground, "照片不符")
    case.act(who, fact, attachments={"request": path.rpartition("/")[2].encode()})
    told = browser.get("/seat/waiting")
    for words in ("见证人没有让这台机位入座", "身份不符", "照片不符"):
        assert words in told
    browser.get(f"/room/{case.case_id}/{LOT}/status", 302)
    assert "身份不符：照片不符" in booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}/status")
    assert "现在没有人等待" in witness.get("/witness")
    other = "witness-sub" if who == "witness-host" else "witness-host"
    site.browser(other).get(path, 404)
