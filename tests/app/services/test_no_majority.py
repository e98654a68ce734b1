"""Most members dissent in writing: the report is a record, and everybody reads that nothing may be awarded on it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models import Notice
from app.queries.timeline import case_stages
from app.services.actors import load_actor
from app.services.copies import read_copy
from app.services.files import readable_files
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services.people import LOT
from tests.app.services.test_signing_statement import Signing, words
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
TALLY = {
    "zh": "5 名成员：签字且没有不同意见 1 名，书面提出不同意见 3 名，记录为拒绝签字 1 名",
    "en": "Of the 5 members of the committee 1 signed without dissent, 3 dissented in writing, 1 were recorded",
}
NONE = {
    "zh": "评审结论没有形成多数，不得据此推荐或者确定中标人",
    "en": "the conclusion has no majority, and nothing may be awarded on it",
}


class Divided(Signing):
    """The first of three dissents comes in time for the report; one member signs, one is recorded as refusing."""

    def divide(self) -> None:
        first, second, third, last = (number for number in self.members if number != self.chair)
        self.act(self.members[first], sitting.DissentRecorded(first, "价格计算有误"))
        self.work_off()
        self._sign(self.chair, self.members[self.chair])
        for number in (second, third):
            self.act(self.members[number], sitting.DissentRecorded(number, f"意见 {number}"))
        self.work_off(31)
        self.act(self.members[self.chair], sitting.RefusalRecorded(self.chair, last))
        self.work_off(31)
        assert self.state.stage is Stage.CLOSED


def divided(folder: Path, database_url: str = "") -> Divided:
    course = f"{DRAWN} seat_all elect review correct_and_go_on divide"
    return Divided(folder, database_url=database_url).through(course)


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Signing:
    return divided(tmp_path_factory.mktemp("divided"), database_url)


@pytest.fixture(scope="module")
def site(case) -> Site:
    return Site(case)


def test_everybody_who_serves_is_told(case):
    assert case.told("result_without_majority") == {"officer", "releaser", "centre", "regulator", "inspector"}
    with case.platform.database.reading() as db_session:
        notices = list(db_session.scalars(select(Notice).where(Notice.code == "result_without_majority")))
    assert {(json.loads(n.facts)["dissented"], json.loads(n.facts)["members"]) for n in notices} == {(3, 5)}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/agency"),
        ("officer", "/cases/{case}"),
        ("releaser", "/agency"),
        ("officer", "/cases/{case}/lots/{lot}/report"),
        ("regulator", "/regulator/cases/{case}"),
        ("regulator", "/cases/{case}/lots/{lot}/report"),
    ],
)
def test_wherever_the_result_stands_it_stands_how_it_was_signed(site, case, who, path, lang):
    shown = site.browser(who, lang).get(path.format(case=case.case_id, lot=LOT))
    assert TALLY[lang] in shown
    assert NONE[lang] in shown
    assert "评审报告已签署并盖章" not in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("", "/cases/{case}"),
        ("bidder-a", "/cases/{case}"),
        ("bidder-a", "/bidder"),
        ("bidder-a", "/bidder/cases/{case}/lots/{lot}"),
        ("witness-host", "/cases/{case}"),
    ],
)
def test_bidders_and_the_public_are_told_that_the_report_is_sealed_and_nothing_of_how(site, case, who, path, lang):
    shown = site.browser(who, lang).get(path.format(case=case.case_id, lot=LOT))
    assert ("评审报告已签署并盖章" if lang == "zh" else "signed and sealed") in shown
    for leak in (TALLY[lang], NONE[lang], "价格计算有误", "is-warning", "dissent", "不同意见"):
        assert leak not in shown


def test_the_agency_is_warned_and_the_boards_say_it(site, case):
    for who in ("officer", "releaser"):
        desk = site.browser(who).get("/agency")
        assert "不得据此定标" in desk
        assert f"/cases/{case.case_id}/lots/{LOT}/report" in desk
    for who, path in (("regulator", "/regulator"), ("centre", "/centre")):
        assert "结论没有形成多数" in site.browser(who).get(path), who
    room = booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}")
    assert TALLY["zh"] in room


def test_nobody_is_called_a_candidate(site, case):
    report = f"/cases/{case.case_id}/lots/{LOT}/report"
    assert "候选人" not in site.browser("officer").get(report)
    assert report in site.browser("regulator").get(f"/regulator/cases/{case.case_id}")


def test_the_time_line_does_not_call_it_done(case):
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people["officer"].id)
        now = case.platform.database.now(db_session.connection())
    report = next(stage for stage in case_stages(case.case, actor, LOT, now) if stage.code == "report")
    assert report.state == "warning"
    assert report.facts == {"members": "5", "signed": "1", "dissented": "3", "refused": "1", "earlier": "0"}


def test_report_and_statement_say_it_and_the_bundle_holds(case):
    assert case.failures(case.bundle()) == []
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    report, statement = words(case.file("report")), words(case.file("statement"))
    assert "本报告生成时，评标委员会5名成员中有1名书面提出不同意见" in report
    for text in (TALLY["zh"], NONE["zh"]):
        assert "".join(text.split()) in statement
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people["officer"].id)
    files = readable_files(case.platform, actor, case.case_id, LOT)
    _name, english = read_copy(case.platform, actor, next(f for f in files if f.kind == "statement").id, "en")
    for text in (TALLY["en"], NONE["en"]):
        assert "".join(text.split()) in words(english)
