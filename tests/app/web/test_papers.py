"""Bids in the room: read in ranges by who sits there, in the viewer alone, with the pages that their bidders named."""

import re

import pytest

from crypto.merkle import LEAF_SIZE
from tests.app.web.papers import PaperCase, pdf
from tests.app.web.site import LOT, Site, booth, stated, stored


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(PaperCase(tmp_path_factory.mktemp("papers")).until_scoring())


@pytest.fixture(scope="module")
def seat(site):
    return booth(site, site.case.members[1])


def room(site, path=""):
    return f"/room/{site.case.case_id}/{LOT}{path}"


def plan_of(site, login):
    receipt = site.case.receipts[login]
    return next(row for row in stored(site) if (row.kind, row.owner, row.name) == ("opened", receipt, "技术方案.pdf"))


def ranged(browser, file, text):
    return browser.client.get(f"/api/v1/files/{file.id}", headers={"Range": text})


def test_a_seat_reads_a_bid_in_ranges_and_nothing_is_kept(site, seat):
    file = plan_of(site, "bidder-a")
    whole = pdf("施工方案 bidder-a", "质量保证措施", "类似项目业绩一览", padding=3 << 20)
    for first, last in ((0, 99), (LEAF_SIZE - 3, LEAF_SIZE + 3), (2 * LEAF_SIZE, file.size - 1)):
        answer = ranged(seat, file, f"bytes={first}-{last}")
        assert (answer.status_code, answer.data) == (206, whole[first : last + 1])
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
        assert answer.headers["Cache-Control"] == "no-store"
    assert ranged(seat, file, f"bytes={file.size - 5}-").data == whole[-5:]
    assert ranged(seat, file, f"bytes={file.size}-").json["error"]["code"] == "range_wrong"


def test_a_range_is_only_for_who_may_read_the_bid(site, seat):
    file = plan_of(site, "bidder-a")
    for who in ("officer", "releaser", "centre", "bidder-b", "witness-host", "admin", ""):
        assert ranged(site.browser(who), file, "bytes=0-9").status_code in (401, 404), who
    assert ranged(site.browser("regulator"), file, "bytes=0-9").json["error"]["code"] == "reason_needed"
    assert ranged(stated(site), file, "bytes=0-9").status_code == 206


def test_a_seat_opens_the_tender_documents_that_its_page_names(site, seat):
    document = next(row for row in stored(site) if row.kind == "document")
    assert f"/api/v1/files/{document.id}" in seat.get(room(site))
    assert seat.client.get(f"/api/v1/files/{document.id}").data == b"%PDF-1.7 terms"
    assert ranged(seat, document, "bytes=0-9").json["error"]["code"] == "range_wrong"


def test_a_browser_that_would_save_or_print_a_bid_is_refused(site, seat):
    file = plan_of(site, "bidder-a")
    answer = seat.client.get(f"/api/v1/files/{file.id}", headers={"Sec-Fetch-Mode": "navigate"})
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "viewer_only")
    licence = next(r for r in stored(site) if r.owner == file.owner and r.name.startswith("资格"))
    assert seat.client.get(f"/api/v1/files/{licence.id}", headers={"Sec-Fetch-Mode": "navigate"}).status_code == 422


def test_no_page_of_the_room_links_to_the_bytes_of_a_bid(site, seat):
    opened = {row.id for row in stored(site) if row.kind == "opened"}
    for path in ("", "/papers", "/compare", f"?bid={site.case.receipts['bidder-b']}"):
        page = seat.get(room(site, path))
        assert not opened & set(re.findall(r"/api/v1/files/(\w+)", page)), path
        assert "资格文件-" in page
        assert "page-links.json" not in page


def test_each_criterion_leads_to_the_pages_that_its_bidder_named(site, seat):
    receipts, found = site.case.receipts, {}
    for login in ("bidder-a", "bidder-b", "bidder-c"):
        page = seat.get(room(site, f"?bid={receipts[login]}"))
        links = re.findall(r'data-paper-link="desk" data-file="(\w+)" data-page="(\d)">([^<]+)', page)
        assert all(file == plan_of(site, login).id for file, _page, _words in links)
        found[login] = [(int(number), words) for _file, number, words in links]
        assert ("没有的文件.pdf 第 1–4 页（没有这份 PDF）" in page) is (login == "bidder-b")
        assert ("页码索引，但不能读取" in page) is (login == "bidder-c")
    assert found["bidder-a"] == [(2, "技术方案.pdf 第 2 页"), (3, "技术方案.pdf 第 3 页")]
    assert found["bidder-b"] == found["bidder-a"]
    assert found["bidder-c"] == []


def test_two_bids_stand_side_by_side_with_the_fields_of_both(site, seat):
    bids = sorted(site.case.receipts[login] for login in ("bidder-a", "bidder-b"))
    page = seat.get(room(site, f"/compare?left={bids[0]}&right={bids[1]}"))
    assert re.findall(r'data-paper="(\w+)"', page) == ["left", "right"]
    fields = [f'id="score-{bid}-{criterion}"' for bid in bids for criterion in ("plan", "record")]
    assert all(page.count(field) == 1 for field in fields)
    same = seat.get(room(site, f"/compare?left={bids[0]}&right={bids[0]}"))
    assert same.count(f'id="score-{bids[0]}-plan"') == 1  # a bid is compared with another one
    assert site.browser("officer").client.get(room(site, "/compare")).status_code == 404


def test_an_inspector_reads_bids_with_its_own_name_upon_them(site):
    watching = stated(site)
    assert f'href="{room(site)}/papers"' in watching.get(room(site))
    page = watching.get(room(site, "/papers"))
    assert 'data-mark="监督旁听 监管员 · T-2026-1/1"' in page
    assert site.browser("releaser").client.get(room(site, "/papers")).status_code == 404
