"""Rehearsals in a real browser: opened in a few clicks, marked as such everywhere, with a plain result."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from styleguide import DIST
from test_pages_desks import Served
from test_pages_fallback import looked_at

from app.procedure.rehearsal import KIND, RehearsalShareSigned, rehearsal_statement
from crypto.committee import identity, sign_share
from tests.app.web.site import Site, WholeCase

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: node app/static/src/build.mjs")
    serving = Served(Site(WholeCase(tmp_path_factory.mktemp("rehearsal-browser")).found()))
    yield serving
    serving.server.shutdown()


def test_a_centre_opens_one_and_reads_who_was_missing(page: Page, served: Served):
    whole = served.site.case
    served.log_in(page, "centre")
    looked_at(page, served, "rehearsals-empty", "/rehearsals")
    page.get_by_label("等待签署的分钟数").fill("5")
    page.get_by_role("button", name="发起演练").click()
    expect(page).to_have_url(re.compile(r"/rehearsals/\w+$"))
    expect(page.get_by_text("这是演练")).to_be_visible()
    whole.case_id = page.url.rpartition("/")[2]
    hall = f"/rehearsals/{whole.case_id}"
    looked_at(page, served, "rehearsal-signing", hall)
    ident = identity(KIND, rehearsal_statement(whole.platform.origin, whole.case_id))
    for index in (1, 3):
        share = sign_share(whole.shares[index], ident).hex()
        whole.act(f"trustee-{index}", RehearsalShareSigned(index, share), "")
    whole.work_off()
    whole.work_off(301)
    looked_at(page, served, "rehearsal-ended", hall)
    expect(page.get_by_text("演练结束：可以开标")).to_be_visible()
    expect(page.get_by_text("受托单位2 没有签署")).to_be_visible()
    looked_at(page, served, "rehearsals", "/rehearsals")
    served.log_in(page, "trustee-1")
    looked_at(page, served, "rehearsal-trustee", "/trustee")
