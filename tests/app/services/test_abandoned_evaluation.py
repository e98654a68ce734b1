"""An evaluation that was given up: the sealed record tells how it ended, and nothing that members found."""

from __future__ import annotations

import hashlib
import re
import shutil

import pytest

from app.casefile.failure_record import FAILURE_ATTACHMENT, recorded_failure
from app.casefile.verification import Verdict
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE
from app.queries.timeline import case_stages
from app.services import tenders
from app.services.copies import read_copy
from app.services.database_check import database_differences
from app.services.failure_content import ended_evaluation
from app.services.failures import seal_failure_record
from app.services.files import readable_files
from app.services.platform import DIST
from crypto.canonical import parse
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import Disposition, Stage
from tests.app.services.people import LOT
from tests.app.services.test_failed_evaluation import LICENCE, NAME, UNSIGNED, Failing, records
from tests.app.services.test_signing_statement import words
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY = "举报查实，成员与投标人有利害关系"


class GivenUp(Failing):
    def give_up(self) -> None:
        chair = self.chair
        self.act(self.members[chair], sitting.RecessCalled(chair, "午餐"))
        self.act("witness-sub", sitting.FaultReported(self.sites[1], "专线中断"))
        for step in (Disposition.SUSPEND, Disposition.ABANDON):
            self.act("regulator", sitting.SittingOrderProposed(step, WHY))
            self.act("inspector", sitting.SittingOrdered(step, WHY))
            if step is Disposition.SUSPEND:
                self.act(self.members[chair], sitting.RecessEnded(chair))
        assert self.state.stage is Stage.ABANDONED
        line = {stage.code: stage for stage in case_stages(self.case, ANYONE, LOT, self.clock())}
        assert (line["evaluation"].facts, line["report"].facts) == ({"abandoned": "yes"}, {"failure": "due"})
        self.work_off()


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Failing:
    """Four of five members have reviewed when two inspectors suspend the evaluation, and then end it.

    Beneath their order lie a recess, which the chair ends, and a fault, which nobody repairs.
    """
    return GivenUp(tmp_path_factory.mktemp("abandoned"), database_url=database_url).through(
        f"{DRAWN} seat_all elect review_but_last give_up"
    )


def test_the_record_is_sealed_once_and_stands_where_the_report_would(case):
    assert case.state.failure_sha256 == hashlib.sha256(case.file("failure")).hexdigest()
    seal_failure_record(case.platform, case.case_id, LOT)  # as when a job is run twice
    assert len([record for record in records(case) if record.type == "FailureRecordSealed"]) == 1
    assert list(database_differences(case.platform)) == []
    line = {stage.code: stage for stage in case_stages(case.case, ANYONE, LOT, case.clock())}
    assert line["report"].facts == {"failure": "sealed"}
    for who in ("officer", "releaser", "regulator", case.members[1]):
        assert "failure" in case.kinds(who), who
    for who in ("bidder-a", "trustee-1", "centre"):
        assert "failure" not in case.kinds(who), who


def test_it_tells_who_ended_it_and_why_and_nothing_that_members_found(case):
    data = parse(attached_file(case.file("failure"), FAILURE_ATTACHMENT))
    assert (data["v"], data["reason"], data["decided_by"]) == ("abandoned-evaluation/v1", WHY, "authority")
    assert [row["bid"] for row in data["void"]] == [case.receipts["bidder-e"]]
    assert data["unqualified"] == [{"bid": case.receipts["bidder-c"], "reason": LICENCE}]
    assert [(row["ground"], "until" in row) for row in data["standstills"]] == [
        ("recess", True),
        ("fault", False),
        ("order", False),
    ]
    assert data["standstills"][0]["until"] > data["standstills"][2]["since"]
    assert not {"reviews", "rejected", "valid"} & data.keys()
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (listed,) = (
        f for f in readable_files(case.platform, case.reader("officer"), case.case_id, LOT) if f.kind == "failure"
    )
    english = words(read_copy(case.platform, case.reader("officer"), listed.id, "en")[1])
    shown = words(case.file("failure"))
    for text in (
        "评审情况记录（终止）",
        "监督部门于",
        "决定终止评审",
        WHY,
        LICENCE,
        "席位共5个",
        "结束说明：—",
        "评审终止时仍未结束",
    ):
        assert text in shown, text
    for text in ("Recordofanevaluationthatwasgivenup", "Thesupervisionauthoritydecidedat", "Seats:5.", "hadnotended"):
        assert text in english, text
    assert shown.count("评审终止时仍未结束") == 2
    assert UNSIGNED not in shown
    assert re.search(r"专家\d", shown) is None  # nobody's name


@pytest.mark.parametrize("who", ["regulator", "officer"])
def test_the_verifier_compares_it_and_a_record_that_says_something_else_is_found_out(case, who):
    if who == "officer":
        case.release_export()
    files = dict(case.bundle(who))
    assert NAME in files
    assert case.failures(files) == []
    data = recorded_failure([r for r in records(case) if r.type != "FailureRecordSealed"])
    now = case.clock()
    content = ended_evaluation(case.platform, case.case, LOT, now, "zh")

    def findings(**changes) -> set[str]:
        return case.findings_of_record(files, content, {**data, **changes}, now)

    assert findings() == set()
    ended = [row | {"until": data["abandoned_at"]} for row in data["standstills"]]
    for changes in (
        {"reason": "其他"},
        {"decided_by": "agency"},
        {"standstills": []},
        {"standstills": ended},
        {"reviews": []},
    ):
        assert "evidence_failure_differs" in findings(**changes), changes


def test_one_without_its_record_is_said_to_be_unrecorded(case):
    assert ("evidence_failure_unrecorded", Verdict.NOT_COVERED) in case.verdicts_without_record()


def test_it_is_no_failed_tender_and_not_tendered_again(case):
    with pytest.raises(RuleViolation) as refused:
        tenders.open_next_round(case.platform, case.people["officer"].log_in, case.case_id)
    assert refused.value.code == "lot_given_up"
    site = Site(case)
    for who, path in (("centre", "/centre"), ("regulator", "/regulator")):
        page = site.browser(who).get(path)
        assert "评审已终止" in page
        assert "流标" not in page, who
    page = site.browser("officer").get(f"/agency/cases/{case.case_id}/next-round")
    assert "由另行组建的评标委员会评审同一批投标" in page
