"""The statistics of a year as a page and as a workbook: what is found, covered, pending and said."""

from __future__ import annotations

import io
import re

import pytest
from python_calamine import CalamineWorkbook

from app.procedure.inspections import pools
from app.procedure.inspections.facts import ResultCode, ResultsConfirmed, ResultsEntered, ViewAnswered, ViewStated
from app.services.platform import DIST
from tests.app.services.inspecting import AGENCY, COURSE, Inspecting
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
SECRETS = ("存档不全", "监督员", "检查员3", "财政1")  # what was found, and by whom
TYPED = "=HYPERLINK(已经存档)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Of the visits of a campaign two have results, one of which its party has contradicted."""
    desk = Inspecting(tmp_path_factory.mktemp("inspection-statistics")).through(COURSE)
    desk.drawn()
    wanted = pools.visits(desk.campaign(), desk.case.draws)
    heard = next(visit for visit in wanted if visit[0] == "A0")
    other = next(visit for visit in wanted if visit[0] != "A0")
    desk.find(*other, ResultCode.PROBLEM)
    first, second = desk.logins_of(*heard)
    desk.act(first, ResultsEntered(1, *heard, desk.results(*heard, ResultCode.NO_PROBLEM)), "")
    entered = desk.campaign().outcomes[heard].entered_sha256
    desk.act("officer", ViewStated(1, *heard, entered, AGENCY, "agency单位", TYPED), "")
    (said,) = desk.campaign().outcomes[heard].statements
    desk.act(second, ViewAnswered(1, *heard, said.sha256, False, "附件不是本年度的。"), "")
    desk.act(second, ResultsConfirmed(1, *heard, entered), "")
    return Site(desk)


def place(site: Site, end: str) -> str:
    return f"/inspections/{site.case.case_id}/statistics{end}"


def test_an_empty_frame_never_reads_like_nought(site: Site):
    page = site.browser("").get(place(site, ""))
    charts = dict(re.findall(r"<figcaption>(.*?)</figcaption>(.*?)</figure>", page, re.DOTALL))
    rates = charts["各事项的发现率"] + charts["各风险分类的发现率"]
    assert "数量少，不计发现率" in rates
    assert "%" not in rates
    assert "<svg" not in rates, "where no rate is told nothing is drawn"
    covered = charts["全年至少检查过一次的对象占名录，按类别和信用风险"]
    assert "代理机构 · D 高风险" in covered
    assert covered.count("<svg") + covered.count("chart__none") == 3, "the whole and two grades"
    assert "100.0 % （1 / 1）" in covered
    assert not any(secret in page for secret in SECRETS)
    english = site.browser("", "en").get(place(site, ""))
    assert "No result yet" in english


def test_what_has_no_result_yet_says_so_in_the_figures_too(tmp_path):
    desk = Inspecting(tmp_path).through(COURSE)
    desk.drawn()
    site = Site(desk)
    page = site.browser("").get(place(site, ""))
    charts = dict(re.findall(r"<figcaption>(.*?)</figcaption>(.*?)</figure>", page, re.DOTALL))
    assert charts["各事项的发现率"].count("尚无结果") == 2
    assert "抽中 1 个，尚无结果" in charts["全年至少检查过一次的对象占名录，按类别和信用风险"]
    assert "0.0 %" not in page


def test_the_workbook_has_numbers_codes_and_what_is_pending(site: Site):
    sent = site.browser("").client.get(place(site, ".xlsx")).data
    book = CalamineWorkbook.from_filelike(io.BytesIO(sent))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    heading, *lines = sheets["结果"]
    code, words = heading.index("结果代码"), heading.index("结果")
    assert {line[code] for line in lines} == {"A", "1", ""}
    assert {line[words] for line in lines if not line[code]} == {"尚无结果"}
    covers = {row[0]: row for row in sheets["名录覆盖"]}
    listed = len(site.case.campaign().objects)
    assert covers["全部名录"][2] == listed
    assert covers["全部名录"][6] == pytest.approx(2 / listed, abs=1e-6)
    campaign = dict(zip(*sheets["抽查任务"], strict=True))
    assert campaign["检查户次"] - 2 == campaign["其中尚无结果"]
    assert campaign["抽查面"] == pytest.approx(campaign["抽中"] / campaign["名录"], abs=1e-6)
    assert {row[4] for row in sheets["发现率"][1:]} <= {"数量少", "尚无结果"}
    followed = {row[0]: row[1] for row in sheets["整改和陈述申辩"]}
    assert (followed["陈述申辩"], followed["其中成立"], followed["其中待答复"]) == (1, 0, 0)
    (said,) = sheets["陈述申辩"][1:]
    assert (said[5], said[8]) == (TYPED, "附件不是本年度的。")
    assert not any(secret in str(sheets) for secret in SECRETS)
    english = CalamineWorkbook.from_filelike(io.BytesIO(site.browser("", "en").client.get(place(site, ".xlsx")).data))
    assert not re.search(r"[\u4e00-\u9fff]", "".join(english.sheet_names))
