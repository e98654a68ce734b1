"""A recheck that comes to nothing: what was sealed before it is read, verified and named on, by nobody else."""

from __future__ import annotations

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.procedure.errors import RuleViolation
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.copies import read_copy
from app.services.database_check import database_differences
from app.services.files import read_file, readable_files
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services.people import LOT
from tests.app.services.test_second_committee import Twice
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY = "业绩分与其他评委不一致"


class Rechecked(Twice):
    def sealed(self) -> Rechecked:
        self.through(f"{DRAWN} seat_all elect review score_all report")
        assert self.state.stage is Stage.CLOSED
        return self

    def ask(self) -> None:
        self.act("officer", sitting.RecheckProposed(WHY))
        self.act("releaser", sitting.RecheckOrdered(WHY))
        self.members = {number: self._seat(number) for number in sorted(self.state.seats)}

    def answer(self, text: str) -> None:
        self.act(self.members[self.chair], sitting.RecheckAnswered(self.chair, text))
        self.work_off()

    def actor(self, who):
        person = self.members[who] if isinstance(who, int) else self.people[who]
        with self.platform.database.reading() as db_session:
            return load_actor(db_session, person.id, person.log_in.seat if isinstance(who, int) else "")

    def reads(self, who, *kinds: str) -> list[str]:
        found = readable_files(self.platform, self.actor(who), self.case_id, LOT)
        return sorted(file.name for file in found if file.kind in (kinds or ("report", "statement", "failure")))

    def wrong(self, who: str) -> list[object]:
        if who == "officer":
            self.release_export()
        bundle = unpack(export_evidence(self.platform, self.people[who].log_in, self.case_id)[1])
        checks = verify_bundle(bundle, [self.platform.keys.authority.certificate_pem], [read_profile(self.profile)])
        return [check for check in checks if check.verdict is Verdict.FAIL]


FIRST = ["evaluation-report-1.pdf", "signing-statement-1.pdf"]


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Rechecked:
    return Rechecked(tmp_path_factory.mktemp("given-up"), database_url=database_url).sealed()


def test_the_report_of_before_is_read_and_verified_on_and_what_the_recheck_prepared_by_nobody(case):
    sealed_sheets = case.sees("officer")
    case.ask()
    case.answer("已核对")
    assert case.state.stage is Stage.REPORT
    assert case.reads("officer", "report") == ["evaluation-report-1-2.pdf", "evaluation-report-1.pdf"]
    prepared = next(
        f for f in readable_files(case.platform, case.actor("officer"), case.case_id, LOT) if "-2" in f.name
    )
    case.give_up()
    assert case.state.stage is Stage.ABANDONED
    for who in ("officer", "regulator"):
        assert case.reads(who) == [*FIRST[:1], "failed-evaluation-1.pdf", *FIRST[1:]], who
        assert case.wrong(who) == [], who
    seen = case.sees("officer")
    assert set(sealed_sheets) <= set(seen), "what the sealed report rests on"
    assert not [one for one in set(seen) - set(sealed_sheets) if "RecheckAnswered" in one]
    with pytest.raises(RuleViolation, match="file_unknown"):
        read_file(case.platform, case.actor("officer"), prepared.id)
    page = Site(case).browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/failure")
    assert "第 1 版" in page
    assert list(database_differences(case.platform)) == []


def test_another_committee_reads_nothing_of_it_and_the_others_read_on(case):
    case.order_anew()
    assert case.reads("officer") == [*FIRST[:1], "failed-evaluation-1.pdf", *FIRST[1:]]
    case.draw_anew()
    case.members = {number: case._seat(number) for number in sorted(case.state.seats)}
    case._each(lambda n: sitting.StatementMade(n, True, ""))
    case.elect()
    case.review()
    bids = [bid.bid for bid in case.state.bids]
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    assert case.state.stage is Stage.RESULTS
    assert case.reads(6) == case.reads("officer", "unsealed") == []
    case.work_off()
    assert case.reads(6) == ["evaluation-report-1-2.pdf"]
    case.report()
    assert case.state.stage is Stage.CLOSED
    own = ["evaluation-report-1-2.pdf", "signing-statement-1-2.pdf"]
    assert case.reads(6) == own
    assert case.reads("officer") == sorted([*FIRST, *own, "failed-evaluation-1.pdf"])
    for who in ("officer", "regulator"):
        assert case.wrong(who) == [], who
    assert list(database_differences(case.platform)) == []


def test_pages_and_names_of_files_tell_the_versions_apart(case):
    page = Site(case).browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/report")
    assert "正在复核" not in page
    assert "由另组的评审委员会重新评审" in page
    officer = case.actor("officer")
    reports = [f for f in readable_files(case.platform, officer, case.case_id, LOT) if f.kind == "report"]
    assert len(reports) == 2
    for file in reports:
        assert "已盖章" in read_file(case.platform, officer, file.id)[0].name
        assert read_copy(case.platform, officer, file.id, "en")[1].startswith(b"%PDF-")


def test_who_holds_a_version_learns_that_it_is_not_the_last_word(case):
    site, first, second = Site(case), case.state.versions[0].sealed_sha256, case.state.sealed_sha256
    told = "不是最后的结论"
    assert told in site.browser().get(f"/check/{case.case_id}/{LOT}?sha256={first}")
    assert told not in site.browser().get(f"/check/{case.case_id}/{LOT}?sha256={second}")
    assert told not in site.browser().get(f"/check/{case.case_id}/{LOT}?sha256={'0' * 64}")


def test_nobody_else_reads_a_version(case):
    report = next(
        f for f in readable_files(case.platform, case.actor("officer"), case.case_id, LOT) if f.name == FIRST[0]
    )
    for who in ("bidder-a", "centre", "witness-host", 6):
        with pytest.raises(RuleViolation, match="file_unknown"):
            read_file(case.platform, case.actor(who), report.id)
