"""A member leaves while a bidder is asked: what was sent goes on, and its successor reads that and no more."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Notice
from app.procedure.errors import RuleViolation
from app.queries.clarifications import clarifications_of
from app.services.audits import export_evidence
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import ClarificationStanding as S
from evaluation.sitting import Stage
from tests.app.services.questions import TEXT, Asking
from tests.app.services.test_replacements import Succeeding
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


def listed(case: Asking, seat: int) -> dict[str, S]:
    return {one.id: one.standing for one in clarifications_of(case.case, LOT, seat, "zh")}


def told_of(case: Asking, login: str) -> list[str]:
    with case.platform.database.reading() as db_session:
        query = select(Notice.code).where(Notice.account_id == case.people[login].id).order_by(Notice.created_at)
        return [code for code in db_session.scalars(query) if "clarification" in code]


def test_a_recess_that_ends_with_a_replacement_gives_the_bidder_the_rest_of_its_time(tmp_path):
    case = Asking(tmp_path).until_review()
    case.ask("a1")
    case.clock.advance(60)
    case.member(sitting.RecessCalled(case.chair, "午餐"))
    gone = (Succeeding.leaver(case), sitting.ReplacementGround.HEALTH, "送医")
    case.act("officer", sitting.ReplacementProposed(*gone))
    case.act("releaser", sitting.ReplacementOrdered(*gone))
    course = case.case.lots[LOT].clarifying["a1"]
    assert course.since is not None
    assert course.asked_at is not None
    assert course.until is not None
    assert course.rested_at is None
    assert course.since >= course.asked_at
    assert told_of(case, "bidder-a") == ["clarification_asked", "clarification_anew"]


def test_what_was_sent_is_answered_to_the_successor_and_holds_offline(tmp_path):
    case = Asking(tmp_path).until_review()
    case.propose("c3", "bidder-c")
    case.vote("c3", False, False, False)
    case.ask("a1")
    case.propose("b2", "bidder-b")
    number = Succeeding.leaver(case)
    gone = (number, sitting.ReplacementGround.ABSENCE, "离席未归")
    case.act("officer", sitting.ReplacementProposed(*gone))
    case.act("releaser", sitting.ReplacementOrdered(*gone))
    assert told_of(case, "bidder-a") == ["clarification_asked"]
    assert {id: one.standing for id, one in case.state.clarifications.items()} == {
        "c3": S.REFUSED,
        "a1": S.SENT,
        "b2": S.DROPPED,
    }
    called = Succeeding.draw_again(case)
    case._answer(called, True)
    case.work_off()
    case.members[number] = case._seat(number)
    assert case.state.stage is Stage.STATEMENTS
    assert "作出纪律与回避声明" in booth(Site(case), case.members[number]).get(f"/room/{case.case_id}/{LOT}")
    case.answer("a1", files=(case.paper(),))  # nobody waits for the successor with it
    case.act(case.members[number], sitting.StatementMade(number, True, ""))
    assert listed(case, number) == {"a1": S.ANSWERED}
    (told,) = clarifications_of(case.case, LOT, number, "zh")
    assert told.answer == TEXT
    other = next(n for n in case.members if n != number)
    assert set(listed(case, other)) == {"c3", "a1", "b2"}
    case.propose("d4", "bidder-b", seat=other)
    assert "d4" in listed(case, number)
    with pytest.raises(RuleViolation, match="clarification_in_vote"):
        case.review()
    case.vote("d4", False, False, False)
    case.review()
    case.score_all()
    assert set(listed(case, number)) == {"c3", "a1", "b2", "d4"}
    case.report()
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    root = case.platform.keys.authority.certificate_pem
    steps = {name: STEPS[name] for name in ("head", "log", "acts", "replay", "sittings", "documents")}
    found = verify_bundle(files, [root], [read_profile("demo-goods")], steps=steps)
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
