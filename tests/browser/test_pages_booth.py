"""A booth in a real browser: from the code to the signed report, with the key made on its machine."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, Route, expect

from app.services import call_ups
from app.services.booths import PROOF_LABEL
from crypto.signing import SigningKey, check_code, sign_object
from evaluation import sitting
from evaluation.scoring import ScorePlace
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.pictures import jpeg

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # pairings and a busy machine


@pytest.fixture
def live(tmp_path: Path):
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: WholeCase(tmp_path).through(DRAWN)).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def seat_by_pages(live: LiveCase, browser: Browser, number: int) -> Page:
    """Sit down at a booth: the code, a key, and the witness's signature, all through pages."""
    case = live.case
    seat = case.case.lots[LOT].sitting.seats[number]
    booth = live.context(browser).new_page()
    booth.goto(f"{live.url}/seat")
    booth.get_by_label("通知中的编码").fill(call_ups.call_up_code(case.platform, case.case_id, LOT, seat.person))
    booth.get_by_role("button", name="继续").click()
    booth.get_by_role("button", name="制作新密钥").click()
    booth.get_by_role("button", name="申请证书").click()
    expect(booth).to_have_url(re.compile(r"/seat/waiting$"))
    assert violations(booth) == []
    witness = live.page(browser, "witness-host" if seat.site == case.sites[0] else "witness-sub")
    witness.goto(f"{live.url}/witness")
    expect(booth.locator(".check-code")).to_have_text(re.compile(r"\d{4} \d{4} \d{4}"))
    code = booth.locator(".check-code").inner_text().strip()
    expect(booth.get_by_text("不要继续")).to_be_hidden()
    expect(witness.locator(".check-code").first).to_have_text(code)
    witness.get_by_role("link", name="核验").first.click()
    assert violations(witness) == []
    witness.get_by_label("收存的手机").fill("1")
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg(640, 480)}
    witness.get_by_label("现场照片").set_input_files(photo)
    witness.get_by_label("本人同意拍照").check()
    witness.get_by_role("button", name="读对核对码并签名").click()
    expect(witness.get_by_role("button", name="签名并提交")).to_be_visible()
    assert violations(witness) == []
    witness.get_by_role("button", name="签名并提交").click()
    expect(witness).to_have_url(re.compile(r"/witness$"))
    expect(booth).to_have_url(re.compile(r"/room/"))
    return booth


def test_a_key_that_was_exchanged_on_the_way_is_told_of_and_shows_other_digits(live: LiveCase, browser: Browser):
    """Whoever stands between booth and platform gives it a key of its own, properly proven."""
    case, other = live.case, SigningKey.generate()
    seat = next(seat for seat in case.case.lots[LOT].sitting.seats.values() if seat.role == "expert")
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, seat.person)

    def exchange(route: Route) -> None:
        claim = {"code_sha256": call_ups.code_hash(code), "origin": case.platform.origin}
        proof = sign_object(other, PROOF_LABEL, claim)
        sent = {"code": code, "spki": base64.b64encode(other.spki).decode(), "proof": proof}
        route.continue_(post_data=json.dumps(sent))

    booth = live.context(browser).new_page()
    booth.route("**/seat/request", exchange)
    booth.goto(f"{live.url}/seat")
    booth.get_by_label("通知中的编码").fill(code)
    booth.get_by_role("button", name="继续").click()
    booth.get_by_role("button", name="制作新密钥").click()
    held = booth.locator("[data-key-fingerprint]")
    expect(held).to_have_text(re.compile(r"^[0-9a-f ]{79}$"))
    key_id = held.inner_text().replace(" ", "")
    booth.get_by_role("button", name="申请证书").click()
    expect(booth.get_by_role("alert").filter(has_text="不要继续：平台收到的不是这台机位的密钥")).to_be_visible()
    assert booth.locator(".check-code").inner_text().strip() == check_code(key_id)
    assert check_code(key_id) != check_code(other.key_id)
    booth.wait_for_timeout(4000)  # it stays said when the page has asked again
    expect(booth.get_by_text("不要继续")).to_be_visible()


def test_a_booth_from_the_code_to_the_signed_report(live: LiveCase, browser: Browser):
    case = live.case
    seats = case.case.lots[LOT].sitting.seats
    mine = next(n for n, seat in seats.items() if seat.role == "expert")
    booth = seat_by_pages(live, browser, mine)
    expect(booth.get_by_role("heading", name="等待全部成员签到")).to_be_visible()
    case.members = {n: case._seat(n) for n in sorted(seats) if n != mine}
    expect(booth.get_by_role("heading", name="作出纪律与回避声明")).to_be_visible()
    assert violations(booth) == []

    booth.get_by_label("没有应当回避的情形，并遵守评审纪律").check()
    sign(booth)
    case._each(lambda n: sitting.StatementMade(n, True, ""))
    expect(booth.get_by_role("heading", name="推选组长，第 1 轮")).to_be_visible()
    booth.get_by_label(f"席位 {mine}（评审专家）").check()
    sign(booth)
    case._each(lambda n: sitting.ChairVoted(n, mine, 1))
    expect(booth.get_by_role("heading", name="逐项作出初步评审结论")).to_be_visible()
    assert violations(booth) == []
    for choice in booth.get_by_label("通过", exact=True).all():
        choice.check()
    sign(booth)
    bids = [bid.bid for bid in case.case.lots[LOT].sitting.bids]
    found = tuple(sitting.ReviewFinding(bid, "formal", True, "") for bid in bids)
    case._each(lambda n: sitting.BidsReviewed(n, found))
    score(live, booth, bids)
    far = max(case.members)
    sheets = {n: case.far(n, bids) if n == far else case.sheet(n, bids) for n in case.members}
    case._each(lambda n: sitting.ScoreSheetLocked(n, sheets[n], {}))
    expect(booth.get_by_role("table", name="评分汇总表")).to_be_visible()
    live.aside(case.work_off)
    expect(booth.get_by_role("heading", name="阅读并签署评审报告")).to_be_visible()
    assert violations(booth) == []
    refuses_a_correction(live, booth, far, ScorePlace(bids[0], "plan"))
    booth.get_by_role("button", name="1 取得并核对待签文件").click()
    booth.get_by_role("button", name="2 签署评审报告").click()
    expect(booth.get_by_role("heading", name="等待成员签字")).to_be_visible()
    assert mine in case.case.lots[LOT].sitting.signed
    for number, person in case.members.items():
        live.aside(case._sign, number, person)
    live.aside(case.work_off)
    expect(booth.get_by_role("heading", name="评审结束")).to_be_visible()


def refuses_a_correction(live: LiveCase, booth: Page, far: int, place: ScorePlace) -> None:
    """The signature is put off while a member asks; the chair refuses with a reason, and it is offered again."""
    case = live.case
    ask = sitting.CorrectionRequested(far, sitting.CorrectionGround.ABNORMAL_SCORE, "看错图纸", (place,))
    live.aside(case.act, case.members[far], ask)
    expect(booth.get_by_role("heading", name=f"席位 {far} 申请更正评分，请您准许或者驳回")).to_be_visible()
    expect(booth.get_by_role("button", name="2 签署评审报告")).to_have_count(0)
    assert violations(booth) == []
    booth.get_by_role("link", name="驳回").click()
    booth.get_by_label("驳回理由").fill("方案确有此缺陷")
    assert violations(booth) == []
    sign(booth)
    expect(booth.get_by_role("heading", name=f"席位 {far}（已驳回）")).to_be_visible()
    live.aside(case.work_off)
    expect(booth.get_by_role("heading", name="阅读并签署评审报告")).to_be_visible()


def sign(booth: Page) -> None:
    booth.get_by_role("button", name="核对并签名").first.click()
    booth.get_by_role("button", name="签名并提交").click()
    expect(booth).to_have_url(re.compile(r"/room/[^/]+/[^/]+$"))  # a page that follows the case may load anew


def score(live: LiveCase, booth: Page, bids: list[str]) -> None:
    """Type every score; each is saved by itself; then lock."""
    expect(booth.get_by_role("heading", name="独立评分")).to_be_visible()
    other = booth.context.new_page()  # a second window of the same seat, on the first bidder
    other.goto(f"{live.url}/room/{live.case.case_id}/{LOT}?bid={bids[0]}")
    for i, bid in enumerate(bids):
        booth.goto(f"{live.url}/room/{live.case.case_id}/{LOT}?bid={bid}")
        expect(other.locator("[data-desk-elsewhere]")).to_be_visible()  # until then it would send what is typed here
        booth.locator(f"#score-{bid}-plan").fill("50.5")
        booth.locator(f"#score-{bid}-record").fill(str(2 * i))
        for name in ("plan", "record"):
            expect(booth.locator(f"#score-{bid}-{name}-saved")).to_contain_text("已保存")
        expect(booth.locator(f'[data-bid-progress="{bid}"]')).to_have_text("2/2")
    expect(other.locator(f"#score-{bids[0]}-plan")).to_have_value("50.50")
    expect(other.locator("[data-bid-progress]")).to_have_text(["2/2"] * len(bids))
    other.close()
    first, saved = (booth.locator(f"#score-{bid}-plan{part}") for part in ("", "-saved"))
    with live.line_cut():
        first.fill("51")
        expect(saved).to_have_text("线路恢复后自动保存")
        expect(booth.locator("#line-bar")).to_contain_text("线路中断")
        expect(booth.locator("#line-bar")).to_be_in_viewport()
    expect(saved).to_contain_text("已保存")
    expect(booth.locator("#line-bar")).to_be_hidden()
    assert violations(booth) == []
    booth.get_by_role("link", name="核对并锁定").click()
    expect(booth.get_by_role("table", name="我的评分表")).to_contain_text("50.50")
    booth.get_by_role("button", name="签名并提交").click()
    expect(booth.get_by_role("heading", name="等待全部成员锁定评分")).to_be_visible()
