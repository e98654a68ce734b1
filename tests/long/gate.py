"""The rush at the deadline, again and again: `python -m tests.long.gate [--rounds N]`.

On SQLite, and on PostgreSQL where TENDERHALL_TEST_POSTGRES_URL names a server. Prints one line for each database.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import nullcontext
from pathlib import Path

from tests.app.services.test_gate_race import BIDDING_SECONDS, check_rush, prepared, rush
from tests.app.workbench import POSTGRES, Bench, RealClock, fresh_postgres


def rushes(url: str, rounds: int) -> int:
    """All bids that were acknowledged; AssertionError as soon as one is late, lost or invented."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), clock=RealClock(), database_url=url).found()
        acknowledged = 0
        for _ in range(rounds):
            bench.publish(BIDDING_SECONDS)
            acked = rush(bench, prepared(bench))
            check_rush(bench, acked)
            acknowledged += len(acked)
        bench.platform.database.dispose()
    return acknowledged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    databases = {"SQLite": nullcontext("")} | ({"PostgreSQL": fresh_postgres()} if os.environ.get(POSTGRES) else {})
    for name, database in databases.items():
        with database as url:
            print(f"gate, {name}: {rushes(url, rounds)} acknowledged, 0 late, 0 lost, 0 invented (0/0/0)", flush=True)


if __name__ == "__main__":
    main()
