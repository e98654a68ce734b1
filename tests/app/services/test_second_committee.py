"""An evaluation that was given up begins again with a committee drawn anew, which is led by nothing of the first."""

from __future__ import annotations

import pytest

from app.adapters.profiles import read_profile
from app.casefile.attendance import attendances
from app.casefile.bundle import EVENTS, unpack
from app.casefile.case import Phase
from app.casefile.codec import encode
from app.casefile.playback import play_back
from app.casefile.sight import sees
from app.casefile.verification import Verdict, verify_bundle
from app.casefile.verification.evidence import read_lines
from app.client.agreed_draw import departures
from app.procedure.buyers import BuyerMemberNamed
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE
from app.queries.cases import load_records
from app.queries.timeline import case_stages
from app.services import files, tenders
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.platform import DIST
from evaluation import draw, sitting
from evaluation.sitting import Disposition, Stage
from evaluation.sitting.events import SittingEvent
from tests.app.services.people import LOT
from tests.app.services.test_buyers_successor import LETTER, Representing
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY, AGAIN = "主场线路四小时未恢复", "原评审终止，另组评标委员会重新评审"


class Twice(Representing):
    def until_results(self) -> Twice:
        return self.through(f"{DRAWN} seat_all elect review score_all")

    def score_all(self) -> None:
        self._score([bid.bid for bid in self.state.bids])

    def give_up(self) -> None:
        for step in (Disposition.SUSPEND, Disposition.ABANDON):
            self.act("regulator", sitting.SittingOrderProposed(step, WHY))
            self.act("inspector", sitting.SittingOrdered(step, WHY))
        self.work_off()

    def order_anew(self) -> None:
        self.act("officer", sitting.NewCommitteeProposed(AGAIN))
        self.act("releaser", sitting.NewCommitteeOrdered(AGAIN))
        self.work_off()

    def draw_anew(self) -> None:
        """A further round for every seat; all accept, and the buyer names somebody else."""
        state = self.case.lots[LOT].draw
        self._round(len(state.rounds))
        for number, seat in self.case.lots[LOT].draw.seats.items():
            if seat is draw.SeatState.CALLED:
                self._answer(number, True)
        self.act("officer", BuyerMemberNamed(self.another(), self.sites[0], LETTER))
        self.work_off()

    def sees(self, who: str | int) -> list[str]:
        person = self.members[who] if isinstance(who, int) else self.people[who]
        with self.platform.database.reading() as db_session:
            actor = load_actor(db_session, person.id, person.log_in.seat if isinstance(who, int) else "")
            records = [one for one in load_records(db_session, self.case_id) if one.lot == LOT]
        return [f"{r.seq}:{r.type}" for r in records if isinstance(r.fact, SittingEvent) and sees(actor, self.case, r)]


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Twice:
    return Twice(tmp_path_factory.mktemp("twice"), database_url=database_url).until_results()


def departures_of(case: Twice) -> list[str]:
    """What a trustee's tool has against the statement of the latest round."""
    current, profile = case.case.lots[LOT].draw.current, encode(case.case.tender.published.profile)
    with case.platform.database.reading() as db_session:
        records = [one for one in load_records(db_session, case.case_id) if one.lot == LOT]
    events = [{"type": one.type, "payload": one.payload, "at": one.to_json()["at"]} for one in records]
    return departures(events, current.stated, current.number, profile, case.clock())


def ordered_by_pages(case: Twice) -> None:
    """What each of the two is shown before signing, and what a draft without a reason is told."""
    site, path = Site(case), f"/agency/cases/{case.case_id}/lots/{LOT}/new-committee"
    officer, releaser = site.browser("officer"), site.browser("releaser")
    for empty in ("", "  "):
        refused = officer.post(path, note=empty).get_data(as_text=True)
        assert "请写明理由和依据" in refused
        assert "data-sign-act" not in refused
    assert "至多 500 字" in officer.post(path, note="由" * 501).get_data(as_text=True)
    signing = officer.post(path, note=AGAIN).get_data(as_text=True)
    for words in ('data-type="NewCommitteeProposed"', AGAIN, "重新抽取的专家", case.state.failure):
        assert words in signing
    for stranger in ("releaser", "centre", "regulator", "bidder-a"):
        site.browser(stranger).get(path, 404)
    releaser.get(f"{path}/release", 404)
    case.act("officer", sitting.NewCommitteeProposed(AGAIN))
    release = releaser.get(f"{path}/release")
    assert 'data-type="NewCommitteeOrdered"' in release
    assert AGAIN in release
    officer.get(f"{path}/release", 404)
    case.act("releaser", sitting.NewCommitteeOrdered(AGAIN))
    case.work_off()


def test_another_committee_evaluates_the_same_bids_and_the_first_ones_record_stays(case):
    first = case.state
    read_before = {who: set(case.sees(who)) for who in ("officer", "regulator")}
    case.give_up()
    given_up = {who: set(case.sees(who)) for who in ("officer", "regulator")}
    assert {kind.partition(":")[2] for kind in read_before["officer"] - given_up["officer"]} >= {"ResultsComputed"}
    with pytest.raises(RuleViolation, match="standstill_not_proposed"):
        case.act("releaser", sitting.NewCommitteeOrdered(AGAIN))
    assert "另组评审委员会" in Site(case).browser("officer").get("/agency")
    ordered_by_pages(case)
    state = case.case.lots[LOT]
    assert (state.phase, state.sitting.stage, state.sitting.committee) == (Phase.DRAW, Stage.UNCONVENED, 2)
    assert draw.missing(state.draw) == {stratum.name: stratum.quota for stratum in state.draw.conditions.strata}
    for who, seen in given_up.items():
        assert seen <= set(case.sees(who)), "what was given up is seen as it was then"
        assert not {one for one in set(case.sees(who)) - seen if "ResultsComputed" in one}

    line = {stage.code: stage for stage in case_stages(case.case, ANYONE, LOT, case.clock())}
    assert (line["draw"].state, line["draw"].facts, line["evaluation"].at) == ("active", {"anew": "yes"}, None)
    case.draw_anew()
    assert case.state.stage is Stage.GATHERING
    assert sorted(case.state.seats) == [6, 7, 8, 9, 10]
    assert not {seat.person for seat in case.state.seats.values()} & {seat.person for seat in first.seats.values()}
    assert departures_of(case) == [], "a trustee's tool signs it"
    case.members = {number: case._seat(number) for number in sorted(case.state.seats)}
    case._each(lambda n: sitting.StatementMade(n, True, ""))
    begun = next(int(one.partition(":")[0]) for one in case.sees("regulator") if "NewCommitteeOrdered" in one)
    assert all(int(one.partition(":")[0]) >= begun for one in case.sees(6))
    with case.platform.database.reading() as db_session:
        member = load_actor(db_session, case.members[6].id, case.members[6].log_in.seat)
        officer = load_actor(db_session, case.people["officer"].id)
    assert "failure" not in {one.kind for one in files.readable_files(case.platform, member, case.case_id, LOT)}
    assert "failure" in {one.kind for one in files.readable_files(case.platform, officer, case.case_id, LOT)}
    assert WHY in Site(case).browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/failure")


def test_the_second_evaluation_ends_in_a_report_of_its_own_and_the_evidence_of_both_holds(case):
    case.elect()
    case.review()
    case.score_all()
    case.report()
    assert case.state.stage is Stage.CLOSED
    assert list(database_differences(case.platform)) == []
    with case.platform.database.reading() as db_session:
        came = attendances(load_records(db_session, case.case_id), LOT)
    assert [one.seat for one in came] == [1, 2, 3, 4, 6, 7, 8, 9]
    case.release_export()
    for who in ("regulator", "officer"):
        bundle = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        assert {f"documents/failed-evaluation-{LOT}.pdf", f"documents/evaluation-report-{LOT}.pdf"} <= bundle.keys()
        checks = verify_bundle(bundle, [case.platform.keys.authority.certificate_pem], [read_profile("demo-goods")])
        assert [check for check in checks if check.verdict is Verdict.FAIL] == [], who
        played = play_back([line.record for line in read_lines(bundle[EVENTS]) if line.record], LOT)
        begun = [step.record.type for step in played.steps if step.after.sitting.stage is Stage.UNCONVENED]
        assert begun == ["NewCommitteeOrdered"], who  # the first committee's steps stand before it, the second's after
        ended = played.steps[-1].after.sitting
        assert (ended.committee, ended.stage, set(ended.seats)) == (2, Stage.CLOSED, set(case.state.seats)), who
        if who == "regulator":
            assert ended == case.state


def test_what_was_given_up_on_defective_documents_is_tendered_again_and_by_no_other_committee(tmp_path):
    case = Twice(tmp_path).until_scoring()
    case.act(case.members[case.chair], sitting.DefectFound(case.chair, "两项评分标准互相矛盾"))
    for who, kind in (("officer", sitting.SittingDecisionProposed), ("releaser", sitting.SittingDecided)):
        case.act(who, kind(Disposition.ABANDON, "修改采购文件后重新采购"))
    case.work_off()
    assert case.state.stage is Stage.ABANDONED
    with pytest.raises(RuleViolation, match="new_committee_on_defects"):
        case.act("officer", sitting.NewCommitteeProposed(AGAIN))
    assert "重新" in Site(case).browser("officer").get("/agency")
    assert tenders.open_next_round(case.platform, case.people["officer"].log_in, case.case_id)
