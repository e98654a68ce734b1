"""A lot that fails in its evaluation: who is told what, and the record that the centre seals."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from app.casefile.bundle import EVENTS, json_lines
from app.casefile.failure_record import FAILURE_ATTACHMENT, recorded_failure
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.messages import sentence
from app.models import Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.qualification import Qualification, QualificationChecked
from app.queries.cases import load_records
from app.services.actors import load_actor
from app.services.copies import read_copy
from app.services.database_check import database_differences
from app.services.documents import seal_document
from app.services.failure_content import failed_evaluation
from app.services.failures import seal_failure_record
from app.services.files import read_file, readable_files
from app.services.platform import DIST
from crypto.canonical import canonical, parse
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services import tampering
from tests.app.services.people import LOT, Person
from tests.app.services.test_signing_statement import Signing, words
from tests.app.services.whole_case import DRAWN, WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
NAME = f"documents/failed-evaluation-{LOT}.pdf"
UNSIGNED, LICENCE = "投标函未按要求签章", "营业执照已过期"


@dataclass
class Failing(Signing):
    """Of four bids bidder-e's is void at the opening and bidder-c's not qualified; the committee rejects bidder-b's by
    three of five, so that one valid bid is left where three are required."""

    disqualified: str = "bidder-c"

    def qualify(self) -> WholeCase:
        gone = self.receipts.get(self.disqualified)
        opened = self.case.lots[LOT].opening.opened
        results = {r: Qualification(r != gone, LICENCE if r == gone else "") for r in opened}
        self.act("officer", QualificationChecked(results))
        self.work_off()
        return self

    def until_last_review(self) -> Failing:
        return self.through(f"{DRAWN} seat_all elect review_but_last")

    def recorded(self) -> Failing:
        return self.through(f"{DRAWN} seat_all elect review_but_last review_last record")

    def record(self) -> None:
        """The centre seals the record, by a job."""
        assert self.state.stage is Stage.FAILED
        assert self.state.failure_sha256 == ""
        self.work_off()

    def review_but_last(self) -> None:
        for number in sorted(self.members)[:-1]:
            self.act(self.members[number], sitting.BidsReviewed(number, self.findings(number)))

    def review_last(self) -> None:
        last = max(self.members)
        self.act(self.members[last], sitting.BidsReviewed(last, self.findings(last)))

    def findings(self, number: int) -> tuple[sitting.ReviewFinding, ...]:
        rejected = self.receipts["bidder-b"]
        return tuple(
            sitting.ReviewFinding(bid.bid, "formal", False, f"{UNSIGNED}（{number}）")
            if bid.bid == rejected and number <= 3
            else sitting.ReviewFinding(bid.bid, "formal", True, "")
            for bid in self.state.bids
        )

    def reader(self, who: str | Person):
        person = self.people[who] if isinstance(who, str) else who
        with self.platform.database.reading() as db_session:
            return load_actor(db_session, person.id, person.log_in.seat)

    def kinds(self, who: str | Person) -> set[str]:
        return {file.kind for file in readable_files(self.platform, self.reader(who), self.case_id, LOT)}

    def findings_of_record(self, files, content, data, now) -> set[str]:
        """What the verifier says of the documents where the log names a record with this data attached."""
        drawn = self.platform.renderer.render(content, attachments={FAILURE_ATTACHMENT: canonical(data)})
        pdf = seal_document(self.platform, drawn, content.heading.centre, "评标专用", now)
        lines = tampering.lines_of(files)
        seq = next(i for i, line in enumerate(lines) if line.get("entry", {}).get("type") == "FailureRecordSealed")
        lines = tampering.changed(lines, seq, ("payload", "sealed_sha256"), lambda _: hashlib.sha256(pdf).hexdigest())
        bundle = {**files, NAME: pdf, EVENTS: json_lines(lines)}
        return {check.code for check in self.failures(bundle, {"documents": STEPS["documents"]})}

    def verdicts_without_record(self) -> set[tuple[str, Verdict]]:
        """What the verifier says of the documents of a log that names no record."""
        files = self.bundle()
        lines = [line for line in tampering.lines_of(files) if line["entry"]["type"] != "FailureRecordSealed"]
        bundle = tampering.by_platform(files, lines, self.platform.keys.platform.key)
        root = self.platform.keys.authority.certificate_pem
        found = verify_bundle(bundle, [root], steps={"documents": STEPS["documents"]})
        return {(check.code, check.verdict) for check in found}


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Failing:
    return Failing(tmp_path_factory.mktemp("failing"), database_url=database_url).recorded()


def records(case):
    with case.platform.database.reading() as db_session:
        return [record for record in load_records(db_session, case.case_id) if record.lot == LOT]


def test_whoever_serves_and_whoever_bid_is_told_why(case):
    assert case.told("evaluation_failed") == {"officer", "releaser", "centre", "regulator", "inspector"}
    assert case.told("evaluation_failed_bidder") == {"bidder-a", "bidder-b", "bidder-c", "bidder-e"}
    with case.platform.database.reading() as db_session:
        notices = db_session.scalars(select(Notice).where(Notice.code.startswith("evaluation_failed")))
        for notice in notices:
            facts = json.loads(notice.facts)
            assert (facts["valid"], facts["least"]) == (1, 3)
            for language in ("zh", "en"):
                shown = sentence(f"notice_{notice.code}", facts, language)
                assert UNSIGNED not in shown
                assert "{" not in shown


def test_the_record_is_sealed_once_and_the_log_names_it(case):
    sealed = [record for record in records(case) if record.type == "FailureRecordSealed"]
    assert [record.fact.sealed_sha256 for record in sealed] == [case.state.failure_sha256]
    seal_failure_record(case.platform, case.case_id, LOT)  # as when a job is run twice
    assert len([r for r in records(case) if r.type == "FailureRecordSealed"]) == 1
    assert list(database_differences(case.platform)) == []
    again = sitting.FailureRecordSealed("a" * 64)
    with pytest.raises(RuleViolation, match="failure_already_recorded"):
        sitting.decide(case.state, again)


def test_the_record_says_why_with_every_invalid_bid_and_its_ground(case):
    data = parse(attached_file(case.file("failure"), FAILURE_ATTACHMENT))
    assert (data["reason"], data["valid"], data["least"]) == ("too_few_valid_bids", 1, 3)
    assert [row["bid"] for row in data["void"]] == [case.receipts["bidder-e"]]
    assert data["unqualified"] == [{"bid": case.receipts["bidder-c"], "reason": LICENCE}]
    assert [(row["bid"], row["votes"]) for row in data["rejected"]] == [(case.receipts["bidder-b"], 3)]
    signed = {r.fact.seat: r.payload_sha256 for r in records(case) if r.type == "BidsReviewed"}
    assert {row["seat"]: row["sha256"] for row in data["reviews"]} == signed
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    shown = words(case.file("failure"))
    for text in (
        "评审情况记录（流标）",
        "有效投标1家，少于规定的3家",
        "第四十三条",
        UNSIGNED,
        LICENCE,
        "评标委员会3票",
        *signed.values(),
    ):
        assert text in shown, text
    assert "无效投标：无" not in shown
    assert "招标投标法" not in shown.replace("招标投标管理办法", "")


def test_it_stands_where_the_report_would_and_can_be_read_in_english(case):
    for who in ("officer", "releaser", "regulator", case.members[1]):
        assert "failure" in case.kinds(who), who
    for who in ("bidder-a", "bidder-b", "trustee-1", "centre"):
        assert "failure" not in case.kinds(who), who
    (listed,) = (
        f for f in readable_files(case.platform, case.reader("officer"), case.case_id, LOT) if f.kind == "failure"
    )
    assert listed.sha256 == case.state.failure_sha256
    name, english = read_copy(case.platform, case.reader("officer"), listed.id, "en")
    assert name.startswith(f"T-2026-1_lot-{LOT}_failed-evaluation_unsigned-copy_")
    if shutil.which("pdftotext"):
        shown = words(english)
        for text in ("Recordofafailedevaluation", "Validbidsafterthepreliminaryreview:1", "article43", UNSIGNED):
            assert text in shown, text
    with pytest.raises(RuleViolation, match="file_unknown"):
        read_file(case.platform, case.reader("bidder-a"), listed.id)


def test_the_bundle_holds_the_record_and_the_verifier_compares_it(case):
    whole = case.bundle()
    assert case.failures(whole) == []
    case.release_export()
    part = case.bundle("officer")
    assert NAME in part
    assert case.failures(part) == []
    shown = {line["entry"]["type"] for line in tampering.lines_of(part) if "entry" in line}
    assert {"ReviewConcluded", "SittingFailed", "FailureRecordSealed"} <= shown
    assert not shown & {"BidsReviewed", "ChairVoted"}


@pytest.mark.parametrize("who", ["regulator", "officer"])
def test_a_record_that_says_something_else_is_found_out(case, who):
    files = dict(case.bundle(who))
    now = case.clock()
    data = recorded_failure([r for r in records(case) if r.type != "FailureRecordSealed"])
    content = failed_evaluation(case.platform, case.case, LOT, now, "zh")

    def findings(**changes) -> set[str]:
        return case.findings_of_record(files, content, {**data, **changes}, now)

    assert findings() == set()
    fewer = [{**data["rejected"][0], "votes": 4}]
    for changes in ({"valid": 2}, {"rejected": []}, {"rejected": fewer}, {"unqualified": []}):
        assert "evidence_failure_differs" in findings(**changes), changes
    reviews = [{**data["reviews"][0], "sha256": "0" * 64}, *data["reviews"][1:]]
    assert ("evidence_failure_differs" in findings(reviews=reviews)) == (who == "regulator")


def test_a_failure_without_its_record_is_said_to_be_unrecorded(case):
    assert ("evidence_failure_unrecorded", Verdict.NOT_COVERED) in case.verdicts_without_record()
    with pytest.raises(NotAllowed):
        case.bundle("bidder-a")


def test_every_standstill_of_the_record_has_its_own_end_also_what_ended_beneath_another(tmp_path):
    case = Failing(tmp_path).until_last_review()
    chair, last = case.state.chair, max(case.members)
    for who, fact in (
        (case.members[chair], sitting.RecessCalled(chair, "午休")),
        ("centre", sitting.FaultReported("", "线路中断")),
        (case.members[chair], sitting.RecessEnded(chair)),
        ("centre", sitting.FaultRepaired("已修好")),
        (case.members[last], sitting.BidsReviewed(last, case.findings(last))),
    ):
        case.clock.advance(1)
        case.act(who, fact)
    case.work_off()
    assert case.state.stage is Stage.FAILED
    recess, fault = recorded_failure([r for r in records(case) if r.type != "FailureRecordSealed"])["standstills"]
    assert (recess["ground"], fault["ground"]) == ("recess", "fault")
    assert recess["since"] < fault["since"] < recess["until"] < fault["until"]
    assert case.failures(case.bundle()) == []
