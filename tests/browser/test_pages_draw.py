"""A draw through pages: three parties in three browsers, then the result computed again in one of them."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from app.casefile.sealing import committee_of
from app.client import verify_draw
from app.procedure.buyers import BuyerMemberNamed
from app.procedure.convening import PURPOSE
from crypto.committee import combine, identity, open_capsule, sign_share
from evaluation import draw as drawing
from tests.app.services.whole_case import LOT, WholeCase

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # pairings and a busy machine
PARTIES = {"agency": "releaser", "centre": "centre", "supervisor": "regulator"}


def approved(folder: Path) -> WholeCase:
    """A case whose draw conditions are approved."""
    case = WholeCase(folder).through("found publish bid open book")
    case.act("officer", BuyerMemberNamed(case.people["buyer"].id, case.sites[0], "a" * 64))
    profile, committee = case.case.tender.published.profile, committee_of(case.case)
    conditions = drawing.DrawConditions(
        tender=case.case_id,
        lot=LOT,
        purpose=PURPOSE,
        strata=tuple(drawing.Stratum(f"goods/{site}", 2, 1) for site in case.sites),
        max_per_unit=profile.drawn_per_unit,
        parties=("agency", "centre", "supervisor"),
        pool_factor=profile.pool_factor,
        committee=committee.id,
        trustees_needed=committee.k,
    )
    case.act("officer", drawing.DrawConditionsProposed(conditions))
    case.approve_draw()
    return case


@pytest.fixture
def live(tmp_path: Path):
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(approved, tmp_path).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def test_three_parties_draw_and_one_computes_it_again(live: LiveCase, browser: Browser):
    case, walls = live.case, {}
    for party, who in PARTIES.items():
        walls[party] = live.page(browser, who)
        walls[party].goto(f"{live.url}/cases/{case.case_id}/lots/{LOT}/draw")
        give(walls[party], "生成、签名并提交承诺")
    state_and_sign(live, walls["centre"])
    for wall in walls.values():
        give(wall, "签名并公开")
    centre = walls["centre"]
    expect(centre.locator(".numbers li")).to_have_count(4)
    assert violations(centre) == []
    accept(live)
    expect(centre.get_by_role("heading", name="专家已确定")).to_be_visible()
    expect(centre.get_by_role("button", name="自己验算")).to_have_count(0)
    live.aside(case.seat_all)  # only now may the record be read
    centre.context.route("**/draw/records/*", lambda _route: None)  # the record does not come: the check is stopped
    centre.get_by_role("button", name="自己验算").click()
    centre.get_by_role("button", name="停止验算").click()
    expect(centre.locator("[data-draw-checked]")).to_be_hidden()
    centre.context.unroute("**/draw/records/*")
    centre.get_by_role("button", name="自己验算").click()
    expect(centre.get_by_text("验算一致：本机算出的号码与公布的相同。")).to_be_visible()
    expect(centre.locator("[data-draw-checked] li")).to_have_count(7)
    checked = centre.locator("[data-draw-checked]")
    expect(checked).to_contain_text(f"✓ 签署各轮的受托人就是已公布的 {committee_of(case.case).id}")
    expect(checked).to_contain_text(f"项目 {case.case_id}，标包 {LOT}，抽取评审专家")
    assert "✕" not in checked.inner_text()
    assert "?" not in checked.inner_text()
    save_record(live, centre)
    for number in centre.locator(".numbers li strong").all_inner_texts():
        expect(centre.locator("[data-draw-checked]")).to_contain_text(number)


def save_record(live: LiveCase, centre: Page) -> None:
    """What the page gives to download holds for the independent program, under the id that the page names."""
    centre.get_by_text("在自己的电脑上核验").click()
    command = centre.locator("pre code", has_text="verify_draw.py").inner_text().split()
    with centre.expect_download() as saved:
        centre.get_by_role("link", name="下载记录 JSON").click()
    assert command == ["python3", "verify_draw.py", saved.value.suggested_filename, "--committee", command[-1]]
    assert verify_draw.main([str(saved.value.path()), *command[-2:]]) == verify_draw.VERIFIED


def give(wall: Page, button: str) -> None:
    """Press the button of this party's turn and wait until it is on record."""
    wall.get_by_role("button", name=button).click()
    expect(wall.get_by_role("button", name=button)).to_have_count(0)


def state_and_sign(live: LiveCase, centre: Page) -> None:
    """The centre freezes the pool and signs the statement; the trustees sign it; a capsule yields what was promised."""
    case = live.case
    centre.get_by_role("link", name="去锁定").click()
    centre.get_by_role("button", name="生成名单").click()
    expect(centre.get_by_role("button", name="签名并提交")).to_be_visible()
    assert violations(centre) == []
    centre.get_by_role("button", name="签名并提交").click()
    expect(centre).to_have_url(re.compile(r"/draw$"))
    current = case.case.lots[LOT].draw.current
    ident = identity("draw", current.stated)
    for index in (2, 3):
        share = sign_share(case.shares[index], ident).hex()
        live.aside(case.act, f"trustee-{index}", drawing.DrawShareReleased(1, index, share))
    live.aside(check_capsule, case)


def check_capsule(case: WholeCase) -> None:
    """What the browser sealed, the trustees could open if its party stayed silent."""
    draw, committee = case.case.lots[LOT].draw, committee_of(case.case)
    hidden = identity("draw-reveal", drawing.reveal_statement(draw.conditions.draw_id, 1))
    release = combine(committee, hidden, {i: sign_share(case.shares[i], hidden) for i in (1, 2)})
    capsule = base64.b64decode(draw.current.capsules["agency"])
    value = open_capsule(committee, hidden, release.signature, capsule)
    assert drawing.commitment(draw.conditions.draw_id, "agency", value) == draw.current.commitments["agency"]


def accept(live: LiveCase) -> None:
    """Everybody who was called accepts, so that the sitting is convened."""
    live.aside(live.case.work_off)
    for number in sorted(live.case.case.lots[LOT].draw.seats):
        live.aside(live.case._answer, number, True)
    live.aside(live.case.work_off)
