"""What was drafted of a sitting or of a member dies with what it was about, and whose desk it stood on is told so."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Notice
from app.procedure.errors import RuleViolation
from app.queries.boards import regulator_board
from app.queries.next_steps import next_steps
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import Disposition, ReplacementGround, Stage, SuspensionGround
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_replacements import CONFLICT, Succeeding
from tests.app.services.test_standstills import Standing
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
SUSPEND = (Disposition.SUSPEND, "核查投诉")


class Lapsing(Succeeding, Standing):
    def steps(self, who: str) -> set[str]:
        with self.platform.database.reading() as db_session:
            actor = load_actor(db_session, self.people[who].id, "")
        return {step.code for step in next_steps(self.case, actor, self.clock())}

    def boards(self, who: str) -> set[str]:
        with self.platform.database.reading() as db_session:
            actor = load_actor(db_session, self.people[who].id, "")
            return {row.step for row in regulator_board(db_session, actor, self.clock())}

    @property
    def waiting(self) -> set[type]:
        return set(self.case.lots[LOT].standstill.waiting)

    def refuses(self, who, fact) -> str:
        with pytest.raises(RuleViolation) as refusal:
            self.act(who, fact)
        return refusal.value.code

    def order(self, step: Disposition, note: str) -> None:
        self.act("regulator", sitting.SittingOrderProposed(step, note))
        self.act("inspector", sitting.SittingOrdered(step, note))

    def failed_checks(self):
        files = unpack(export_evidence(self.platform, self.people["regulator"].log_in, self.case_id)[1])
        root = self.platform.keys.authority.certificate_pem
        checks = verify_bundle(files, [root], [read_profile("demo-goods")])
        return [(c.name, c.code, c.facts) for c in checks if c.verdict is Verdict.FAIL]

    @property
    def page(self) -> str:
        return f"/cases/{self.case_id}/lots/{LOT}/standstill"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Lapsing:
    return Lapsing(tmp_path_factory.mktemp("lapsing")).until_scoring()


def test_a_draft_says_until_when_it_may_be_released_and_then_to_draft_it_again(case):
    site, number = Site(case), case.leaver()
    words = (number, ReplacementGround.ABSENCE, "离席未归")
    case.act("officer", sitting.ReplacementProposed(*words))
    case.act("regulator", sitting.SittingOrderProposed(*SUSPEND))
    release = {"releaser": "/replacement/release", "inspector": "/order/release"}
    for who, page in release.items():
        assert "最迟签名" in site.browser(who).get(case.page), who
        assert "最迟签名" in site.browser(who).get(case.page + page), who
    assert "To be signed by" in site.browser("releaser", "en").get(case.page)
    assert "release_replacement" in case.steps("releaser")
    assert case.boards("inspector") == {"give_sitting_order"}
    desk = site.browser("inspector").get("/regulator")
    assert f'href="/regulator/cases/{case.case_id}"' in desk
    case.clock.advance(15 * 60)
    assert case.refuses("releaser", sitting.ReplacementOrdered(*words)) == "proposal_lapsed"
    assert case.refuses("inspector", sitting.SittingOrdered(*SUSPEND)) == "proposal_lapsed"
    assert not {"release_replacement", "give_sitting_order"} & (case.steps("releaser") | case.steps("inspector"))
    assert "give_sitting_order" not in case.boards("inspector")
    for who, page in release.items():
        assert "拟定已失效" in site.browser(who).get(case.page), who
        answer = site.browser(who).client.get(case.page + page, follow_redirects=True)
        refusal = answer.get_data(as_text=True)
        assert answer.request.path == case.page, who
        assert "请重新拟定" in refusal, who
        assert "data-sign-act" not in refusal, who
    shown = site.browser("releaser").get(case.page)
    assert f"拟定已失效：更换席位 {number} 的成员：离席未归" in shown
    assert "拟定已失效：暂停评审：核查投诉" in site.browser("inspector").get(case.page)
    english = site.browser("releaser", "en").get(case.page)
    assert "The draft has lapsed" in english
    assert "draft it again" in english
    for who, foreign in (("officer", "核查投诉"), ("regulator", "离席未归"), ("witness-sub", "拟定已失效")):
        assert foreign not in site.browser(who).get(case.page), who


def test_a_draft_that_cannot_be_released_just_now_is_shown_with_why_and_until_when(tmp_path):
    case = Lapsing(tmp_path).until_scoring()
    number, site = case.leaver(), Site(case)
    case.act("officer", sitting.ReplacementProposed(number, ReplacementGround.ABSENCE, "离席未归"))
    case.suspend()
    for who in ("officer", "releaser"):
        shown = site.browser(who).get(case.page)
        assert f"拟定待签，现在不能签发：更换席位 {number} 的成员：离席未归" in shown, who
        assert "最迟签名时间仍为" in shown, who
    answer = site.browser("releaser").client.get(f"{case.page}/replacement/release")
    assert (answer.status_code, answer.location) == (302, case.page)
    assert "现在不能签发" not in site.browser("witness-sub").get(case.page)


def test_the_draft_against_a_member_who_steps_back_does_not_meet_its_successor(case):
    number = case.leaver()
    words = (number, ReplacementGround.ABSENCE, "离席未归")
    case.act("officer", sitting.ReplacementProposed(*words))
    before = case.state.seats[number].person
    case.act(case.members[number], sitting.ConflictDeclared(number, CONFLICT))
    assert sitting.ReplacementOrdered not in case.waiting
    case._answer(case.draw_again(), True)
    case.work_off()
    case.members[number] = case._seat(number)
    assert case.state.seats[number].person != before
    assert case.refuses("releaser", sitting.ReplacementOrdered(*words)) == "standstill_not_proposed"
    Site(case).browser("releaser").get(f"{case.page}/replacement/release", 404)
    assert case.state.empty == frozenset()


def test_a_recess_does_not_keep_the_authority_from_suspending(case):
    site, chair = Site(case), case.state.chair
    case.act("regulator", sitting.SittingOrderProposed(*SUSPEND))
    for fact in (sitting.RecessCalled(chair, "休息"), sitting.RecessEnded(chair)):
        case.act(case.members[chair], fact)
        assert "签发评审监督决定" in site.browser("inspector").get(case.page)
        assert "give_sitting_order" in case.steps("inspector") & case.boards("inspector")
        assert 'data-type="SittingOrdered"' in site.browser("inspector").get(f"{case.page}/order/release")
    case.act("inspector", sitting.SittingOrdered(*SUSPEND))
    assert case.state.suspended.ground is SuspensionGround.ORDER
    case.order(Disposition.RESUME, "不成立")


def test_a_draft_that_died_of_something_else_than_its_time_is_told_of_with_why(tmp_path):
    case = Lapsing(tmp_path).until_scoring()
    site = Site(case)
    gone = "拟定已失效：终止评审，另组评审委员会：停了太久"
    case.suspend()
    case.work_off(305)
    case.act("officer", sitting.SittingDecisionProposed(Disposition.ABANDON, "停了太久"))
    assert gone not in site.browser("releaser").get(case.page)
    case.order(*SUSPEND)
    for who in ("officer", "releaser"):
        page = site.browser(who).get(case.page)
        assert gone in page, who
        assert "评审的中断情况已经变化" in page, who
    assert "the standstill is another one now" in site.browser("officer", "en").get(case.page)
    for who in ("regulator", "witness-sub"):
        assert "停了太久" not in site.browser(who).get(case.page), who


def test_a_witness_does_not_end_the_fault_of_another_site_not_even_beneath_an_order(case):
    site, repaired = Site(case), sitting.FaultRepaired("已修好")
    case.act("centre", sitting.FaultReported(case.sites[0], "停电"))
    for _ in range(2):
        assert case.refuses("witness-sub", repaired) == "standstill_site_other"
        assert "故障已排除" not in site.browser("witness-sub").get(case.page)
        on_top = case.state.suspended.ground is SuspensionGround.FAULT
        mine = site.browser("witness-host")
        assert ("故障已排除，恢复评审" if on_top else "故障已排除</h2>") in mine.get(case.page)
        said = mine.post(f"{case.page}/repair", note="已修好").get_data(as_text=True)
        assert ("从中断处继续" if on_top else "其上的中断仍未结束，评审尚不能继续") in said
        if case.state.suspended.ground is SuspensionGround.FAULT:
            case.order(*SUSPEND)
    case.act("witness-host", repaired)
    case.order(Disposition.RESUME, "不成立")
    assert case.state.suspended is None
    case.act("centre", sitting.FaultReported("", "平台专线"))
    for who in ("witness-sub", "witness-host"):
        assert case.refuses(who, repaired) == "standstill_site_other"
    case.act("centre", repaired)


def test_three_standstills_are_shown_one_beneath_the_other_and_each_is_told_of_once(case):
    chair = case.state.chair
    case.act(case.members[chair], sitting.RecessCalled(chair, "午休"))
    case.suspend()
    case.order(*SUSPEND)
    site = Site(case)
    shown = site.browser("officer").get(case.page)
    above, _, beneath = shown.partition("其下仍有")
    assert "监督部门决定" in above
    assert "最迟恢复" not in above, "nothing can be decided while the order stands"
    fault, _, recess = beneath.partition("再下仍有")
    assert "线路或场所故障" in fault
    assert "故障的时限自报告时起算" in fault
    assert "午休" in recess
    own = booth(site, case.members[chair])
    room = f"/room/{case.case_id}/{LOT}"
    assert "其下的休会由您宣布结束" in own.get(room)
    assert "其上的中断仍未结束，评审尚不能继续" in own.get(f"{room}/recess/end")
    assert "其下的休会由您宣布结束" not in booth(site, case.members[case.leaver()]).get(room)
    case.act(case.members[chair], sitting.RecessEnded(chair))
    assert "休会" not in Site(case).browser("officer").get(case.page).partition("其下仍有")[2]
    case.order(Disposition.RESUME, "不成立")
    assert case.state.suspended.ground is SuspensionGround.FAULT
    case.act("witness-sub", sitting.FaultRepaired("已修好"))
    assert case.state.suspended is None


def test_nothing_waits_on_any_desk_once_the_report_is_signed_and_sealed(case):
    number = case.leaver()
    succeeded = next(iter(case.case.lots[LOT].succeeded))
    case.act(case.members[succeeded], sitting.StatementMade(succeeded, True, ""))
    found = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in case.state.bids)
    case.act(case.members[succeeded], sitting.BidsReviewed(succeeded, found))
    bids = list(case.state.valid)
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    case.work_off()
    case.act("officer", sitting.ReplacementProposed(number, ReplacementGround.ABSENCE, "离席未归"))
    case.act("regulator", sitting.SittingOrderProposed(*SUSPEND))
    for place, (seat, person) in enumerate(case.members.items()):
        case._sign(seat, person)
        if not place:
            assert case.waiting == {sitting.SittingOrdered}
    case.work_off()
    assert (case.state.stage, case.waiting) == (Stage.CLOSED, set())
    assert "release_replacement" not in case.steps("releaser")
    assert "give_sitting_order" not in case.steps("inspector") | case.boards("inspector")
    assert case.failed_checks() == []


def test_the_verifier_asks_whose_fault_it_was_as_far_as_the_log_can_tell(case):
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    lines, key, officer = tampering.lines_of(files), case.platform.keys.platform.key, case.people["officer"]
    entries = [(seq, line["entry"]) for seq, line in enumerate(lines)]
    nobodys = max(seq for seq, one in entries if one["type"] == "FaultReported" and not one["payload"]["site"])
    repaired = next(seq for seq, one in entries if seq > nobodys and one["type"] == "FaultRepaired")
    by_officer = ((("actor",), officer.id), (("role",), "AO"), (("act", "key_id"), officer.key.key_id))
    for seq, changes, reason in (
        (nobodys, ((("role",), "SW"),), "standstill_site_other"),
        (repaired, ((("role",), "SW"),), "standstill_site_other"),
        (nobodys, by_officer, "evidence_party_wrong"),
        (repaired, by_officer, "evidence_party_wrong"),
    ):
        wrong = lines
        for path, value in changes:
            wrong = tampering.changed(wrong, seq, path, lambda _, value=value: value)
        checks = verify_bundle(tampering.by_platform(files, wrong, key), steps={"replay": STEPS["replay"]})
        found = [(c.facts["seq"], c.facts["reason"]) for c in checks if c.verdict is Verdict.FAIL]
        assert found == [(seq, reason)]


def test_a_fault_whose_time_runs_out_beneath_an_order_is_given_up_when_the_order_is_lifted(tmp_path):
    case = Lapsing(tmp_path).until_scoring()
    serving = {"officer", "releaser", "centre", "regulator", "inspector"}
    case.suspend()
    case.order(*SUSPEND)
    case.work_off(305)
    assert case.told("sitting_fault_overdue") == set()  # nobody can decide it yet
    assert case.refuses("witness-sub", sitting.FaultRepaired("来电")) == "fault_overdue"
    assert "decide_sitting" not in case.steps("officer")
    page = Site(case).browser("officer").get(case.page)
    assert "已逾时" in page
    assert "故障逾时，由采购人（招标人）决定" not in page
    case.order(Disposition.RESUME, "不成立")
    case.work_off()
    assert case.told("sitting_fault_overdue") == serving
    assert case.refuses("witness-sub", sitting.FaultRepaired("来电")) == "fault_overdue"
    assert "decide_sitting" in case.steps("officer")
    assert case.refuses("officer", sitting.SittingDecisionProposed(Disposition.RESUME, "继续")) == "fault_must_abandon"
    given_up = (Disposition.ABANDON, "规定时间内未修复")
    case.act("officer", sitting.SittingDecisionProposed(*given_up))
    case.act("releaser", sitting.SittingDecided(*given_up))
    assert case.state.stage is Stage.ABANDONED
    assert case.failed_checks() == []


def test_of_a_fault_that_stood_under_an_order_the_end_of_its_time_is_told_once(tmp_path):
    case = Lapsing(tmp_path).until_scoring()
    case.suspend()
    case.order(*SUSPEND)
    case.work_off(100)
    case.order(Disposition.RESUME, "不成立")
    case.work_off(190)
    assert case.told("sitting_fault_overdue") == set()
    case.work_off(15)
    with case.platform.database.reading() as db_session:
        told = [n.account_id for n in db_session.scalars(select(Notice).where(Notice.code == "sitting_fault_overdue"))]
    assert sorted(told) == sorted(set(told))
    assert len(told) == 5
