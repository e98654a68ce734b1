"""Opened bids are checked: what is found stands in the case file, follows again from it, and the committee decides."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from functools import reduce

import pytest
from sqlalchemy import select

from app.adapters import bid_texts
from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.case import Case
from app.casefile.codec import decode, encode
from app.casefile.record import Record
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import BidReading, Job, StoredFile
from app.permissions.policy import NotAllowed
from app.procedure.bid_checking import grounds_in, votable
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.queries.events import seen_events
from app.queries.findings import report_words
from app.services import bid_checks, tenders
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.files import READ_WITH
from app.services.platform import DIST
from app.services.report_content import report_content
from crypto.canonical import canonical, parse
from evaluation.bid_checks import OWN_NAME, Reading, Readings
from evaluation.bid_checks import FindingKind as K
from evaluation.sitting import (
    ContractPointsStated,
    Disposal,
    FindingPut,
    FindingVoted,
    FindingWithdrawn,
    RejectionGround,
    Stage,
)
from tests.app.services import tampering
from tests.app.services.checked_bids import REASON, UNTIL_REVIEW, WORKS_UNTIL_REVIEW, CheckedCase
from tests.app.services.whole_case import LOT, WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
POINTS = "运输途中的保险由中标人办理"
ALIKE = RejectionGround.ABNORMALLY_ALIKE
CHECKS = {name: STEPS[name] for name in ("replay", "checks", "sittings", "documents", "files")}


@pytest.fixture(scope="module")
def reviewing(tmp_path_factory) -> CheckedCase:
    return CheckedCase(tmp_path_factory.mktemp("reviewing")).through(UNTIL_REVIEW)


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> CheckedCase:
    """A finding is explained in the review; after the last lock a bid is rejected on another, and that is sealed."""
    case = CheckedCase(tmp_path_factory.mktemp("over"), profile="demo-works").through(WORKS_UNTIL_REVIEW)
    staff = case.number_of("same_file")
    case.put(staff, Disposal.ASK)
    case.vote(staff)
    case.put(staff, Disposal.EXPLAINED)
    case.vote(staff, against=1)
    case.until_results()
    for known in (staff, case.number_of("file_unreadable")):  # since the review
        with pytest.raises(RuleViolation, match=r"finding_too_late|finding_settled"):
            case.put(known, Disposal.REJECT, "bidder-c", ground=RejectionGround.NOT_RESPONSIVE)
    wrong = case.number_of("list_sum", "bidder-b")
    with pytest.raises(RuleViolation, match="finding_ground_unfit"):  # which rejects nobody any more
        case.put(wrong, Disposal.REJECT, "bidder-b", ground=RejectionGround.NOT_RESPONSIVE)
    alike = case.number_of("regular_items", "bidder-b")
    case.put(alike, Disposal.REJECT, "bidder-b", ground=ALIKE)
    case.vote(alike, against=2)
    case.go_on()
    case.work_off()
    case.act(case.members[case.chair], ContractPointsStated(case.chair, POINTS))
    case.work_off()
    case.report()
    return case


def found_kinds(case: WholeCase) -> list[K]:
    checked = case.case.lots[LOT].checked
    assert checked is not None
    return [found.kind for found in checked.findings]


# what is found


def test_what_bids_have_in_common_is_on_record_after_the_opening(reviewing: CheckedCase):
    assert Counter(found_kinds(reviewing)) == {
        K.LIST_LINES: 1,
        K.LIST_SUM: 1,
        K.REGULAR_ITEMS: 3,
        K.SAME_FILE: 1,
        K.LIKE_TEXT: 1,
        K.SAME_PROPERTY: 3,  # the author, the program with the time, the identifier
        K.FILE_UNREADABLE: 3,
    }
    findings = reviewing.case.lots[LOT].checked.findings
    like = next(found for found in findings if found.kind is K.LIKE_TEXT)
    assert set(like.bids) == {reviewing.receipts["bidder-a"], reviewing.receipts["bidder-b"]}
    assert [place.places for place in like.evidence] == [(1, 2, 3)] * 2
    properties = {found.figures["property"]: found for found in findings if found.kind is K.SAME_PROPERTY}
    assert properties["author"].figures["value"] == "张三"
    assert properties["author"].bids == like.bids


def test_nothing_that_was_read_on_the_way_is_left(reviewing: CheckedCase):
    with reviewing.platform.database.reading() as db_session:
        assert db_session.scalars(select(BidReading)).all() == []
        jobs = db_session.scalars(select(Job).where(Job.task == "check_bids")).all()
    assert {job.done_at is None for job in jobs} == {False}
    assert len(jobs) > 1  # a few files at a time


def test_a_second_check_changes_nothing(reviewing: CheckedCase):
    before = reviewing.case
    bid_checks.check_opened_bids(reviewing.platform, reviewing.case_id, LOT)
    assert reviewing.case == before


def test_rows_and_files_agree_with_the_log(reviewing: CheckedCase):
    assert list(database_differences(reviewing.platform)) == []


def test_who_dies_while_reading_is_followed_by_who_reads_none_twice(tmp_path, monkeypatch):
    case = CheckedCase(tmp_path).through("found publish bid read_out")
    read: list[str] = []
    original = bid_texts.read_bid_file

    def counted(path: str, sha256: str, data: bytes):
        read.append(sha256)
        if len(read) == 3:
            raise OSError("the machine goes down")
        return original(path, sha256, data)

    monkeypatch.setattr(bid_checks, "read_bid_file", counted)
    with pytest.raises(OSError, match="goes down"):
        case.conclude()
    case.work_off(60)
    assert case.case.lots[LOT].checked is not None
    assert len(read) == len(set(read)) + 1 + 1  # the one that was cut short, and the certificate that two bids hold


@pytest.mark.parametrize("data", [b"", b"%PDF-", b"PK\x03\x04", b"%PDF-1.7 " + b"\xff" * 300, b"PK" + b"\x00" * 100])
def test_a_hostile_file_is_unreadable_and_nothing_worse(data: bytes):
    assert bid_texts.read_bid_file("a.pdf", "0" * 64, data).state is Reading.UNREADABLE


# who knows it


def test_members_see_no_prices_and_others_nothing(reviewing: CheckedCase):
    def types(who) -> set[str]:
        person = reviewing.people[who] if isinstance(who, str) else who
        with reviewing.platform.database.reading() as db_session:
            actor = load_actor(db_session, person.log_in.account_id, person.log_in.seat)
            return {record.type for record in seen_events(db_session, actor, reviewing.case_id).records}

    for who in ("officer", "releaser", "centre", "bidder-a", "witness-host", "regulator", reviewing.members[1]):
        assert "BidsChecked" not in types(who)  # the authority states a reason; members read pages


def test_what_a_member_may_not_know_yet_cannot_be_put_to_the_vote(reviewing: CheckedCase):
    with pytest.raises(RuleViolation, match="finding_unknown"):
        reviewing.put(reviewing.number_of("list_sum"), Disposal.EXPLAINED)
    with pytest.raises(RuleViolation, match="finding_unknown"):
        reviewing.put(99, Disposal.EXPLAINED)


def test_a_rejection_names_bids_and_a_ground_that_the_finding_can_lead_to(reviewing: CheckedCase):
    like, broken = reviewing.number_of("like_text"), reviewing.number_of("file_unreadable")
    with pytest.raises(RuleViolation, match="finding_bid_unexpected"):
        reviewing.put(like, Disposal.REJECT, "bidder-c", ground=ALIKE)
    with pytest.raises(RuleViolation, match="finding_ground_unfit"):
        reviewing.put(like, Disposal.REJECT, "bidder-a", ground=RejectionGround.NOT_RESPONSIVE)
    with pytest.raises(RuleViolation, match="finding_ground_unfit"):
        reviewing.put(
            reviewing.number_of("same_file"), Disposal.REJECT, "bidder-a", ground=RejectionGround.SAME_BOND_ACCOUNT
        )
    with pytest.raises(RuleViolation, match=r"finding_ground_unfit|finding_bid_unexpected"):
        reviewing.put(broken, Disposal.REJECT, "bidder-c", ground=ALIKE)


def test_nobody_but_the_committee_puts_or_votes(reviewing: CheckedCase):
    like = reviewing.number_of("like_text")
    member = next(seat for seat in reviewing.members if seat != reviewing.chair)
    facts = (FindingPut(member, like, Disposal.ASK, "x"), FindingVoted(member, like, True, ""))
    for who in ("officer", "centre", "regulator", "bidder-a"):
        for fact in (*facts, FindingWithdrawn(member, like, "x")):
            with pytest.raises(NotAllowed):
                reviewing.act(who, fact)
    with pytest.raises(RuleViolation, match="sitting_not_chair"):
        reviewing.act(reviewing.members[member], facts[0])


def test_that_the_platform_cannot_read_a_file_rejects_no_bid(reviewing: CheckedCase):
    broken = reviewing.number_of("file_unreadable", "bidder-c")
    with pytest.raises(RuleViolation, match="finding_ground_unfit"):
        reviewing.put(broken, Disposal.REJECT, "bidder-c", ground=RejectionGround.NOT_RESPONSIVE)


@pytest.mark.parametrize("anonymous", [False, True])
def test_once_results_stand_only_what_could_not_be_known_before_is_voted_on(reviewing: CheckedCase, anonymous: bool):
    """Whatever kinds there are: none rejects for want of a response, and none that the review could decide on."""
    found = reviewing.case.lots[LOT].checked.findings
    before = votable(found, Stage.REVIEW, anonymous=anonymous)
    for stage in (Stage.RESULTS, Stage.REPORT):
        after = votable(found, stage, anonymous=anonymous)
        assert before | after == set(range(1, len(found) + 1))
        assert not before & after
        assert votable(found, stage, anonymous=anonymous, checked_in=Stage.SCORING) == before | after
        assert all(RejectionGround.NOT_RESPONSIVE not in grounds_in(one, stage) for one in found)


# what the committee decides


def test_a_vote_after_the_last_lock_rejects_a_bid_and_the_report_says_why(over: CheckedCase):
    state = over.state
    assert state.stage is Stage.CLOSED
    assert [row.bid for row in state.result.bids] != []
    assert over.receipts["bidder-b"] not in {row.bid for row in state.result.bids}
    assert [(one.item, one.votes, one.grounds) for one in state.rejected] == [("deemed_alike", 3, (REASON,))]


def test_the_report_names_the_places_of_each_finding(over: CheckedCase):
    with over.platform.database.reading() as db_session:
        records = list(load_records(db_session, over.case_id))
    told = {language: report_words(over.case, LOT, records, language) for language in ("zh", "en")}
    (lines,) = (words for words in told["zh"] if "以哪个数字为准" in words)
    (place,) = (line for line in lines.split("\n") if line.startswith("·"))
    for part in ("投标人b，priced-list.csv第 2 行", "项目编码：1", "1000", "100"):
        assert part in place
    assert any("\n· 投标人b, priced-list.csv, line 2: Item: 1" in words for words in told["en"])
    stored = [Record.from_json(parse(canonical(record.to_json()))) for record in records]
    again = reduce(Case.apply, stored, Case(over.case_id))
    for language, words in told.items():
        assert report_words(again, LOT, stored, language) == words, "whoever reads it from the log says the same"
    content = report_content(over.platform, over.case, LOT, over.lot_records, "zh")
    assert content.contract_points == POINTS
    assert content.heading.digest == f"评标过程记录摘要 SHA-256 {content.sitting_digest}"


@pytest.mark.parametrize("who", ["regulator", "officer"])
def test_the_evidence_holds_findings_votes_and_report(over: CheckedCase, who: str):
    if who == "officer":
        over.release_export()
    bundle = export_evidence(over.platform, over.people[who].log_in, over.case_id)[1]
    checks = verify_bundle(bundle, [over.platform.keys.authority.certificate_pem], [read_profile("demo-works")])
    assert not [check for check in checks if check.verdict is Verdict.FAIL]
    files = unpack(bundle)
    readings = decode(Readings, json.loads(files[f"documents/bid-readings-{LOT}.json"]))
    assert {one.bid for one in readings.bids} == set(over.case.lots[LOT].opening.opened)
    types = {line["entry"]["type"] for line in tampering.lines_of(files) if "entry" in line}
    assert {"BidsChecked", "FindingPut", "FindingDisposed"} <= types
    assert ("FindingVoted" in types) is (who == "regulator")


def _forged(over: CheckedCase, forge) -> set[str]:
    """What the verifier says to readings that the platform itself has falsified, with the entry that names them."""
    files = unpack(export_evidence(over.platform, over.people["regulator"].log_in, over.case_id)[1])
    name = f"documents/bid-readings-{LOT}.json"
    data = canonical(encode(forge(decode(Readings, json.loads(files[name])))))
    lines = tampering.lines_of(files)
    at = next(n for n, line in enumerate(lines) if line["entry"]["type"] == "BidsChecked")
    lines[at]["entry"]["payload"]["readings_sha256"] = hashlib.sha256(data).hexdigest()
    wrong = tampering.by_platform(files, lines, over.platform.keys.platform.key) | {name: data}
    return {check.code for check in verify_bundle(wrong, steps=CHECKS) if check.verdict is Verdict.FAIL}


def _with_bid(readings: Readings, **changes) -> Readings:
    return replace(readings, bids=(replace(readings.bids[0], **changes), *readings.bids[1:]))


def test_readings_that_do_not_agree_with_the_bids_are_named(over: CheckedCase):
    differ = "evidence_readings_differ"
    assert differ in _forged(over, lambda r: _with_bid(r, price=r.bids[0].price + 1))
    assert differ in _forged(over, lambda r: _with_bid(r, manager="somebody"))
    assert differ in _forged(over, lambda r: _with_bid(r, files=r.bids[0].files[1:]))
    assert differ in _forged(over, lambda r: _with_bid(r, rows=r.bids[0].rows[:-1]))
    assert differ in _forged(over, lambda r: replace(r, bids=r.bids[1:]))
    assert differ in _forged(over, lambda r: replace(r, documents=()))
    assert "evidence_bid_checks_differ" in _forged(
        over,
        lambda r: replace(
            r, bids=tuple(replace(b, files=tuple(replace(f, pages=()) for f in b.files)) for b in r.bids)
        ),
    )


def test_findings_that_were_left_out_or_changed_are_named(over: CheckedCase):
    files = unpack(export_evidence(over.platform, over.people["regulator"].log_in, over.case_id)[1])
    lines = tampering.lines_of(files)
    at = next(n for n, line in enumerate(lines) if line["entry"]["type"] == "BidsChecked")
    lines[at]["entry"]["payload"]["findings"].pop()
    wrong = tampering.by_platform(files, lines, over.platform.keys.platform.key)
    codes = {check.code for check in verify_bundle(wrong, steps=CHECKS) if check.verdict is Verdict.FAIL}
    assert "evidence_bid_checks_differ" in codes


def test_the_readings_are_kept_as_a_file_that_nobody_downloads(over: CheckedCase):
    with over.platform.database.reading() as db_session:
        (row,) = db_session.scalars(select(StoredFile).where(StoredFile.kind == "readings"))
    assert row.name == f"bid-readings-{LOT}.json"
    assert "readings" not in READ_WITH


def test_it_is_the_same_on_either_database(tmp_path, database_url):
    case = CheckedCase(tmp_path, database_url=database_url).through(UNTIL_REVIEW)
    assert len(found_kinds(case)) == 13
    case.put(1, Disposal.ASK)
    case.vote(1, against=3)
    assert [counted.adopted for _put, counted in case.state.disposed] == [False]
    assert list(database_differences(case.platform)) == []


def test_a_published_list_that_no_bid_could_be_compared_with_is_refused(tmp_path):
    case = WholeCase(tmp_path).through("found")
    officer, regulator = case.people["officer"], case.people["regulator"]
    form = {"code": "T-9", "buyer": "某学院", "region": "510000"}
    draft = tenders.open_case(case.platform, officer.log_in, "清单", regulator.organisation, form)
    for data, code in (
        (b"a,b\n", "priced_list_column"),
        ("项目编码,名称,单位,数量\n1,a,m,x\n".encode(), "priced_list_cell"),
    ):
        with pytest.raises(RuleViolation, match=code) as refusal:
            tenders.add_document(case.platform, officer.log_in, draft, OWN_NAME, data)
        assert set(refusal.value.facts["column"]) == {"zh", "en"}
    right = "项目编码,名称,单位,数量\n1,a,m,3\n".encode("gb18030")
    assert tenders.add_document(case.platform, officer.log_in, draft, OWN_NAME, right).name == OWN_NAME


def test_where_too_few_bids_are_left_the_lot_fails_and_its_record_says_why(tmp_path):
    case = CheckedCase(tmp_path).through(UNTIL_REVIEW).until_results()
    assert case.state.result is not None
    number = case.number_of("regular_items", "bidder-b")
    case.put(number, Disposal.REJECT, "bidder-b", ground=ALIKE)
    case.vote(number)
    assert case.state.stage is Stage.FAILED
    case.work_off()
    assert case.state.failure_sha256
    for who in ("regulator", "officer"):
        if who == "officer":
            case.release_export()
        bundle = export_evidence(case.platform, case.people[who].log_in, case.case_id)[1]
        assert not [check for check in verify_bundle(bundle) if check.verdict is Verdict.FAIL], who
    assert list(database_differences(case.platform)) == []
