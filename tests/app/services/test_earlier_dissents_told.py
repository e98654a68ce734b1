"""Three of five dissented, then a correction had the results computed anew: who is silent then is not said to agree."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from sqlalchemy import select

from app.casefile.signing_statement import ATTACHMENT
from app.models import Notice
from app.procedure.signing import tally
from app.services.actors import load_actor
from app.services.copies import read_copy
from app.services.documents import seal_document
from app.services.files import readable_files
from app.services.platform import DIST
from app.services.report_content import report_content, signing_statement
from crypto.canonical import canonical, parse
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_dissents_kept import Dissenting
from tests.app.services.test_signing_statement import words
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
NAME = f"documents/signing-statement-{LOT}.pdf"
TOLD = {
    "zh": "曾就先前的汇总结果书面提出不同意见、该结果其后已重新汇总的成员：3 名",
    "en": "Members who dissented in writing from earlier results, which were computed anew afterwards: 3.",
}


class Washed(Dissenting):
    """Two of the three are recorded as refusing to sign, the third has dissented from the new results, too."""

    def until_sealed(self) -> Washed:
        return self.through(f"{DRAWN} seat_all elect review score wash")

    def wash(self) -> None:
        self.three = [number for number in self.members if number not in (self.chair, self.far_seat)]
        for number in self.three:
            self.act(self.members[number], sitting.DissentRecorded(number, f"业绩造假{number}"))
        self.work_off()
        assert tally(self.state).without_majority
        self.correct()
        self.again, *self.silent = self.three
        self.act(self.members[self.again], sitting.DissentRecorded(self.again, "仍不同意"))
        self.work_off()
        self.work_off(31)
        self.asked = {lang: room(self, self.chair, lang, f"/refusal/{self.silent[0]}") for lang in TOLD}
        for number in self.silent:
            self.act(self.members[self.chair], sitting.RefusalRecorded(self.chair, number))
        self.told_so = {lang: room(self, self.silent[0], lang) for lang in TOLD}
        for number in (self.chair, self.far_seat):
            self._sign(number, self.members[number])
        self.work_off(31)
        assert self.state.stage is Stage.CLOSED


def room(case, number, lang, page="") -> str:
    """A page of the room as a member reads it."""
    reader = booth(Site(case), case.members[number])
    reader.client.get(f"/?lang={lang}")
    return reader.get(f"/room/{case.case_id}/{LOT}{page}")


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Washed:
    return Washed(tmp_path_factory.mktemp("washed"), database_url=database_url).until_sealed()


def statement_in(case, lang):
    """The words of an unsigned copy."""
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people["officer"].id)
    listed = next(f for f in readable_files(case.platform, actor, case.case_id, LOT) if f.kind == "statement")
    return words(read_copy(case.platform, actor, listed.id, lang)[1])


def test_the_statement_names_what_a_silent_member_wrote_before(case):
    rows = {row["seat"]: row for row in parse(attached_file(case.file("statement"), ATTACHMENT))["seats"]}
    assert {seat for seat, row in rows.items() if "earlier_dissents" in row} == set(case.silent)
    for seat in case.silent:
        (one,) = rows[seat]["earlier_dissents"]
        assert (one["text"], one["computation"]) == (f"业绩造假{seat}", 1)
        assert one["computed_at"] < one["at"] < rows[seat]["refusal"]["at"]


def test_it_does_not_say_of_such_a_member_that_it_agrees(case):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    chinese, english = words(case.file("statement")), statement_in(case, "en")
    for seat in case.silent:
        assert f"业绩造假{seat}" in chinese
        assert f"业绩造假{seat}" in english
    assert "依法视为同意" not in chinese.partition("三、依据")[0]
    assert "bylaw" not in english.partition("3.Bywhatrule")[0]
    assert chinese.count("此前已就先前的汇总结果书面提出不同意见") == len(case.silent)
    assert english.count("Ithaddissentedinwritingfromearlierresults") == len(case.silent)
    assert "".join(TOLD["zh"].split()) in chinese
    assert "".join(TOLD["en"].split()) in english


def test_the_room_says_so_to_who_records_it_and_to_the_member(case):
    for pages, zh, en in (
        (case.asked, "该成员此前已就先前的汇总结果书面提出不同意见", "dissented in writing from earlier results"),
        (case.told_so, "也未就现在的汇总结果再次书面说明不同意见", "nor dissented again from the results of now"),
    ):
        assert zh in pages["zh"]
        assert en in pages["en"]
        assert "视为同意" not in pages["zh"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/agency"),
        ("officer", "/cases/{case}/lots/{lot}/report"),
        ("regulator", "/regulator/cases/{case}"),
    ],
)
def test_wherever_the_result_stands_it_stands_how_many_dissented_before(case, who, path, lang):
    shown = Site(case).browser(who, lang).get(path.format(case=case.case_id, lot=LOT))
    assert TOLD[lang] in shown
    assert "业绩造假" not in shown


def test_a_bidder_is_not_told(case):
    assert TOLD["zh"] not in Site(case).browser("bidder-a").get(f"/cases/{case.case_id}")


def test_boards_room_and_report_say_it(case):
    for who, path in (("regulator", "/regulator"), ("centre", "/centre")):
        assert "评审结束：曾有成员就先前的汇总结果提出不同意见" in Site(case).browser(who).get(path), who
    assert TOLD["zh"] in booth(Site(case), case.members[case.chair]).get(f"/room/{case.case_id}/{LOT}")
    assert any(
        TOLD["en"] in one for one in report_content(case.platform, case.case, LOT, case.lot_records, "en").agreement
    )


def test_each_author_is_told_that_results_were_computed_anew(case):
    with case.platform.database.reading() as db_session:
        found = list(db_session.scalars(select(Notice).where(Notice.code == "results_computed_anew")))
    assert sorted(n.account_id for n in found) == sorted(case.members[seat].id for seat in case.three)
    assert {n.facts for n in found} == {json.dumps({"lot": LOT})}


def test_the_verifier_computes_it_again(case):
    files = case.bundle()
    assert case.failures(files) == []
    data = parse(attached_file(case.file("statement"), ATTACHMENT))
    for row in data["seats"]:
        row.pop("earlier_dissents", None)
    content = signing_statement(case.platform, case.case, LOT, case.clock(), "zh", data["report_sha256"])
    pdf = case.platform.renderer.render(content, attachments={ATTACHMENT: canonical(data)})
    forged = seal_document(case.platform, pdf, case.case.tender.parties.centre.name, "评标专用", case.clock())
    lines = tampering.lines_of(files)
    seq = next(i for i, line in enumerate(lines) if line["entry"]["type"] == "ReportSealed")
    lines = tampering.changed(lines, seq, ("payload", "statement_sha256"), lambda _: hashlib.sha256(forged).hexdigest())
    bundle = tampering.by_platform({**files, NAME: forged}, lines, case.platform.keys.platform.key)
    assert "evidence_data_differ" in {check.code for check in case.failures(bundle)}
