"""A successor evaluates without having read what was found, scored, computed or said before it came."""

from __future__ import annotations

import json

import pytest

from app.casefile.sight import SIGHT, sees
from app.queries.cases import load_records
from app.services.actors import load_actor
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import Disposition, Stage
from tests.app.services.people import LOT
from tests.app.services.test_dissents_kept import Dissenting
from tests.app.services.test_replacements import CONFLICT
from tests.app.services.whole_case import PRICES
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
UNSIGNED = "投标文件未签章"
WORDS = "第一名的技术分明显偏高"
FOUND = {
    "BidsReviewed", "ReviewConcluded", "ScoreSheetLocked", "ResultsComputed", "CorrectionRequested", "SheetReopened",
    "DissentRecorded",
}  # fmt: skip


@pytest.fixture
def case(tmp_path) -> Dissenting:
    """Results were corrected, a member dissents from them and leaves, and another one sits down."""
    case = Dissenting(tmp_path).until_results()
    case.correct()
    case.act(case.members[case.author], sitting.DissentRecorded(case.author, WORDS))
    case.work_off()
    case.act(case.members[case.author], sitting.ConflictDeclared(case.author, CONFLICT))
    case._answer(case.draw_again(), True)
    case.work_off()
    case.members[case.author] = case._seat(case.author)
    return case


def kinds(case: Dissenting, number: int) -> set[str]:
    """What the member on a seat sees of the case."""
    person = case.members[number]
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, person.id, person.log_in.seat)
        return {record.type for record in load_records(db_session, case.case_id) if sees(actor, case.case, record)}


def told(case: Dissenting, number: int) -> str:
    """Everything that the interface for programs and the room answer to that member."""
    browser = booth(Site(case), case.members[number])
    events = browser.client.get(f"/api/v1/cases/{case.case_id}/events").get_json()
    room = browser.client.get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/room").get_json()
    return json.dumps([events, room], ensure_ascii=False) + browser.get(f"/room/{case.case_id}/{LOT}")


def test_until_results_stand_again_it_reads_nothing_of_what_was_found_before(case):
    seat, bids = case.author, case.bids
    assert SIGHT.keys() >= FOUND
    assert case.state.stage is Stage.STATEMENTS
    assert kinds(case, seat).isdisjoint(FOUND)
    assert WORDS not in told(case, seat)
    assert "member_totals" not in told(case, seat)

    case.act(case.members[seat], sitting.StatementMade(seat, True, ""))
    assert case.state.stage is Stage.REVIEW
    assert kinds(case, seat).isdisjoint(FOUND)

    found = tuple(sitting.ReviewFinding(bid, "formal", True, "") for bid in bids)
    case.act(case.members[seat], sitting.BidsReviewed(seat, found))
    assert case.state.stage is Stage.SCORING
    assert kinds(case, seat) & FOUND == {"BidsReviewed", "ReviewConcluded"}, "its own time's"
    assert WORDS not in told(case, seat)

    case.act(case.members[seat], sitting.ScoreSheetLocked(seat, case.sheet_of(seat, ""), {}))
    assert case.state.result is not None
    assert kinds(case, seat) >= FOUND
    assert WORDS in told(case, seat)


class Rejecting(Dissenting):
    """A fourth bid is rejected, by everybody, for want of a signature."""

    def bid(self) -> Rejecting:
        self.receipts = {
            login: self.submit(login, price) for login, price in {**PRICES, "bidder-d": "157000000"}.items()
        }
        return self

    def review(self) -> None:
        bad = self.receipts["bidder-d"]
        found = tuple(
            sitting.ReviewFinding(bid.bid, "formal", bid.bid != bad, UNSIGNED if bid.bid == bad else "")
            for bid in self.state.bids
        )
        self._each(lambda n: sitting.BidsReviewed(n, found))


def test_before_its_own_review_a_successor_reads_nothing_of_the_earlier_one(tmp_path):
    case = Rejecting(tmp_path).until_scoring()
    seat = case.leaver()
    assert UNSIGNED in told(case, seat)
    case.act(case.members[seat], sitting.ConflictDeclared(seat, CONFLICT))
    case._answer(case.draw_again(), True)
    case.work_off()
    case.members[seat] = successor = case._seat(seat)
    assert UNSIGNED not in told(case, seat)
    case.act(successor, sitting.StatementMade(seat, True, ""))
    assert case.state.stage is Stage.REVIEW
    assert UNSIGNED not in told(case, seat)
    room = booth(Site(case), successor).client.get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/room").get_json()
    assert (room["valid"], room["rejected"]) == ([], [])


def test_a_bidder_reads_no_finding_of_an_evaluation_that_was_given_up(tmp_path):
    case = Rejecting(tmp_path).until_scoring()
    for step in (Disposition.SUSPEND, Disposition.ABANDON):
        case.act("regulator", sitting.SittingOrderProposed(step, "查实"))
        case.act("inspector", sitting.SittingOrdered(step, "查实"))
    case.work_off()
    assert case.state.stage is Stage.ABANDONED
    page = Site(case).browser("bidder-d").get(f"/bidder/cases/{case.case_id}/lots/{LOT}")
    assert "评审已终止" in page
    assert UNSIGNED not in page


def test_who_stayed_and_scored_has_read_it_and_goes_on_reading_it(case):
    stayed = next(n for n in case.members if n != case.author)
    assert {"ResultsComputed", "DissentRecorded", "CorrectionRequested"} <= kinds(case, stayed)


def test_the_agency_reads_no_result_of_an_evaluation_that_was_given_up_and_its_bundle_holds(tmp_path):
    case = Dissenting(tmp_path).until_results()
    results = {"ScoreSheetLocked", "ResultsComputed"}

    def read_by(who: str) -> set[str]:
        with case.platform.database.reading() as db_session:
            actor = load_actor(db_session, case.people[who].id)
            return {one.type for one in load_records(db_session, case.case_id) if sees(actor, case.case, one)}

    assert results <= read_by("officer")
    for step in (Disposition.SUSPEND, Disposition.ABANDON):
        case.act("regulator", sitting.SittingOrderProposed(step, "查实"))
        case.act("inspector", sitting.SittingOrdered(step, "查实"))
    case.work_off()
    assert results.isdisjoint(read_by("officer"))
    assert {"QualificationChecked", "SittingAbandoned", "FailureRecordSealed"} <= read_by("officer")
    assert results <= read_by("regulator")
    case.release_export()
    for who in ("officer", "regulator"):
        assert case.failures(case.bundle(who)) == [], who
