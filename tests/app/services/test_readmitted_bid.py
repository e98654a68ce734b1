"""A bid that was rejected by mistake comes back when the review is held again: it alone is scored, all else stands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.procedure.errors import RuleViolation
from app.services import score_drafts
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.services.score_drafts import TypedScore
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services.checked_bids import WORKS_UNTIL_REVIEW
from tests.app.services.people import LOT
from tests.app.services.test_rollbacks import WHY, Again
from tests.app.services.test_signing_statement import words
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
UNSIGNED = "投标函未签章"


class Readmitted(Again):
    """Of three bids the last is rejected by all; of works two are enough to go on where members say so."""

    def until_report(self) -> Readmitted:
        return self.through(f"{WORKS_UNTIL_REVIEW} reject_last score_rest")

    @property
    def gone(self) -> str:
        return self.state.bids[-1].bid

    def reject_last(self) -> None:
        found = tuple(
            sitting.ReviewFinding(bid.bid, "formal", bid.bid != self.gone, UNSIGNED if bid.bid == self.gone else "")
            for bid in self.state.bids
        )
        self._each(lambda n: sitting.BidsReviewed(n, found))
        self.go_on()

    def score_rest(self) -> None:
        self._each(lambda n: sitting.ScoreSheetLocked(n, self.sheet(n, list(self.state.valid)), {}))
        self.work_off()
        assert self.state.stage is Stage.REPORT


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Readmitted:
    return Readmitted(tmp_path_factory.mktemp("readmitted"), profile="demo-works").until_report()


def test_members_score_the_bid_that_came_back_and_no_other(case):
    before = case.state.sheets
    case.hold_again()
    case.review()
    assert case.state.stage is Stage.SCORING
    member, old, number = case.members[case.author], next(iter(before[case.author])), case.author
    desk = booth(Site(case), member).get(f"/room/{case.case_id}/{LOT}?bid={old}")
    name = next(bid.bidder_name for bid in case.state.bids if bid.bid == case.gone)
    assert f"只需为重新评审后新通过的投标评分：{name}。" in desk
    assert desk.count("readonly") == 4  # score and comment of both criteria
    added = booth(Site(case), member).get(f"/room/{case.case_id}/{LOT}?bid={case.gone}")
    assert "readonly" not in added
    assert "原汇总结果" not in added  # no result stands, and nobody reads an earlier one here

    def save(bid: str) -> None:
        score_drafts.save_score(
            case.platform, member.log_in, case.case_id, LOT, TypedScore(bid, "plan", Decimal(41), "")
        )

    with pytest.raises(RuleViolation, match="score_not_reopened"):
        save(old)
    save(case.gone)
    whole = case.sheet(number, [*case.state.valid])
    for bid, row in before[number].items():
        whole[bid] = dict(row)
    changed = {**whole, old: {**whole[old], "plan": whole[old]["plan"] - 1}}
    assert case.refuses(number, sitting.ScoreSheetLocked(number, changed, {})) == "score_not_reopened"
    for seat, person in case.members.items():
        cells = {**case.sheet(seat, [*case.state.valid]), **before[seat]}
        case.act(person, sitting.ScoreSheetLocked(seat, cells, {}))
    case.work_off()
    state = case.state
    assert state.stage is Stage.REPORT
    assert {seat: {bid: cells[bid] for bid in before[seat]} for seat, cells in state.sheets.items()} == before


def test_report_and_evidence_tell_of_both(case):
    for seat, person in case.members.items():
        case._sign(seat, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED
    root = case.platform.keys.authority.certificate_pem
    for who in ("regulator", "officer"):
        if who == "officer":
            case.release_export()
        files = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        found = verify_bundle(files, [root], [read_profile("demo-works")])
        assert [check for check in found if check.verdict is Verdict.FAIL] == [], who
    said = words(files[f"documents/evaluation-report-{LOT}.pdf"])
    for part in (WHY, UNSIGNED, "原初步评审：通过", "重新初步评审：通过", "否决—"):
        assert part in said, part
    assert "第1名" in said[said.index("重新汇总结果：") :]  # on the next page, as it happens
