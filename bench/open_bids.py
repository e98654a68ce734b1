"""From release to read-out: every bid opened, checked and put on record, against its capsule and the bare codec.

The peer recovers the keys of the same bids and decrypts them into the void, on two processes; nothing is parsed,
hashed, written or synced.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from app.casefile.sealing import bid_key, context_of
from app.models import StoredFile
from app.procedure.bid import Submission
from app.services import openings
from bench.timing import alternating
from crypto.envelope import context_hash, open_bid
from tests.app.workbench import LOT, Bench

BIDS, MEBIBYTES, RUNS = int(os.environ.get("TENDERHALL_BENCH_BIDS", "40")), 5, 3
TARGET = 1.3
PROCESSES = 2


def open_against_bare_codec(bids: int = BIDS, mebibytes: int = MEBIBYTES, runs: int = RUNS) -> str:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        bench = Bench(Path(folder), padding=os.urandom(mebibytes << 20)).found()
        bidders = [bench.join(number) for number in range(bids)]
        pairs = [_one_opening(bench, bidders) for _ in range(runs)]
        bench.platform.database.dispose()
    ours, peer, ratio = sorted(pairs, key=lambda pair: pair[2])[runs // 2]
    words = f"{bids} bids of {mebibytes} MiB read out after {ours:.1f} s, capsules and bare codec {peer:.1f} s"
    return f"{words} on {PROCESSES} processes, {1 / ratio:.2f} times as long (target ≤ {TARGET})"


def _one_opening(bench: Bench, bidders: list[str]) -> tuple[float, float, float]:
    """Seconds of ours and of the peer, and their ratio, on a case of its own."""
    bench.publish(3600)
    for login in bidders:
        bench.hand_in(login)
    bench.clock.at = bench.deadline_at + timedelta(seconds=1)
    openings.close_lot(bench.platform, bench.case_id, LOT)
    bench.release()
    found = alternating(
        lambda: openings.open_bids(bench.platform, bench.case_id, LOT), lambda: _bare_codec(bench), runs=1
    )
    opened = bench.case.lots[LOT].opening
    assert opened.read_out
    assert len(opened.opened) == len(bidders)
    return found


def _bare_codec(bench: Bench) -> None:
    standing = bench.case.lots[LOT].bidding.live
    bench.platform.database.dispose()  # no connection is shared with a child
    fork = multiprocessing.get_context("fork")
    halves = [standing[number::PROCESSES] for number in range(PROCESSES)]
    processes = [fork.Process(target=_decrypt_all, args=(bench, half)) for half in halves]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert all(process.exitcode == 0 for process in processes)


def _decrypt_all(bench: Bench, standing: Sequence[Submission]) -> None:
    for submission in standing:
        _decrypt(bench, submission)


def _decrypt(bench: Bench, submission: Submission) -> None:
    platform, case = bench.platform, bench.case
    with platform.database.reading() as db_session:
        query = select(StoredFile).where(StoredFile.owner == submission.receipt_id)
        blobs = {row.kind: row.blob for row in db_session.scalars(query)}
    key = bid_key(platform.origin, case, submission, LOT, lambda: platform.blobs.get(blobs["capsule"]))
    context = context_hash(context_of(platform.origin, case, LOT, submission.bidder, submission.fact.recipient))
    with platform.blobs.open(blobs["bid"]) as sealed, open(os.devnull, "wb") as nowhere:
        open_bid(sealed, nowhere, key, context)
