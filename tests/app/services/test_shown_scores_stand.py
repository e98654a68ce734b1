"""A successor's review lets a bid pass that was rejected: who stays scores that bid, and nothing else again."""

from __future__ import annotations

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.procedure.errors import RuleViolation
from app.services.audits import export_evidence
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services.people import LOT
from tests.app.services.test_replacements import Succeeding
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


class Tipped(Succeeding):
    """Three of five reject the third bid, the member who leaves afterwards among them."""

    def review_so(self, against: tuple[int, ...]) -> None:
        out = self.receipts["bidder-c"]

        def found(number: int) -> tuple[sitting.ReviewFinding, ...]:
            fails = [number in against and bid.bid == out for bid in self.state.bids]
            pairs = zip(self.state.bids, fails, strict=True)
            return tuple(sitting.ReviewFinding(bid.bid, "formal", not no, "未盖章" if no else "") for bid, no in pairs)

        self._each(lambda n: sitting.BidsReviewed(n, found(n)))

    def lock(self, number: int) -> None:
        """In the order of the bidders, so that a bid which comes back moves no other one's score."""
        bids = [bid for bid in self.receipts.values() if bid in self.state.valid]
        fact = sitting.ScoreSheetLocked(number, self.sheet(number, bids), {})
        self.act(self.members[number], fact)


def test_nobody_scores_again_what_all_have_seen(tmp_path):
    case = Tipped(tmp_path, profile="demo-works").through("found publish bid read_out conclude draw seat_all elect")
    number, out = case.leaver(), case.receipts["bidder-c"]
    others = [n for n in case.members if n not in (number, case.chair)]
    case.review_so((number, *others[:2]))
    assert out not in case.state.valid
    case.go_on()
    for seat in case.members:
        case.lock(seat)
    seen = case.state.sheets
    assert case.state.result is not None
    case.act(case.members[number], sitting.ConflictDeclared(number, "投标人丙的技术负责人是我的表弟"))
    case._answer(case.draw_again(), True)
    case.work_off()
    case.members[number] = case._seat(number)
    case.act(case.members[number], sitting.StatementMade(number, True, ""))
    passed = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in case.state.bids)
    case.act(case.members[number], sitting.BidsReviewed(number, passed))
    assert (case.state.stage, case.state.sheets) == (Stage.SCORING, {})
    assert out in case.state.valid
    mine, site, room = others[0], Site(case), f"/room/{case.case_id}/{LOT}"
    desk = booth(site, case.members[mine]).get(room)
    assert "投标人c" in desk
    changed = {bid: {**row, "plan": row["plan"] + 1} for bid, row in case.sheet(mine, list(case.state.valid)).items()}
    with pytest.raises(RuleViolation, match="score_not_reopened"):
        case.act(case.members[mine], sitting.ScoreSheetLocked(mine, changed, {}))
    for seat in case.members:
        case.lock(seat)
    assert all(
        case.state.sheets[n][bid] == row for n, cells in seen.items() if n != number for bid, row in cells.items()
    )
    case.work_off()
    assert case.state.stage is Stage.REPORT
    for seat, person in case.members.items():
        case._sign(seat, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED
    case.release_export()
    for who in ("regulator", "officer"):
        bundle = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        found = verify_bundle(bundle, [case.platform.keys.authority.certificate_pem], [read_profile("demo-works")])
        assert [check for check in found if check.verdict is Verdict.FAIL] == [], who
