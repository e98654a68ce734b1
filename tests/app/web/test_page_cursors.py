"""What is committed while a page is made is told to it: it has heard as far as the case that it shows, no further."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.services.cursors import read_cursor
from app.web import entitled
from evaluation import sitting
from tests.app.services.whole_case import DRAWN, LOT
from tests.app.web.site import Browser, Site, booth, played, stated

PAGES: dict[str, tuple[Callable[[Site], Browser], str]] = {
    "room": (lambda site: booth(site, site.case.members[1]), f"/room/{{}}/{LOT}"),
    "pictures": (lambda site: booth(site, site.case.members[1]), f"/room/{{}}/{LOT}/pictures"),
    "standstill": (stated, f"/cases/{{}}/lots/{LOT}/standstill"),
    "draw": (lambda site: site.browser("officer"), f"/cases/{{}}/lots/{LOT}/draw"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return played(tmp_path_factory.mktemp("cursors"), f"{DRAWN} seat_all")


@pytest.mark.parametrize(("number", "page"), list(enumerate(PAGES, start=1)), ids=list(PAGES))
def test_what_happens_while_a_page_is_made_is_told_to_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, number: int, page: str
):
    case, (whose, address) = site.case, PAGES[page]
    browser, before = whose(site), case.case.size
    votes, load = [number], entitled.load_case

    def load_and_vote(*arguments):
        found = load(*arguments)
        while votes:
            voter = votes.pop()
            case.act(case.members[voter], sitting.ChairVoted(voter, 1, 1))
        return found

    monkeypatch.setattr(entitled, "load_case", load_and_vote)
    html = browser.get(address.format(case.case_id))
    (cursor,) = re.findall(r'data-live-cursor="([^"]+)"', html)
    assert (case.case.size, votes) == (before + 1, [])
    assert read_cursor(case.platform, case.case_id, cursor) == before - 1
