"""A corrected price is confirmed by its bidder before there is a report; results, report and evidence go by it."""

from __future__ import annotations

import copy
import json
from decimal import Decimal as D

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.sight import sees
from app.casefile.verification import Verdict, verify_bundle
from app.documents.wording import render_xml
from app.models import Notice
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.platform import DIST
from app.services.report_content import report_content
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import ARITHMETIC_CONFIRMED, WITHIN_CEILING, ClarificationStanding, Stage
from tests.app.services import tampering
from tests.app.services.corrected import SUM, Corrected
from tests.app.services.people import LOT
from tests.app.services.questions import IN_TIME
from tests.app.services.test_methods import wrong

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
ABOUT_PRICES = {"ClarificationProposed", "ClarificationAsked", "ClarificationAnswered"}


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Corrected:
    """On both databases: proposed, sent and confirmed while a report was there already."""
    played = Corrected(tmp_path_factory.mktemp("corrected"), database_url=database_url).until_results()
    assert played.state.stage is Stage.REPORT
    played.ask_to_confirm("c1", "1583000.50")
    assert played.state.stage is Stage.RESULTS
    played.work_off()
    assert played.state.stage is Stage.RESULTS  # the report waits
    return played


def told(case: Corrected, login: str) -> list[str]:
    with case.platform.database.reading() as db_session:
        query = select(Notice.code).where(Notice.account_id == case.people[login].id).order_by(Notice.created_at)
        return list(db_session.scalars(query))


def seen_by(case: Corrected, who) -> set[str]:
    """The kinds of facts about prices that somebody sees: a login, or the number of a seat."""
    person = case.members[who] if isinstance(who, int) else case.people[who]
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, person.id, person.log_in.seat if isinstance(who, int) else "")
        records = load_records(db_session, case.case_id)
    return {one.type for one in records if one.type in ABOUT_PRICES and sees(actor, case.case, one)}


def test_the_bidder_alone_is_asked_and_confirms_once(case):
    assert told(case, "bidder-a")[-1] == "clarification_asked"
    assert seen_by(case, "bidder-a") == {"ClarificationAsked"}
    assert seen_by(case, "bidder-b") == set()
    with pytest.raises(RuleViolation) as refusal:
        case.answer("c1", text="以汇总金额为准。")
    assert refusal.value.code == "confirmation_missing"
    before = case.state.result
    case.confirm("c1", text="汇总时漏计运费。")
    result, bid = case.state.result, case.state.clarifications["c1"].proposed.bid
    assert result[bid].price == D("1583000.50")
    assert result[bid].read_out == before[bid].price == D(1566000)
    assert result[bid].corrected.ground is SUM
    assert result[bid].price_score != before[bid].price_score
    with pytest.raises(RuleViolation):
        case.confirm("c1", confirms=False)


def test_report_and_evidence_tell_of_both_prices_and_hold(case):
    case.work_off()
    assert case.state.stage is Stage.REPORT
    content = {lang: report_content(case.platform, case.case, LOT, case.lot_records, lang) for lang in ("zh", "en")}
    for lang, read_out, words in (
        ("zh", "唱标报价 1,566,000.00 元", "书面确认"),
        ("en", "1,566,000.00 yuan", "confirmed"),
    ):
        xml = render_xml("evaluation_report", content[lang], lang)
        assert read_out in xml
        assert "1,583,000.50" in xml
        assert words in xml
    case.report()
    assert case.state.stage is Stage.CLOSED
    assert list(database_differences(case.platform)) == []
    case.release_export()
    root = case.platform.keys.authority.certificate_pem
    for who in ("regulator", "officer"):
        found = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        checks = verify_bundle(found, [root], [read_profile("demo-goods")])
        assert [check for check in checks if check.verdict is Verdict.FAIL] == [], who
    found = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    report = json.loads(attached_file(found[f"documents/evaluation-report-{LOT}.pdf"], "report.json"))
    (asked,) = report["clarifications"]
    assert (asked["correction"], asked["confirms"]) == ({"price": "1583000.50", "ground": "sum_over_total"}, True)


def forged(case: Corrected, change) -> set[str]:
    """What the verifier finds wrong in a record that the platform has changed afterwards."""
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    lines = copy.deepcopy(tampering.lines_of(files))
    change([line["entry"] for line in lines if "entry" in line])
    return wrong(case, tampering.by_platform(files, lines, case.platform.keys.platform.key))


def test_a_correction_that_is_changed_afterwards_is_found_out(case):
    def asked(entries):
        next(one for one in entries if one["type"] == "ClarificationAsked")["payload"]["correction"]["price"] = (
            "1583000"
        )

    def result(entries):
        last = [one for one in entries if one["type"] == "ResultsComputed"][-1]
        for row in last["payload"]["result"]["bids"]:
            row.pop("corrected", None)

    def answer(entries):
        next(one for one in entries if one["type"] == "ClarificationAnswered")["payload"]["confirms"] = False

    assert "evidence_consequence_differs" in forged(case, asked)
    assert {"evidence_consequence_differs", "evidence_result_differs"} & forged(case, result)
    assert forged(case, answer)


@pytest.fixture
def fresh(tmp_path) -> Corrected:
    return Corrected(tmp_path).until_results()


@pytest.mark.parametrize("answered", [True, False])
def test_who_does_not_confirm_or_does_not_answer_in_time_is_out(fresh, answered):
    fresh.ask_to_confirm("c1", "1583000.50")
    if answered:
        fresh.confirm("c1", confirms=False)
    else:
        fresh.work_off(IN_TIME)
        assert fresh.state.clarifications["c1"].standing is ClarificationStanding.LAPSED
        assert "correction_unconfirmed" in told(fresh, "bidder-a")
    (rejected,) = fresh.state.rejected
    assert (rejected.item, rejected.votes) == (ARITHMETIC_CONFIRMED.id, 0)
    assert fresh.state.stage is Stage.FAILED  # two bids are left, where three are needed


def test_a_corrected_price_above_the_ceiling_is_out(fresh):
    ceiling = fresh.state.rules.ceiling
    fresh.ask_to_confirm("c1", str(ceiling + D("0.01")))
    fresh.confirm("c1")
    assert [one.item for one in fresh.state.rejected] == [WITHIN_CEILING.id]


def test_nobody_who_is_to_score_again_learns_of_a_corrected_price(fresh):
    fresh.ask_to_confirm("c1", "1583000.50")
    seat = fresh.others[0]
    assert seen_by(fresh, seat) == {"ClarificationProposed", "ClarificationAsked"}
    fresh.act(fresh.members[fresh.others[1]], sitting.ConflictDeclared(fresh.others[1], "表亲"))
    assert fresh.state.stage is Stage.GATHERING
    assert seen_by(fresh, seat) == set()
    fresh.confirm("c1")  # the bidder's time runs on, whoever has left
    assert seen_by(fresh, seat) == set()
