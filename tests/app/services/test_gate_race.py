"""Bidders in several processes rush the deadline while others close the lot: no bid late, none lost, none invented."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.services import openings
from app.services.platform import DIST, open_platform
from crypto.instants import parse_instant
from tests.app.services.people import BIDDERS
from tests.app.workbench import LOT, Bench, RealClock

pytestmark = [
    pytest.mark.each_database,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
]
BIDS_EACH = 12  # at most: as many as can be sealed before the rush
BIDDING_SECONDS = 12.0
RUSH = timedelta(seconds=2.5)  # before the deadline
ASSEMBLY = timedelta(seconds=1)  # for the processes to start
ASK_AGAIN = 0.02  # seconds between two tries to close
CLOSERS = 2
PROCESSES = 3
fork = multiprocessing.get_context("fork")  # keys cannot be handed over in another way


@dataclass(frozen=True)
class Rush:
    """What one process does: these bidders' bids, sealed and uploaded, from `starts_at` on; and whether it closes."""

    bids: dict[str, list[tuple[dict[str, Any], dict[str, bytes]]]]
    starts_at: datetime
    closes: bool


def take_part(bench: Bench, rush: Rush, told: Any) -> None:
    """Each bidder submits one bid after the other until it is refused; tells what was acknowledged."""
    bench.platform = open_platform(bench.platform.settings)
    time.sleep(max(0.0, (rush.starts_at - bench.clock()).total_seconds()))
    answers: list[tuple[str, dict[str, Any]]] = []
    threads = [threading.Thread(target=_submit, args=(bench, *found, answers)) for found in rush.bids.items()]
    if rush.closes:
        threads += [threading.Thread(target=_close, args=(bench,)) for _ in range(CLOSERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.send(answers)


def _submit(bench: Bench, login: str, bids: list[Any], answers: list[Any]) -> None:
    for submission, attachments in bids:
        try:
            answer = bench.act(login, submission, LOT, "BidSubmitted", attachments)
        except (RuleViolation, NotAllowed):
            return
        answers.append((submission["bid_root"], answer["receipt"]["receipt"]))


def _close(bench: Bench) -> None:
    """Ask again and again, from before the deadline on."""
    while not bench.case.lots[LOT].opening.closed:
        openings.close_lot(bench.platform, bench.case_id, LOT)
        time.sleep(ASK_AGAIN)


@pytest.fixture(scope="module")
def busy(database_url, tmp_path_factory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("busy"), clock=RealClock(), database_url=database_url).found()
    yield made
    made.platform.database.dispose()


def test_rush_at_the_deadline(busy):
    bench = busy
    bench.publish(BIDDING_SECONDS)
    acked = rush(bench, prepared(bench))
    assert acked
    check_rush(bench, acked)
    print(f"\nrush: {len(acked)} acknowledged in {RUSH.total_seconds()} s; 0 late, 0 lost, 0 invented")


def check_rush(bench: Bench, acked: list[tuple[str, dict[str, Any]]]) -> None:
    """What is on record is what was acknowledged, in order, on time, and the lot closed once after all of it."""
    records = bench.records("BidSubmitted", "BidReceipted", "LotClosed")
    submitted = [record for record in records if record.type == "BidSubmitted"]
    closed = [record for record in records if record.type == "LotClosed"]
    deadline_at = bench.deadline_at

    assert len(closed) == 1
    assert closed[0].at >= deadline_at
    late = [record for record in submitted if record.at >= deadline_at or record.seq > closed[0].seq]
    assert not late
    assert sorted(root for root, _receipt in acked) == sorted(record.payload["bid_root"] for record in submitted)
    assert all(parse_instant(receipt["received_at"]) < deadline_at for _root, receipt in acked)
    assert [record.seq for record in records] == sorted(record.seq for record in records)
    instants = [record.at for record in records]
    assert instants == sorted(instants)
    assert {s.fact.bid_root for s in bench.case.lots[LOT].bidding.submissions.values()} == {root for root, _ in acked}


def rush(bench: Bench, rushes: list[Rush]) -> list[tuple[str, dict[str, Any]]]:
    """Run every process to its end; all that was acknowledged."""
    bench.platform.database.dispose()  # no connection is shared with a child
    ears = []
    for part in rushes:
        ear, mouth = fork.Pipe(duplex=False)
        fork.Process(target=take_part, args=(bench, part, mouth), daemon=True).start()
        ears.append(ear)
    return [found for ear in ears for found in ear.recv()]


def prepared(bench: Bench) -> list[Rush]:
    """Bidders' bids, sealed and uploaded in turn while there is time, parted over the processes."""
    bids: dict[str, list[Any]] = {login: [] for login in BIDDERS}
    starts_at = bench.deadline_at - RUSH
    for login in BIDDERS * BIDS_EACH:
        if bench.clock() > starts_at - ASSEMBLY:
            break
        sealed = bench.seal(login)
        bids[login].append((sealed.submission, bench.attach(login, sealed)))
    parts = [{login: bids[login] for login in BIDDERS[number::PROCESSES]} for number in range(PROCESSES)]
    return [Rush(part, starts_at, closes=number < 2) for number, part in enumerate(parts)]
