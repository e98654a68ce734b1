"""The agency has a sealed report checked again: pages, a corrected result, both versions kept and verified."""

from __future__ import annotations

import copy
from decimal import Decimal as D
from typing import ClassVar

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation as ProcedureViolation
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.copies import read_copy
from app.services.files import readable_files
from app.services.platform import DIST
from evaluation import sitting
from evaluation.scoring import ScorePlace
from evaluation.sitting import CorrectionGround, Stage
from tests.app.documents.test_render import needs_poppler, text_of
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_methods import COURSE, Compared
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY = "投标人a的业绩分与其他评委不一致"


class Checked(Compared):
    rows: ClassVar = {
        "bidder-a": {"plan": D(30), "record": D(10)},
        "bidder-b": {"plan": D(31), "record": D(10)},
        "bidder-c": {"plan": D(20), "record": D(10)},
    }

    def lock(self) -> Checked:
        """Seat 2 has misread the track record of the first bidder."""
        own = {self.receipts[login]: row for login, row in self.rows.items()}
        wrong = {**own, self.receipts["bidder-a"]: {"plan": D(30), "record": D(0)}}
        self._each(lambda n: sitting.ScoreSheetLocked(n, wrong if n == 2 else own, {}))
        self.work_off()
        return self

    def ask(self) -> Checked:
        self.act("officer", sitting.RecheckProposed(WHY))
        self.act("releaser", sitting.RecheckOrdered(WHY))
        return self

    def come_back(self) -> Checked:
        self.members = {number: self._seat(number) for number in sorted(self.state.seats)}
        return self

    def correct(self) -> Checked:
        bid = self.receipts["bidder-a"]
        asked = sitting.CorrectionRequested(
            2, CorrectionGround.UNEQUAL_OBJECTIVE, "看错业绩", (ScorePlace(bid, "record"),)
        )
        self.act(self.members[2], asked)
        self.act(self.members[self.chair], sitting.SheetReopened(self.chair, 2))
        own = {self.receipts[login]: row for login, row in self.rows.items()}
        self.act(self.members[2], sitting.ScoreSheetLocked(2, own, {}))
        self.work_off()
        return self


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    made = Checked(tmp_path_factory.mktemp("recheck"), profile="demo-works").through(COURSE)
    return made.lock().sign()


def reports(case, who="officer"):
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people[who].id)
    return [file for file in readable_files(case.platform, actor, case.case_id, LOT) if file.kind == "report"]


def wrong(case, files, steps=STEPS):
    root = case.platform.keys.authority.certificate_pem
    found = verify_bundle(files, [root], [read_profile("demo-works")], steps=steps)
    return {check.code for check in found if check.verdict is Verdict.FAIL}


@needs_poppler
def test_a_recheck_corrects_on_a_legal_ground_and_keeps_both_versions(case):
    site, url = Site(case), f"/cases/{case.case_id}/lots/{LOT}/report"
    before = case.state.result
    assert "请评审委员会复核" in site.browser("officer").get(url)
    assert WHY in site.browser("officer").post(f"/agency{url[:-7]}/recheck", note=WHY).get_data(as_text=True)
    with pytest.raises(NotAllowed):
        case.act("releaser", sitting.RecheckProposed(WHY))
    case.act("officer", sitting.RecheckProposed(WHY))
    with pytest.raises(ProcedureViolation, match="object_has_changed"):
        case.act("releaser", sitting.RecheckOrdered("另一理由"))
    assert "放行复核要求" in site.browser("releaser").get(url)
    assert "放行复核要求" in site.browser("releaser").get("/agency")
    assert WHY in site.browser("releaser").get(f"/agency{url[:-7]}/recheck/release")
    case.act("releaser", sitting.RecheckOrdered(WHY))
    assert case.state.stage is Stage.RESULTS
    assert "评审委员会正在复核" in site.browser("officer").get(url)
    case.come_back()
    case.work_off()
    assert case.state.stage is Stage.RESULTS  # no report before the answer
    chair = booth(site, case.members[case.chair])
    room = chair.get(f"/room/{case.case_id}/{LOT}")
    assert WHY in room
    assert "提议退回重做一个环节" not in room  # what is sealed is corrected and answered, not held again
    case.correct()
    assert "评审结果已按法定情形更正" in chair.get(f"/room/{case.case_id}/{LOT}/recheck")
    case.act(case.members[case.chair], sitting.RecheckAnswered(case.chair, "席位 2 的业绩分已更正"))
    case.work_off()
    case.sign()
    assert case.state.stage is Stage.CLOSED
    assert case.state.corrected
    bid = case.receipts["bidder-a"]
    assert before[bid].total < case.state.result[bid].total
    assert len(reports(case)) == 2
    with case.platform.database.reading() as db_session:
        officer = load_actor(db_session, case.people["officer"].id)
    copies = [text_of(read_copy(case.platform, officer, file.id, "en")[1], "-layout") for file in reports(case)]
    assert sorted("Recheck" in text for text in copies) == [False, True]  # each as its own version stood
    page = site.browser("officer").get(url)
    for words in (WHY, "第 1 版", "第 2 版", "席位 2 的业绩分已更正", "评审结果已更正"):
        assert words in page
    bundle = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    assert {f"documents/evaluation-report-{LOT}.pdf", f"documents/evaluation-report-{LOT}-2.pdf"} <= bundle.keys()
    assert wrong(case, bundle) == set()


def test_a_changed_answer_and_a_swapped_version_are_found_out(case):
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    lines = copy.deepcopy(tampering.lines_of(files))
    for line in lines:
        if line["entry"]["type"] == "RecheckAnswered":
            line["entry"]["payload"]["text"] = "维持"
    forged = tampering.by_platform(files, lines, case.platform.keys.platform.key)
    assert wrong(case, forged, {"acts": STEPS["acts"]})
    assert "evidence_data_differ" in wrong(case, forged, {"documents": STEPS["documents"]})
    first, second = f"documents/evaluation-report-{LOT}.pdf", f"documents/evaluation-report-{LOT}-2.pdf"
    swapped = {**files, first: files[second], second: files[first]}
    assert "evidence_file_differs" in wrong(case, swapped, {"documents": STEPS["documents"]})


def test_a_result_that_stands_is_said_to_stand_in_a_further_version(case):
    case.ask().come_back()
    case.act(case.members[case.chair], sitting.RecheckAnswered(case.chair, "已核对，无误"))
    case.work_off()
    case.sign()
    assert (case.state.stage, case.state.version, case.state.corrected) == (Stage.CLOSED, 3, False)
    assert len(reports(case)) == 3
    assert "维持原评审结果" in Site(case).browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/report")
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    assert wrong(case, files) == set()
