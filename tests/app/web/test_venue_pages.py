"""Pages of rooms, bookings and calendars: the other centre and the wall read a label; who sits down is photographed."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest

from app.procedure.convening import PHOTO_NOTICE
from app.procedure.venues import Window
from app.services import bookings, booths
from app.web.pages import to_local
from evaluation.sitting import IdentityCheck, IdentityDocument, MemberIdentified
from tests.app.services.test_bookings import County
from tests.app.services.test_booths import Moving
from tests.app.services.whole_case import DRAWN, LOT
from tests.app.web.site import Site, stated
from tests.pictures import jpeg

JPEG = jpeg(640, 480)


@pytest.fixture(scope="module")
def county(tmp_path_factory) -> County:
    return County(tmp_path_factory.mktemp("venue-pages")).through("found neighbour two_cases")


@pytest.fixture(scope="module")
def site(county) -> Site:
    return Site(county)


def local(site: Site, window: Window) -> dict[str, str]:
    with site.app.app_context():
        return {
            name: to_local(at).strftime("%Y-%m-%dT%H:%M:%S")
            for name, at in (("begins", window.begins_at), ("ends", window.ends_at))
        }


def test_a_centre_enters_rooms_and_takes_booths_out(county, site):
    centre = site.browser("centre")
    assert "一室" in centre.get("/centre/rooms")
    new = f"/centre/sites/{county.sites[0]}/rooms/new"
    assert "请填写名称" in centre.post(new, name="", booths="2").get_data(as_text=True)
    assert centre.post(new, name="二室", booths="2", camera="y").status_code == 302
    assert "已有“二室”" in centre.post(new, name="二室", booths="2").get_data(as_text=True)
    (room,) = re.findall(r'href="(/centre/rooms/[0-9a-f]{12})">二室', centre.get("/centre/rooms"))
    assert centre.post(f"{room}/booths", booths="1").status_code == 302
    assert centre.post(f"{room}/booths/3", line="专线").status_code == 302
    assert "请写明原因" in centre.post(f"{room}/booths/3/outage", reason="").get_data(as_text=True)
    assert centre.post(f"{room}/booths/3/outage", reason="网线松动").status_code == 302
    page = centre.get(room)
    assert "网线松动" in page
    assert "在用机位 2 个，共 3 个" in page
    assert centre.post(f"{room}/booths/3/outage", reason="又坏").get_data(as_text=True).count("已经停用") == 1
    for stranger in ("neighbour", "witness-host"):
        site.browser(stranger).get(room, 404)


def test_the_host_books_and_the_other_centre_answers_without_the_project(county, site):
    county.case_id = county.cases[0]
    centre, far = site.browser("centre"), site.browser("neighbour")
    path = f"/centre/cases/{county.case_id}/lots/{LOT}/booking"
    page = centre.get(path)
    assert "远程室" in page
    sent = {f"room_{county.rooms[0]}": "3", f"room_{county.other_room}": "9"}
    refused = centre.post(path, **local(site, county.window()), **sent).get_data(as_text=True)
    assert re.search("“远程室”有 4 个在用机位，.*只剩 4 个，您要 9 个", refused)
    sent[f"room_{county.other_room}"] = "2"
    assert centre.post(path, **local(site, county.window()), **sent).status_code == 302
    page = centre.get(path)
    assert "待答复" in page
    assert local(site, county.window())["begins"].replace("T", " ")[:16] in page.split("经过")[-1], "for which hours"
    asked = far.get("/centre/bookings")
    (answer,) = set(re.findall(r"/centre/bookings/[0-9a-f]{16}", asked))
    label = re.search(r">([A-Z0-9]{6})</a>", asked).group(1)
    week = f"/calendar?from={county.window().begins_at.date()}"
    seen = [asked, far.get(answer), far.get(week), site.browser("witness-far").get(week), far.get("/account")]
    for text in seen:
        assert label in text
        assert not any(secret in text for secret in ("设备采购", county.case_id, "T-2026", "某学院"))
    assert "设备采购" not in centre.get(week)  # it hangs on a wall
    read = re.search(r'name="seen" type="hidden" value="([^"]+)"', far.get(answer)).group(1)
    assert "请写明理由" in far.post(answer, answer="refused", seen=read).get_data(as_text=True)
    sent[f"room_{county.other_room}"] = "3"
    assert centre.post(path, **local(site, county.window()), **sent).status_code == 302
    changed = far.post(answer, answer="accepted", seen=read).get_data(as_text=True)
    assert "主场在您查看之后改动了请求" in changed
    read = re.search(r'name="seen" type="hidden" value="([^"]+)"', changed).group(1)  # what is shown now
    assert far.post(answer, answer="accepted", seen=read).status_code == 302
    assert "已同意" in centre.get(path)
    site.browser("officer").get(path, 404)
    far.get(path, 404)
    cancelled = centre.post(f"{path}/cancel", reason="项目暂缓")
    assert cancelled.status_code == 302
    assert "没有请求" in far.get("/centre/bookings")


def test_calendars_show_own_rooms_by_day_and_week(county, site):
    county.case_id = county.cases[1]
    booked = {county.rooms[1]: 4}
    window = county.window(24)
    bookings.arrange_booking(county.platform, county.people["centre"].log_in, county.case_id, LOT, window, booked)
    day = (window.begins_at + timedelta(hours=8)).date()
    centre = site.browser("centre")
    arranged = centre.get(f"/centre/cases/{county.case_id}/lots/{LOT}/booking")
    assert "共订 4 个" in arranged, "a committee has five: said long before the draw is refused"
    one_day = centre.get(f"/calendar?from={day}&days=1")
    assert "4 个机位" in one_day
    assert f'type="date" id="from" name="from" value="{day}"' in one_day, "any other day is one field away"
    assert "4 个机位" in centre.get(f"/calendar?from={day}&days=1&site={county.sites[1]}")
    assert "4 个机位" not in centre.get(f"/calendar?from={day}&days=1&site={county.sites[0]}")
    assert "4 个机位" not in site.browser("witness-host").get(f"/calendar?from={day}")
    assert "4 个机位" in site.browser("witness-sub").get(f"/calendar?from={day}")
    for odd in ("nonsense", "0001-01-01", "9999-12-31", "2000-01-01", "2999-12-31"):
        assert "场所日历" in centre.get(f"/calendar?from={odd}")
    site.browser("officer").get("/calendar", 404)


def test_the_witness_photographs_and_the_authority_looks_for_a_reason(tmp_path):
    case = Moving(tmp_path).through(DRAWN)
    site, who = Site(case), case.witness_of(1)
    offer, key = case.ask(1)
    witness, path = site.browser(who), f"/witness/{offer.request}"
    (row,) = booths.waiting_seats(case.platform, case.people[who].log_in)
    page = witness.client.get(path)
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    assert row.booth in page.get_data(as_text=True)
    fields = {"document": "identity_card", "phones": "2"}
    unasked = witness.post(path, photo=(io.BytesIO(JPEG), "photo.jpg"), **fields).get_data(as_text=True)
    assert "请先告知并取得本人同意" in unasked
    assert "data-sign-act" not in unasked
    fields["told"] = "y"
    bad = witness.post(path, photo=(io.BytesIO(b"GIF89a"), "p.gif"), **fields).get_data(as_text=True)
    assert "照片须为 JPEG 或 PNG" in bad
    tiny = witness.post(path, photo=(io.BytesIO(jpeg(1, 1)), "p.jpg"), **fields).get_data(as_text=True)
    assert "照片只有 1×1 像素" in tiny
    signing = witness.post(path, photo=(io.BytesIO(JPEG), "photo.jpg"), **fields).get_data(as_text=True)
    assert 'data-type="MemberIdentified"' in signing
    digest = re.search(r'"photo_sha256": "([0-9a-f]{64})"', signing).group(1)
    assert f'"consent": "{PHOTO_NOTICE}"' in signing
    assert "不作人脸识别" in page.get_data(as_text=True), "what is told stands beside the box"
    seen = IdentityCheck(IdentityDocument.IDENTITY_CARD, 2, digest, PHOTO_NOTICE)
    fact = MemberIdentified(1, key.key_id, case.people[who].id, row.booth, seen)
    case.act(who, fact, attachments={"request": offer.request.encode()})
    listed = f"/regulator/cases/{case.case_id}/lots/{LOT}/identities"
    unstated = site.browser("regulator")
    assert unstated.client.get(listed).status_code in (302, 403)
    assert unstated.client.get(f"{listed}/{digest}").status_code in (302, 403)
    for stranger in ("centre", "officer", "witness-host", "inspector"):
        assert site.browser(stranger).client.get(f"{listed}/{digest}").status_code != 200
    reader = stated(site)
    assert f"{listed}/{digest}" in reader.get(listed)
    assert "已告知，本人同意" in reader.get(listed)
    photo = reader.client.get(f"{listed}/{digest}")
    assert (photo.mimetype, photo.data) == ("image/jpeg", JPEG)
    reader.get(f"{listed}/{'0' * 64}", 404)
