"""The list of draws shows each looker those that it may watch, and no other."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.app.services.whole_case import DRAWN, WholeCase
from tests.app.web.site import LOT, Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(WholeCase(tmp_path_factory.mktemp("draws")).through(DRAWN))


def listed(site: Site, who: str | None, words: str = "") -> bool:
    browser = site.browser(who) if who else site.browser()
    page = browser.get(f"/draws?q={words}")
    return f"/cases/{site.case.case_id}/lots/{LOT}/draw" in page


def test_before_the_result_a_draw_is_listed_for_its_parties_alone(site: Site):
    assert [who for who in ("officer", "centre", "regulator", "trustee-1") if not listed(site, who)] == []
    assert [who for who in (None, "bidder-a", "witness-host") if listed(site, who)] == []
    assert "还没有已公布的抽取" in site.browser().get("/draws")


def test_a_draw_is_found_by_the_beginning_of_a_number_and_by_its_code(site: Site):
    draw = site.case.case.lots[LOT].draw
    number = next(iter(draw.seats))
    for words in ("T-2026-1", number[:6], number, draw.conditions.draw_id[:12], draw.rounds[1].record_sha256, "设备"):
        assert listed(site, "centre", words), words
    for words in (number[:5], number[1:8], "T-2026-2", f"T-2026-1+{'f' * 9}"):
        assert not listed(site, "centre", words), words
    assert "号码和摘要至少输入前 6 位" in site.browser("centre").get("/draws?q=nothing")
    assert listed(site, "centre", "&before=nonsense")
    assert not listed(site, "centre", "&before=2020-01-01T00:00:00Z")


def test_the_signature_itself_is_shown_with_the_record_and_not_before(site: Site):
    """Until sign-in only H(σ): with σ and the pool whoever keeps the library could tell who is drawn."""
    wall = f"/cases/{site.case.case_id}/lots/{LOT}/draw"
    rounds = site.case.case.lots[LOT].draw.rounds
    assert all(found.signature_hex for found in rounds)
    before = site.browser("centre").get(wall)
    assert [found.number for found in rounds if found.signature_hex in before] == []
    assert all(sha256(bytes.fromhex(found.signature_hex)).hexdigest() in before for found in rounds)
    site.case.seat_all()
    after = site.browser("centre").get(wall)
    assert all(found.signature_hex in after for found in rounds)
