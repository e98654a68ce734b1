"""From template to release, and the agency's steps after an opening."""

from __future__ import annotations

import io
import re
from dataclasses import fields
from typing import Any

import html5lib
import pytest
from sqlalchemy import select

from app.casefile.codec import encode
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.procedure.tender import TenderReturned
from app.services.tenders import draft_terms, save_draft
from crypto.canonical import digest
from evaluation.prices import FORMULAS
from tests.app.services.people import BUYER_CODE
from tests.app.web.site import LOT, Browser, Site, played

STEPS = ("basics", "lot-0", "scoring-0", "documents", "preview")


def fields_of(page: str) -> dict[str, str]:
    """What the browser would send of the step's form."""
    found: dict[str, str] = {}
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        name = element.get("name") if element.tag in ("input", "textarea", "select") else None
        if not name or element.get("type") in ("file", "submit"):
            continue
        if element.get("type") == "checkbox" and element.get("checked") is None:
            continue
        if element.tag == "select":
            options = list(element.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options
            found[name] = chosen[0].get("value") or ""
        else:
            found[name] = element.text or "" if element.tag == "textarea" else element.get("value") or ""
    return {name: value for name, value in found.items() if name != "csrf_token"}


def save(browser: Browser, path: str, **changes: Any) -> str:
    """Send a step with some fields changed; where it leads, or its errors."""
    answer = browser.post(path, **{**fields_of(browser.get(path)), **changes})
    return answer.headers.get("Location", "") or "".join(re.findall(r"<li>.*?</li>", answer.get_data(as_text=True)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return played(tmp_path_factory.mktemp("agency"), "found")


@pytest.fixture(scope="module")
def draft(site: Site) -> str:
    """Address of a new draft of goods."""
    browser, regulator = site.browser("officer"), site.case.people["regulator"].organisation
    answer = browser.post("/agency/new", title="实训设备", template="goods", regulator=regulator)
    return answer.headers["Location"].removesuffix("/basics")


def test_a_draft_is_filled_in_step_by_step_and_submitted(site: Site, draft: str):
    browser = site.browser("officer")
    assert "lot-0" in save(browser, f"{draft}/basics", code="G-1", buyer="某学院", buyer_code=BUYER_CODE, complex="y")
    moment = {"deadline": "2026-04-24T09:30", "budget": "1751000"}
    assert "不得高于预算" in save(browser, f"{draft}/lot-0", title="设备", ceiling="1800000", **moment)
    anonymous = save(browser, f"{draft}/lot-0", title="设备", ceiling="1598400", anonymous="y", **moment)
    assert "scoring-0" in anonymous
    assert re.search(r'name="anonymous"[^>]*checked|checked[^>]*name="anonymous"', browser.get(f"{draft}/lot-0"))
    assert "scoring-0" in save(browser, f"{draft}/lot-0", title="设备", ceiling="1598400", anonymous="", **moment)
    assert "scoring-0" in save(
        browser, f"{draft}/lot-0", title="设备", ceiling="1598400", core_product=" 空调机 ", **moment
    )
    assert fields_of(browser.get(f"{draft}/lot-0"))["core_product"] == "空调机"
    standards = {"criteria-1-standard_zh": "每负偏离一项扣 2 分", "criteria-2-standard_zh": " "}
    assert "documents" in save(browser, f"{draft}/scoring-0", **standards)
    file = (io.BytesIO(b"%PDF-1.7 terms"), "招标文件.pdf")
    assert browser.post(f"{draft}/documents", file=file).status_code == 302
    page = browser.get(f"{draft}/preview")
    assert 'data-type="TenderSubmitted"' in page
    assert "壹佰柒拾伍万壹仟元整" in page
    assert "核心产品</strong>：空调机。" in page
    assert "每负偏离一项扣 2 分" in page
    assert "没有写评分标准的评审因素：实施与交付方案。" in page
    assert "不少于 7 人，单数（财政部令第87号第 47 条）：申明为技术复杂或者社会影响较大" in page


def document_ids(page: str) -> list[str]:
    return re.findall(r'name="remove" value="(\w+)"', page)


def test_files_and_lots_are_added_and_taken_out_and_a_draft_is_given_up(site: Site):
    """Nothing typed is lost when a lot is added; a second file of a name and an empty one are refused."""
    browser, regulator = site.browser("officer"), site.case.people["regulator"].organisation
    answer = browser.post("/agency/new", title="写错的项目", template="goods", regulator=regulator)
    draft = answer.headers["Location"].removesuffix("/basics")
    typed = {"title": "第一包", "deadline": "2026-04-24T09:30", "budget": "9", "ceiling": "8"}
    assert "lot-1" in save(browser, f"{draft}/lot-0", **typed, go="add")
    assert fields_of(browser.get(f"{draft}/lot-0"))["title"] == "第一包"
    assert "不能恢复" in browser.get(f"{draft}/lot-1?remove=1")
    browser.post(f"{draft}/lot-1?remove=1")
    browser.get(f"{draft}/lot-1", 404)
    for data, name, words in (
        (b"%PDF", "a.pdf", ""),
        (b"", "b.pdf", "0 字节"),
        (b"%PDF 2", "a.pdf", "同名文件"),
    ):
        page = browser.post(f"{draft}/documents", file=(io.BytesIO(data), name)).get_data(as_text=True)
        assert words in page
    (kept,) = document_ids(browser.get(f"{draft}/documents"))
    address = f"/api/v1/cases/{draft.split('/')[3]}/documents/{kept}"
    for reader, status in (("officer", 200), ("releaser", 200), ("bidder-a", 404), ("buyer", 404)):
        assert site.browser(reader).client.get(address).status_code == status, reader
    browser.post(f"{draft}/documents", remove=kept)
    assert not document_ids(browser.get(f"{draft}/documents"))
    assert site.browser("releaser").post(f"{draft}/discard").status_code in (403, 404)
    assert browser.post(f"{draft}/discard").headers["Location"] == "/agency"
    assert "写错的项目" not in browser.get("/agency")
    browser.get(f"{draft}/basics", 404)


def test_scoring_that_cannot_be_published_is_not_saved(site: Site, draft: str):
    browser = site.browser("officer")
    wrong = save(browser, f"{draft}/scoring-0", **{"criteria-1-full": "40", "criteria-1-step": "0.3"})
    assert "步长" in wrong
    unread = save(browser, f"{draft}/scoring-0", **{"criteria-1-bands": "很好"})
    assert "很好" in unread


@pytest.mark.parametrize("figure", ["9" * 30, "1e30", "1.005", "-1", "NaN", "1e9"])
def test_a_figure_that_no_amount_can_be_is_refused_and_the_page_still_opens(site: Site, draft: str, figure: str):
    browser = site.browser("officer")
    before = browser.get(f"{draft}/lot-0")
    wrong = save(browser, f"{draft}/lot-0", title="设备", deadline="2026-04-24T09:30", budget=figure, ceiling="5")
    assert "小数至多 2 位" in wrong
    assert fields_of(browser.get(f"{draft}/lot-0")) == fields_of(before)
    for field in ("criteria-0-full", "criteria-0-step", "criteria-0-bands"):
        assert "<li>" in save(browser, f"{draft}/scoring-0", **{field: figure}), field
    names = re.findall('name="(param-[^"]+)"', browser.get(f"{draft}/scoring-0"))
    for name in names:
        assert "<li>" in save(browser, f"{draft}/scoring-0", **{name: figure}) or figure in ("1.005", "1e9"), name
    browser.get(f"{draft}/preview")


def test_another_formula_brings_its_own_parameters_as_the_rule_book_has_them(site: Site):
    browser, regulator = site.browser("officer"), site.case.people["regulator"].organisation
    answer = browser.post("/agency/new", title="道路工程", template="works", regulator=regulator)
    scoring = answer.headers["Location"].replace("basics", "scoring-0")
    assert set(choices_of(browser.get(scoring), "formula")) == set(FORMULAS)
    for formula in sorted(FORMULAS, reverse=True):
        assert "scoring-0" in save(browser, scoring, formula=formula, go="stay"), formula
        parameters = {name[6:] for name in fields_of(browser.get(scoring)) if name.startswith("param-")}
        assert parameters == {field.name for field in fields(FORMULAS[formula])} - {"full"}
        if formula == "piecewise":
            shown = fields_of(browser.get(scoring))
            kept = ("drop_highest_from", "drop_lowest_from", "base", "peak", "least_below", "least_above")
            assert [shown[f"param-{name}"] for name in kept] == ["4", "7", "80", "100", "80", "60"]


def choices_of(page: str, name: str) -> list[str]:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    select_box = next(one for one in tree.iter("select") if one.get("name") == name)
    return [option.get("value") or "" for option in select_box.iter("option")]


def test_goods_are_offered_the_formula_of_their_law_alone(site: Site):
    """O87 art. 55. A draft whose rules changed still shows the formula it had, and is refused before it is signed."""
    browser, regulator = site.browser("officer"), site.case.people["regulator"].organisation
    answer = browser.post("/agency/new", title="设备", template="works", regulator=regulator)
    draft = answer.headers["Location"].removesuffix("/basics")
    made = {"code": "G-48", "buyer": "某学院", "buyer_code": BUYER_CODE}
    save(browser, f"{draft}/basics", **made, profile="cn-goods")
    save(browser, f"{draft}/lot-0", title="设备", budget="9", ceiling="8", deadline="2026-04-24T09:30")
    scoring, preview = f"{draft}/scoring-0", f"{draft}/preview"
    assert choices_of(browser.get(scoring), "formula") == ["lowest_price_ratio", "mean_deviation"]
    page = browser.get(preview)
    assert "不允许用“平均价基准”计算价格分，只能用：低价优先" in page
    assert 'data-type="TenderSubmitted"' not in page
    save(browser, scoring, formula="lowest_price_ratio", go="stay")
    assert choices_of(browser.get(scoring), "formula") == ["lowest_price_ratio"]
    assert "<li>" in save(browser, scoring, formula="piecewise", go="stay")
    assert 'data-type="TenderSubmitted"' in browser.get(preview)


def test_an_empty_draft_says_where_to_go_on(site: Site):
    browser, regulator = site.browser("officer"), site.case.people["regulator"].organisation
    answer = browser.post("/agency/new", title="空草稿", template="works", regulator=regulator)
    page = browser.get(answer.headers["Location"].replace("basics", "preview"))
    assert "data-sign-act" not in page
    save(browser, answer.headers["Location"], code="E-1", buyer="某学院", buyer_code=BUYER_CODE)
    page = browser.get(answer.headers["Location"].replace("basics", "preview"))
    assert re.search('href="[^"]*/lot-0">“标包”还没有填写完整：预算金额</a>', page)
    english = browser.get(answer.headers["Location"].replace("basics", "preview") + "?lang=en")
    assert "“Lot” is not complete yet: Budget" in english
    browser.get("/?lang=zh")


def test_a_deadline_that_leaves_too_little_time_is_refused_where_it_is_typed(site: Site, draft: str):
    """O87 regime: 20 days. The refusal has Chinese units, and an instant that can be typed."""
    browser = site.browser("officer")
    said = save(browser, f"{draft}/lot-0", title="设备", budget="9", ceiling="8", deadline="2026-03-10T09:30")
    assert "从发布到截止须不少于 20 日：最早 北京时间 2026-03-" in said
    assert "days" not in said
    assert not re.search(r"最早 北京时间 [-\d: ]+\.\d", said)


def test_what_another_window_saved_is_not_saved_over_unseen(site: Site):
    """The second window is told what changed, keeps what it typed, and may then insist; another step is no clash."""
    browser, regulator = site.browser("officer"), site.case.people["regulator"].organisation
    answer = browser.post("/agency/new", title="两个窗口", template="goods", regulator=regulator)
    draft = answer.headers["Location"].removesuffix("/basics")
    lot, moment = f"{draft}/lot-0", {"deadline": "2026-04-24T09:30", "ceiling": "8"}
    first, second, other = (fields_of(browser.get(path)) for path in (lot, lot, f"{draft}/basics"))
    assert browser.post(lot, **first | moment | {"title": "甲改", "budget": "10"}).status_code == 302
    page = browser.post(lot, **second | moment | {"title": "公路", "budget": "20"}).get_data(as_text=True)
    assert "有人改动并保存了这一步" in page
    assert "“标包名称”现为：甲改" in page
    assert "“预算金额”现为：10" in page
    assert (fields_of(page)["title"], fields_of(page)["budget"]) == ("公路", "20")
    assert fields_of(browser.get(lot))["title"] == "甲改"
    made = {"code": "W-1", "buyer": "某学院", "buyer_code": BUYER_CODE}
    assert browser.post(f"{draft}/basics", **other | made).status_code == 302
    assert browser.post(lot, **{k: v for k, v in fields_of(page).items()}).status_code == 302
    assert fields_of(browser.get(lot))["title"] == "公路"
    scoring, changed = f"{draft}/scoring-0", {"most_candidates": "2"}
    first, second = (fields_of(browser.get(scoring)) for _window in range(2))
    assert browser.post(scoring, **first | changed).status_code == 302
    page = browser.post(scoring, **second | {"review_items": "形式"}).get_data(as_text=True)
    assert "“候选人不超过”已被改动" in page
    case, officer = draft.split("/")[3], site.case.people["officer"].log_in
    with pytest.raises(RuleViolation, match="draft_overtaken"):
        save_draft(site.case.platform, officer, case, {}, before={"title": "of before"})


def test_a_deduction_is_typed_behind_its_item_with_its_share(site: Site, draft: str):
    browser, scoring = site.browser("officer"), f"{draft}/scoring-0"
    typed = "形式评审 | Form\n小微企业 | Small enterprise | 10%\n联合体 | 4.5％\n签字盖章"
    assert "documents" in save(browser, scoring, review_items=typed)
    kept = "形式评审 | Form\n小微企业 | Small enterprise | 10%\n联合体 | 联合体 | 4.5%\n签字盖章 | 签字盖章"
    assert fields_of(browser.get(scoring))["review_items"].replace("\r\n", "\n").strip() == kept
    assert "第 1 行“Small | enterprise”读不懂" in save(browser, scoring, review_items="小微企业 | Small | enterprise")
    preview = browser.get(f"{draft}/preview")
    assert "小微企业（符合的，评审价扣除 10%；不符合的，不影响投标效力）" in preview


def test_the_supervisor_looks_but_does_not_edit_and_others_do_neither(site: Site, draft: str):
    supervisor = site.browser("releaser")
    for step in STEPS:
        supervisor.get(f"{draft}/{step}")
    assert supervisor.post(f"{draft}/basics", title="x").status_code == 403
    site.browser("bidder-a").get(f"{draft}/basics", 404)
    site.browser("buyer").get(f"{draft}/basics", 404)  # an officer of another organisation


def test_the_supervisor_sees_what_changed_and_returns_or_releases(tmp_path_factory: pytest.TempPathFactory):
    site = played(tmp_path_factory.mktemp("release"), "found")
    case, browser = site.case, site.browser("officer")
    regulator = case.people["regulator"].organisation
    where = browser.post("/agency/new", title="实训设备", template="goods", regulator=regulator).headers["Location"]
    draft = where.removesuffix("/basics")
    case.case_id = draft.split("/")[3]
    save(browser, f"{draft}/basics", code="G-2", buyer="某学院", buyer_code=BUYER_CODE)
    save(browser, f"{draft}/lot-0", title="设备", ceiling="90", budget="100", deadline="2026-04-24T09:30")
    officer = case.people["officer"].log_in
    case.act("officer", draft_terms(case.platform, officer, case.case_id), "", "TenderSubmitted")
    release = f"/agency/cases/{case.case_id}/release"
    assert "首次送审" in site.browser("releaser").get(release)
    case.act("releaser", TenderReturned("预算有误"), "")
    case.act("officer", draft_terms(case.platform, officer, case.case_id), "", "TenderSubmitted")
    page = site.browser("releaser").get(release)
    assert "第 2 次送审，与上次完全相同" in page
    assert "上次退回的理由：预算有误" in page
    case.act("releaser", TenderReturned("预算有误"), "")
    assert "预算有误" in browser.get("/agency")
    save(browser, f"{draft}/lot-0", budget="120")
    browser.post(f"{draft}/documents", file=(io.BytesIO(b"%PDF-1.7 terms"), "招标文件.pdf"))
    payload = draft_terms(case.platform, officer, case.case_id)
    case.act("officer", payload, "", "TenderSubmitted")
    assert '<a href="/agency">查看项目</a>' in site.browser("releaser").get("/account")  # no notice to see yet
    page = site.browser("releaser").get(f"/agency/cases/{case.case_id}/release")
    assert "lots[1].budget" in page
    assert digest(encode(payload)) in page
    (document,) = re.findall(r'href="(/api/v1/cases/\w+/documents/\w+)"', page)
    assert site.browser("releaser").client.get(document).data == b"%PDF-1.7 terms"
    with pytest.raises(RuleViolation, match="terms_already_submitted"):
        case.act("officer", payload, "", "TenderSubmitted")
    waiting = browser.get(f"{draft}/documents")
    assert "等待审核人复核" in waiting
    assert not document_ids(waiting)
    removed = browser.post(f"{draft}/documents", remove=document.rpartition("/")[2]).get_data(as_text=True)
    assert "先由审核人退回" in removed
    assert "先由审核人退回" in browser.post(f"{draft}/discard").get_data(as_text=True)
    returned = site.browser("releaser").post(f"/agency/cases/{case.case_id}/release", reason="再核对")
    assert 'data-type="TenderReturned"' in returned.get_data(as_text=True)
    site.browser("officer").get(f"/agency/cases/{case.case_id}/release", 404)


def shift(case, file_id: str, by: int):
    """Say of a file that it stands elsewhere in its sealed bid."""
    with case.platform.database.writing() as db_session:
        row = db_session.get(StoredFile, file_id)
        row.start += by
        db_session.commit()


def test_the_agency_reads_the_files_of_qualification_and_no_others(opened: Site):
    browser, case = opened.browser("officer"), opened.case
    page = browser.get(f"/agency/cases/{case.case_id}/lots/{LOT}/qualification")
    links = re.findall(r'href="/api/v1/files/(\w+)">([^<]+)', page)
    assert len(links) == len(case.case.lots[LOT].opening.opened)
    assert all(name.startswith("资格文件-") for _id, name in links)
    read = browser.client.get(f"/api/v1/files/{links[0][0]}")
    assert (read.status_code, read.content_length) == (200, len(read.data))
    with case.platform.database.reading() as db_session:
        query = select(StoredFile).where(StoredFile.kind == "opened", StoredFile.name == "bidder-a.txt")
        technical = db_session.scalars(query).first()
    assert browser.client.get(f"/api/v1/files/{technical.id}").status_code == 404
    shift(case, links[0][0], 1)
    refused = browser.client.get(f"/api/v1/files/{links[0][0]}")
    shift(case, links[0][0], -1)
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "file_damaged")
    assert "doctor --database" in refused.json["error"]["message_en"]


def test_the_buyers_member_is_named_with_a_letter(opened: Site):
    browser, base = opened.browser("officer"), f"/agency/cases/{opened.case.case_id}/lots/{LOT}"
    letter = {"letter": (io.BytesIO(b"letter"), "letter.pdf"), "site": opened.case.sites[0]}
    assert "没有这个登录名" in browser.post(f"{base}/buyer-member", login="nobody", **letter).get_data(as_text=True)
    letter["letter"] = (io.BytesIO(b"letter"), "letter.pdf")
    page = browser.post(f"{base}/buyer-member", login="buyer", **letter).get_data(as_text=True)
    assert 'data-type="BuyerMemberNamed"' in page
    for login, words in (
        ("officer", "是代理机构"),
        ("bidder-a", "不能参加评审"),
        ("regulator", "不能参加评审"),
        ("expert-1", "在专家库中"),
    ):
        letter["letter"] = (io.BytesIO(b"letter"), "letter.pdf")
        page = browser.post(f"{base}/buyer-member", login=login, **letter).get_data(as_text=True)
        assert words in page, login
        assert "data-sign-act" not in page


@pytest.mark.parametrize("who", ["bidder-a", "regulator", "centre", "admin"])
def test_others_have_no_agency_desk(opened: Site, who: str):
    opened.browser(who).get("/agency", 404)
    opened.browser(who).get(f"/agency/cases/{opened.case.case_id}/lots/{LOT}/draw-conditions", 404)


def test_what_is_settled_is_said_instead_of_a_form_that_would_be_refused(tmp_path):
    site = played(tmp_path, "found publish bid open draw")
    browser, base = site.browser("officer"), f"/agency/cases/{site.case.case_id}/lots/{LOT}"
    for page, words in (("draw-conditions", "抽取条件不能再改"), ("buyer-member", "不能再指定或者更改")):
        shown = browser.get(f"{base}/{page}")
        assert words in shown
        assert "<fieldset" not in shown
        assert 'name="login"' not in shown
        assert f"/cases/{site.case.case_id}/lots/{LOT}/draw" in shown
        assert "<form" not in shown.split("<main")[1]
