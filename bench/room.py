"""Fifty evaluations at once: nine people each, twenty saved scores a second, a warning now and then.

How long a member waits until a score is acknowledged, and how long after an event everybody in its sitting has heard of
it. The members are one process beside the server's, on the same processors.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import insert, select

from app.config import Settings
from app.models import ActHead, Base, CaseEvent, CaseFile, Lot, ScoreDraft, Tender, WebSession
from app.services.accounts import token_hash
from app.services.platform import open_platform
from app.services.unit_of_work import plain_transaction
from bench.processes import below
from demo.site import ROOT
from evaluation.sitting import WarningGiven, WarningGround
from tests.app.realtime.serving import serving
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.workbench import RealClock

SITTINGS = int(os.environ.get("TENDERHALL_BENCH_SITTINGS", "50"))
RATE, LASTS = 20.0, float(os.environ.get("TENDERHALL_BENCH_SECONDS", "30"))  # saves a second, seconds
WATCHING = ("centre", "witness-host", "witness-sub", "regulator")  # beside the five members
COPIED = (CaseFile, CaseEvent, Tender, Lot, ActHead)  # what a server reads of a case in this stage
SITTINGS_KILLED = int(os.environ.get("TENDERHALL_BENCH_SITTINGS", "45"))  # 405 people
SAVED, HEARD = 0.150, 0.250  # seconds, for 99 of 100
BACK = 10.0  # seconds, for everybody


@dataclass(frozen=True)
class Sitting:
    case: str
    people: list[dict[str, Any]]  # where a socket belongs, with its token and the places that it scores


def score_in_many_rooms() -> str:
    with scoring(SITTINGS) as (world, sittings), serving(_unlimited(world)) as server:
        told = watched(server.base_url.removeprefix("http://"), world, sittings)
    waits = [seconds for seen in told["seen"] for _type, _at, seconds in seen]
    missed = sum(len(seen) != 1 for seen in told["seen"])
    saved = f"saved → acknowledged {_percentiles(told['saved'])} (target p99 < {SAVED * 1000:.0f})"
    heard = f"event → all screens {_percentiles(waits)} (target p99 < {HEARD * 1000:.0f}), {missed} missed"
    return f"{len(sittings)} sittings, {len(told['seen'])} people, {RATE:.0f} saves/s: {saved}; {heard}"


def come_back_after_a_kill() -> str:
    """The web process dies by SIGKILL in the middle; gunicorn starts another one, and everybody comes back unasked."""
    with scoring(SITTINGS_KILLED) as (world, sittings), serving(_unlimited(world)) as server:
        killed: list[float] = []

        def kill() -> None:
            time.sleep(LASTS / 3)
            killed.append(time.time())
            os.kill(below(server.pids[0])[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        told = watched(server.base_url.removeprefix("http://"), world, sittings)
        killer.join()
        lost = _lost(world, sittings, told["versions"])
    waits = [min((at for at in times if at > killed[0]), default=math.inf) - killed[0] for times in told["joined_at"]]
    deaf = sum(len(seen) != 1 for seen in told["seen"])
    back = f"everybody back after {max(waits):.1f} s (target < {BACK:.0f})"
    found = f"saved scores lost {lost}, people who missed an event or heard it twice {deaf}"
    return f"{len(waits)} people, {len(told['saved'])} scores: {back}, {found}"


def _lost(world: WholeCase, sittings: list[Sitting], versions: list[list[int]]) -> int:
    """Acknowledged versions of scores that the database does not have."""
    with world.platform.database.reading() as db_session:
        kept = {(d.case_id, d.seat, d.bid, d.criterion): d.seq for d in db_session.scalars(select(ScoreDraft))}
    people = [one for sitting in sittings for one in sitting.people]
    acknowledged = {
        (one["case"], one["seat"], bid, criterion): version
        for one, seen in zip(people, versions, strict=True)
        for (bid, criterion), version in zip(one["scores"], seen, strict=True)
        if version
    }
    return sum(kept.get(place, 0) < version for place, version in acknowledged.items())


@contextmanager
def scoring(count: int) -> Iterator[tuple[WholeCase, list[Sitting]]]:
    """So many evaluations at the moment at which members begin to score, on a clock that goes on."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        world = WholeCase(Path(folder)).until_scoring()
        sittings = [_sitting(world, case) for case in (world.case_id, *_copies(world, count - 1))]
        world.clock = RealClock()
        world.platform.database.dispose()
        world.platform = open_platform(world.platform.settings)
        yield world, sittings
        world.platform.database.dispose()


def _unlimited(world: WholeCase) -> Settings:
    """Here the same four people look into every sitting, which would ask too much of the live channel at once."""
    return replace(world.platform.settings, live_per_second=0)


def _percentiles(waits: list[float]) -> str:
    ranked = sorted(waits)
    half, most = (ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1000 for share in (0.5, 0.99))
    return f"p50 {half:.0f} ms, p99 {most:.0f} ms"


def _copies(world: WholeCase, count: int) -> list[str]:
    """The same evaluation under other names: what was signed before names the first one, which nobody reads here."""
    names = [secrets.token_hex(8) for _ in range(count)]
    with world.platform.database.writing() as db_session:
        for table in (Base.metadata.tables[model.__tablename__] for model in COPIED):
            key = table.c.id if table.name == CaseFile.__tablename__ else table.c.case_id
            rows = [dict(row) for row in db_session.execute(select(table).where(key == world.case_id)).mappings()]
            for name in names:
                copied = [{c: _renamed(v, world.case_id, name) for c, v in row.items()} for row in rows]
                if table.name == Tender.__tablename__:
                    copied = [{**row, "code": f"T-{name}"} for row in copied]
                db_session.execute(insert(table), copied)
        db_session.commit()
    return names


def _renamed(value: object, old: str, new: str) -> object:
    return value.replace(old, new) if isinstance(value, str) else value


def _sitting(world: WholeCase, case: str) -> Sitting:
    """Tokens for everybody in it."""
    places = [(bid.bid, one) for bid in world.state.bids for one in ("plan", "record")]
    booths = [(person.id, f"{case}/{LOT}#{number}", places) for number, person in world.members.items()]
    others = [(world.people[login].id, "", []) for login in WATCHING]
    people = []
    with plain_transaction(world.platform.database) as (db_session, _now):
        for account, seat, scores in (*booths, *others):
            token, now = secrets.token_urlsafe(16), datetime.now(UTC)
            row = WebSession(token_hash=token_hash(token), account_id=account, seat=seat, created_at=now)
            row.expires_at = now + timedelta(days=1)
            db_session.add(row)
            number = int(seat.rpartition("#")[2] or 0)
            people.append({"case": case, "lot": LOT, "seat": number, "token": token, "scores": scores})
    return Sitting(case, people)


def watched(address: str, world: WholeCase, sittings: list[Sitting]) -> dict[str, Any]:
    """What came back to whom while scores were saved, and one warning was given in each sitting."""
    command = [sys.executable, "-m", "gevent.monkey", "--module", "bench.members"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        people = [one for sitting in sittings for one in sitting.people]
        _say(process.stdin, {"address": address, "people": people})
        assert process.stdout.readline() == "ready\n"
        _say(process.stdin, (RATE, LASTS))
        _warn(world, [sitting.case for sitting in sittings])
        _say(process.stdin, 1)
        found: dict[str, Any] = json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
    assert not found["refused"], found["refused"][:3]
    assert len(found["saved"]) == round(RATE * LASTS)
    return found


def _say(pipe: IO[str], told: object) -> None:
    pipe.write(json.dumps(told) + "\n")
    pipe.flush()


def _warn(world: WholeCase, cases: list[str]) -> None:
    """One warning in each sitting, spread over the time."""
    for case in cases:
        time.sleep(LASTS / len(cases))
        world.case_id = case
        world.act("regulator", WarningGiven("", "请保持安静", WarningGround.TALK))
