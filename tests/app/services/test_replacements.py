"""A member finds a conflict and steps back: a successor is drawn, sits down and evaluates again from the start."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.adapters.profiles import read_profile
from app.casefile.bundle import EVENTS, unpack
from app.casefile.playback import play_back
from app.casefile.replacements import replacement_due
from app.casefile.sight import sees
from app.casefile.verification import Verdict, verify_bundle
from app.casefile.verification.evidence import read_lines
from app.models import Notice, ScoreDraft
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services import booths, draws, score_drafts
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.booths import Standing
from app.services.database_check import database_differences
from app.services.platform import DIST
from app.services.score_drafts import TypedScore
from evaluation import draw, sitting
from evaluation.sitting import Stage
from tests.app.services.people import LOT
from tests.app.services.test_booths import Moving
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
CONFLICT = "投标人丙的技术负责人是我的表弟"


class Succeeding(Moving):
    def leaver(self) -> int:
        """An expert that does not chair."""
        return next(n for n, s in self.state.seats.items() if s.role == "expert" and n != self.state.chair)

    def draw_again(self) -> str:
        """The parties of the draw hold the further round; the number of who is called."""
        self._round(len(self.case.lots[LOT].draw.rounds))
        called = [n for n, s in self.case.lots[LOT].draw.seats.items() if s is draw.SeatState.CALLED]
        assert len(called) == 1
        return called[0]


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Succeeding:
    return Succeeding(tmp_path_factory.mktemp("succeeding"), database_url=database_url).until_scoring()


def test_a_successor_is_drawn_sits_down_and_evaluates_again(case):
    number, before = case.leaver(), case.state
    leaver, person, bids = case.members[number], before.seats[number].person, list(before.valid)
    site = Site(case)
    room = f"/room/{case.case_id}/{LOT}"
    page = booth(site, leaver).get(room)
    assert "发现应当回避的情形" in page
    assert 'data-type="ConflictDeclared"' in booth(site, leaver).post(f"{room}/conflict", conflict=CONFLICT).get_data(
        as_text=True
    )
    score_drafts.save_score(
        case.platform, leaver.log_in, case.case_id, LOT, TypedScore(bids[0], "plan", Decimal(41), "清楚")
    )
    case.act(leaver, sitting.ScoreSheetLocked(number, case.sheet(number, bids), {}))
    case.act(leaver, sitting.ConflictDeclared(number, CONFLICT))

    state, drawn = case.state, case.case.lots[LOT].draw
    assert (state.stage, state.empty) == (Stage.GATHERING, {number})
    assert drawn.seats[person] is draw.SeatState.DISMISSED
    assert (drawn.current.number, drawn.current.reason) == (len(drawn.rounds), draw.RoundReason.DISMISSED)
    with case.platform.database.reading() as db_session:
        assert db_session.scalar(select(func.count()).select_from(ScoreDraft)) == 0
        told = {n.account_id for n in db_session.scalars(select(Notice).where(Notice.code == "member_recused"))}
    assert {case.people[who].id for who in ("officer", "releaser", "centre", "regulator")} <= told
    again = sitting.StatementMade(number, True, "")
    with pytest.raises(RuleViolation, match="sitting_out_of_order"):
        case.act(leaver, again)
    with pytest.raises(RuleViolation, match="seat_code_wrong"):
        case.ask(number)
    other = next(n for n in case.members if n != number)
    assert "已回避，等待补抽" in booth(site, case.members[other]).get(f"{room}/status")
    for who, page in (("releaser", "/agency"), ("centre", "/centre"), ("regulator", "/regulator")):
        assert "承诺" in site.browser(who).get(page), who

    called = case.draw_again()
    case._answer(called, True)
    case.work_off()
    assert (case.state.seats[number].person, case.state.empty) == (called, frozenset())
    assert replacement_due(case.case, LOT) is None
    case.members[number] = successor = case._seat(number)
    assert successor.id != leaver.id
    assert case.state.stage is Stage.STATEMENTS
    with pytest.raises(RuleViolation, match="key_not_certified"):
        case.act(leaver, again)
    assert score_drafts.own_drafts(case.platform, successor.log_in, case.case, LOT) == ()


def test_a_successor_sees_nothing_of_who_sat_there_before(case):
    number = next(iter(case.case.lots[LOT].succeeded))
    person = case.members[number]
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, person.id, person.log_in.seat)
        records = load_records(db_session, case.case_id)
    whole = case.case
    locked = [r for r in records if r.type == "ScoreSheetLocked" and r.actor == person.log_in.seat]
    assert len(locked) == 1
    assert not sees(actor, whole, locked[0])
    case.act(person, sitting.StatementMade(number, True, ""))
    mine = [r for r in case_records(case) if r.type == "StatementMade" and r.actor == person.log_in.seat]
    assert [sees(actor, case.case, r) for r in mine] == [True, True]  # what is for the room is for all of it


def case_records(case):
    with case.platform.database.reading() as db_session:
        return load_records(db_session, case.case_id)


def test_the_sitting_ends_and_the_verifier_decides_all_of_it_again(case):
    number = next(iter(case.case.lots[LOT].succeeded))
    assert case.state.stage is Stage.REVIEW  # the chair stays in office
    ends(case, number)
    root = case.platform.keys.authority.certificate_pem
    for who in ("regulator", "officer"):
        if who == "officer":
            case.release_export()
        files = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        checks = verify_bundle(files, [root], [read_profile("demo-goods")])
        assert not [(c.name, c.code, c.facts) for c in checks if c.verdict is Verdict.FAIL], who
        played = play_back([line.record for line in read_lines(files[EVENTS]) if line.record], LOT)
        left = next(step for step in played.steps if step.record.type == "MemberRecused")
        assert left.after.sitting.empty == {number}, who
        ended = played.steps[-1].after.sitting
        assert (ended.stage, ended.seats) == (Stage.CLOSED, case.state.seats), who
    assert json.loads(files["case.json"])["head"]["case"] == case.case_id


def ends(case, number):
    """From the successor's review to the seal."""
    found = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in case.state.bids)
    case.act(case.members[number], sitting.BidsReviewed(number, found))
    bids = list(case.state.valid)
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    case.work_off()
    for seat, person in case.members.items():
        case._sign(seat, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED


def test_the_tables_are_those_that_the_logs_determine(case):
    assert list(database_differences(case.platform)) == []


def test_nobody_of_the_draw_acts_once_the_seats_are_full(case):
    with pytest.raises((RuleViolation, NotAllowed)):
        draws.freeze_pool(case.platform, case.people["centre"].log_in, case.case_id, LOT)


def test_the_booth_of_who_left_says_so(tmp_path):
    case = Succeeding(tmp_path).until_scoring()
    number = case.leaver()
    offer = case.move(number)
    case.act(case.members[number], sitting.ConflictDeclared(number, CONFLICT))
    assert booths.booth_standing(case.platform, offer.request).standing is Standing.LEFT


def test_the_agency_replaces_who_fell_ill_in_two_hands(tmp_path):
    case = Succeeding(tmp_path).until_scoring()
    site, number = Site(case), case.leaver()
    page = f"/cases/{case.case_id}/lots/{LOT}/standstill"
    officer, supervisor = site.browser("officer"), site.browser("releaser")
    assert "拟更换评审成员" in officer.get(page)
    assert "拟更换评审成员" not in supervisor.get(page)
    assert "请选择更换依据" in officer.post(f"{page}/replacement", seat=number, note="x").get_data(as_text=True)
    typed = {"seat": number, "ground": "health", "note": "突发疾病，已送医"}
    reviewed = officer.post(f"{page}/replacement", **typed).get_data(as_text=True)
    assert 'data-type="ReplacementProposed"' in reviewed
    words = (number, sitting.ReplacementGround.HEALTH, typed["note"])
    case.act("officer", sitting.ReplacementProposed(*words))
    assert "等待审核人复核更换评审成员" in officer.get(page)
    assert "复核更换评审成员" in supervisor.get("/agency")
    assert 'data-type="ReplacementOrdered"' in supervisor.get(f"{page}/replacement/release")
    for who in ("officer", "centre", "regulator", "witness-sub"):
        with pytest.raises(NotAllowed):
            case.act(who, sitting.ReplacementOrdered(*words))
    case.act("releaser", sitting.ReplacementOrdered(*words))
    assert (case.state.stage, case.state.empty) == (Stage.GATHERING, {number})
    with case.platform.database.reading() as db_session:
        told = {n.account_id for n in db_session.scalars(select(Notice).where(Notice.code == "member_ordered_off"))}
    assert {case.people[who].id for who in ("officer", "releaser", "centre", "regulator")} <= told
    site.browser("releaser").get(f"{page}/replacement/release", 404)  # nothing waits any more
    called = case.draw_again()
    case._answer(called, True)
    case.work_off()
    assert (case.state.seats[number].person, case.state.empty) == (called, frozenset())
    case.members[number] = case._seat(number)
    case.act(case.members[number], sitting.StatementMade(number, True, ""))
    ends(case, number)
    root = case.platform.keys.authority.certificate_pem
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    checks = verify_bundle(files, [root], [read_profile("demo-goods")])
    assert not [(c.name, c.code, c.facts) for c in checks if c.verdict is Verdict.FAIL]
    assert list(database_differences(case.platform)) == []
