"""A sitting that stands still, page by page: the room, the witness's desk, the centre, the authority, the agency."""

from __future__ import annotations

import re

import pytest

from evaluation import sitting
from evaluation.sitting import Disposition
from tests.app.services.test_standstills import Standing
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, booth

NOTE = "专线中断"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Standing:
    return Standing(tmp_path_factory.mktemp("standstill-pages")).until_scoring()


@pytest.fixture(scope="module")
def site(case: Standing) -> Site:
    return Site(case)


def home(case: Standing, part: str = "") -> str:
    return f"/cases/{case.case_id}/lots/{LOT}/standstill{part}"


def room(case: Standing, part: str = "") -> str:
    return f"/room/{case.case_id}/{LOT}{part}"


def signing(page) -> str:
    """The type of the act that a page signs."""
    found = re.search(r'data-type="(\w+)"', page.get_data(as_text=True))
    return found.group(1) if found else ""


def test_who_has_a_page_of_it_and_what_each_may_do_while_the_sitting_runs(case: Standing, site: Site):
    for who in ("bidder-a", "trustee-1", "admin"):
        site.browser(who).get(home(case), 404)
    offered = {
        who: set(re.findall(r'action="[^"]+/standstill/(\w+)"', site.browser(who).get(home(case))))
        for who in ("witness-host", "centre", "regulator", "officer", "releaser")
    }
    assert offered == {
        "witness-host": {"fault", "announcement"},
        "centre": {"fault", "announcement"},
        "regulator": {"order", "warning", "announcement"},
        "officer": {"replacement"},
        "releaser": set(),
    }
    mine = site.browser("witness-sub").get(home(case))
    assert "副场" in mine
    assert "不限于一处" not in mine
    assert home(case) in site.browser("witness-sub").get("/witness")
    assert home(case) in site.browser("centre").get("/centre")
    assert home(case) in site.browser("regulator").get(f"/regulator/cases/{case.case_id}")


def test_a_fault_is_reported_shown_everywhere_and_repaired(case: Standing, site: Site):
    witness = site.browser("witness-sub")
    wrong = witness.post(home(case, "/fault"), site=case.sites[1], note="")
    assert "请写明什么不能用了" in wrong.get_data(as_text=True)
    assert signing(witness.post(home(case, "/fault"), site=case.sites[1], note=NOTE)) == "FaultReported"
    everywhere = site.browser("centre").post(home(case, "/fault"), site="-", note=NOTE).get_data(as_text=True)
    assert "不限于一处" in everywhere
    assert '"site": ""' in everywhere
    assert signing(witness.post(home(case, "/fault"), site=case.sites[0], note=NOTE)) == ""
    assert "独立评分" in booth(site, case.members[1]).get(room(case))
    case.suspend(NOTE)
    page = booth(site, case.members[1]).get(room(case))
    for words in ("评审已中断，请等待", "线路或场所故障", "副场", NOTE, "中断时间", "见证人或交易中心", "最迟恢复"):
        assert words in page
    assert "data-scoring-desk" not in page
    assert "Asia/Shanghai" in page or "北京时间" in page
    assert "评审已中断" in site.browser("centre").get("/centre")
    assert "评审已中断" in site.browser("officer").get("/agency")
    for who in ("", "bidder-a"):
        assert "评审已中断" not in site.browser(who).get(f"/cases/{case.case_id}")
    api = booth(site, case.members[1]).client.get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/room").json
    assert (api["standstill"]["ground"], api["standstill"]["note"]) == ("fault", NOTE)
    desk = witness.get(home(case))
    assert "故障已排除，恢复评审" in desk
    assert 'action="' + home(case, "/fault") not in desk
    assert site.browser("officer").get(home(case)).count("<form class=") == 0
    assert "The sitting stands still" in booth(site, case.members[1]).get(room(case) + "?lang=en")
    assert signing(witness.post(home(case, "/repair"), note="已修好")) == "FaultRepaired"
    case.act("witness-sub", sitting.FaultRepaired("已修好"))
    assert "独立评分" in booth(site, case.members[1]).get(room(case))


def test_the_chair_alone_halts_in_the_room(case: Standing, site: Site):
    chair = case.state.chair
    other = next(number for number in case.members if number != chair)
    mine = booth(site, case.members[chair])
    assert "休会或停止评审" in mine.get(room(case))
    assert "休会或停止评审" not in booth(site, case.members[other]).get(room(case))
    assert "请写明原因" in mine.post(room(case, "/halt"), ground="recess", note="").get_data(as_text=True)
    assert signing(mine.post(room(case, "/halt"), ground="defective_documents", note="标准矛盾")) == "DefectFound"
    assert signing(mine.post(room(case, "/halt"), ground="recess", note="午休")) == "RecessCalled"
    case.act(case.members[chair], sitting.RecessCalled(chair, "午休"))
    assert "休会中，由您宣布复会" in mine.get(room(case))
    assert 'data-type="RecessEnded"' in mine.get(room(case, "/recess/end"))
    assert "评审已中断，请等待" in booth(site, case.members[other]).get(room(case))
    refused = booth(site, case.members[other]).get(room(case, "/recess/end"))
    assert "data-sign-act" not in refused  # what the rules do not take is refused before anybody signs
    assert 'id="refused"' in refused
    case.act(case.members[chair], sitting.RecessEnded(chair))


def test_an_order_needs_two_inspectors(case: Standing, site: Site):
    first, second = site.browser("regulator"), site.browser("inspector")
    assert signing(first.post(home(case, "/order"), step="suspend", note="核查投诉")) == "SittingOrderProposed"
    case.act("regulator", sitting.SittingOrderProposed(Disposition.SUSPEND, "核查投诉"))
    assert "等待另一名监督人员签发" in first.get(home(case))
    assert home(case, "/order/release") in second.get(f"/regulator/cases/{case.case_id}")
    assert "签发评审监督决定" in second.get("/regulator")
    assert 'data-type="SittingOrdered"' in second.get(home(case, "/order/release"))
    case.act("inspector", sitting.SittingOrdered(Disposition.SUSPEND, "核查投诉"))
    assert "监督部门，由其决定恢复或终止" in site.browser("officer").get(home(case))
    first.get(home(case, "/order/release"), 404)
    case.act("regulator", sitting.SittingOrderProposed(Disposition.RESUME, "不成立"))
    case.act("inspector", sitting.SittingOrdered(Disposition.RESUME, "不成立"))


def test_a_fault_that_lasts_too_long_is_given_up_by_officer_and_supervisor(case: Standing, site: Site):
    case.suspend(NOTE)
    case.work_off(305)
    officer, supervisor = site.browser("officer"), site.browser("releaser")
    assert "已逾时" in booth(site, case.members[1]).get(room(case))
    page = officer.get(home(case))
    assert "终止评审，另组评审委员会" in page
    assert "恢复评审</option>" not in page
    assert home(case) in officer.get("/agency")
    assert signing(officer.post(home(case, "/decision"), step="abandon", note="未修复")) == "SittingDecisionProposed"
    case.act("officer", sitting.SittingDecisionProposed(Disposition.ABANDON, "未修复"))
    assert home(case, "/decision/release") in supervisor.get("/agency")
    assert 'data-type="SittingDecided"' in supervisor.get(home(case, "/decision/release"))
    case.act("releaser", sitting.SittingDecided(Disposition.ABANDON, "未修复"))
    page = booth(site, case.members[1]).get(room(case))
    assert "评审已终止" in page
    assert "评分汇总表" not in page
    assert "评审已终止" in site.browser("centre").get("/centre")
    case.work_off()
    bidder = site.browser("bidder-a")
    assert "评审已终止" in bidder.get(f"/bidder/cases/{case.case_id}/lots/{LOT}")
    told = "的评审已终止，评审资料按现状封存。下一步由采购人依法决定"
    assert told in bidder.get("/account")
    officer = site.browser("officer").get("/agency")
    assert "评审已终止" in officer
    assert "重新招标" not in officer
    record = f"/cases/{case.case_id}/lots/{LOT}/failure"
    assert record in site.browser("officer").get(f"/cases/{case.case_id}")
    page = site.browser("officer").get(record)
    assert "评审终止情况记录" in page
    assert "流标" not in page
    assert "评审情况记录.pdf" in page
    assert "未修复" in page
    bidder.get(record, 404)
    assert record in site.browser("regulator").get(f"/regulator/cases/{case.case_id}")
