"""A finding about a list leads a member to the form of a corrected price, filled in and not decided."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.casefile.bid_ids import bid_of, findings_of_sitting
from app.services.platform import DIST
from evaluation import sitting
from evaluation.bid_checks import FILE_NAME, FindingKind
from tests.app.services.checked_bids import WORKS_UNTIL_REVIEW, CheckedCase
from tests.app.web.site import LOT, Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


class Misadded(CheckedCase):
    """The list of bidder a adds up to 10 yuan more than the price that it states."""

    def papers(self, login: str) -> list[Path]:
        (folder,) = super().papers(login)
        if login == "bidder-a":
            path = folder / FILE_NAME
            path.write_text(path.read_text().replace("2,项目2,m3,10,40.00,400.00", "2,项目2,m3,10,41.00,410.00"))
        return [folder]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    case = Misadded(tmp_path_factory.mktemp("misadded"), profile="demo-works").through(f"{WORKS_UNTIL_REVIEW} review")
    bids = list(case.state.valid)
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    case.work_off()
    return Site(case)


def number_of(site: Site, kind: FindingKind, login: str) -> int:
    state = site.case.case.lots[LOT]
    bid = bid_of(state, site.case.receipts[login])
    return next(n for n, one in enumerate(findings_of_sitting(state), 1) if one.kind is kind and one.bids == (bid,))


def test_the_form_begins_with_what_follows_by_unit_price(site: Site):
    room = f"/room/{site.case.case_id}/{LOT}"
    member = booth(site, site.case.members[1])
    number = number_of(site, FindingKind.LIST_SUM, "bidder-a")
    page = member.get(f"{room}/findings/{number}")
    assert "按此提议修正报价：¥1,566,010.00" in page
    form = member.get(f"{room}?correct={number}")
    panel = form[form.index('id="price-corrections"') :]
    assert "<details open>" in panel[:900]
    assert 'value="1566010.00"' in panel
    assert re.search(
        r'<option selected value="' + bid_of(site.case.case.lots[LOT], site.case.receipts["bidder-a"]), panel
    )
    assert "修正后的报价为 1566010.00 元" in panel
    plain = member.get(room)
    assert 'value="1566010.00"' not in plain


def test_where_the_lines_explain_the_sum_nothing_is_suggested(site: Site):
    room = f"/room/{site.case.case_id}/{LOT}"
    member = booth(site, site.case.members[1])
    number = number_of(site, FindingKind.LIST_LINES, "bidder-b")
    assert "按此提议修正报价" not in member.get(f"{room}/findings/{number}")
    for wrong in (number, 0, 999, "x"):
        panel = member.get(f"{room}?correct={wrong}")
        assert "<details open>" not in panel[panel.index('id="price-corrections"') :][:900]


def test_who_only_watches_is_offered_nothing(site: Site):
    number = number_of(site, FindingKind.LIST_SUM, "bidder-a")
    page = stated(site).get(f"/room/{site.case.case_id}/{LOT}/findings/{number}")
    assert "按此提议修正报价" not in page
