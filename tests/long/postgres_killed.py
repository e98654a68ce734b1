"""The database server dies in the middle of a rush: `python -m tests.long.postgres_killed`.

Once the server of the installation is killed with all its processes and started again; once it stays dead, and a
standby that confirmed each commit is promoted. Clients send again what was not answered. Prints how long nothing was
acknowledged; AssertionError for a bid that is late, lost, invented or out of order.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import requests

from bench.deadline_rush import LATE, Client, close, prepared, served
from tests.app.services.test_gate_race import check_rush
from tests.app.workbench import Bench, RealClock
from tests.long.cluster import Server, give_to_owner, url

BIDDERS, EACH = 12, 16
BEFORE = timedelta(seconds=25)  # from the first bid to the deadline
PACE = 0.25  # seconds to prepare a bid
DIES_AFTER = 1.0  # seconds
AGAIN = 0.1  # seconds between two tries
BACK_WITHIN = 30  # seconds


@dataclass
class Stubborn(Client):
    """Sends a request again until it is answered, as the programs and pages of bidders do."""

    def run(self, begins_at: float, ends_at: float) -> None:
        time.sleep(max(0.0, begins_at - time.time()))
        for body in self.bodies:
            while (answer := self._try(body)) is None:
                time.sleep(AGAIN)
            if answer.status_code != 200:
                self.refused.append((time.time(), answer.status_code, answer.text[:300]))
                return
            self.answers.append((time.time(), answer.json()))

    def _try(self, body: bytes) -> requests.Response | None:
        try:
            answer = requests.post(self.url, data=body, headers=self.headers, timeout=10)
        except requests.RequestException:
            return None
        return None if answer.status_code >= 500 else answer


def rush(bench: Bench, fail: Callable[[], None]) -> tuple[int, float]:
    """How many bids were acknowledged, and the longest time in which none was."""
    bidders = [bench.join(number) for number in range(BIDDERS)]
    with served(bench, "wsgi:app", {}) as address:
        ready = [Stubborn(**vars(one)) for one in prepared(bench, bidders, address, EACH, BEFORE, PACE)]
        deadline = bench.deadline_at.timestamp()
        begins = deadline - BEFORE.total_seconds()
        threads = [threading.Thread(target=one.run, args=(begins, deadline)) for one in ready]
        for thread in threads:
            thread.start()
        time.sleep(max(0.0, begins + DIES_AFTER - time.time()))
        fail()
        for thread in threads:
            thread.join()
        close(bench, deadline + 60)
    unexpected = [r for one in ready for r in one.refused if r[1] not in LATE or r[0] < deadline]
    assert not unexpected, unexpected
    receipts = [answer["receipt"]["receipt"] for one in ready for _at, answer in one.answers]
    check_rush(bench, [(receipt["bid_root"], receipt) for receipt in receipts])
    instants = sorted(at for one in ready for at, _answer in one.answers)
    return len(receipts), max(after - before for before, after in pairwise(instants))


def restarted(folder: Path) -> tuple[int, float]:
    primary = Server(folder / "primary").make().start()

    def fail() -> None:
        primary.kill()
        primary.start()

    return _played(folder, url(primary), fail)


def failed_over(folder: Path) -> tuple[int, float]:
    primary = Server(folder / "primary").make().start()
    standby = Server(folder / "standby").follow(primary).start()
    primary.run("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    primary.run("SELECT pg_reload_conf()")

    def fail() -> None:
        primary.kill()
        standby.promote()

    try:
        return _played(folder, url(primary, standby), fail)
    finally:
        standby.kill()


def _played(folder: Path, address: str, fail: Callable[[], None]) -> tuple[int, float]:
    (home := folder / "home").mkdir()
    bench = Bench(home, clock=RealClock(), database_url=address).found()
    try:
        return rush(bench, fail)
    finally:
        bench.platform.database.dispose()


def main() -> None:
    for name, play in (("killed and started again", restarted), ("dead, its standby promoted", failed_over)):
        with tempfile.TemporaryDirectory() as folder:
            give_to_owner(Path(folder))
            count, silence = play(Path(folder))
        assert silence < BACK_WITHIN
        print(f"database {name}: {count} acknowledged, 0 late, 0 lost, 0 invented, {silence:.1f} s without an answer")


if __name__ == "__main__":
    main()
