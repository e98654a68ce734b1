"""清标提示 in a browser: accessible at both widths, and a finding leads to the very page in the viewer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, expect

from tests.app.services.checked_bids import UNTIL_REVIEW, CheckedCase
from tests.app.services.whole_case import LOT
from tests.app.web.site import booth, booth_token

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: CheckedCase(tmp_path_factory.mktemp("findings")).through(UNTIL_REVIEW)).result()
    serving = LiveCase(case)
    serving.aside(booth, serving.site, case.members[case.chair])
    yield serving
    serving.stop()


@pytest.mark.parametrize("width", [1280, 390])
def test_findings_are_read_by_everybody_at_any_width(live: LiveCase, browser: Browser, width: int):
    context = live.context(browser, booth_token(live.case.members[live.case.chair]))
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("", f"/{live.case.number_of('like_text')}"):
        page.goto(f"{live.url}/room/{live.case.case_id}/{LOT}/findings{path}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with context.expect_page() as opened:
        page.get_by_role("link", name="第 2 页").first.click()
    viewer = opened.value
    expect(viewer.locator("[data-paper-number]")).to_have_value("2")
    expect(viewer.locator("canvas")).to_have_attribute("aria-label", re.compile("第 2 页，共 [34] 页"))
    context.close()
