"""The buyer's representative leaves: another one is named in writing, sits down and evaluates again from the start."""

from __future__ import annotations

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.permissions.policy import NotAllowed
from app.procedure.buyers import BuyerMemberNamed
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import ReplacementGround, Stage
from tests.app.services.people import LOT
from tests.app.services.test_replacements import Succeeding
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
LETTER = "b" * 64


class Representing(Succeeding):
    @property
    def buyers_seat(self) -> int:
        return next(number for number, seat in self.state.seats.items() if seat.role == "buyer")

    def another(self) -> str:
        """A second person of the buyer; its account."""
        self._add("buyer-2", "另一代表", "buyer", Role.AGENCY_OFFICER)
        return self.people["buyer-2"].id


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Representing:
    return Representing(tmp_path_factory.mktemp("buyers"), database_url=database_url).until_scoring()


def test_a_successor_is_named_by_a_letter_of_its_own_and_evaluates_from_the_start(case):
    seat, rounds = case.buyers_seat, len(case.case.lots[LOT].draw.rounds)
    fact = case.state.seats[seat]
    ground, note = ReplacementGround.HEALTH, "突发疾病送医"
    case.act("officer", sitting.ReplacementProposed(seat, ground, note))
    case.act("releaser", sitting.ReplacementOrdered(seat, ground, note))
    case.work_off()
    assert case.state.stage is Stage.GATHERING
    assert len(case.case.lots[LOT].draw.rounds) == rounds, "nobody is drawn"
    with pytest.raises((NotAllowed, RuleViolation)):
        case.act(case.members[seat], sitting.StatementMade(seat, True, ""))
    with pytest.raises(RuleViolation, match="buyer_member_repeated"):
        case.act("officer", BuyerMemberNamed(case.people["buyer"].id, fact.site, LETTER))
    page = Site(case).browser("officer").get(f"/agency/cases/{case.case_id}/lots/{LOT}/buyer-member")
    assert "接替退出的采购人代表" in page
    assert "请指定接替的采购人代表" in Site(case).browser("officer").get("/agency")
    case.act("officer", BuyerMemberNamed(case.another(), fact.site, LETTER))
    case.work_off()
    assert case.state.seats[seat].person == "buyer-2"
    case.members[seat] = case._seat(seat)
    assert case.members[seat].id == case.people["buyer-2"].id
    case.act(case.members[seat], sitting.StatementMade(seat, True, ""))
    found = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in case.state.bids)
    case.act(case.members[seat], sitting.BidsReviewed(seat, found))
    case._score([bid.bid for bid in case.state.bids])
    case.report()
    assert case.state.stage is Stage.CLOSED
    assert list(database_differences(case.platform)) == []
    case.release_export()
    for who in ("regulator", "officer"):
        files = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        checks = verify_bundle(files, [case.platform.keys.authority.certificate_pem], [read_profile("demo-goods")])
        assert [check for check in checks if check.verdict is Verdict.FAIL] == [], who
