"""The authority warns: on record, in every room, for nobody else to do; and it sees its sittings by site."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries import supervision
from app.queries.cases import load_records
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.services.report_course import interruptions_of
from evaluation import sitting
from evaluation.sitting import AnnouncementMade, Disposition, WarningGiven, WarningGround
from tests.app.services.test_booths import Moving, rows
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WORDS, LATER = "副场请勿隔着机位交谈", "请各席独立评审"
TALK = WarningGround.TALK


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Moving:
    return Moving(tmp_path_factory.mktemp("warnings")).until_scoring()


@pytest.fixture(scope="module")
def site(case: Moving) -> Site:
    return Site(case)


def signing(answer) -> bool:
    return 'data-type="WarningGiven"' in answer.get_data(as_text=True)


def assert_above_the_desk(room: str) -> None:
    assert room.index(WORDS) < room.index("data-scoring-desk")


def test_one_inspector_warns_and_every_room_reads_it(case: Moving, site: Site):
    before = case.state
    page = f"/cases/{case.case_id}/lots/{LOT}/standstill"
    assert "发出监督提醒" in site.browser("regulator").get(page)
    assert "发出监督提醒" not in site.browser("centre").get(page)
    warning = site.browser("regulator").post(f"{page}/warning", site=case.sites[1], ground="talk", note=WORDS)
    assert signing(warning)
    assert "写入案卷，不能撤回" in warning.get_data(as_text=True)
    assert not signing(site.browser("regulator").post(f"{page}/warning", site=case.sites[1], ground="talk", note=" "))
    for wrong in ("", "score", "opinion"):
        assert not signing(site.browser("regulator").post(f"{page}/warning", site="-", ground=wrong, note=WORDS))
    assert "不得评价投标、评分或者成员的判断" in warning.get_data(as_text=True)
    for who in ("centre", "officer", "witness-host", "releaser"):
        with pytest.raises(NotAllowed):
            case.act(who, WarningGiven("", WORDS, TALK))
    with pytest.raises(RuleViolation, match="warning_ground_wrong"):
        case.act("regulator", WarningGiven("", WORDS))
    with pytest.raises(RuleViolation, match="standstill_site_unknown"):
        case.act("regulator", WarningGiven("elsewhere", WORDS, TALK))
    case.act("regulator", WarningGiven(case.sites[1], WORDS, TALK))
    assert case.state == before
    (warned,) = case.case.lots[LOT].standstill.warnings
    assert (warned.site, warned.note, warned.ground) == (case.sites[1], WORDS, TALK)
    for number in (1, 4):
        for part in ("", "/announcements"):
            room = booth(site, case.members[number]).get(f"/room/{case.case_id}/{LOT}{part}")
            assert WORDS in room
            assert "监督提醒：独立评审时互相交谈" in room
            assert not part or "此前的监督提醒" not in room
        assert_above_the_desk(booth(site, case.members[number]).get(f"/room/{case.case_id}/{LOT}"))
    for who in ("centre", "witness-host", "witness-sub", "officer"):
        assert WORDS in site.browser(who).get(page)
    assert rows(case, select(Notice).where(Notice.code == "sitting_warned"))


def test_the_authority_sees_its_sittings_by_site_for_a_reason(case: Moving, site: Site):
    plain = site.browser("inspector").get("/regulator/live")
    assert "独立评分" in plain
    assert "写明理由后显示" in plain
    assert "一室-1" not in plain
    seen = stated(site).get("/regulator/live?part=1")
    assert "已签到 3 / 3" in seen
    assert "已签到 2 / 2" in seen
    assert "一室-1" in seen
    assert not any(f"专家{n}" in seen for n in range(16)), "seats, never names"
    case.act("witness-sub", sitting.FaultReported(case.sites[1], "专线中断"))
    assert "故障：专线中断" in stated(site).get("/regulator/live?part=1")
    assert len(re.findall("· 见证人 .{0,80}在线", seen, re.S)) == 2  # of each site, beside its seats
    for stranger in ("centre", "officer", "witness-host"):
        site.browser(stranger).get("/regulator/live", 404)


def test_a_report_tells_of_warnings_and_announcements(case: Moving, site: Site):
    case.act("witness-sub", AnnouncementMade(case.sites[1], "午饭 12 点"))
    case.act("regulator", WarningGiven("", LATER, TALK))
    with case.platform.database.reading() as db_session:
        records = [one for one in load_records(db_session, case.case_id) if one.lot == LOT]
    told = interruptions_of(records, {case.sites[1]: "副场"}, "zh")
    warned, later = (words for words in told if words.startswith("监督提醒"))
    assert later.endswith(f"：独立评审时互相交谈；{LATER}。")
    room = booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}")
    assert room.index(LATER) < room.index("此前的监督提醒：1 次") < room.index(WORDS), "the latest stands first"
    assert warned.endswith(f"，副场：独立评审时互相交谈；{WORDS}。")
    assert any(words.endswith("，副场：午饭 12 点") for words in told)
    assert any(words.startswith("Announcement, ") for words in interruptions_of(records, {}, "en"))


def test_the_evidence_holds_with_a_warning(case: Moving):
    for step in (Disposition.SUSPEND, Disposition.ABANDON):
        case.act("regulator", sitting.SittingOrderProposed(step, "核查"))
        case.act("inspector", sitting.SittingOrdered(step, "核查"))
    case.work_off()
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    root = case.platform.keys.authority.certificate_pem
    steps = {name: STEPS[name] for name in ("head", "log", "acts", "replay")}
    found = verify_bundle(files, [root], [read_profile("demo-goods")], steps=steps)
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
    assert case.case.lots[LOT].standstill.warnings


def test_where_nobody_sits_any_more_a_case_is_not_looked_at_again(case: Moving, site: Site, monkeypatch):
    looked, load = [], supervision.load_case

    def noted(db_session, case_id):
        looked.append(case_id)
        return load(db_session, case_id)

    monkeypatch.setattr(supervision, "load_case", noted)
    browser = site.browser("inspector")
    for _ in range(3):
        assert "独立评分" not in browser.get("/regulator/live?part=1")
    assert looked == [case.case_id]
