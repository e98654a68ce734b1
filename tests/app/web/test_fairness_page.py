"""The authority's figures of draws: nothing before an evaluation is over, names and rarities afterwards."""

from __future__ import annotations

import pytest

from app.services.platform import DIST
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, played

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PATH = "/regulator/fairness"


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    return played(tmp_path_factory.mktemp("over"), "found publish bid open draw sit report")


def test_until_the_evaluation_is_over_nobody_is_named(tmp_path):
    site = played(tmp_path, "found publish bid open draw")
    page = site.browser("regulator").get(PATH)
    assert "还没有结束的抽取" in page
    assert "专家1" not in page


def test_who_was_drawn_and_what_became_of_it(over: Site):
    page = over.browser("regulator").get(PATH)
    seats = over.case.case.lots[LOT].draw.seats
    assert page.count("单位") >= 16  # everybody of the pool is listed, with the employer
    assert f"<dd>{len(seats)}</dd>" in page
    assert "没有哪名专家与同一投标人相遇两次以上" in page
    assert "设备采购" in page
    assert "Draws in figures" in over.browser("regulator", "en").get(PATH)


@pytest.mark.parametrize("who", ["centre", "officer", "bidder-a", "admin"])
def test_others_do_not_read_it(over: Site, who: str):
    over.browser(who).get(PATH, 404)
