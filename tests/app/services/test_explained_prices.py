"""A clearly low price is explained in writing and voted on before there is a report; report and log tell of it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.sight import sees
from app.casefile.verification import Verdict, verify_bundle
from app.models import Notice, StoredFile
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services import files
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.platform import DIST
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import PRICE_PROVEN, ClarificationStanding, Stage
from tests.app.services.low_priced import NO_PROOF, PROOF, LowPriced
from tests.app.services.people import LOT
from tests.app.services.questions import IN_TIME

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
ABOUT_PRICES = {"ClarificationProposed", "ClarificationAsked", "ClarificationAnswered", "ExplanationJudged"}
ABOUT_PRICES |= {"ExplanationDecided", "PricesMarked"}


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> LowPriced:
    """On both databases: rejected by three of five, then signed and sealed."""
    played = LowPriced(tmp_path_factory.mktemp("low"), database_url=database_url).until_results()
    assert [one.bid for one in played.state.marked] == [played.receipts["bidder-a"]]
    assert played.state.report_sha256 == ""
    played.price("p1")
    played.answer("p1", text=PROOF, files=(played.paper(),))
    return played


def told(case: LowPriced, login: str) -> list[str]:
    with case.platform.database.reading() as db_session:
        query = select(Notice.code).where(Notice.account_id == case.people[login].id).order_by(Notice.created_at)
        return list(db_session.scalars(query))


def seen_by(case: LowPriced, who) -> set[str]:
    """The kinds of facts about prices that somebody sees: a login, or the number of a seat."""
    person = case.members[who] if isinstance(who, int) else case.people[who]
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, person.id, person.log_in.seat if isinstance(who, int) else "")
        records = load_records(db_session, case.case_id)
    return {one.type for one in records if one.type in ABOUT_PRICES and sees(actor, case.case, one)}


def test_a_marked_price_is_asked_about_without_a_vote_and_the_votes_on_the_answer_are_secret(case):
    assert case.case.lots[LOT].clarifying["p1"].decided.by_rule
    assert told(case, "bidder-a")[-1] == "clarification_asked"
    case.member(sitting.ExplanationJudged(case.others[0], "p1", False, NO_PROOF))
    assert "ExplanationJudged" in seen_by(case, case.others[0])
    assert "ExplanationJudged" not in seen_by(case, case.others[1])
    assert seen_by(case, "bidder-a") == {"ClarificationAsked", "ClarificationAnswered"}
    assert seen_by(case, "bidder-b") == set()
    long = sitting.ExplanationJudged(case.others[1], "p1", False, "x" * 501)
    with pytest.raises(RuleViolation) as refusal:
        case.member(long)
    assert refusal.value.code == "clarification_text_long"
    assert case.state.stage is Stage.RESULTS


def test_a_majority_rejects_and_the_report_follows_and_tells_of_it_in_evidence_that_holds(case):
    for seat in case.others[1:3]:
        case.member(sitting.ExplanationJudged(seat, "p1", False, NO_PROOF))
    (rejected,) = case.state.rejected
    assert (rejected.bid, rejected.item, rejected.votes) == (case.receipts["bidder-a"], PRICE_PROVEN.id, 3)
    assert len(case.state.result.bids) == 3
    case.work_off()
    assert case.state.stage is Stage.REPORT
    case.report()
    assert case.state.stage is Stage.CLOSED
    assert list(database_differences(case.platform)) == []
    case.release_export()
    for who in ("regulator", "officer"):
        found = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        root = case.platform.keys.authority.certificate_pem
        checks = verify_bundle(found, [root], [read_profile("demo-goods")])
        assert [check for check in checks if check.verdict is Verdict.FAIL] == [], who
        report = json.loads(attached_file(found[f"documents/evaluation-report-{LOT}.pdf"], "report.json"))
        assert [one["bid"] for one in report["low_prices"]] == [case.receipts["bidder-a"]]
        assert [mark["kind"] for mark in report["low_prices"][0]["marks"]] == ["mean", "next", "ceiling"]
        (asked,) = report["clarifications"]
        assert asked["by_rule"]
        assert {name: asked["explanation"][name] for name in ("proven", "agreed", "opposed")} == {
            "proven": False, "agreed": 0, "opposed": 3,
        }  # fmt: skip


@pytest.fixture
def fresh(tmp_path) -> LowPriced:
    return LowPriced(tmp_path).until_results()


def test_who_explains_nothing_in_time_is_rejected_by_the_clock_and_told_so(fresh):
    fresh.price("p1")
    fresh.work_off(IN_TIME)
    assert fresh.state.clarifications["p1"].standing is ClarificationStanding.LAPSED
    assert fresh.state.rejected[0].votes == 0
    assert told(fresh, "bidder-a")[-1] == "price_unexplained"
    fresh.work_off()
    assert fresh.state.stage is Stage.REPORT


def test_a_price_that_is_proven_stays_in_the_ranking(fresh):
    fresh.price("p1")
    fresh.answer("p1", text=PROOF)
    fresh.judge("p1", against=2)
    fresh.work_off()
    assert fresh.state.stage is Stage.REPORT
    assert len(fresh.state.result.bids) == 4


def test_nobody_who_is_to_score_again_learns_that_a_price_is_low(fresh):
    fresh.price("p1")
    fresh.answer("p1", text=PROOF, files=(fresh.paper(),))
    seat = fresh.others[0]
    assert ABOUT_PRICES - seen_by(fresh, seat) == {"ExplanationJudged", "ExplanationDecided"}
    fresh.act(fresh.members[fresh.others[1]], sitting.ConflictDeclared(fresh.others[1], "表亲"))
    assert fresh.state.stage is Stage.GATHERING
    assert seen_by(fresh, seat) == {"PricesMarked"}  # which it has read, of results that stand no more
    with fresh.platform.database.reading() as db_session:
        row = db_session.scalar(select(StoredFile).where(StoredFile.kind == "clarification"))
        actor = load_actor(db_session, fresh.members[seat].id, fresh.members[seat].log_in.seat)
    with pytest.raises(RuleViolation):
        files.read_file(fresh.platform, actor, row.id)
