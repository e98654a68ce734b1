"""Acts that exclude each other, in the same moment, again and again: `python -m tests.long.races [--runs N]` (T19).

Every race with 32 threads, on a copy of its case, on SQLite, and on PostgreSQL where TENDERHALL_TEST_POSTGRES_URL names
a server. Prints a line for each database, with how often which refusal was told; AssertionError at the first history
that no order of the acts leaves.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from tests.app.services.races import RACES, Race
from tests.app.services.whole_case import WholeCase
from tests.app.workbench import POSTGRES, emptied, migrated_postgres

RUNS = 10_000


def run(race: type[Race], url: str) -> Counter[str]:
    """What its threads were told."""
    with tempfile.TemporaryDirectory() as folder:
        case = WholeCase(Path(folder), database_url=url).through(race.COURSE)
        found = race(case)
        found.run()
        case.platform.database.dispose()
    return Counter(one.refusal or "done" for one in found.sent)


def races(name: str, runs: int, empty: partial[AbstractContextManager[str]]) -> str:
    told = Counter[str]()
    for number in range(runs):
        with empty() as url:
            told += run(RACES[number % len(RACES)], url)
    said = ", ".join(f"{count} {code}" for code, count in told.most_common())
    return f"races, {name}: {runs} of {told.total()} acts, 0 illegal histories (0); {said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    print(races("SQLite", runs, partial(nullcontext, "")), flush=True)
    if os.environ.get(POSTGRES):
        with migrated_postgres() as url:
            print(races("PostgreSQL", runs, partial(emptied, url)), flush=True)


if __name__ == "__main__":
    main()
