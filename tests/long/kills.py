"""kill -9 at random moments: `python -m tests.long.kills [--rounds N] [--grown]`, each round a whole play.

Prints one line: plays, blows, and how many plays did not come to the published end with every fact once.
"""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
import traceback
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.app.workbench import fresh_postgres
from tests.journeys.playing import ONCE, Blow, check, play

BLOWS_EACH = 8
PARTS = {False: ("web", "worker"), True: ("web", "worker", "celery")}


def random_blows(grown: bool) -> tuple[Blow, ...]:
    """Different facts of the case, each followed at once by the death of one part or of all."""
    moments = [(type, nth) for type, count in ONCE.items() for nth in range(1, count + 1)]
    victims = [(part,) for part in PARTS[grown]] + [PARTS[grown]]
    picked = {secrets.choice(moments) for _ in range(BLOWS_EACH)}
    return tuple(Blow(type, nth, secrets.choice(victims)) for type, nth in sorted(picked))


def play_round(grown: bool) -> tuple[int, bool]:
    """How many blows there were, and whether everything was well."""
    blows = random_blows(grown)
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_postgres() if grown else nullcontext() as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        redis = os.environ.get("TENDERHALL_TEST_REDIS_URL", "")
        settings = {"DATABASE_URL": str(url), "REDIS_URL": redis, "WEB_WORKERS": "2"} if grown else {}
        try:
            check(play(Path(folder), blows, settings, patch), blows)
            return len(blows), True
        except Exception:
            traceback.print_exc()
            print("blows:", blows, flush=True)
            return len(blows), False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grown", action="store_true", help="on PostgreSQL, Redis and Celery")
    arguments = parser.parse_args()
    played = [play_round(arguments.grown) for _ in range(arguments.rounds)]
    bad = sum(not well for _, well in played)
    kind = "grown" if arguments.grown else "embedded"
    print(f"kill -9, {kind}: {len(played)} plays, {sum(n for n, _ in played)} blows, {bad} bad (0)")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
