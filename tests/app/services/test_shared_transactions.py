"""Who waits at the gate goes through it together: one instant, one commit, and nobody's refusal is another's."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.database import Busy, Unreachable, Unstorable
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.services import unit_of_work as units
from app.services.platform import DIST
from app.services.shared_transactions import Queue, Queues
from app.services.unit_of_work import unit_of_work
from tests.app.services.people import BIDDERS
from tests.app.workbench import LOT

pytestmark = pytest.mark.each_database


def test_a_queue_ends_with_the_last_who_leaves_it():
    queues = Queues()
    with queues.at("a case", "1") as first:
        with queues.at("a case", "1") as same, queues.at("a case", "2") as other:
            assert same is first is not other
        with queues.at("a case", "1") as again:
            assert again is first
    assert queues._inside == {}


def together(queue, ones, transaction):
    """What became of each, all of whom come while somebody else has the turn."""
    begun, over = threading.Event(), threading.Event()

    def holds(gather):
        found = list(gather())
        begun.set()
        over.wait(5)
        return found

    def outcome(one):
        try:
            return queue.go_through(one, str(one), transaction)
        except BaseException as error:
            return error

    with ThreadPoolExecutor(len(ones) + 1) as pool:
        pool.submit(queue.go_through, "first", "first", holds)
        begun.wait(5)
        waiting = [pool.submit(outcome, one) for one in ones]
        _wait_for(lambda: queue.waiting == len(ones))
        over.set()
        return [one.result() for one in waiting]


def _wait_for(condition, seconds=20):
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)


def test_all_who_wait_share_a_transaction():
    sizes = []

    def transaction(gather):
        ones = gather()
        sizes.append(len(ones))
        return [one * 10 for one in ones]

    assert together(Queue(), [1, 2, 3], transaction) == [10, 20, 30]
    assert sizes == [3]


def test_a_refusal_is_ones_own():
    def transaction(gather):
        return [RuleViolation("late") if one == 2 else one for one in gather()]

    first, second, third = together(Queue(), [1, 2, 3], transaction)
    assert (first, second.code, third) == (1, "late", 3)


def test_one_that_no_rule_expects_costs_nobody_else_anything():
    sizes = []

    def transaction(gather):
        ones = gather()
        sizes.append(len(ones))
        if 2 in ones:
            raise Unstorable
        return list(ones)

    first, second, third = together(Queue(), [1, 2, 3], transaction)
    assert (first, type(second), third) == (1, Unstorable, 3)
    assert sizes == [3, 1, 1, 1]


def test_a_database_that_stays_locked_is_told_to_all_who_wait():
    calls = []

    def transaction(_gather):
        calls.append(1)
        raise Busy  # before anybody was taken along

    assert [type(one) for one in together(Queue(), [1, 2, 3], transaction)] == [Busy] * 3
    assert len(calls) == 1


def test_two_of_one_name_do_not_share():
    sizes, queue = [], Queue()

    def transaction(gather):
        ones = gather()
        sizes.append(len(ones))
        return list(ones)

    class Named(int):
        def __str__(self):
            return "the same"

    assert sorted(together(queue, [Named(1), Named(2)], transaction)) == [1, 2]
    assert sizes == [1, 1]


@pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
def test_bids_of_one_moment_are_one_transaction(bench):
    """One is out of its order, one under a command that not every database can keep: the others have their receipts."""
    bench.clock.go_on()
    bench.publish()
    sealed = {login: bench.seal(login) for login in BIDDERS[:4]}
    odd = {BIDDERS[2]: {"prev_act": "0" * 64}, BIDDERS[3]: {"command_id": "nul\x00"}}
    proposals = {
        login: bench.proposal(
            bench.people[login],
            bid.submission,
            "BidSubmitted",
            attachments=bench.attach(login, bid),
            **odd.get(login, {}),
        )
        for login, bid in sealed.items()
    }
    outcomes = _all_at_once(bench, proposals)
    receipts = [outcomes[login]["receipt"]["receipt"] for login in BIDDERS[:2]]
    assert outcomes[BIDDERS[2]].code == "act_out_of_order"
    last = outcomes[BIDDERS[3]]
    assert isinstance(last, Unstorable) or last["accepted"] == "BidSubmitted"
    taken = [login for login in BIDDERS[:4] if isinstance(outcomes[login], dict)]
    if bench.platform.database.is_sqlite:
        assert len({receipt["received_at"] for receipt in receipts}) == 1
    records = bench.records("BidSubmitted", "BidReceipted")
    assert [record.type for record in records] == ["BidSubmitted", "BidReceipted"] * len(taken)
    assert {record.actor for record in records[::2]} == {bench.people[login].id for login in taken}
    assert len(bench.case.lots[LOT].bidding.live) == len(taken)


@pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
def test_a_fault_after_the_commit_costs_no_bid_its_key(bench, monkeypatch):
    bench.clock.go_on()
    bench.publish()
    sealed = {login: bench.seal(login) for login in BIDDERS[:2]}
    proposals = {
        login: bench.proposal(bench.people[login], bid.submission, "BidSubmitted", attachments=bench.attach(login, bid))
        for login, bid in sealed.items()
    }
    faults = [RuntimeError("after the commit")]
    plain = units.remember_case

    def remember_case(*arguments):
        if bench.records("BidSubmitted") and faults:
            raise faults.pop()
        plain(*arguments)

    monkeypatch.setattr(units, "remember_case", remember_case)
    outcomes = _all_at_once(bench, proposals)
    assert faults == []
    assert [outcome["accepted"] for outcome in outcomes.values()] == ["BidSubmitted"] * 2
    with bench.platform.database.reading() as db_session:
        capsules = select(StoredFile).where(StoredFile.case_id == bench.case_id, StoredFile.kind == "capsule")
        kept = [bench.platform.blobs.get(row.blob) for row in db_session.scalars(capsules)]
    assert sorted(kept) == sorted(bid.capsule for bid in sealed.values())


def test_whoever_waits_while_a_turn_is_killed_is_not_told_that_nothing_was_written():
    def transaction(gather):
        gather()
        raise KeyboardInterrupt  # be it before the commit or after it

    outcomes = together(Queue(), [1, 2, 3], transaction)
    assert [type(one) for one in outcomes].count(Unreachable) == 2


def _all_at_once(bench, proposals):
    """What becomes of these acts, which wait while the case is locked."""

    def outcome(login):
        try:
            return bench.send(bench.people[login], proposals[login])
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(proposals)) as pool, bench.platform.queues.at(bench.case_id, LOT) as queue:
        with unit_of_work(bench.platform.database, bench.case_id):
            waiting = {login: pool.submit(outcome, login) for login in proposals}
            _wait_for(lambda: queue.waiting == len(proposals))
        return {login: one.result() for login, one in waiting.items()}
