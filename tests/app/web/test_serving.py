"""Desks of those who serve or watch: centre, administrator, witness, trustee, regulator; and answers to call-ups."""

from __future__ import annotations

import html
import io
import json
import re

import pytest

from app import extensions
from app.casefile import register
from app.casefile.facts import FACTS
from app.procedure import rehearsal
from app.procedure.exports import EvidenceExportReleased, EvidenceExportRequested
from app.procedure.inspections import facts as inspections
from app.queries.timeline import stage_of
from app.services import call_ups
from app.services.jobs import claim_job, finish_job
from app.tasks.jobs import run_job
from app.web.regulator.views import gravest
from app.web.stops import STAGE_NAMES
from evaluation.draw import SeatState
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.web.site import Browser, Site, played
from tests.app.web.test_agency_pages import fields_of


@pytest.fixture(scope="module")
def founded(tmp_path_factory) -> Site:
    """Everybody has an account; every test here adds something else."""
    return played(tmp_path_factory.mktemp("founded"), "found")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Site:
    return played(tmp_path_factory.mktemp("finished"), "found publish bid open draw sit report")


def file(text: str, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


def account(**changes: str) -> dict[str, str]:
    fields = {"kind": "agency", "organisation": "新代理", "credit_code": "A0000000000000009X", "login": "new"}
    return fields | {"name": "新经办", "roles": "AO"} | changes


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/centre", {"centre"}),
        ("/centre/committees", {"centre"}),
        ("/centre/sites", {"centre"}),
        ("/centre/experts", {"centre"}),
        ("/centre/specialities", {"centre"}),
        ("/experts/admissions", {"centre", "regulator"}),
        ("/accounts", {"admin"}),
        ("/accounts/change/officer", {"admin"}),
        ("/accounts/waiting", {"centre", "releaser"}),
        ("/witness", {"witness-host"}),
        ("/trustee", {"trustee-1"}),
        ("/regulator", {"regulator"}),
    ],
)
def test_each_desk_is_for_its_role(founded: Site, path: str, allowed: set[str]):
    people = ("centre", "admin", "releaser", "officer", "witness-host", "trustee-1", "regulator", "bidder-a")
    for who in people:
        founded.browser(who).get(path, 200 if who in allowed else 404)
    founded.browser().get(path, 401)


def test_one_prepares_another_approves_and_the_code_is_shown_once(founded: Site):
    admin, centre = founded.browser("admin"), founded.browser("centre")
    wrong = admin.post("/accounts", **account(login="")).get_data(as_text=True)
    assert "请输入登录名" in wrong
    assert 'value="新代理"' in wrong
    assert admin.post("/accounts", **account()).status_code == 302
    assert "待核准" in admin.get("/accounts")
    page = centre.get("/accounts/waiting")
    waiting = page.partition('name="account" value="')[2].partition('"')[0]
    assert "invitation" in centre.post("/accounts/waiting", account=waiting).get_data(as_text=True)
    assert "invitation" not in centre.get("/accounts/waiting")


def test_roles_that_nobody_may_combine_are_refused_in_words(founded: Site):
    browser = founded.browser("admin")
    page = browser.client.get("/accounts").get_data(as_text=True)
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    data = {"csrf_token": token, **account(), "roles": ["AO", "RG"]}
    answer = browser.client.post("/accounts", data=data).get_data(as_text=True)
    assert "error-summary" in answer
    assert "AO, RG" in answer


HEAD = "专家编号,姓名,电子邮箱,工作单位,统一社会信用代码,场所,专业代码,出生日期,聘期截止\n"
GOOD = "E-100,张三,a@example.org,甲单位,Y1000000100000001C,主场,A0801；B01,1980-01-01,2031-01-01\n"
BAD = "E-101,李四,b@example.org,乙单位,Y1000000100000002F,主场,A0801,1980-13-01,2031-01-01\n"


def test_a_list_is_examined_then_imported_then_admitted_by_another(founded: Site):
    browser = founded.browser("centre")
    examined = browser.post("/centre/experts", table=file(HEAD + GOOD + BAD, "experts.csv"))
    page = browser.get(examined.location)
    assert "导入无误的 1 行" in page
    assert "“1980-13-01”不是日期" in page
    assert browser.post(examined.location).status_code == 302
    work_off(founded.case.platform)
    assert "张三" not in browser.get("/centre/experts")
    assert "A0801 房屋建筑工程施工" not in browser.get("/centre/experts")
    assert "由您登记，须另一人核准" in browser.get("/experts/admissions")
    admit = f"/experts/admissions/{examined.location.rpartition('/')[2]}"
    assert "此步骤须由另一人完成" in browser.post(admit, reason="核对").get_data(as_text=True)
    inspector = founded.browser("inspector")
    assert "请写明理由" in inspector.post(admit, reason="").get_data(as_text=True)
    assert inspector.post(admit, reason="已核对").status_code == 302
    assert "A0801 房屋建筑" in browser.get("/centre/experts")


def test_one_expert_is_found_suspended_and_removed_by_two(tmp_path):
    site = played(tmp_path, "found")
    browser, inspector = site.browser("centre"), site.browser("regulator")
    page = browser.get("/centre/experts/list?words=专家3&status=admitted")
    assert "专家3" in page
    assert "专家4" not in page
    assert "没有符合条件的专家" in browser.get("/centre/experts/list?speciality=A")
    export = browser.client.get("/centre/experts/list.csv?words=专家3").get_data(as_text=True)
    assert "专家3" in export
    assert "example.org" not in page + export
    one = re.search(r'href="(/experts/[0-9a-f]+)"', page).group(1)

    def post(who: Browser, path: str, **fields: str):
        token = re.search(r'name="csrf-token" content="([^"]+)"', who.get(one)).group(1)
        return who.client.post(f"{one}/{path}", data={"csrf_token": token, **fields})

    form = re.search(r'<form[^>]*action="[^"]*/correction".*?</form>', browser.get(one), re.S)
    assert form is not None
    held = {**fields_of(form[0]), "punished": "否"}  # as a browser sends it: with every line of the entry

    assert "请写明理由" in post(browser, "standing", step="suspend", reason="").get_data(as_text=True)
    assert post(browser, "standing", step="propose_removal", reason="收受礼金").status_code == 302
    assert 'value="remove"' not in browser.get(one)
    wrong = post(browser, "correction", **held | {"absences": "明天", "why": "出差"}).get_data(as_text=True)
    assert "“明天”不是日期" in wrong
    assert "请写明更正理由" in post(browser, "correction", **held).get_data(as_text=True)
    given = held | {"absences": "2026-10-01~2026-10-07", "service": "某县财政局", "why": "挂职"}
    assert post(inspector, "correction", **given).status_code in (403, 404)
    assert post(browser, "correction", **given).status_code == 302
    assert "某县财政局" in browser.get(one)
    assert 'value="confirm"' not in browser.get(one)
    assert "此步骤须由另一人完成" in post(browser, "correction/decision", decision="confirm").get_data(as_text=True)
    assert one in inspector.get("/experts/admissions")
    assert "某县财政局" in inspector.get(one)
    assert post(inspector, "correction/decision", decision="confirm").status_code == 302
    assert "没有等待确认的更正" in post(inspector, "correction/decision", decision="refuse").get_data(as_text=True)
    assert "2026-10-01~2026-10-07" in browser.get(one)
    assert post(inspector, "standing", step="remove", reason="属实").status_code == 302
    shown = inspector.get(one)
    assert all(word in shown for word in ("已清退", "收受礼金", "核准清退"))
    browser.get("/experts/none", 404)


def test_a_list_without_the_headings_is_refused(founded: Site):
    browser = founded.browser("centre")
    assert browser.client.get("/centre/experts/template.xlsx").data.startswith(b"PK")
    wrong = browser.post("/centre/experts", table=file("a,b\n1,2\n", "x.csv")).get_data(as_text=True)
    assert "首行缺少这些列：专家编号" in wrong


def test_an_import_is_called_off(founded: Site):
    browser = founded.browser("centre")
    row = GOOD.replace("E-100", "E-102")
    examined = browser.post("/centre/experts", table=file(HEAD + row, "experts.csv")).location
    assert browser.post(examined, cancel="1").status_code == 302
    assert "已取消" in browser.get(examined)
    assert "不能再改变" in browser.post(examined).get_data(as_text=True)


def test_another_classification_is_put_in_force(tmp_path):
    browser = played(tmp_path, "found").browser("centre")
    assert "不是官方分类" in browser.get("/centre/specialities")
    document = json.loads(browser.get("/centre/specialities.json"))
    document["specialities"] = [{"code": "D0101", "zh": "新", "en": "new"}]
    wrong = browser.post("/centre/specialities", document=file(json.dumps(document), "s.json"))
    assert "上级 D01 不在分类中" in wrong.get_data(as_text=True)
    document["specialities"] = [{"code": "D", "zh": "新类", "en": "new"}]
    assert browser.post("/centre/specialities", document=file(json.dumps(document), "s.json")).status_code == 302
    assert "新类" in browser.get("/centre/specialities")


def work_off(platform):
    while (job := claim_job(platform)) is not None:
        run_job(platform, job)
        finish_job(platform, job)


def test_a_committee_is_registered_from_its_description_alone(founded: Site):
    browser = founded.browser("centre")
    assert "2 / 3 签署有效" in browser.get("/centre/committees")
    for text in ("not json", json.dumps({"v": "bidcommittee/v1"})):
        answer = browser.post("/centre/committees", description=file(text, "committee.json"))
        assert answer.status_code == 200
        assert "请先处理以下问题" in answer.get_data(as_text=True)


def test_a_site_has_a_witness(founded: Site):
    browser = founded.browser("centre")
    witness = founded.case.people["witness-host"].id
    assert browser.post("/centre/sites", name="第三场", witness=witness).status_code == 302
    assert "第三场" in browser.get("/centre/sites")
    assert "请输入场所名称" in browser.post("/centre/sites", name="", witness=witness).get_data(as_text=True)


def test_a_call_up_is_answered_by_code_and_names_no_project(tmp_path):
    site = played(tmp_path, "found publish bid open", called)
    case, browser = site.case, site.browser()
    number = sorted(case.case.lots[LOT].draw.seats)[0]
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, number)
    assert "设备采购" not in browser.get("/call-up")
    assert "请写明不能参加的理由" in answered(browser, code=code, answer="no")
    assert "NOSUCHCODE" in answered(browser, code="NOSUCHCODE", answer="yes")
    assert "已记录您的答复" in answered(browser, code=code.lower(), answer="no", reason="出差")
    assert case.case.lots[LOT].draw.seats[number] is SeatState.REFUSED
    assert "error-summary" in answered(browser, code=code, answer="yes")


class Unanswered(Exception):
    """Stands where the first answer would be given."""


def called(case: WholeCase) -> None:
    """Up to the call-ups of the first round, which nobody has answered."""

    def stop(number: str, accepted: bool) -> None:
        raise Unanswered

    case._answer = stop  # type: ignore[method-assign]
    with pytest.raises(Unanswered):
        case.draw()


def answered(browser: Browser, **fields: str) -> str:
    return browser.post("/call-up", **{"reason": "", **fields}).get_data(as_text=True)


@pytest.mark.parametrize("who", ["", "bidder-a", "witness-host"])
def test_once_the_report_is_sealed_anybody_may_compute_the_draw_again(finished: Site, who: str):
    case = finished.case
    path = f"/cases/{case.case_id}/lots/{LOT}/draw"
    assert f'href="{path}"' in finished.browser(who).get(f"/cases/{case.case_id}")
    page = finished.browser(who).get(path)
    assert "自己验算" in page
    assert not re.search(r"专家\d", page)
    record = finished.browser(who).client.get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/draw/records/1")
    assert record.json["statement"]["round"] == 1


def test_the_regulator_checks_the_whole_case_again(finished: Site):
    path = f"/regulator/cases/{finished.case.case_id}"
    browser = finished.browser("regulator")
    page = browser.get(path)
    assert "核验全案" in page
    assert f"/api/v1/cases/{finished.case.case_id}/evidence" in page
    assert "席位 1" in page
    report = browser.post(path).get_data(as_text=True)
    assert "核验通过，没有不符之处" in report
    assert report.count("tag--done") > 10
    line, table = report.split('id="checks"')
    # No witness is named: neither the register nor in which words who was called declined is covered (ADR 0106).
    assert [line.count(f"{word}</span>") for word in ("核验通过", "未覆盖", "核验不符")] == [3, 2, 0]
    assert table.count("核验通过</span>") > 10
    assert "锁定评分表" in browser.get(f"{path}?q=锁定评分表")
    assert "没有符合的记录" in browser.get(f"{path}?q=nothing")


def test_the_regulator_reads_the_log_stage_by_stage(finished: Site):
    """At first the latest stage only, every other one a link away; a search looks through all."""
    browser, path = finished.browser("regulator"), f"/regulator/cases/{finished.case.case_id}"
    page = browser.get(path)
    assert re.search(r'aria-current="true">评审报告 \d+<', page)
    assert "报告封存" in page
    assert "投标提交" not in page
    link = re.search(r'href="([^"]+)"[^>]*>投标截止 ', page)
    assert link
    assert "投标提交" in browser.get(html.unescape(link[1]))
    assert re.search(r'aria-current="true">全部 \d+<', browser.get(f"{path}?q=席位 1"))


def test_every_fact_of_a_case_belongs_to_a_stop_of_the_time_line():
    elsewhere = (register.__name__, rehearsal.__name__, inspections.__name__)  # the platform's register; no tenders
    of_cases = [name for name, fact in FACTS.items() if fact.kind.__module__ not in elsewhere]
    assert {stage_of(name) for name in of_cases} == STAGE_NAMES.keys() - {"failed"}


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [(["ok", "FAIL"], "FAIL"), (["not_covered", "ok"], "not_covered"), (["ok"], "ok"), ([], "")],
)
def test_the_gravest_verdict_stands_at_a_stop(verdicts: list[str], shown: str):
    assert gravest(verdicts) == shown


def test_a_case_of_another_authority_is_not_there(finished: Site):
    path = f"/regulator/cases/{finished.case.case_id}"
    for who in ("officer", "releaser", "centre", "bidder-a"):
        finished.browser(who).get(path, 404)
    finished.browser("regulator").get("/regulator/cases/none", 404)


def test_a_bidders_desk_says_how_far_the_case_is(finished: Site):
    desk = finished.browser("bidder-a").get("/bidder")
    assert "评审报告已签署并盖章" in desk
    assert f"/bidder/cases/{finished.case.case_id}/lots/{LOT}" in desk


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/agency"),
        ("releaser", "/agency"),
        ("bidder-a", "/bidder"),
        ("trustee-1", "/trustee"),
        ("centre", "/centre"),
        ("witness-host", "/witness"),
        ("regulator", "/regulator"),
        ("admin", "/accounts"),
    ],
)
def test_every_desk_begins_with_the_one_next_step(founded: Site, finished: Site, who: str, path: str):
    for site in (founded, finished):
        assert site.browser(who).get(path).count('<section class="next-step') == 1


def test_where_all_is_over_nobody_is_asked_to_wait(finished: Site):
    for path in (f"/cases/{finished.case.case_id}", f"/cases/{finished.case.case_id}/lots/{LOT}/draw"):
        page = finished.browser("officer").get(path)
        assert "next-step--over" in page
        assert "请等待" not in page


def test_boards_name_what_is_going_on(finished: Site):
    for who, path in (("centre", "/centre"), ("regulator", "/regulator"), ("trustee-1", "/trustee")):
        page = finished.browser(who).get(path)
        assert "设备采购" in page
        assert "评审结束" in page


def test_the_agency_takes_the_evidence_by_two_persons(tmp_path):
    """The officer states what for, the supervisor sees its words and the root; the regulator needs neither."""
    site = played(tmp_path, "found publish", lambda case: case.work_off(100))
    case, officer, supervisor = site.case, site.browser("officer"), site.browser("releaser")
    page, bundle = f"/agency/cases/{case.case_id}/evidence", f"/api/v1/cases/{case.case_id}/evidence"
    assert "写明用途，申请导出" in officer.get(page)
    assert "等待经办申请" in supervisor.get(page)
    assert "两人办理" in supervisor.get(page)
    refusal = officer.client.get(bundle)
    assert (refusal.status_code, refusal.json["error"]["code"]) == (422, "export_not_released")
    assert "请写明用途" in officer.post(page, reason="").get_data(as_text=True)
    review = officer.post(page, reason="答复投诉").get_data(as_text=True)
    assert 'data-type="EvidenceExportRequested"' in review
    case.act("officer", EvidenceExportRequested("e1", "答复投诉"), "")
    assert "等待审核人放行" in officer.get(page)
    assert "复核并放行证据包导出" in supervisor.get("/agency")
    review = supervisor.get(f"{page}/release")
    assert 'data-type="EvidenceExportReleased"' in review
    assert re.search(r"\d+ 条记录，根摘要 [0-9a-f]{64}", review)
    officer.get(f"{page}/release", 404)
    case.act("releaser", EvidenceExportReleased("e1", "答复投诉"), "")
    assert bundle in officer.get(page)
    assert officer.client.get(bundle).status_code == supervisor.client.get(bundle).status_code == 200
    assert supervisor.get(page).count("导出证据包</td>") == 2
    case.clock.advance(901)
    assert officer.client.get(bundle).json["error"]["code"] == "export_expired"
    assert site.browser("regulator").client.get(bundle).status_code == 200
    site.browser("bidder-a").get(page, 404)


def test_a_built_file_is_asked_for_once_and_nobody_is_asked_who_he_is(founded, monkeypatch):
    browser = founded.browser("officer")
    page = browser.get("/agency")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) >= 3
    monkeypatch.setattr(extensions, "read_web_sessions", lambda *_: pytest.fail("looked for the log-in"))
    for path in files:
        answer = browser.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", path
        assert {"Set-Cookie", "Vary"}.isdisjoint(answer.headers.keys()), path


@pytest.mark.parametrize("path", ["fonts/NotoSansSC-Regular.ttf", "manifest.json", "app-AAAAAAAA.js"])
def test_what_may_change_or_is_not_there_is_asked_for_again(founded, path):
    answer = founded.browser().client.get(f"/static/{path}")
    assert "immutable" not in answer.headers["Cache-Control"]
    assert answer.status_code == (404 if path.startswith("app-") else 200)
