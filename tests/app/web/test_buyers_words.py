"""Who sits for the side that buys is called as the regime of the case does, on every page, in mails and refusals."""

from __future__ import annotations

import pytest

from app.messages import catalogue, sentence
from app.services.platform import DIST
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
CODES = [code for code, text in catalogue().items() if "{buyer_member}" in text["zh"]]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    case = WholeCase(tmp_path_factory.mktemp("works"), profile="demo-works")
    return Site(case.through("found publish bid read_out conclude"))


def test_pages_of_works_name_the_tenderers_representative(site: Site):
    officer, lot = site.browser("officer"), f"/agency/cases/{site.case.case_id}/lots/{LOT}"
    desk = officer.get("/agency")
    assert "指定招标人代表" in desk
    for page in (desk, officer.get(f"{lot}/buyer-member"), officer.get(f"{lot}/draw-conditions")):
        assert "招标人代表" in page
        assert "采购人代表" not in page
    english = site.browser("officer", "en").get(f"{lot}/buyer-member")
    assert "tenderer&#39;s representative" in english
    assert "buyer&#39;s representative" not in english


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_speaks_of_either(code: str):
    facts = {name: "x" for name in ("title", "lot", "note", "name", "organisation", "place", "link", "begins_at")}
    facts |= {name: "5" for name in ("experts", "buyers", "least", "ends_at")}
    for regime, zh, en in (("works", "招标人代表", "tenderer's"), ("goods", "采购人代表", "buyer's")):
        assert zh in sentence(code, facts | {"regime": regime}, "zh")
        assert en in sentence(code, facts | {"regime": regime}, "en")
