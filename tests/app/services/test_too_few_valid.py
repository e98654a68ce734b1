"""Works with two valid bids: the committee decides whether competition is lacking, to the report or to the record."""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal as D
from typing import ClassVar

import pytest
from sqlalchemy import select

from app.casefile.failure_record import FAILURE_ATTACHMENT
from app.casefile.report_data import report_data
from app.casefile.sight import sees
from app.documents.wording import render_xml
from app.models import Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.services.actors import load_actor
from app.services.failure_content import failed_evaluation
from app.services.files import readable_files
from app.services.platform import DIST
from app.services.report_content import report_content
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import RollbackGround, RollbackTarget, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT, Person
from tests.app.services.test_methods import COURSE, Compared, bundle_of, wrong
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY, WHY_NOT = "两家报价和方案都相近", "两家来自不同集团"


class Few(Compared):
    """Works: of three bids one is rejected by the review; two are valid where three are wanted."""

    rows: ClassVar = {f"bidder-{letter}": {"plan": D(40), "record": D(10)} for letter in "ab"}

    gone: tuple[str, ...] = ("bidder-c",)

    def review(self) -> None:
        gone = {self.receipts[login] for login in self.gone}
        for number, person in self.members.items():
            found = (
                sitting.ReviewFinding(bid.bid, "formal", bid.bid not in gone, "未签章" if bid.bid in gone else "")
                for bid in self.state.bids
            )
            self.act(person, sitting.BidsReviewed(number, tuple(found)))

    def reader(self, who: str | Person):
        person = self.people[who] if isinstance(who, str) else who
        with self.platform.database.reading() as db_session:
            return load_actor(db_session, person.id, person.log_in.seat)

    def told(self, code: str) -> set[str]:
        with self.platform.database.reading() as db_session:
            return {one.account_id for one in db_session.scalars(select(Notice).where(Notice.code == code))}

    def logins(self, *whose: str) -> set[str]:
        return {self.people[one].id for one in whose}

    def vote_of(self, number: int, lacking: bool) -> sitting.CompetitionVoted:
        return sitting.CompetitionVoted(number, self.state.valid, lacking, WHY if lacking else WHY_NOT)

    def vote(self, *lacking: int) -> None:
        """One after the other, until it is decided."""
        for number in sorted(self.members):
            if self.state.stage is Stage.COMPETITION:
                self.act(self.members[number], self.vote_of(number, number in lacking))
        self.work_off()

    def types(self, who) -> set[str]:
        """The kinds of facts that somebody sees."""
        return {record.type for record in self.seen(who)}

    def seen(self, who) -> list:
        return [record for record in self.lot_records if sees(self.reader(who), self.case, record)]


@pytest.fixture(scope="module")
def going_on(tmp_path_factory) -> Few:
    return Few(tmp_path_factory.mktemp("few"), profile="demo-works").through(COURSE)


@pytest.fixture(scope="module")
def lacking(tmp_path_factory, database_url) -> Few:
    return Few(tmp_path_factory.mktemp("lacking"), profile="demo-works", database_url=database_url).through(COURSE)


def sent(browser, path: str, page: str, **fields: str) -> str:
    """What comes of a form that stands on another page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(page))
    assert found is not None
    answer = browser.client.post(path, data={"csrf_token": found[1], **fields})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_members_are_asked_before_anything_is_scored(going_on):
    case, site = going_on, Site(going_on)
    assert case.state.stage is Stage.COMPETITION
    room, mine = f"/room/{case.case_id}/{LOT}", booth(site, case.members[1])
    page = mine.get(room)
    for words in ("就是否明显缺乏竞争表决", "明显缺乏竞争，否决全部投标", "竞争性表决"):
        assert words in page
    signs = sent(mine, f"{room}/competition", room, lacking="yes", reason=WHY)
    assert 'data-type="CompetitionVoted"' in signs
    assert WHY in signs
    assert "请写明理由" in sent(mine, f"{room}/competition", room, lacking="yes", reason=" ")
    assert "请选择是否明显缺乏竞争" in sent(mine, f"{room}/competition", room, reason="x")


def test_who_observes_sees_how_many_have_voted_and_a_member_is_asked_in_english(going_on):
    case, site = going_on, Site(going_on)
    room = f"/room/{case.case_id}/{LOT}"
    observed = stated(site).get(room)
    assert "等待全部成员就是否明显缺乏竞争表决" in observed
    assert "本环节已完成 0 / 5" in observed
    assert "竞争性表决" in site.browser("regulator").get("/regulator/live")
    english = booth(site, case.members[1])
    english.client.get("/?lang=en")
    page = english.get(room)
    assert "Competition is clearly lacking; reject all bids" in page
    assert "Valid bids: 2, fewer than 3" in page


def test_who_is_no_member_and_who_has_voted_is_refused(going_on):
    with pytest.raises((NotAllowed, RuleViolation)):
        going_on.act("officer", going_on.vote_of(1, True))
    case = going_on
    case.act(case.members[1], case.vote_of(1, True))
    with pytest.raises(RuleViolation, match="sitting_already_done"):
        case.act(case.members[1], case.vote_of(1, False))
    with pytest.raises(RuleViolation, match="sitting_not_own_seat"):
        case.act(case.members[1], case.vote_of(2, False))
    assert "就是否明显缺乏竞争表决" not in booth(Site(case), case.members[1]).get(f"/room/{case.case_id}/{LOT}/status")


def test_words_of_a_vote_are_their_authors_alone_until_results_stand(going_on):
    case = going_on
    for number in (2, 3, 4):
        case.act(case.members[number], case.vote_of(number, False))
    assert case.state.stage is Stage.SCORING
    votes = [record for record in case.lot_records if record.type == "CompetitionVoted"]
    assert len(votes) == 4
    for number, person in case.members.items():
        told = [record.fact.seat for record in case.seen(person) if record.type == "CompetitionVoted"]
        assert told == ([number] if number < 5 else [])
        assert "CompetitionDecided" in case.types(person)
    for who in ("officer", "centre", "inspector", "bidder-a"):
        assert not {"CompetitionVoted", "CompetitionDecided"} & case.types(who)
    status = booth(Site(case), case.members[5]).get(f"/room/{case.case_id}/{LOT}/status")
    assert "认为明显缺乏竞争 1 票，认为不缺乏竞争 3 票" in status
    assert WHY not in status


def test_the_report_says_how_few_bids_were_valid_and_how_members_voted(going_on):
    case = going_on
    case.lock()
    assert {"CompetitionVoted", "CompetitionDecided"} <= case.types("officer")
    rows = report_data(case.lot_records, None)["competition"]
    assert [(len(row["valid"]), row["lacking"], row["against"], row["adopted"]) for row in rows] == [(2, 1, 3, False)]
    assert [vote["seat"] for vote in rows[0]["votes"]] == [1, 2, 3, 4]
    for lang, words in (("zh", "有效投标 2 家，少于 3 家"), ("en", "fewer than 3")):
        xml = render_xml(
            "evaluation_report", report_content(case.platform, case.case, LOT, case.lot_records, lang), lang
        )
        assert words in xml
        assert WHY in xml
        assert WHY_NOT in xml
    case.sign()
    assert case.state.stage is Stage.CLOSED
    assert wrong(case, bundle_of(case)) == set()


def test_the_replay_tells_the_vote(going_on):
    browser, url = Site(going_on).browser("regulator"), f"/cases/{going_on.case_id}/lots/{LOT}/replay"
    last = re.search(r"共 (\d+) 步", browser.get(url))
    assert last is not None
    pages = [browser.get(f"{url}?at={at}") for at in range(1, int(last[1]) + 1)]
    for words in ("先就是否明显缺乏竞争表决", WHY, "认为明显缺乏竞争 1 票，不缺乏 3 票：继续评审"):
        assert any(words in page for page in pages)


def test_a_vote_that_is_turned_round_afterwards_is_found_out(going_on):
    files = bundle_of(going_on)
    lines = copy.deepcopy(tampering.lines_of(files))
    decided = next(line["entry"] for line in lines if line["entry"]["type"] == "CompetitionDecided")
    decided["payload"] |= {"lacking": 0, "against": 4}
    forged = tampering.by_platform(files, lines, going_on.platform.keys.platform.key)
    assert "evidence_consequence_differs" in wrong(going_on, forged)
    lines = copy.deepcopy(tampering.lines_of(files))
    vote = next(line["entry"] for line in lines if line["entry"]["type"] == "CompetitionVoted")
    vote["payload"]["reason"] = "另一个理由"
    forged = tampering.by_platform(files, lines, going_on.platform.keys.platform.key)
    assert {"evidence_data_differ"} <= wrong(going_on, forged)


def test_more_than_half_reject_all_and_the_record_says_by_whose_votes(lacking):
    case = lacking
    case.vote(1, 3, 4)
    assert (case.state.stage, case.state.failure) == (Stage.FAILED, "competition_lacking")
    assert case.told("competition_lacking") >= case.logins("officer", "releaser", "centre", "regulator")
    assert case.told("competition_lacking_bidder") == case.logins("bidder-a", "bidder-b", "bidder-c")
    assert case.state.failure_sha256
    assert "failure" in {one.kind for one in readable_files(case.platform, case.reader("officer"), case.case_id, LOT)}
    pdf = bundle_of(case)[f"documents/failed-evaluation-{LOT}.pdf"]
    data = json.loads(attached_file(pdf, FAILURE_ATTACHMENT))
    assert (data["reason"], data["valid"], data["least"]) == ("competition_lacking", 2, 3)
    row = data["competition"][0]
    assert (row["lacking"], row["against"], row["adopted"]) == (3, 1, True)
    assert [(vote["seat"], vote["lacking"]) for vote in row["votes"]] == [(1, True), (2, False), (3, True), (4, True)]
    for lang, words in (("zh", "席位 1 认为明显缺乏竞争"), ("en", "seat 1: competition is lacking")):
        content = failed_evaluation(case.platform, case.case, LOT, case.clock.at, lang)
        assert words in render_xml("failed_evaluation", content, lang)
    assert wrong(case, bundle_of(case)) == set()


def test_a_vote_that_is_taken_out_of_a_failed_case_is_found_out(lacking):
    files = bundle_of(lacking)
    lines = [line for line in tampering.lines_of(files) if line["entry"]["type"] != "CompetitionVoted"]
    forged = tampering.by_platform(files, copy.deepcopy(lines), lacking.platform.keys.platform.key)
    assert {"evidence_consequence_differs", "evidence_failure_differs"} & wrong(lacking, forged)


def test_each_bidder_reads_that_all_bids_were_rejected_and_everybody_why_in_two_languages(lacking):
    case, site = lacking, Site(lacking)
    path = f"/bidder/cases/{case.case_id}/lots/{LOT}"
    for lang, words in (
        ("zh", "认为有效投标之间明显缺乏竞争"),
        ("en", "that competition among the valid bids was lacking"),
    ):
        page = site.browser("bidder-a", lang).get(path)
        assert words in page
        assert WHY not in page
    room = booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}")
    assert "评标委员会过半数认为明显缺乏竞争（3 票）" in room


def test_a_review_that_is_held_again_after_the_results_has_it_decided_before_they_stand_anew(tmp_path):
    case = Few(tmp_path, profile="demo-works").through(COURSE)
    case.vote(1)
    case.lock()
    assert case.state.stage is Stage.REPORT
    other = next(number for number in case.members if number != case.chair)
    again = (RollbackTarget.REVIEW, RollbackGround.BASIS, "漏看了一份授权书")
    case.act(case.members[case.chair], sitting.RollbackProposed(case.chair, *again))
    case.act(case.members[other], sitting.RollbackReleased(other, case.chair, *again))
    case.gone = ("bidder-b", "bidder-c")
    case.review()
    assert (case.state.stage, len(case.state.valid), case.state.result) == (Stage.COMPETITION, 1, None)
    assert not {"CompetitionVoted", "CompetitionDecided"} & case.types("officer")
    case.vote(2)
    assert case.state.stage is Stage.REPORT
    rows = report_data(case.lot_records, None)["competition"]
    assert [(len(row["valid"]), row["lacking"], row["against"], row["lapsed"]) for row in rows] == [
        (2, 1, 3, False),
        (1, 1, 3, False),
    ]
    case.sign()
    assert wrong(case, bundle_of(case)) == set()


def test_a_successor_hears_no_word_of_those_who_have_scored_and_votes_itself(tmp_path):
    case = Few(tmp_path, profile="demo-works").through(COURSE)
    case.vote(1)
    case.lock()
    leaving = max(number for number in case.members if number != case.chair)
    case.act(case.members[leaving], sitting.ConflictDeclared(leaving, "曾任职"))
    assert case.state.competition is None
    assert leaving not in case.state.competition_votes
    for who in ("officer", "centre"):
        assert "CompetitionVoted" not in case.types(who)
    mine = [record.fact.seat for record in case.seen(case.members[1]) if record.type == "CompetitionVoted"]
    assert mine == [1]
