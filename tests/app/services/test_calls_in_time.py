"""Nobody is passed over at night or before the time is over, and who has declined is told so."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from types import SimpleNamespace

from app.casefile.codec import encode
from app.casefile.record import Record
from app.casefile.verification.replay import Replay
from app.procedure.roles import SYSTEM
from app.services import call_ups
from app.services.database_check import database_differences
from evaluation.draw import CallUpExpired, SeatState
from tests.app.services.people import LOT
from tests.app.services.test_call_ups import COURSE, Called, case

__all__ = ["case"]


class LateInTheEvening(Called):
    """Drawn at 21:20 of the place, ten minutes before the quiet hours."""

    hours = 12 + 1 / 3

    def draw_experts(self) -> LateInTheEvening:
        super().draw_experts()
        return self


def test_nobody_is_passed_over_at_night(tmp_path):
    case = LateInTheEvening(tmp_path).through(COURSE)
    seats = set(case.case.lots[LOT].draw.seats)
    case.work_off(9 * 3600)  # 06:20
    assert set(case.case.lots[LOT].draw.seats.values()) == {SeatState.CALLED}
    first = min(seats)
    case.work_off(80 * 60)  # 07:40
    call_ups.answer_call_up(case.platform, call_ups.call_up_code(case.platform, case.case_id, LOT, first), True, "")
    case.work_off(20 * 60)
    states = case.case.lots[LOT].draw.seats
    assert states[first] is SeatState.ACCEPTED
    assert {states[number] for number in seats - {first}} == {SeatState.EXPIRED}
    assert list(database_differences(case.platform)) == []


def test_the_verifier_finds_somebody_passed_over_before_the_time_was_over(case):
    number, reached_at = min(case.case.lots[LOT].reached.items(), key=lambda found: found[1])
    fact, found = CallUpExpired(1, number), []
    for minutes in (29, 30):
        at = reached_at + timedelta(minutes=minutes)
        forged = Record(case.case_id, 9999, LOT, "CallUpExpired", at, SYSTEM.id, "", encode(fact), {})
        found.append([one.facts["reason"] for one in Replay(SimpleNamespace(hidden=False), case.case).take(forged)])
    assert found == [["call_up_not_over"], []]


def test_whoever_has_declined_is_told_so_once_and_of_no_project(case):
    """Somebody else may have answered with the code."""
    one, other = sorted(case.case.lots[LOT].draw.seats)[:2]
    codes = [call_ups.call_up_code(case.platform, case.case_id, LOT, number) for number in (one, other)]
    call_ups.answer_call_up(case.platform, codes[0], False, "出差")
    call_ups.answer_call_up(case.platform, codes[1], True, "")
    case.work_off()
    call_ups.confirm_declined(case.platform, case.case_id, LOT, one)
    call_ups.confirm_declined(case.platform, case.case_id, LOT, other)
    texts = [path.read_text("utf-8") for path in case.platform.settings.messages.rglob("text-*.txt")]
    mails = [path.read_bytes() for path in case.platform.settings.mail.rglob("*.eml")]
    letters = [message_from_bytes(mail).get_payload(decode=True).decode() for mail in mails]
    for told in ([text for text in found if "不能参加（" in text] for found in (texts, letters)):
        assert len(told) == 1
        assert not any(word in told[0] for word in ("设备采购", "某学院", case.case_id, "出差"))
