"""Moved and paused deadlines at the gate and in the worker, through the one door, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import ClockBehind
from app.models import Lot, Notice
from app.permissions.policy import NotAllowed
from app.procedure.bid import BidWithdrawn
from app.procedure.deadlines import (
    RELEASED_BY,
    OutageExtensionReleased,
    PauseOrdered,
    PostponementReleased,
    ResumptionOrdered,
)
from app.procedure.errors import RuleViolation
from app.services import openings, tenders
from app.services.platform import DIST
from tests.app.workbench import LOT, MILLISECOND, Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PROPOSED = {released: proposed for proposed, released in RELEASED_BY.items()}
HANDS = {
    PostponementReleased: ("officer", "releaser"),
    OutageExtensionReleased: ("centre", "releaser"),
    PauseOrdered: ("regulator", "inspector"),
    ResumptionOrdered: ("inspector", "regulator"),
}


@pytest.fixture
def open_bidding(bench: Bench) -> Bench:
    """A published tender with its gate open."""
    bench.clock.go_on()
    bench.publish()
    yield bench
    bench.clock.go_on()


def propose(bench: Bench, fact: Any) -> None:
    bench.act(HANDS[type(fact)][0], PROPOSED[type(fact)](**vars(fact)), "")


def release(bench: Bench, fact: Any) -> None:
    bench.act(HANDS[type(fact)][1], fact, "")


def in_two_hands(bench: Bench, fact: Any) -> None:
    propose(bench, fact)
    release(bench, fact)


def later(bench: Bench, seconds: float) -> dict[str, Any]:
    return {LOT: bench.deadline_at + timedelta(seconds=seconds)}


def refused(code: str, action: Callable[..., Any], *arguments: Any) -> None:
    with pytest.raises(RuleViolation) as found:
        action(*arguments)
    assert found.value.code == code


def live(bench: Bench) -> set[str]:
    return {submission.receipt_id for submission in bench.case.lots[LOT].bidding.live}


def receipt_of(answer: dict[str, Any]) -> str:
    return str(answer["receipt"]["receipt"]["receipt_id"])


def notices(bench: Bench, login: str) -> list[str]:
    with bench.platform.database.reading() as db_session:
        query = select(Notice.code).where(Notice.account_id == bench.people[login].id, Notice.case_id == bench.case_id)
        return list(db_session.scalars(query))


def test_a_postponed_lot_takes_bids_until_the_new_instant_and_keeps_those_it_has(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-b")  # sealed before: no deadline is part of a bid
    first, earlier = receipt_of(bench.hand_in("bidder-a")), bench.deadline_at
    attached = bench.attach("bidder-b", sealed)
    in_two_hands(bench, PostponementReleased("场地调整", later(bench, 30)))
    bench.clock.stop_at(earlier)
    bench.work_off()  # the closing that was due at the earlier deadline
    assert not bench.records("LotClosed")
    second = receipt_of(bench.act("bidder-b", sealed.submission, LOT, "BidSubmitted", attached))
    assert live(bench) == {first, second}
    bench.clock.stop_at(bench.deadline_at - MILLISECOND)
    bench.work_off()
    assert not bench.records("LotClosed")
    bench.clock.stop_at(bench.deadline_at)
    bench.work_off()
    (closed,) = bench.records("LotClosed")
    assert closed.fact.deadline_at == earlier + timedelta(seconds=30) == closed.at
    with bench.platform.database.reading() as db_session:
        assert db_session.get_one(Lot, (bench.case_id, LOT)).deadline_at == closed.fact.deadline_at


def test_a_closed_lot_is_not_reopened_even_when_the_clock_goes_back(open_bidding):
    bench, moved = open_bidding, PostponementReleased("x", later(open_bidding, 30))
    propose(bench, moved)
    bench.clock.stop_at(bench.deadline_at)
    refused("deadline_over", release, bench, moved)
    bench.work_off()
    bench.clock.stop_at(bench.deadline_at - timedelta(seconds=10))
    for fact in (moved, PauseOrdered("x", (LOT,))):
        with pytest.raises(ClockBehind):
            in_two_hands(bench, fact)
    bench.clock.go_on()
    for fact in (moved, PauseOrdered("x", (LOT,))):
        with pytest.raises(NotAllowed):  # the phase of bidding is over
            in_two_hands(bench, fact)
    assert not bench.records("PostponementReleased", "PauseOrdered")


def test_while_a_lot_stands_still_nothing_comes_in_and_nothing_closes(open_bidding):
    bench, earlier = open_bidding, open_bidding.deadline_at
    kept, gone = (receipt_of(bench.hand_in(login)) for login in ("bidder-a", "bidder-b"))
    sealed = bench.seal("bidder-c")
    attached = bench.attach("bidder-c", sealed)
    in_two_hands(bench, PauseOrdered("核查投诉", (LOT,)))
    bench.clock.stop_at(earlier + timedelta(hours=1))
    bench.work_off()
    assert not bench.records("LotClosed")
    refused("bidding_paused", bench.act, "bidder-c", sealed.submission, LOT, "BidSubmitted", attached)
    bench.act("bidder-b", BidWithdrawn(gone))
    assert live(bench) == {kept}

    left = bench.case.tender.timetable.left[LOT]
    resumed = {LOT: bench.clock.at + left}
    in_two_hands(bench, ResumptionOrdered("核查完毕", resumed))
    bench.act("bidder-c", sealed.submission, LOT, "BidSubmitted", attached)
    bench.clock.stop_at(resumed[LOT] - MILLISECOND)
    bench.work_off()
    assert not bench.records("LotClosed")
    bench.clock.stop_at(resumed[LOT])
    bench.work_off()
    (closed,) = bench.records("LotClosed")
    assert closed.at == resumed[LOT]
    assert len(live(bench)) == 2


def test_an_outage_is_reported_by_the_centre_and_the_regulator_hears_of_it_at_once(open_bidding):
    bench, began_at = open_bidding, open_bidding.clock()
    bench.clock.advance(20)
    fact = OutageExtensionReleased("机房断电", began_at, bench.clock(), later(bench, 25))
    propose(bench, fact)
    assert notices(bench, "regulator") == ["outage_reported"]
    assert notices(bench, "releaser")[-1] == "release_waits"
    release(bench, fact)
    assert notices(bench, "centre") == ["outage_extension_released"]
    assert bench.case.tender.deadlines == fact.deadlines


def test_every_downloader_is_told_and_nobody_else(open_bidding):
    bench, case = open_bidding, open_bidding.case
    document = case.tender.published.documents[0].id
    tenders.download_document(bench.platform, bench.people["bidder-d"].log_in, bench.case_id, document)
    in_two_hands(bench, PostponementReleased("场地调整", later(bench, 30)))
    in_two_hands(bench, PauseOrdered("核查", (LOT,)))
    assert sorted(notices(bench, "bidder-d")) == ["pause_ordered", "postponement_released"]
    assert notices(bench, "bidder-c") == notices(bench, "admin") == []


NO_PART = [
    ("releaser", PostponementReleased),
    ("centre", PostponementReleased),
    ("bidder-a", PostponementReleased),
    ("officer", OutageExtensionReleased),
    ("officer", PauseOrdered),
    ("centre", PauseOrdered),
]


def test_who_has_no_part_in_it_proposes_nothing(open_bidding):
    bench, now = open_bidding, open_bidding.clock()
    fields = {"reason": "x", "cause": "x", "began_at": now - timedelta(seconds=9), "ended_at": now, "lots": (LOT,)}
    fields["deadlines"] = later(bench, 30)
    for login, fact in NO_PART:
        proposed = PROPOSED[fact]
        with pytest.raises(NotAllowed):
            bench.act(login, proposed(**{name: fields[name] for name in proposed.__dataclass_fields__}), "")


# two at the same time


def at_once(*actions: Callable[[], Any]) -> list[str]:
    """All of them in threads of their own; the code of each refusal, "" for what was done."""
    codes, start = [""] * len(actions), threading.Barrier(len(actions))

    def run(number: int, action: Callable[[], Any]) -> None:
        start.wait()
        try:
            action()
        except (RuleViolation, NotAllowed) as exc:
            codes[number] = exc.code if isinstance(exc, RuleViolation) else "not_allowed"

    threads = [threading.Thread(target=run, args=found) for found in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


@pytest.mark.parametrize("before", [2, 3])
def test_a_postponement_and_the_closing_at_the_very_deadline(open_bidding, before):
    """The clock moves a millisecond at each look: whoever holds the case first reads the earlier time."""
    bench, earlier = open_bidding, open_bidding.deadline_at
    moved = PostponementReleased("x", later(bench, 30))
    propose(bench, moved)
    bench.clock.at = earlier - before * MILLISECOND
    close = [lambda: openings.close_lot(bench.platform, bench.case_id, LOT)] * 2
    codes = at_once(lambda: release(bench, moved), *close)
    openings.close_lot(bench.platform, bench.case_id, LOT)
    closed = bench.records("LotClosed")
    if codes[0]:  # too late by the clock, or the lot was closed: it closed as it was published
        assert codes[0] in ("deadline_over", "not_allowed")
        assert [record.fact.deadline_at for record in closed] == [earlier]
    else:
        assert closed == []
        assert bench.records("PostponementReleased")[0].at < earlier
        assert bench.deadline_at == moved.deadlines[LOT]


def test_a_pause_and_bids_at_the_same_time(open_bidding):
    """What has a receipt stands before the order in the log; what came after it was refused."""
    bench, order = open_bidding, PauseOrdered("x", (LOT,))
    propose(bench, order)
    bids = []
    for login in ("bidder-a", "bidder-b", "bidder-c"):
        sealed = bench.seal(login)
        bids.append((login, sealed.submission, LOT, "BidSubmitted", bench.attach(login, sealed)))
    codes = at_once(lambda: release(bench, order), *(lambda b=b: bench.act(*b) for b in bids))
    assert codes[0] == ""
    assert set(codes[1:]) <= {"", "bidding_paused"}
    (paused,) = bench.records("PauseOrdered")
    taken = bench.records("BidReceipted")
    assert len(taken) == codes[1:].count("")
    assert all(record.seq < paused.seq for record in taken)
