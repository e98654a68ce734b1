"""A sitting stands still and goes on: who may, who is told, and what the platform does meanwhile."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.models import Job, Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE
from app.queries.cases import load_records
from app.queries.timeline import case_stages
from app.services import reports, score_drafts
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.services.report_course import interruptions_of
from app.services.score_drafts import TypedScore
from evaluation import sitting
from evaluation.sitting import Disposition, Stage, SuspensionGround
from tests.app.services.people import LOT
from tests.app.services.test_booths import Moving
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


class Standing(Moving):
    def told(self, code: str) -> set[str]:
        names = {person.id: login for login, person in self.people.items()}
        with self.platform.database.reading() as db_session:
            return {names[n.account_id] for n in db_session.scalars(select(Notice).where(Notice.code == code))}

    def suspend(self, note: str = "线路中断") -> None:
        self.act("witness-sub", sitting.FaultReported(self.sites[1], note))


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Standing:
    return Standing(tmp_path_factory.mktemp("standing"), database_url=database_url).until_scoring()


def refused(case, who, fact):
    with pytest.raises(RuleViolation) as refusal:
        case.act(who, fact)
    return refusal.value.code


def test_nothing_is_scored_or_locked_while_a_fault_lasts_and_drafts_stay(case):
    (bid, *_) = bids = list(case.state.valid)
    one = case.members[1]
    score_drafts.save_score(case.platform, one.log_in, case.case_id, LOT, TypedScore(bid, "plan", Decimal(41), "清楚"))
    other_site = sitting.FaultReported(case.sites[0], "停电")
    assert refused(case, "witness-sub", other_site) == "standstill_site_other"
    for who in ("officer", "regulator", "bidder-a"):
        with pytest.raises(NotAllowed):
            case.act(who, other_site)
    case.suspend()
    assert case.state.suspended.ground is SuspensionGround.FAULT
    assert case.case.lots[LOT].standstill.since is not None
    with pytest.raises(RuleViolation, match="sitting_suspended"):
        score_drafts.save_score(case.platform, one.log_in, case.case_id, LOT, TypedScore(bid, "plan", Decimal(42), ""))
    locked = sitting.ScoreSheetLocked(1, case.sheet(1, bids), {})
    assert refused(case, one, locked) == "sitting_suspended"
    (draft,) = score_drafts.own_drafts(case.platform, one.log_in, case.case, LOT)
    assert draft.value == Decimal(41)
    case.move(2)  # a booth may be changed meanwhile
    case.act("centre", sitting.FaultRepaired("已切换备用线路"))
    assert case.state.suspended is None
    everybody = {"officer", "releaser", "centre", "regulator", "inspector"}
    assert case.told("sitting_stands_fault") == case.told("sitting_resumed") == everybody


def test_the_chair_calls_a_recess_in_which_the_report_waits_and_is_made_when_it_ends(case):
    bids, chair = list(case.state.valid), case.state.chair
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    case.act(case.members[chair], sitting.RecessCalled(chair, "午休到 13:30"))
    case.work_off()
    assert case.state.stage is Stage.RESULTS
    with case.platform.database.reading() as db_session:
        (job,) = db_session.scalars(select(Job).where(Job.task == "prepare_report"))
        assert (job.done_at is not None, job.attempts, job.last_error) == (True, 1, "")
    case.act(case.members[chair], sitting.RecessEnded(chair))
    case.work_off()
    assert case.state.stage is Stage.REPORT


def test_a_fault_is_not_forgotten_when_an_order_is_laid_over_it_and_lifted(case):
    case.suspend("机房停电")
    for step, note, first, second in (
        (Disposition.SUSPEND, "核查设备", "regulator", "inspector"),
        (Disposition.RESUME, "查毕", "inspector", "regulator"),
    ):
        case.act(first, sitting.SittingOrderProposed(step, note))
        case.act(second, sitting.SittingOrdered(step, note))
    assert (case.state.suspended.ground, case.state.suspended.note) == (SuspensionGround.FAULT, "机房停电")
    repair = Site(case).browser("witness-sub").get(f"/cases/{case.case_id}/lots/{LOT}/standstill")
    assert "故障已排除，恢复评审" in repair
    case.act("witness-sub", sitting.FaultRepaired("来电"))
    assert case.state.suspended is None
    with case.platform.database.reading() as db_session:
        records = [record for record in load_records(db_session, case.case_id) if record.lot == LOT]
    listed = interruptions_of(records, {}, "zh")
    (fault,) = (line for line in listed if "机房停电" in line)  # once, from its report to its repair
    assert "来电" in fault
    assert [line for line in listed if "监督部门决定" in line and "查毕" in line]


def test_an_order_of_two_inspectors_stops_the_signing_and_the_seal(case):
    order = (Disposition.SUSPEND, "核查投诉")
    case.act("regulator", sitting.SittingOrderProposed(*order))
    assert case.told("sitting_order_suspend_waits") == {"inspector"}
    assert refused(case, "regulator", sitting.SittingOrdered(*order)) == "second_person_needed"
    case.act("inspector", sitting.SittingOrdered(*order))
    with pytest.raises(RuleViolation, match="sitting_suspended"):
        reports.request_signature(case.platform, case.members[1].log_in, case.case_id, LOT)
    case.act("inspector", sitting.SittingOrderProposed(Disposition.RESUME, "投诉不成立"))
    case.act("regulator", sitting.SittingOrdered(Disposition.RESUME, "投诉不成立"))
    for number, person in case.members.items():
        case._sign(number, person)
    case.suspend("又一次中断")
    case.work_off()
    assert case.state.sealed_sha256 == ""
    case.act("witness-sub", sitting.FaultRepaired("恢复"))
    case.work_off()
    assert case.state.stage is Stage.CLOSED


def test_the_verifier_decides_every_standstill_again(case):
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    root = case.platform.keys.authority.certificate_pem
    found = verify_bundle(files, [root], [read_profile("demo-goods")])
    assert not [(c.name, c.code, c.facts) for c in found if c.verdict is Verdict.FAIL]


def test_a_fault_that_lasts_is_the_tenderers_to_decide_and_everybody_is_told(tmp_path):
    case = Standing(tmp_path).until_scoring()
    case.suspend()
    give_up = (Disposition.ABANDON, "四小时未修复")
    assert refused(case, "officer", sitting.SittingDecisionProposed(*give_up)) == "fault_not_overdue"
    case.work_off(290)
    assert case.told("sitting_fault_overdue") == set()
    case.work_off(15)
    assert case.told("sitting_fault_overdue") == {"officer", "releaser", "centre", "regulator", "inspector"}
    assert refused(case, "witness-sub", sitting.FaultRepaired("恢复")) == "fault_overdue"
    go_on = sitting.SittingDecisionProposed(Disposition.RESUME, "继续")
    assert refused(case, "officer", go_on) == "fault_must_abandon"
    case.act("officer", sitting.SittingDecisionProposed(*give_up))
    assert case.told("sitting_decision_abandon_waits") == {"releaser"}
    case.act("releaser", sitting.SittingDecided(*give_up))
    assert case.state.stage is Stage.ABANDONED
    assert case.told("sitting_abandoned") >= {"officer", "regulator"}
    line = {stage.code: stage for stage in case_stages(case.case, ANYONE, LOT, case.clock())}
    assert line["draw"].state == "done"
    assert (line["evaluation"].facts, line["report"].facts) == ({"abandoned": "yes"}, {"failure": "due"})
    with pytest.raises(NotAllowed):
        case.act(case.members[1], sitting.ScoreSheetLocked(1, case.sheet(1, list(case.state.valid)), {}))
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    found = verify_bundle(files, [case.platform.keys.authority.certificate_pem], [read_profile("demo-goods")])
    assert not [(c.name, c.code, c.facts) for c in found if c.verdict is Verdict.FAIL]
    with case.platform.database.reading() as db_session:
        facts = [json.loads(n.facts) for n in db_session.scalars(select(Notice).where(Notice.code.like("sitting_%")))]
    assert all(fact["lot"] == LOT for fact in facts)
