"""A lot that fails while a member watches, and a result without a majority: what each desk shows, in real browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect
from test_pages_interrupted import looked_at

from evaluation import sitting
from tests.app.services.test_failed_evaluation import UNSIGNED, Failing
from tests.app.services.test_no_majority import divided
from tests.app.services.whole_case import LOT
from tests.app.web.site import booth, booth_token

pytestmark = pytest.mark.browser
WHY = "初步评审后有效投标 1 家，少于规定的 3 家"


def serving(make: Callable[[], Failing]) -> Iterator[LiveCase]:
    with ThreadPoolExecutor(1) as pool:
        live = LiveCase(pool.submit(make).result())
    yield live
    live.stop()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    """Only one review is missing."""
    folder = tmp_path_factory.mktemp("failed")
    yield from serving(lambda: Failing(folder).until_last_review())


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    folder = tmp_path_factory.mktemp("undecided")
    yield from serving(lambda: divided(folder))


def room(live: LiveCase, browser: Browser, number: int) -> Page:
    person = live.case.members[number]
    live.aside(booth, live.site, person)
    page = live.context(browser, booth_token(person)).new_page()
    page.goto(f"{live.url}/room/{live.case.case_id}/{LOT}")
    return page


def test_the_room_learns_of_the_failure_and_opens_the_record(live: LiveCase, browser: Browser, tmp_path: Path) -> None:
    page, case = room(live, browser, 1), live.case
    expect(page.get_by_text("等待全部成员提交初步评审意见")).to_be_visible()
    last = max(case.members)
    live.aside(case.act, case.members[last], sitting.BidsReviewed(last, case.findings(last)))
    live.aside(case.work_off)
    page.reload()
    expect(page.get_by_text(WHY)).to_be_visible()
    expect(page.get_by_text("休会或停止评审")).to_have_count(0)
    looked_at(page, "failed-room")
    with page.expect_download() as taken:
        page.evaluate("() => document.querySelector('#failure a').setAttribute('download', '')")
        page.locator("#failure a").first.click()
    taken.value.save_as(tmp_path / "record.pdf")
    assert (tmp_path / "record.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("who", "path", "text"),
    [
        ("", "/cases/{case}", WHY),
        ("bidder-b", "/bidder/cases/{case}/lots/{lot}", UNSIGNED),
        ("bidder-a", "/bidder", WHY),
        ("officer", "/agency", WHY),
        ("officer", "/cases/{case}/lots/{lot}/failure", UNSIGNED),
        ("regulator", "/regulator/cases/{case}", WHY),
        ("regulator", "/cases/{case}/lots/{lot}/replay?at=3", "第 3 步"),
    ],
)
def test_every_desk_of_a_failed_lot_is_fit_to_be_read(
    live: LiveCase, browser: Browser, who: str, path: str, text: str
) -> None:
    page = live.context(browser, live.aside(live.site.token, who) if who else "").new_page()
    page.goto(live.url + path.format(case=live.case.case_id, lot=LOT))
    expect(page.get_by_text(text).first).to_be_visible()
    looked_at(page, f"failed-{who or 'public'}")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("releaser", "/agency"),
        ("officer", "/cases/{case}/lots/{lot}/report"),
        ("regulator", "/regulator/cases/{case}"),
    ],
)
def test_a_result_without_a_majority_is_plain_on_every_desk(
    undecided: LiveCase, browser: Browser, who: str, path: str
) -> None:
    page = undecided.context(browser, undecided.aside(undecided.site.token, who) if who else "").new_page()
    page.goto(undecided.url + path.format(case=undecided.case.case_id, lot=LOT))
    expect(page.get_by_text("评审结论没有形成多数").first).to_be_visible()
    looked_at(page, f"no-majority-{who or 'public'}")


@pytest.mark.parametrize(("who", "path"), [("", "/cases/{case}"), ("bidder-a", "/bidder/cases/{case}/lots/{lot}")])
def test_before_a_result_is_published_others_learn_nothing_of_it(
    undecided: LiveCase, browser: Browser, who: str, path: str
) -> None:
    page = undecided.context(browser, undecided.aside(undecided.site.token, who) if who else "").new_page()
    page.goto(undecided.url + path.format(case=undecided.case.case_id, lot=LOT))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("没有形成多数")).to_have_count(0)
    looked_at(page, f"no-majority-{who or 'public'}")
