"""Whoever is drawn is reached by mail, text message and telephone, never at night; every attempt is on record."""

from __future__ import annotations

import json
import smtplib
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from app.adapters.mail import send_mail
from app.adapters.messaging import NotSent, send_message
from app.adapters.profiles import read_profile
from app.models import ContactLookUp, ExpertContact, Job, Notice
from app.procedure.errors import RuleViolation
from app.procedure.typed_codes import in_groups
from app.services import call_ups, notices, tenders
from app.services.contacts import Contact, seal_contact
from app.services.database_check import database_differences
from app.services.jobs import claim_job, fail_job, finish_job
from app.services.unit_of_work import plain_transaction
from app.tasks.jobs import run_job
from evaluation.draw import CallAttempted, Channel, Outcome, RoundReason, SeatState
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

PHONE = "13800000000"


class Gateway:
    """A gateway on this machine: what it was sent, and what it answers next."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.tokens: set[str | None] = set()
        self.answers: dict[str, tuple[int, bytes]] = {}
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.sent.append(body)
                gateway.tokens.add(self.headers["Authorization"])
                status, answer = gateway.answers.get(body["channel"], (202, b""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/messages"

    def by(self, channel: str) -> list[dict[str, str]]:
        return [one for one in self.sent if one["channel"] == channel]


@contextmanager
def serving():
    gateway = Gateway()
    Thread(target=gateway.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield gateway
    finally:
        gateway.server.shutdown()
        gateway.server.server_close()


REAL = ("quiet_hours", "telephone_after", "call_up_answer", "answer_rests_at_night")


class Called(WholeCase):
    """A case whose drawn experts are called as the real rule book says, and do not answer."""

    hours = 0  # that pass before the draw

    def publish(self) -> Called:
        real, demo = read_profile("cn-goods"), read_profile("demo-goods")
        numbers = {name: getattr(real, name) for name in REAL}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tenders, "read_profile", lambda _name: replace(demo, **numbers))
            super().publish()
        return self

    def draw_experts(self) -> Called:
        self.telephones()
        super().draw_experts()
        return self

    def _round(self, number: int, *words: Any, **more: Any) -> None:
        if number == 1:
            self.clock.advance(timedelta(hours=self.hours).total_seconds())
            super()._round(number, *words, **more)

    def _answer(self, number: str, accepted: bool) -> None:
        pass

    def telephones(self) -> None:
        with plain_transaction(self.platform.database) as (db_session, _now):
            for contact in db_session.scalars(select(ExpertContact)):
                contact.sealed = seal_contact(self.platform, Contact(f"{contact.expert_id}@example.org", PHONE))

    def by_gateway(self, gateway: Gateway) -> None:
        settings = replace(self.platform.settings, messaging_url=gateway.url, messaging_token="secret")
        self.platform = replace(self.platform, settings=settings)

    def attempts(self) -> list[CallAttempted]:
        made = self.case.lots[LOT].draw.attempts
        return [one for number in sorted(made) for one in made[number]]

    def tried(self, channel: Channel) -> list[Outcome]:
        return [one.outcome for one in self.attempts() if one.channel is channel]

    def waiting(self, task: str) -> list[datetime]:
        with self.platform.database.reading() as db_session:
            rows = db_session.scalars(select(Job).where(Job.done_at.is_(None), Job.task == task))
            return sorted(job.due_at for job in rows)

    def look_ups(self) -> int:
        with self.platform.database.reading() as db_session:
            return len(db_session.scalars(select(ContactLookUp).where(ContactLookUp.purpose == "call_up")).all())


COURSE = "enrol publish bid open delegate draw_experts"


@pytest.fixture
def case(tmp_path) -> Called:
    return Called(tmp_path).through(COURSE)


class AtNight(Called):
    """Drawn at 22:00 of the place."""

    hours = 13

    def draw_experts(self) -> AtNight:
        super().draw_experts()
        return self


def test_each_is_reached_by_mail_and_text_message_and_then_by_telephone(tmp_path, database_url):
    case = Called(tmp_path, database_url=database_url).through(COURSE)
    drawn = len(case.case.lots[LOT].draw.seats)
    assert case.tried(Channel.MAIL) == case.tried(Channel.TEXT) == [Outcome.TAKEN] * drawn
    assert case.tried(Channel.VOICE) == []
    with serving() as gateway:
        gateway.answers["voice"] = 200, b'{"outcome": "unanswered"}'
        case.by_gateway(gateway)
        case.work_off(5 * 60)
        assert case.tried(Channel.VOICE) == [Outcome.UNANSWERED] * drawn
        gateway.answers["voice"] = 200, b'{"outcome": "answered"}'
        case.work_off(10 * 60)
    assert case.tried(Channel.VOICE).count(Outcome.ANSWERED) == drawn
    assert gateway.tokens == {"Bearer secret"}
    assert len({one["key"] for one in gateway.sent}) == len(gateway.sent) == 2 * drawn
    assert case.look_ups() == 4 * drawn
    case.work_off(20 * 60)  # nobody answers: the time is over
    assert {SeatState.EXPIRED} == set(case.case.lots[LOT].draw.seats.values())
    assert list(database_differences(case.platform)) == []


def test_no_message_names_the_project_and_the_telephone_says_no_code(case):
    with serving() as gateway:
        case.by_gateway(gateway)
        case.work_off(5 * 60)
    said = [one["text"] for one in gateway.sent]
    said += [path.read_text("utf-8") for path in case.platform.settings.messages.rglob("*.txt")]
    assert len(said) == 2 * len(case.case.lots[LOT].draw.seats)
    codes = [call_ups.call_up_code(case.platform, case.case_id, LOT, n) for n in case.case.lots[LOT].draw.seats]
    for text in said:
        assert not any(word in text for word in ("设备采购", "某学院", "投标人", case.case_id))
    codes = [in_groups(code) for code in codes]
    assert not any(code in one["text"] for code in codes for one in gateway.by("voice"))
    written = [path.read_text("utf-8") for path in case.platform.settings.messages.rglob("text-*.txt")]
    assert sorted(code for code in codes for text in written if code in text) == sorted(codes)


def test_whoever_answers_is_not_telephoned(case):
    first, *others = sorted(case.case.lots[LOT].draw.seats)
    call_ups.answer_call_up(case.platform, call_ups.call_up_code(case.platform, case.case_id, LOT, first), True, "")
    with serving() as gateway:
        case.by_gateway(gateway)
        case.work_off(15 * 60)
    assert {one.candidate for one in case.attempts() if one.channel is Channel.VOICE} == set(others)
    assert len(gateway.by("voice")) == 2 * len(others)


def test_nobody_is_called_at_night_and_has_the_whole_time_in_the_morning(tmp_path):
    case = AtNight(tmp_path).through(COURSE)
    assert set(case.case.lots[LOT].draw.seats.values()) == {SeatState.DRAWN}
    assert (case.attempts(), case.look_ups()) == ([], 0)
    (morning,) = case.waiting("send_call_ups")
    assert (morning.astimezone(UTC).hour, morning.minute) == (23, 30)  # 07:30 of the place
    case.work_off((morning - case.clock.at).total_seconds())
    assert set(case.case.lots[LOT].draw.seats.values()) == {SeatState.CALLED}
    assert len(case.tried(Channel.TEXT)) == len(case.case.lots[LOT].draw.seats)
    assert all(due - case.clock.at > timedelta(minutes=29) for due in case.waiting("expire_call_ups"))


def test_an_attempt_that_fails_is_on_record_and_made_again(case):
    with serving() as gateway:
        case.by_gateway(gateway)
        gateway.answers["voice"] = 503, b"busy with " + PHONE.encode()
        case.clock.advance(5 * 60)
        attempt = f"{min(case.case.lots[LOT].draw.seats)}/voice/1"
        with pytest.raises(NotSent) as failure:
            call_ups.call_expert(case.platform, case.case_id, LOT, attempt)
        assert PHONE not in str(failure.value)
        assert case.tried(Channel.VOICE) == [Outcome.FAILED]
        gateway.answers.clear()
        call_ups.call_expert(case.platform, case.case_id, LOT, attempt)
        call_ups.call_expert(case.platform, case.case_id, LOT, attempt)  # the worker had died before it was done
    assert case.tried(Channel.VOICE) == [Outcome.FAILED, Outcome.TAKEN]
    assert len({one["key"] for one in gateway.sent}) == 1


def refuse(*_message: object, **_more: object) -> None:
    raise ConnectionRefusedError


class Unreached(Called):
    """Neither mail nor text message is taken by anybody while the draw is held."""

    def draw_experts(self) -> Unreached:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(notices, "send_mail", refuse)
            patch.setattr(notices, "send_message", refuse)
            super().draw_experts()
        return self

    def work_off(self, seconds: float = 0) -> None:
        """Jobs that fail are tried again later."""
        self.clock.advance(seconds)
        while (job := claim_job(self.platform)) is not None:
            try:
                run_job(self.platform, job)
                finish_job(self.platform, job)
            except (OSError, RuleViolation) as failure:
                fail_job(self.platform, job, str(failure))

    def told(self) -> list[str]:
        with self.platform.database.reading() as db_session:
            return list(db_session.scalars(select(Notice.account_id).where(Notice.code == "call_up_failed")))


def test_nobody_is_passed_over_whom_no_message_reached(tmp_path):
    case = Unreached(tmp_path).through(COURSE)
    numbers = set(case.case.lots[LOT].draw.seats)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notices, "send_mail", refuse)
        patch.setattr(notices, "send_message", refuse)
        case.work_off(3 * 3600)
    assert {one.outcome for one in case.attempts()} == {Outcome.FAILED}
    assert set(case.case.lots[LOT].draw.seats.values()) == {SeatState.CALLED}
    assert case.told() == [case.people["centre"].id] * len(numbers)  # once for each
    case.work_off(3600)
    reached = [one for one in case.attempts() if one.outcome is Outcome.TAKEN]
    assert {one.candidate for one in reached} == numbers
    assert all(due > case.clock.at + timedelta(minutes=29) for due in case.waiting("expire_call_ups"))
    case.work_off(31 * 60)
    assert set(case.case.lots[LOT].draw.seats.values()) == {SeatState.EXPIRED}
    assert list(database_differences(case.platform)) == []


class Nameless(Unreached):
    """Nobody's address is known."""

    def draw_experts(self) -> Nameless:
        super().draw_experts()
        return self

    def telephones(self) -> None:
        with plain_transaction(self.platform.database) as (db_session, _now):
            for contact in db_session.scalars(select(ExpertContact)):
                contact.sealed = seal_contact(self.platform, Contact(""))


def test_whoever_has_no_address_is_told_to_the_centre_and_loses_no_seat(tmp_path):
    case = Nameless(tmp_path).through(COURSE)
    case.work_off(3600)
    assert {one.outcome for one in case.attempts()} == {Outcome.FAILED}
    assert set(case.case.lots[LOT].draw.seats.values()) == {SeatState.CALLED}
    assert len(case.told()) == len(case.case.lots[LOT].draw.seats)


def test_an_answer_after_its_time_does_not_count(case):
    one, other = sorted(case.case.lots[LOT].draw.seats)[:2]
    case.clock.advance(31 * 60)  # and no worker runs
    for number in (one, other):
        with pytest.raises(RuleViolation) as late:
            call_ups.answer_call_up(
                case.platform, call_ups.call_up_code(case.platform, case.case_id, LOT, number), True, ""
            )
        assert late.value.code == "call_up_expired"
        case.work_off()  # passed over: the same answer


def test_a_refusal_waits_for_nobody_and_whoever_accepted_may_still_decline(case):
    one, other, *_others = sorted(case.case.lots[LOT].draw.seats)
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, one)
    call_ups.answer_call_up(case.platform, code, True, "")
    before = case.case.lots[LOT].draw
    call_ups.answer_call_up(case.platform, code, True, "")
    assert case.case.lots[LOT].draw == before, "the same answer again is no second answer"
    assert call_ups.read_call_up(case.platform, code).accepted
    call_ups.answer_call_up(case.platform, code, False, "突发疾病")
    draw = case.case.lots[LOT].draw
    assert (draw.seats[one], len(draw.rounds), draw.current.number) == (SeatState.REFUSED, 2, 2)
    with pytest.raises(RuleViolation) as again:
        call_ups.answer_call_up(case.platform, code, True, "")
    assert again.value.code == "call_up_declined"
    assert "." not in str(again.value.facts["answered_at"]), "no millisecond is told"
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, other)
    call_ups.answer_call_up(case.platform, code, False, "出差")  # while the second round is held
    assert len(case.case.lots[LOT].draw.rounds) == 2


def test_those_whose_time_ends_together_are_passed_over_together(case):
    case.work_off(31 * 60)
    draw = case.case.lots[LOT].draw
    assert set(draw.seats.values()) == {SeatState.EXPIRED}
    assert [(found.number, found.reason) for found in draw.rounds[1:]] == [(2, RoundReason.EXPIRED)]
    assert [stratum.quota for stratum in draw.strata] == [2, 2]


def test_a_refused_mail_leaves_no_address_in_a_log(tmp_path, monkeypatch):
    def refusing(*_message: object) -> None:
        raise smtplib.SMTPRecipientsRefused({"expert@example.org": (550, b"unknown")})

    class Server(smtplib.SMTP):
        def __init__(self, *_where: object, **_more: object) -> None:
            pass

        __enter__ = __exit__ = lambda self, *_outcome: self if not _outcome else None
        send_message = refusing

    monkeypatch.setattr(smtplib, "SMTP", Server)
    with pytest.raises(NotSent) as failure:
        send_mail("smtp://localhost", tmp_path, sender="a@b", to="expert@example.org", subject="x", text="x", key="k")
    assert "expert" not in str(failure.value)
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("answer", [b"", b"ok", b"[1]", b'{"outcome": 5}', b"[" * 4000, b"\xff\x00"])
def test_a_gateway_may_say_anything(tmp_path, answer):
    with serving() as gateway:
        gateway.answers["text"] = 200, answer
        assert send_message(gateway.url, "", tmp_path, channel="text", to=PHONE, text="x", key="k") == ""


def test_a_gateway_that_is_not_there_or_sends_one_elsewhere_is_a_failure(tmp_path):
    with serving() as gateway:
        gateway.answers["text"] = 302, b""
        with pytest.raises(NotSent):
            send_message(gateway.url, "", tmp_path, channel="text", to=PHONE, text="x", key="k")
    with pytest.raises(NotSent) as failure:
        send_message(gateway.url, "", tmp_path, channel="text", to=PHONE, text="x", key="k")
    assert PHONE not in str(failure.value)
