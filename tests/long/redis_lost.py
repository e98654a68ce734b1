"""Redis dies, forgets and hangs in the middle of a whole case: `python -m tests.long.redis_lost` (T7).

The grown site (PostgreSQL, two web processes, Celery) on a Redis of its own. Nothing is decided there: bids, draws and
scores are rows, jobs are rows that Celery is only told of. So the case has to come to its published end with every fact
once, whatever becomes of Redis; prints one line.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import redis

from app.database import Database
from demo.site import Site, free_port
from tests.app.workbench import fresh_postgres
from tests.journeys.playing import Blow, Saboteur, check, play

DEAD, HANGING = 4.0, 5.0  # seconds
KILLED, FORGETS, HANGS = "killed", "forgets", "hangs"
BLOWS = (
    Blow("BidReceipted", 1, (KILLED,)),
    Blow("BidReceipted", 3, (HANGS,)),
    Blow("LotClosed", 1, (FORGETS,)),
    Blow("DrawCommitted", 2, (KILLED,)),
    Blow("SittingOpened", 1, (FORGETS,)),
    Blow("ScoreSheetLocked", 2, (HANGS,)),
    Blow("ResultsComputed", 1, (KILLED,)),
    Blow("ReportSigned", 2, (FORGETS,)),
)


@dataclass
class Broker:
    """A Redis that keeps nothing on a disk, as it is by default."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def suffer(self, what: str) -> None:
        """One blow; what follows it by itself comes in a thread of its own."""
        assert self.process is not None
        if what == KILLED:
            self.stop()
            threading.Thread(target=lambda: (time.sleep(DEAD), self.start())).start()
        elif what == HANGS:
            self.process.send_signal(signal.SIGSTOP)
            threading.Thread(target=partial(self._wake, self.process)).start()
        else:
            redis.Redis.from_url(self.url, socket_timeout=2).flushall()

    @staticmethod
    def _wake(process: subprocess.Popen[bytes]) -> None:
        time.sleep(HANGING)
        process.send_signal(signal.SIGCONT)


@dataclass
class Tormentor(Saboteur):
    """Leaves the site alone, and strikes its Redis."""

    broker: Broker = field(default_factory=Broker)

    def hit(self, victims: tuple[str, ...]) -> None:
        for what in victims:
            self.broker.suffer(what)


def main() -> None:
    (broker := Broker()).start()

    def tormentor(site: Site, database: Database, blows: Sequence[Blow]) -> Saboteur:
        return Tormentor(site, database, blows, broker=broker)

    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            fresh_postgres() as url,
            pytest.MonkeyPatch.context() as patch,
        ):
            settings = {"DATABASE_URL": url, "REDIS_URL": broker.url, "WEB_WORKERS": "2"}
            played = play(Path(folder), BLOWS, settings, patch, tormentor)
            check(played, BLOWS)
    finally:
        broker.stop()
    print(f"Redis lost {len(played.struck)} times: outcome as published, every fact once, {played.seconds:.0f} s")


if __name__ == "__main__":
    main()
