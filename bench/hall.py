"""An opening before 200 people: from each step's instant until everybody's page shows it, on one web process.

Half of them are logged in. The peer is a bare python-socketio server under the same gunicorn that broadcasts, at the
same instants to as many sockets, frames that hold as much as the live part of the page.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import IO

import requests

from app.casefile.sealing import open_identity
from app.procedure.opening import ShareReleased
from app.services import accounts, openings
from bench.processes import below, processor_seconds
from crypto.committee import sign_share
from demo.site import ROOT, free_port
from tests.app.realtime.serving import serving
from tests.app.services.people import credit_code
from tests.app.workbench import LOT, Bench, Clock

PEOPLE, BIDS = int(os.environ.get("TENDERHALL_BENCH_PEOPLE", "200")), 12
TARGET = 1.0  # seconds, for 99 of 100
PAUSE = 1.0  # seconds between steps that people make
EVERYBODY_WITHIN = 60  # seconds
AHEAD = timedelta(hours=1)


@dataclass(frozen=True)
class Watched:
    """For each of the people, type, instant and wait of each step; seconds of processor that the server and those who
    watched needed for all of it.
    """

    seen: list[list[tuple[str, float, float]]]
    served: float
    looked: float


class BehindClock(Clock):
    """An hour behind while bids come in, so that their deadline is over when it is set right."""

    behind = AHEAD

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind


def step_to_page(people: int = PEOPLE, bids: int = BIDS, pause: float = PAUSE) -> str:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        bench = Bench(Path(folder), clock=BehindClock()).found()
        _sealed(bench, bids)
        tokens = _audience(bench, people)
        with serving(bench.platform.settings) as server:
            address, hall = server.base_url.removeprefix("http://"), f"/cases/{bench.case_id}/lots/{LOT}/opening/board"
            with _watching(address, server.pids[0], bench.case_id, hall, tokens) as leave:
                steps = _open(bench, pause)
                ours = leave(len(steps))
            size = len(requests.get(server.base_url + hall, timeout=60).content)
        bench.platform.database.dispose()
    peer = _bare_broadcast(steps, people, size)
    return _in_words(ours, peer, len(steps), size)


def _sealed(bench: Bench, bids: int) -> None:
    bench.publish(AHEAD.total_seconds())
    for number in range(bids):
        login = f"bench-{number}"
        owner = accounts.NewOrganisation(f"投标人 {number}", "bidder", credit_code(f"{number}"))
        accounts.register_bidder(bench.platform, owner, login, f"员工 {number}", "correct horse battery")
        bench._certify(login)
        bench.hand_in(login)
    bench.clock.behind = timedelta(0)


def _audience(bench: Bench, people: int) -> list[str]:
    """Tokens of those who have reason to come, as often as it takes; half of the people are strangers."""
    bidders = [login for login in bench.people if login.startswith("bench-")]
    known = [bench.token(login) for login in (*bidders, "officer", "regulator", "centre")]
    return [known[number // 2 % len(known)] if number % 2 else "" for number in range(people)]


def _open(bench: Bench, pause: float) -> list[datetime]:
    """Close, sign, open, read out; the instant of every step that people saw."""
    ident = open_identity(bench.platform.origin, bench.case_id, LOT)
    before = len(bench.records())
    openings.close_lot(bench.platform, bench.case_id, LOT)
    for index in (2, 3):
        time.sleep(pause)
        bench.act(f"trustee-{index}", ShareReleased(index, sign_share(bench.shares[index], ident).hex()))
    openings.open_bids(bench.platform, bench.case_id, LOT)
    return [record.at for record in bench.records()[before:]]


@contextmanager
def _watching(
    address: str, server: int, case: str, fragment: str, tokens: Sequence[str]
) -> Iterator[Callable[[int], Watched]]:
    """As many people as tokens; what is yielded waits until each has seen that many steps, and lets them go."""
    command = [sys.executable, "-m", "gevent.monkey", "--module", "bench.watchers"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        told = {"address": address, "case": case, "fragment": fragment, "tokens": list(tokens)}
        _say(process.stdin, json.dumps(told))
        assert process.stdout.readline() == "ready\n"
        begun = processor_seconds(below(server))
        yield lambda steps: _leave(process, steps, server, begun)
    finally:
        process.kill()
        process.wait()


def _say(pipe: IO[str], line: str) -> None:
    pipe.write(line + "\n")
    pipe.flush()


def _leave(process: subprocess.Popen[str], steps: int, server: int, begun: float) -> Watched:
    assert process.stdin is not None
    assert process.stdout is not None
    _say(process.stdin, str(steps))
    told = json.loads(process.stdout.readline())
    watched = Watched(told["seen"], processor_seconds(below(server)) - begun, told["looked"])
    assert all(len(one) == steps for one in watched.seen), [len(one) for one in watched.seen]
    return watched


def _bare_broadcast(steps: Sequence[datetime], people: int, size: int) -> Watched:
    """The same steps at the same distances, broadcast with nothing behind them."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "bench.broadcast:app", "-k", "gevent", "--workers", "1"]
    command += ["--bind", f"127.0.0.1:{port}", "--worker-connections", "2000", "--no-control-socket"]
    server = subprocess.Popen([*command, "--log-level", "warning"], cwd=ROOT)
    try:
        address = f"127.0.0.1:{port}"
        _await_answer(address)
        with _watching(address, server.pid, "any", "", [""] * people) as leave:
            plan = [0.0, *((after - before).total_seconds() for before, after in pairwise(steps))]
            for pause in plan:
                time.sleep(pause)
                requests.post(f"http://{address}/", params={"size": str(size)}, timeout=60).raise_for_status()
            return leave(len(steps))
    finally:
        server.terminate()
        server.wait(20)


def _await_answer(address: str) -> None:
    give_up_at = time.monotonic() + EVERYBODY_WITHIN
    while time.monotonic() < give_up_at:
        with suppress(requests.RequestException):
            requests.get(f"http://{address}/", timeout=5)
            return
        time.sleep(0.1)


def _in_words(ours: Watched, peer: Watched, steps: int, size: int) -> str:
    mine, other = _waits(ours), _waits(peer)
    words = f"{len(ours.seen)} people, {steps} steps of {size >> 10} KiB: p50 {_ms(mine[0])}, p99 {_ms(mine[1])}"
    words += f" from step to page (target < {_ms(TARGET)}), the server worked {ours.served:.1f} s"
    bare = f"bare broadcast of the same bytes p50 {_ms(other[0])}, p99 {_ms(other[1])}, {peer.served:.1f} s"
    times = f"p99 {mine[1] / other[1]:.1f} times as long"
    return f"{words}; {bare}; {times}; all who watched needed {ours.looked:.1f} s and {peer.looked:.1f} s to look"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _waits(watched: Watched) -> tuple[float, float]:
    """Median and 99th percentile, seconds."""
    waits = sorted(seconds for one in watched.seen for _type, _at, seconds in one)
    return statistics.median(waits), waits[min(len(waits) - 1, int(len(waits) * 0.99))]
