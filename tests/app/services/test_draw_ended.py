"""A draw ends with the evaluation that it is for: nobody is called, answers, is passed over or drawn afterwards."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import CallUp, Job
from app.procedure.errors import RuleViolation
from app.procedure.typed_codes import in_groups
from app.services import call_ups, sittings
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.platform import DIST
from evaluation import draw, sitting
from evaluation.sitting import Disposition, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_lapsing_proposals import SUSPEND, Lapsing
from tests.app.services.test_replacements import CONFLICT, case_records
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


class Ended(Lapsing):
    """A successor was called, and may have accepted, when two inspectors give the evaluation up."""

    def until_called(self) -> Ended:
        self.until_scoring()
        number = self.leaver()
        self.act(self.members[number], sitting.ConflictDeclared(number, CONFLICT))
        self.draw_again()
        return self

    @property
    def called(self) -> str:
        held = {number for number, seat in self.case.lots[LOT].draw.seats.items() if seat.holds_a_seat}
        (number,) = held - self.state.persons
        return number

    def give_up(self) -> None:
        self.order(Disposition.ABANDON, "举报查实")

    @property
    def code(self) -> str:
        return call_ups.call_up_code(self.platform, self.case_id, LOT, self.called)

    def letters(self) -> list[str]:
        """What was sent with the code of the one who was called."""
        return [text for mail in self.mails() if in_groups(self.code) in (text := self.text_of(mail))]

    def mails(self) -> list[Path]:
        return list(self.platform.settings.mail.rglob("*.eml"))

    @staticmethod
    def text_of(mail: Path) -> str:
        return str(message_from_bytes(mail.read_bytes(), policy=policy.default).get_body().get_content())

    def jobs(self) -> list[str]:
        """What is still tried."""
        with self.platform.database.reading() as db_session:
            return [job.task for job in db_session.scalars(select(Job).where(Job.done_at.is_(None)))]

    def facts_of_draw(self) -> list[str]:
        kinds = (draw.DrawRoundOpened, draw.CallUpAnswered, draw.CallUpExpired, draw.CallUpSent)
        return [record.type for record in case_records(self) if isinstance(record.fact, kinds)]


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Ended:
    ended = Ended(tmp_path_factory.mktemp("ended"), database_url=database_url).until_called()
    ended.order(*SUSPEND)
    ended.give_up()
    ended.work_off()
    assert ended.state.stage is Stage.ABANDONED
    return ended


def test_who_was_called_is_told_and_answers_no_more(case):
    before, ended = case.facts_of_draw(), [text for text in case.letters() if "评审已经结束" in text]
    assert len(ended) == 1
    assert "has ended" in ended[0]
    assert "设备采购" not in ended[0]  # a call-up names no project
    for accepted in (True, False):
        with pytest.raises(RuleViolation) as refusal:
            call_ups.answer_call_up(case.platform, case.code, accepted, "")
        assert refusal.value.code == "call_up_over"
    typed = {"code": case.code, "answer": "yes", "reason": ""}
    for lang, words in (("zh", "评审已经结束"), ("en", "has ended")):
        page = Site(case).browser("", lang).post("/call-up", **typed).get_data(as_text=True)
        assert words in page
    assert case.facts_of_draw() == before


def test_whoever_is_silent_is_not_passed_over_and_nobody_is_drawn(case):
    before = case.facts_of_draw()
    case.clock.advance(timedelta(days=3).total_seconds())
    case.work_off()
    call_ups.expire_call_ups(case.platform, case.case_id, LOT)
    call_ups.send_call_ups(case.platform, case.case_id, LOT)
    call_ups.cancel_call_ups(case.platform, case.case_id, LOT)  # again: the same letter
    sittings.convene_sitting(case.platform, case.case_id, LOT)
    assert case.facts_of_draw() == before
    assert len([text for text in case.letters() if "评审已经结束" in text]) == 1
    assert not set(case.jobs()) & {"convene_sitting", "expire_call_ups", "send_call_ups", "cancel_call_ups"}
    assert list(database_differences(case.platform)) == []
    with case.platform.database.reading() as db_session:
        assert db_session.get_one(CallUp, call_ups.code_hash(case.code)).answered_at is None


def test_no_desk_shows_a_step_of_the_draw(case):
    site = Site(case)
    for who, page in (("releaser", "/agency"), ("centre", "/centre"), ("regulator", "/regulator")):
        assert "承诺" not in site.browser(who).get(page), who
        assert not {step for step in case.steps(who) if step.startswith(("draw", "successor"))}, who


def test_no_draw_step_stands_on_a_desk_while_a_further_round_had_just_opened(tmp_path):
    case = Ended(tmp_path).until_scoring()
    number = case.leaver()
    case.act(case.members[number], sitting.ConflictDeclared(number, CONFLICT))
    assert "draw_commit" in case.steps("releaser")
    case.order(*SUSPEND)
    case.give_up()
    case.work_off()
    assert "draw_commit" not in case.steps("releaser")
    assert not case.case.lots[LOT].draws_successor
    assert case.failed_checks() == []


def test_who_had_accepted_while_it_stood_still_is_told_and_does_not_take_the_seat(tmp_path):
    case = Ended(tmp_path).until_called()
    case.order(*SUSPEND)
    case._answer(case.called, True)
    case.give_up()
    case.work_off()
    assert len([text for text in case.letters() if "评审已经结束" in text]) == 1
    assert "convene_sitting" not in case.jobs()
    assert case.state.empty
    assert case.failed_checks() == []


def test_who_is_on_the_way_when_it_is_given_up_is_told(tmp_path):
    case = Ended(tmp_path).through(DRAWN)
    here = min(number for number, seat in case.state.seats.items() if seat.role == "expert")
    case.members[here] = case._seat(here)
    case.order(*SUSPEND)
    case.give_up()
    case.work_off()
    told = [text for mail in case.mails() if "评审已经结束" in (text := case.text_of(mail))]
    codes = {
        number: call_ups.call_up_code(case.platform, case.case_id, LOT, seat.person)
        for number, seat in case.state.seats.items()
    }
    on_the_way = {n for n, seat in case.state.seats.items() if seat.role == "expert" and n != here}
    assert {n for n, code in codes.items() if any(in_groups(code) in text for text in told)} == on_the_way
    assert case.failed_checks() == []


def test_the_verifier_finds_a_fact_of_the_draw_after_the_end(case):
    assert case.failed_checks() == []
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    lines, key = tampering.lines_of(files), case.platform.keys.platform.key
    sent = max(seq for seq, line in enumerate(lines) if line["entry"]["type"] == "CallUpSent")
    last = len(lines) - 1
    payload = lines[sent]["entry"]["payload"]
    forged = tampering.changed(lines, last, ("type",), lambda _: "CallUpExpired")
    forged = tampering.changed(forged, last, ("payload",), lambda _: payload)
    checks = verify_bundle(tampering.by_platform(files, forged, key), steps={"replay": STEPS["replay"]})
    found = [(c.facts["seq"], c.facts["reason"]) for c in checks if c.verdict is Verdict.FAIL]
    assert found == [(last, "evaluation_over")]
