"""Inspections page by page: desk, registers, plan and campaign, both draws, the inspector's phone, the public."""

from __future__ import annotations

import io
import re
import shutil

import pytest
from python_calamine import CalamineWorkbook

from app.adapters.spreadsheets import read_table
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    InspectorsDrawOpened,
    Part,
    RectificationConfirmed,
    RectificationRecorded,
    RedrawOrdered,
    RedrawProposed,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
    ViewAnswered,
    ViewStated,
)
from app.queries.people import names_of_accounts
from app.services import inspection_years
from app.services.inspection_results import take_evidence
from app.services.platform import DIST
from tests.app.documents.test_render import text_of
from tests.app.services.inspecting import AGENCY, COURSE, Inspecting
from tests.app.web.reading import back_to_the_form, facts_of, send, signing, step
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
ITEM = {"title": "反了", "object_class": "agency", "basis": "条例第五条"}
ITEM |= {"percent_a": "5", "percent_b": "10", "percent_c": "30", "percent_d": "100"}
ITEM |= {"times_a": "1", "times_b": "1", "times_c": "2", "times_d": "2"}
FINDING = "三份存档缺页"
PHOTO = b"\xff\xd8 photo"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Inspecting:
    """A year with an approved plan; the tests go on from there in their order."""
    return Inspecting(tmp_path_factory.mktemp("inspection-pages")).through(COURSE)


@pytest.fixture(scope="module")
def site(desk: Inspecting) -> Site:
    return Site(desk)


def home(desk: Inspecting, part: str = "") -> str:
    return f"/inspections/{desk.case_id}{part}"


def test_registers_are_kept_by_their_authority_alone(desk: Inspecting, site: Site):
    regulator = site.browser("regulator")
    page = send(regulator, "/inspections/items", **{**ITEM, "title": "专家抽取合规"})
    assert "专家抽取合规" in page
    wrong = send(regulator, "/inspections/items", **{**ITEM, "percent_d": "1"})
    assert "风险 D 类的比例或频次低于 C 类" in wrong
    found = re.search(r'href="(/inspections/items/[0-9a-f]+)">专家抽取合规', page)
    assert found
    assert "停用" in send(regulator, f"{found.group(1)}/use", "/inspections/items")
    page = regulator.get(found.group(1))
    assert 'value="专家抽取合规"' in page
    assert page.count("招标投标法") == 0
    assert page.count("<small>条例第五条</small>") == 2  # both versions, in use and out of it
    assert "财政1" not in regulator.get("/inspections/inspectors")
    assert "监督员" in regulator.get("/inspections/inspectors")
    assert "专家抽取合规" not in site.browser("finance-1").get("/inspections/items")
    for who in ("officer", "centre", "bidder-a", "trustee-1", ""):
        site.browser(who).get("/inspections/items", 404 if who else 401)


def test_programs_keep_registers_and_read_what_they_are_to_sign(desk: Inspecting, site: Site):
    def call(who: str, path: str, sent: object = None, status: int = 200) -> object:
        client, headers = site.app.test_client(), {"Authorization": f"Bearer {site.token(who)}"}
        ask = client.get if sent is None else client.post
        answer = ask(f"/api/v1/inspections{path}", headers=headers, **({} if sent is None else {"json": sent}))
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json

    intensity = {grade: {"percent": "5", "times": 1} for grade in "ABCD"}
    item = {"title": "程序登记的事项", "basis": "条例", "object_class": "agency", "intensity": intensity}
    made = call("finance-1", "/items", item)
    assert isinstance(made, dict)
    call("finance-1", "/items", {**item, "object_class": "planet"}, 422)
    call("officer", "/items", item, 404)
    site.browser("finance-1").post(f"/inspections/items/{made['item']}/use")
    call("finance-1", "/inspectors", {"account": desk.people["regulator"].id, "unit": "x", "ties": []}, 404)
    call("finance-1", "", {"year": "2026"}, 422)
    call("regulator", f"/{desk.case_id}/plan", {"title": "t", "committee": "0" * 64, "book": "cn"}, 404)
    call("finance-1", f"/{desk.case_id}/campaigns/9/publication", None, 404)


def test_the_desk_shows_each_what_is_next(desk: Inspecting, site: Site):
    assert step(site.browser("regulator").get("/inspections/desk")) == "发起第一次抽查"
    assert step(site.browser("centre").get("/inspections/desk")) == "没有等您办理的事"
    assert step(site.browser("finance-1").get("/inspections/desk")) == "没有等您办理的事"
    site.browser("officer").get("/inspections/desk", 404)
    assert "没有等您办理的事" not in site.browser("regulator", "en").get("/inspections/desk")
    assert "请勾选确认" in send(site.browser("inspector"), "/inspections/desk", year="2026"), "it stands for ever"
    again = send(site.browser("inspector"), "/inspections/desk", year="2026", sure="y")
    assert "2026 年的抽查已经建立" in again
    assert "只能建立今年（2026）" in send(site.browser("inspector"), "/inspections/desk", year="2029", sure="y")


def test_a_year_without_a_plan_is_nobody_elses(desk: Inspecting, site: Site):
    log_in, year = desk.people["finance-1"].log_in, desk.clock().year + 1
    case = inspection_years.open_year(desk.platform, log_in, year)
    assert f"/inspections/{case}" in site.browser("finance-1").get("/inspections/desk")
    page = site.browser("centre").get("/inspections/desk")
    assert f"/inspections/{case}" not in page, "it would be a dead end, and tell of a plan"
    assert home(desk) in page


def test_a_plan_is_drafted_from_the_registers_and_signed(desk: Inspecting, site: Site):
    page = site.browser("regulator").get(home(desk, "/plan"))
    committee = re.search(r'<option[^>]*value="([0-9a-f]{64})"', page)
    assert committee
    fields = {"title": "调整后的计划", "committee": committee.group(1), "book": "demo"}
    assert signing(send(site.browser("regulator"), home(desk, "/plan"), **fields)) == "PlanProposed"
    site.browser("regulator").get(home(desk, "/plan/approval"), 404)
    site.browser("finance-1").get(home(desk, "/plan"), 404)


def test_a_campaign_is_proposed_with_a_list_that_is_read_line_by_line(desk: Inspecting, site: Site):
    regulator, path = site.browser("regulator"), home(desk, "/campaigns/new")
    items = list(desk.items.values())
    filled = send(regulator, path, title="抽查", items=items, fill="1")
    assert "O-agency,agency单位,代理机构,B,O-agency" in filled
    wrong = send(regulator, path, title="抽查", items=items, objects="A1,甲,代理机构,B,A1\nA2,乙,代理机构,X,A2\n")
    assert "第 2 行读不懂" in wrong
    twice = send(regulator, path, title="抽查", items=items, objects="A1,甲,代理机构,B,A1\nA1,甲,代理机构,D,A1\n")
    assert "检查对象 A1 在名录里出现两次" in twice
    lines = "代码,名称,类别,风险分类,关联单位代码\nA1,甲,代理机构,B,A1\nA2,乙,代理机构,D,A2;A3\n"
    short = send(regulator, path, title="抽查", items=items, file=(io.BytesIO(lines.encode()), "名录.csv"))
    assert "名录太短，没有随机性" in short
    listed = {"file": (io.BytesIO(lines.encode()), "名录.csv"), "certain": "全县只有两家"}
    page = send(regulator, path, title="抽查", items=items, **listed)
    assert signing(page) == "CampaignProposed"
    assert "全县只有两家" in page
    assert "名录 1 个，抽 1 个" in page


def test_each_step_up_to_the_draw_has_its_page(desk: Inspecting, site: Site):
    desk.propose()
    one = home(desk, "/campaigns/1")
    assert step(site.browser("regulator").get(one)) == "提交本单位的检查人员名单"
    assert step(site.browser("finance-1").get(one)) == "提交本单位的检查人员名单"
    site.browser("").get(one, 401)
    site.browser("centre").get(one, 404)
    page = site.browser("finance-1").get(f"{one}/inspectors")
    assert signing(page) == "InspectorsListed"
    assert "财政1" in page
    desk.list_inspectors()
    assert step(site.browser("regulator").get(one)) == "等待另一名监管人员公布"
    assert step(site.browser("inspector").get(one)) == "核对并公布抽查任务"
    assert signing(site.browser("inspector").get(f"{one}/publication")) == "CampaignPublished"
    desk.publish_campaign()
    assert "代理机构3" in site.browser("").get(one)


def test_the_wall_of_a_draw_is_everybodys_and_asks_each_party_for_its_part(desk: Inspecting, site: Site):
    wall = home(desk, "/draws/1-objects")
    assert 'data-draw-give="commit"' in site.browser("finance-1").get(wall)
    assert 'data-draw-give="commit"' in site.browser("centre").get(wall)
    assert "data-draw-give" not in site.browser("").get(wall)
    site.browser("centre").get(f"{wall}/statement")
    desk.commit("1-objects")
    assert "去锁定" in site.browser("centre").get(wall)
    assert signing(site.browser("centre").get(f"{wall}/statement")) == "DrawStated"
    site.browser("regulator").get(f"{wall}/statement", 404)
    desk.state("1-objects")
    desk.sign("1-objects")
    assert 'data-draw-give="reveal"' in site.browser("regulator").get(wall)
    desk.reveal("1-objects")
    public = site.browser("").get(wall)
    assert "代理机构0" in public
    assert "/api/v1/cases/" in public
    site.browser("").get(f"/api/v1/cases/{desk.case_id}/lots/1-objects/draw/records/1")
    assert "data-live-state" in site.browser("").get(f"{wall}/board")
    assert f'href="{wall}"' in site.browser("").get("/draws")
    assert f'href="{wall}"' not in site.browser("").get(f"/draws?q={'0' * 12}")


def test_an_inspector_steps_back_and_two_persons_order_a_further_round(desk: Inspecting, site: Site):
    one = home(desk, "/campaigns/1")
    assert "申请回避" in site.browser("inspector").get(one)
    page = send(site.browser("inspector"), f"{one}/recusals/A0", ground="配偶在该机构任职")
    assert signing(page) == "InspectorRecused"
    assert signing(site.browser("regulator").get(f"{one}/inspectors-draw")) == "InspectorsDrawOpened"
    empty = send(site.browser("regulator"), f"{one}/redraw", candidate="A0", ground="")
    assert "请写明理由" in empty
    none_left = send(site.browser("regulator"), f"{one}/redraw", candidate="A0", ground="重复登记")
    assert "没有可以顶替" in none_left
    desk.act("regulator", InspectorsDrawOpened(1), "")
    desk.draw(1, Part.INSPECTORS)
    candidate = pools.seated(desk.case.draws["1-inspectors"])[0]
    asked = send(site.browser("regulator"), f"{one}/redraw", candidate=candidate, ground="因病")
    assert signing(asked) == "RedrawProposed"
    desk.act("regulator", RedrawProposed(1, Part.INSPECTORS, candidate, "因病"), "")
    assert step(site.browser("inspector").get(one)) == "签发补抽"
    assert signing(site.browser("inspector").get(f"{one}/redraw/order")) == "RedrawOrdered"
    desk.act("inspector", RedrawOrdered(1, Part.INSPECTORS, candidate, "因病"), "")
    desk.draw(1, Part.INSPECTORS)
    assert "因病" in site.browser("").get(one)


def test_results_come_from_the_phone_of_who_is_drawn(desk: Inspecting, site: Site):
    object_, authority = pools.visits(desk.campaign(), desk.case.draws)[0]
    first, second = desk.logins_of(object_, authority)
    path = home(desk, f"/campaigns/1/visits/{object_}")
    phone = site.browser(first)
    assert step(phone.get(path)) == "填报检查结果"
    assert step(phone.get("/regulator")) == "填报检查结果"  # the first page after log-in
    items = len(desk.results(object_, authority, ResultCode.PROBLEM))
    codes = {f"code_{n}": "A" for n in range(items)}
    assert "请写明发现了什么" in send(phone, f"{path}/results", path, **codes)
    assert "请选一个结果代码" in send(phone, f"{path}/results", path)
    findings = {f"finding_{n}": FINDING for n in range(items)}
    photo = (io.BytesIO(PHOTO), "现场.jpg")
    page = send(phone, f"{path}/results", path, files=photo, **codes, **findings)
    assert signing(page) == "ResultsEntered"
    assert "现场.jpg" in page
    assert FINDING in facts_of(page), "the finding is read before it is signed, too"
    assert FINDING in back_to_the_form(phone, page)
    desk.find(object_, authority, ResultCode.PROBLEM)
    assert step(site.browser(second).get(path)) == "记录整改情况"
    item = re.search(r'<option[^>]*value="([0-9a-f]{12})"', site.browser(second).get(path))
    assert item
    words = {"rectify-item": item.group(1), "rectify-done": "1", "rectify-note": "已补齐"}
    other = site.browser(second)
    done = send(other, f"{path}/rectification", path, **words)
    assert signing(done) == "RectificationRecorded"
    assert "已补齐" in back_to_the_form(other, done)
    seen = RectificationRecorded(1, object_, authority, item.group(1), True, "现场已补齐")
    desk.act(second, seen, "")
    waits = f"{path}/rectification/{item.group(1)}"
    assert waits not in site.browser(second).get(path)
    site.browser(second).get(waits, 404)
    assert step(phone.get(path)) == "确认整改情况"
    assert waits in phone.get(path)
    asked = phone.get(waits)
    assert signing(asked) == "RectificationConfirmed"
    assert "现场已补齐" in facts_of(asked)
    assert "现场已补齐" not in site.browser().get(home(desk, "/campaigns/1"))
    record = desk.campaign().outcomes[object_, authority].seen[item.group(1)].sha256
    desk.act(first, RectificationConfirmed(1, object_, authority, item.group(1), record), "")
    phone.get(waits, 404)
    assert "已改正" in site.browser().get(home(desk, "/campaigns/1"))
    pdf = phone.client.get(f"{path}/sheet.pdf")
    assert pdf.data.startswith(b"%PDF-")
    (people,) = pools.others_at(desk.campaign(), desk.case.draws, object_, authority).values()
    along = names_of_accounts(desk.platform.database, set(people))
    for page in [phone.get(path), *([text_of(pdf.data)] if shutil.which("pdftotext") else [])]:
        assert all(name in page for name in along.values()), "they go together"
    assert "更正已公布的结果" in phone.get(path)
    site.browser("officer").get(path, 404)


def test_a_colleagues_entry_is_confirmed_word_for_word(desk: Inspecting, site: Site):
    object_, authority = pools.visits(desk.campaign(), desk.case.draws)[1]
    first, second = desk.logins_of(object_, authority)
    path = home(desk, f"/campaigns/1/visits/{object_}")
    photo = take_evidence(desk.platform, desk.people[first].log_in, "现场.jpg", PHOTO)
    drawn = desk.candidate(second, object_)
    assert drawn in site.browser("regulator").get(home(desk, "/campaigns/1/redraw"))
    found = ResultsEntered(1, object_, authority, desk.results(object_, authority, ResultCode.PROBLEM), (photo,))
    desk.act(first, found, "")
    assert drawn in site.browser("regulator").get(home(desk, "/campaigns/1/redraw")), "who leaves can be replaced"
    assert step(site.browser(second).get(path)) == "确认同组填报的检查结果"
    shown = site.browser(second).get(f"{path}/confirmation")
    assert signing(shown) == "ResultsConfirmed"
    for page in (shown, site.browser(second).get(path), site.browser(first).get(path)):
        assert "存档不全" in facts_of(page)
        (evidence,) = re.findall(r'href="([^"]*/files/[^"]*)">现场.jpg<', page)
        assert site.browser(second).client.get(evidence).data == PHOTO, "looked at before it is confirmed"
    assert step(site.browser(first).get(path)) == "等待同组另一名检查人员确认"


def test_an_entry_that_waits_is_entered_anew_by_either(desk: Inspecting, site: Site):
    object_, authority = pools.visits(desk.campaign(), desk.case.draws)[1]
    first, second = desk.logins_of(object_, authority)
    path = home(desk, f"/campaigns/1/visits/{object_}")
    desk.act(first, ResultsEntered(1, object_, authority, desk.results(object_, authority, ResultCode.PROBLEM)), "")
    mended = site.browser(second)
    assert "填报有误？重新填报" in mended.get(path)
    assert mended.get(path).count("存档不全</textarea>") == len(desk.results(object_, authority, ResultCode.PROBLEM))
    codes = {f"code_{n}": "1" for n in range(len(desk.results(object_, authority, ResultCode.PROBLEM)))}
    assert signing(send(mended, f"{path}/results", path, **codes)) == "ResultsEntered"
    desk.act(second, ResultsEntered(1, object_, authority, desk.results(object_, authority, ResultCode.NO_PROBLEM)), "")
    assert step(site.browser(first).get(path)) == "确认同组填报的检查结果"
    assert "1 未发现问题" in facts_of(site.browser(first).get(f"{path}/confirmation"))
    public = site.browser("").get(home(desk, "/campaigns/1"))
    public = site.browser("").get(home(desk, "/campaigns/1"))
    assert "1 未发现问题" not in public


def test_the_inspected_party_sees_its_result_and_is_answered_beside_it(desk: Inspecting, site: Site):
    object_, authority = pools.visits(desk.campaign(), desk.case.draws)[-1]
    first, second = desk.logins_of(object_, authority)
    desk.act(first, ResultsEntered(1, object_, authority, desk.results(object_, authority, ResultCode.PROBLEM)), "")
    party, path = site.browser("officer"), home(desk, f"/campaigns/1/own/{object_}/{authority}")
    assert path in party.get("/inspections/own")
    assert "存档不全" in party.get(path)
    assert "/inspections/own" in party.get("/account"), "the notice leads there"
    assert "请写明意见" in send(party, path)
    page = send(party, path, words="已经存档，见附件。", files=(io.BytesIO(b"%PDF-1.7"), "存档.pdf"))
    assert signing(page) == "ViewStated"
    assert "存档.pdf" in page
    for other in ("bidder-a", "finance-1", "centre"):
        site.browser(other).get(path, 404)
    assert path not in site.browser("bidder-a").get("/inspections/own")
    entered = desk.campaign().outcomes[object_, authority].entered_sha256
    said = ViewStated(1, object_, authority, entered, AGENCY, "agency单位", "已经存档，见附件。")
    desk.act("officer", said, "")
    visit = home(desk, f"/campaigns/1/visits/{object_}")
    assert step(site.browser(second).get(visit)) == "答复当事人的陈述申辩"
    assert "由没有填报这份结果的检查人员答复" in site.browser(first).get(visit)
    (kept,) = desk.campaign().outcomes[object_, authority].statements
    fields = {"answer-statement": kept.sha256, "answer-right": "0", "answer-words": "附件不是本年度的。"}
    answers = site.browser(second)
    answered = send(answers, f"{visit}/answer", visit, **fields)
    assert signing(answered) == "ViewAnswered"
    assert "附件不是本年度的。" in back_to_the_form(answers, answered)
    assert "请选一项" in send(site.browser(second), f"{visit}/answer", visit, **{"answer-statement": kept.sha256})
    desk.act(second, ViewAnswered(1, object_, authority, kept.sha256, False, "附件不是本年度的。"), "")
    assert "附件不是本年度的。" not in site.browser("").get(home(desk, "/campaigns/1")), "nothing before the result"
    desk.act(second, ResultsConfirmed(1, object_, authority, entered), "")
    public = site.browser("").get(home(desk, "/campaigns/1"))
    assert "已经存档，见附件。" in public
    assert "附件不是本年度的。" in public
    assert "存档不全" not in public
    assert "报告整改" in party.get(path)


def test_the_public_sees_codes_and_no_person_and_no_finding(desk: Inspecting, site: Site):
    pages = [site.browser("").get(path) for path in
             ("/inspections", home(desk), home(desk, "/campaigns/1"), home(desk, "/draws/1-inspectors"),
              home(desk, "/statistics"))]  # fmt: skip
    assert "A 发现问题，待后续处理" in pages[2]
    assert "整改中" in pages[2]
    for page in pages:
        for secret in ("监督员", "检查员3", "财政1", "存档不全", "配偶在该机构任职"):
            assert secret not in page
    drawn = desk.logins_of(*pools.visits(desk.campaign(), desk.case.draws)[0])
    names = {"regulator": "监管员", "inspector": "监督员", "inspector-3": "检查员3", "inspector-4": "检查员4"}
    names |= {f"finance-{n}": f"财政{n}" for n in (1, 2, 3)}
    for login in drawn:
        assert names[login] in site.browser("regulator").get(home(desk, "/draws/1-inspectors"))


def test_figures_of_what_is_published_and_their_workbook(desk: Inspecting, site: Site):
    page = site.browser("").get(home(desk, "/statistics"))
    assert "数量少，不计发现率" in page
    charts = dict(re.findall(r"<figcaption>(.*?)</figcaption>(.*?)</figure>", page, re.DOTALL))
    rates = charts["各事项的发现率"] + charts["各风险分类的发现率"]
    assert "%" not in rates, "one result of one visit is no rate"
    assert "<svg" not in rates, "nor does an empty frame read like 0 %"
    covered = charts["全年至少检查过一次的对象占名录，按类别和信用风险"]
    assert "代理机构 · D 高风险" in covered
    assert covered.count("<svg") + covered.count("chart__none") == 3, "the whole and two grades"


def test_the_workbook_of_the_figures(desk: Inspecting, site: Site):
    sent = site.browser("").client.get(home(desk, "/statistics.xlsx")).data
    rows = list(read_table(sent))
    assert rows[0][0] == "抽查任务"
    assert any("A 发现问题，待后续处理" in row and "A" in row and "待整改" in row for row in rows)
    assert any("尚无结果" in row for row in rows), "what is pending has a line, too"
    book = CalamineWorkbook.from_filelike(io.BytesIO(sent))
    covers = {row[0]: row for row in book.get_sheet_by_name("名录覆盖").to_python()}
    assert covers["全部名录"][2] == len(desk.campaign().objects)
    assert isinstance(covers["全部名录"][4], float)
    said = [row for row in book.get_sheet_by_name("陈述申辩").to_python() if "已经存档，见附件。" in row]
    assert [row[8] for row in said] == ["附件不是本年度的。"]
    assert not any("存档不全" in str(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def test_where_nothing_was_left_to_chance_the_public_reads_so(desk: Inspecting, site: Site):
    """Of the highest risk there is one object, and all of them are inspected."""
    public = site.browser()
    lot = f"1-{Part.OBJECTS.value}"
    assert "没有随机性" in public.get(home(desk, f"/draws/{lot}"))
    assert "有的组没有随机性" in public.get(home(desk, "/campaigns/1"))
    listed = public.get("/draws")
    assert "第 1 次抽查" in listed
    assert lot not in re.sub(r'href="[^"]*"', "", listed), "no words of a program"
