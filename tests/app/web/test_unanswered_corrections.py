"""A chair who has dissented and leaves: an unanswered request does not hold up the end for ever."""

from __future__ import annotations

import pytest

from app.procedure.errors import RuleViolation
from app.services.platform import DIST
from evaluation import sitting
from evaluation.scoring import ScorePlace
from evaluation.sitting import CorrectionGround, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_dissents_kept import Dissenting
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
ANSWER = "/correction/{}/refusal"


class Left(Dissenting):
    def ask(self) -> None:
        places = (ScorePlace(self.bids[0], "plan"),)
        asked = sitting.CorrectionRequested(self.far_seat, CorrectionGround.ABNORMAL_SCORE, "手误", places)
        self.act(self.members[self.far_seat], asked)

    @property
    def room(self) -> str:
        return f"/room/{self.case_id}/{LOT}"

    @property
    def other(self) -> int:
        return next(n for n in self.members if n not in (self.chair, self.far_seat))


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Left:
    left = Left(tmp_path_factory.mktemp("left"), database_url=database_url).until_results()
    left.ask()
    left.act(left.members[left.chair], sitting.DissentRecorded(left.chair, "不同意"))
    left.work_off()
    return left


def pages(case: Left, number: int, lang: str = "zh") -> str:
    reader = booth(Site(case), case.members[number])
    reader.client.get(f"/?lang={lang}")
    return reader.get(case.room)


def test_until_the_time_has_passed_the_chair_answers_and_the_others_read_from_when_they_may(case):
    assert ANSWER.format(case.far_seat) in pages(case, case.chair)
    page = pages(case, case.other)
    assert ANSWER.format(case.far_seat) not in page
    assert "起组长仍未答复的，其他成员可以准许或者驳回" in page
    assert "any other member may permit or refuse it" in pages(case, case.other, "en")
    refusal = sitting.CorrectionRefused(case.other, case.far_seat, "评分适当")
    with pytest.raises(RuleViolation) as early:
        case.act(case.members[case.other], refusal)
    assert early.value.code == "correction_waits_for_chair"


def test_then_any_other_member_is_asked_to_answer_in_the_chairs_place_and_the_sitting_ends(case):
    case.work_off(30)
    for number in case.members:
        offered = ANSWER.format(case.far_seat) in pages(case, number)
        assert offered is (number != case.far_seat), number
    page = pages(case, case.other)
    assert "请您准许或者驳回" in page
    assert "组长逾时未答复" in page
    site = Site(case)
    form = {"reason": "评分适当"}
    at = booth(site, case.members[case.other])
    sent = at.post(f"{case.room}{ANSWER.format(case.far_seat)}", **form).get_data(as_text=True)
    assert 'data-type="CorrectionRefused"' in sent
    case.act(case.members[case.other], sitting.CorrectionRefused(case.other, case.far_seat, "评分适当"))
    case.work_off()
    for number, person in case.members.items():
        if number != case.chair:
            case._sign(number, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED
    assert f"席位 {case.other}" in site.browser("regulator").get(f"/regulator/cases/{case.case_id}")


def test_the_verifier_decides_again_whether_the_chair_had_been_waited_for(case):
    files = case.bundle()
    assert case.failures(files) == []
    lines = tampering.lines_of(files)
    seq, asked = (
        next(n for n, line in enumerate(lines) if line.get("entry", {}).get("type") == kind)
        for kind in ("CorrectionRefused", "CorrectionRequested")
    )
    lines = tampering.changed(lines, seq, ("at",), lambda _: lines[asked]["entry"]["at"])
    found = case.failures(tampering.by_platform(files, lines, case.platform.keys.platform.key))
    assert ("evidence_fact_unlawful", "correction_waits_for_chair") in {(c.code, c.facts.get("reason")) for c in found}


def test_the_sheet_may_be_opened_in_the_chairs_place_and_what_the_chair_wrote_is_kept(tmp_path):
    case = Left(tmp_path).until_results()
    case.ask()
    case.act(case.members[case.chair], sitting.DissentRecorded(case.chair, "不同意"))
    case.work_off(30)
    case.act(case.members[case.other], sitting.SheetReopened(case.other, case.far_seat))
    case.act(
        case.members[case.far_seat], sitting.ScoreSheetLocked(case.far_seat, case.sheet_of(case.far_seat, "40"), {})
    )
    case.work_off()
    assert case.case.lots[LOT].signing.own_earlier(case.chair)
    assert case.state.stage is Stage.REPORT
    for number, person in case.members.items():
        if number != case.chair:
            case._sign(number, person)
    case.work_off(30)
    case.act(case.members[case.other], sitting.RefusalRecorded(case.other, case.chair))
    case.work_off(31)
    assert case.state.stage is Stage.CLOSED
    assert case.failures(case.bundle()) == []
