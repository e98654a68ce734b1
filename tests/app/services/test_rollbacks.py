"""Two members have the review held again: who is told what, what stands, what report and evidence say of it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.report_data import REPORT_ATTACHMENT
from app.casefile.sight import sees
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import RollbackGround, RollbackTarget, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_signing_statement import Signing, words
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY = "乙的营业执照漏看了一页"
WORDS = (RollbackTarget.REVIEW, RollbackGround.BASIS, WHY)
TYPES = ("RollbackProposed", "RollbackReleased", "ReviewRolledBack")


class Again(Signing):
    def until_report(self) -> Again:
        return self.through(f"{DRAWN} seat_all elect review score_all")

    def score_all(self) -> None:
        bids = [bid.bid for bid in self.state.bids]
        self._each(lambda n: sitting.ScoreSheetLocked(n, self.sheet(n, bids), {}))
        self.work_off()
        assert self.state.stage is Stage.REPORT

    @property
    def author(self) -> int:
        """A member that does not chair."""
        return min(number for number in self.members if number != self.chair)

    def hold_again(self) -> None:
        self.act(self.members[self.author], sitting.RollbackProposed(self.author, *WORDS))
        self.act(self.members[self.chair], sitting.RollbackReleased(self.chair, self.author, *WORDS))

    def refuses(self, number: int, fact: object) -> str:
        with pytest.raises(RuleViolation) as refusal:
            self.act(self.members[number], fact)
        return refusal.value.code

    def finish(self) -> None:
        self.review()
        self.work_off()
        for number, person in self.members.items():
            self._sign(number, person)
        self.work_off()
        assert self.state.stage is Stage.CLOSED

    def sees(self, who: str, type: str) -> bool:
        with self.platform.database.reading() as db_session:
            person = self.members.get(who) or self.people[who]
            actor = load_actor(db_session, person.id, person.log_in.seat)
            records = load_records(db_session, self.case_id)
        return all(sees(actor, self.case, record) for record in records if record.type == type)


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Again:
    return Again(tmp_path_factory.mktemp("again")).until_report()


def test_it_is_proposed_on_a_page_and_released_on_another_by_somebody_else(case):
    site, room = Site(case), f"/room/{case.case_id}/{LOT}"
    mine, chairs = booth(site, case.members[case.author]), booth(site, case.members[case.chair])
    assert "提议退回重做一个环节" in mine.get(room)
    empty = mine.post(f"{room}/rollback", to="review", ground="basis", note=" ").get_data(as_text=True)
    assert "请写明哪里有误" in empty
    signing = mine.post(f"{room}/rollback", to="review", ground="basis", note=WHY).get_data(as_text=True)
    assert 'data-type="RollbackProposed"' in signing
    assert "已经汇总公布过的评分不变" in signing
    chairs.get(f"{room}/rollback/release", 404)
    case.act(case.members[case.author], sitting.RollbackProposed(case.author, *WORDS))
    assert "核对是否同意" in chairs.get(f"{room}/status")
    assert "核对是否同意" not in mine.get(f"{room}/status")
    assert 'data-type="RollbackReleased"' in chairs.get(f"{room}/rollback/release")
    other = next(n for n in case.members if n not in (case.author, case.chair))
    assert case.refuses(other, sitting.RollbackReleased(other, case.author, *WORDS)) == "rollback_by_chair"
    own = sitting.RollbackReleased(case.author, case.author, *WORDS)
    assert case.refuses(case.author, own) == "second_person_needed"
    for who in ("officer", "releaser", "centre", "regulator", "bidder-a"):
        with pytest.raises(NotAllowed):
            case.act(who, sitting.RollbackProposed(case.author, *WORDS))


def test_a_proposal_lapses_and_is_made_again(case):
    case.work_off(16 * 60)
    released = sitting.RollbackReleased(case.chair, case.author, *WORDS)
    assert case.refuses(case.chair, released) == "proposal_lapsed"
    room = f"/room/{case.case_id}/{LOT}"
    assert "提议已失效" in booth(Site(case), case.members[case.chair]).get(f"{room}/status")


def test_everybody_concerned_is_told_and_who_may_not_know_reads_no_word_and_no_score(case):
    before = case.state
    case.hold_again()
    state = case.state
    assert (state.stage, state.reviews, state.result, state.report_sha256) == (Stage.REVIEW, {}, None, "")
    assert state.seen == before.sheets
    with case.platform.database.reading() as db_session:
        notices = db_session.scalars(select(Notice).where(Notice.code == "rolled_back_review")).all()
    told = {case.people[who].id for who in ("officer", "releaser", "centre", "regulator")}
    assert told <= {notice.account_id for notice in notices}
    assert not any(WHY in notice.facts for notice in notices)
    site, room = Site(case), f"/room/{case.case_id}/{LOT}"
    for number in case.members:
        page = booth(site, case.members[number]).get(room)
        assert WHY in page
        assert "全体成员重新进行" in page
        assert "原汇总结果" not in page
        assert case.sees(number, "RollbackReleased")
    assert WHY in stated(site).get(f"{room}/status")
    for who in ("officer", "releaser", "centre", "witness-host", "bidder-a"):
        assert not case.sees(who, "RollbackReleased"), who
        knew = who in ("officer", "releaser")  # the totals, since they stood (matrix 2, row 71)
        assert knew or not case.sees(who, "ResultsComputed"), who
    assert case.sees("centre", "ReviewRolledBack")
    assert not case.sees("bidder-a", "ReviewRolledBack")


def test_the_sheets_stand_and_the_report_says_what_stood_before_and_stands_now(case):
    before = case.state.seen
    case.finish()
    assert case.state.sheets == before
    with case.platform.database.reading() as db_session:
        assert not db_session.scalars(select(Notice).where(Notice.code == "results_computed_anew")).all()
    files = exported(case, "regulator")
    report = files[f"documents/evaluation-report-{LOT}.pdf"]
    said = words(report)
    for part in ("退回重做的环节", WHY, "原初步评审：通过", "原汇总结果：第1名", "重新汇总结果：第1名", "依据有误"):
        assert part in said, part
    rows = json.loads(attached_file(report, REPORT_ATTACHMENT))["rollbacks"]
    assert [(row["to"], row["ground"], row["note"]) for row in rows] == [("review", "basis", WHY)]
    assert [bid["rank"] for bid in rows[0]["before"]] == [1, 2, 3]


def exported(case, who) -> dict[str, bytes]:
    return unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])


@pytest.mark.parametrize("who", ["regulator", "officer"])
def test_the_evidence_holds_for_who_may_have_it(case, who):
    if who == "officer":
        case.release_export()
    files = exported(case, who)
    root = case.platform.keys.authority.certificate_pem
    found = verify_bundle(files, [root], [read_profile("demo-goods")])
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
    assert set(TYPES) <= {line["entry"]["type"] for line in tampering.lines_of(files) if "entry" in line}


def test_the_platform_can_change_or_leave_out_nothing_of_it(case):
    files = exported(case, "regulator")
    lines, key = tampering.lines_of(files), case.platform.keys.platform.key
    judging = {name: STEPS[name] for name in ("acts", "replay")}

    def failing(forged) -> bool:
        found = verify_bundle(tampering.by_platform(files, forged, key), steps=judging)
        return any(check.verdict is Verdict.FAIL for check in found)

    for type in TYPES:
        seq = [at for at, line in enumerate(lines) if line["entry"]["type"] == type][-1]
        assert failing(tampering.without(lines, seq)), type
        for path in tampering.paths(lines[seq]["entry"]):
            if path[0] in ("payload", "actor"):
                assert failing(tampering.changed(lines, seq, path)), (type, path)
