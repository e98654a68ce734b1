"""The fallback in a real browser: a bidder promises and reveals its key out of the file that it kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from styleguide import DIST
from test_pages_desks import Served, certified_key

from crypto.envelope import new_bid_identity
from tests.app.services.test_too_few_trustees import WITHIN, commit, key_of, reveal, sealed
from tests.app.web.site import LOT, Site

pytestmark = pytest.mark.browser
HALL, OWN = "/cases/{case}/lots/{lot}/opening", "/bidder/cases/{case}/lots/{lot}"
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: node app/static/src/build.mjs")
    whole = sealed(tmp_path_factory.mktemp("fallback-browser"))
    whole.work_off(WITHIN)
    serving = Served(Site(whole))
    yield serving
    serving.server.shutdown()


def looked_at(page: Page, served: Served, name: str, template: str) -> None:
    """Accessible and within the screen at both widths; kept as a picture where PICTURES names a folder."""
    page.goto(served.path(template))
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == [], name
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, name
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)


def hand_in(page: Page, served: Served, file: Path, button: str) -> None:
    page.goto(served.path(OWN + "/key"))
    page.get_by_label("密钥文件").set_input_files(file)
    page.get_by_role("button", name=button).click()
    expect(page).to_have_url(re.compile(rf"/lots/{LOT}$"))


def test_a_bidder_promises_and_reveals_its_key(page: Page, served: Served, tmp_path: Path):
    whole = served.site.case
    receipt, identity, _salt = key_of(whole, "bidder-a")
    right, wrong = tmp_path / "bid.age.key.txt", tmp_path / "wrong.txt"
    right.write_text(identity + "\n")
    wrong.write_text(new_bid_identity().identity)
    served.log_in(page, "bidder-a")
    certified_key(page, served)
    for name, template in (("commit-own", OWN), ("commit-key", OWN + "/key"), ("commit-hall", HALL)):
        looked_at(page, served, name, template)
    page.goto(served.path(OWN + "/key"))
    page.get_by_label("密钥文件").set_input_files(wrong)
    expect(page.locator("#key-errors")).to_contain_text("不是加密这份投标时保存的密钥")
    expect(page.get_by_role("button", name="签名并承诺")).to_be_hidden()
    hand_in(page, served, right, "签名并承诺")
    expect(page.get_by_text("您已承诺投标密钥")).to_be_visible()
    commit(whole, "bidder-b", "bidder-c", "bidder-e")
    hand_in(page, served, right, "签名并公开")
    assert whole.case.lots[LOT].fallback.keys == {receipt: identity}
    looked_at(page, served, "reveal-hall", HALL)
    reveal(whole, "bidder-c", "bidder-e")
    whole.work_off(WITHIN)
    looked_at(page, served, "opened-hall", HALL)
    expect(page.get_by_text("视为撤销").first).to_be_visible()
