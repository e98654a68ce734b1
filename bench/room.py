"""Fifty evaluations at once on one site: nine people each, twenty saved scores a second, a warning now and then.

How long a member waits until a score is acknowledged, and how long after an event everybody in its sitting has heard of
it. The members are one process beside the server's, on the same processors.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import insert, select

from app.models import ActHead, Base, CaseEvent, CaseFile, Lot, Tender, WebSession
from app.services.accounts import token_hash
from app.services.platform import open_platform
from app.services.unit_of_work import plain_transaction
from demo.site import ROOT
from evaluation.sitting import WarningGiven
from tests.app.realtime.serving import serving
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.workbench import RealClock

SITTINGS = int(os.environ.get("TENDERHALL_BENCH_SITTINGS", "50"))
RATE, LASTS = 20.0, float(os.environ.get("TENDERHALL_BENCH_SECONDS", "30"))  # saves a second, seconds
WATCHING = ("centre", "witness-host", "witness-sub", "regulator")  # beside the five members
COPIED = (CaseFile, CaseEvent, Tender, Lot, ActHead)  # what a server reads of a case in this stage
SAVED, HEARD = 0.150, 0.250  # seconds, for 99 of 100


@dataclass(frozen=True)
class Sitting:
    case: str
    people: list[dict[str, Any]]  # where a socket belongs, with its token and the places that it scores


def score_in_many_rooms() -> str:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        world = WholeCase(Path(folder)).until_scoring()
        sittings = [_sitting(world, case) for case in (world.case_id, *_copies(world, SITTINGS - 1))]
        world.clock = RealClock()
        world.platform.database.dispose()
        world.platform = open_platform(world.platform.settings)
        with serving(world.platform.settings) as server:
            told = _watched(server.base_url.removeprefix("http://"), world, sittings)
        world.platform.database.dispose()
    assert not told["refused"], told["refused"][:3]
    assert len(told["saved"]) == round(RATE * LASTS)
    waits = [seconds for seen in told["seen"] for _type, _at, seconds in seen]
    missed = sum(len(seen) != 1 for seen in told["seen"])
    saved = f"saved → acknowledged {_percentiles(told['saved'])} (target p99 < {SAVED * 1000:.0f})"
    heard = f"event → all screens {_percentiles(waits)} (target p99 < {HEARD * 1000:.0f}), {missed} missed"
    return f"{len(sittings)} sittings, {len(told['seen'])} people, {RATE:.0f} saves/s: {saved}; {heard}"


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
            people.append({"case": case, "lot": LOT, "token": token, "scores": scores})
    return Sitting(case, people)


def _watched(address: str, world: WholeCase, sittings: list[Sitting]) -> dict[str, Any]:
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
        return found
    finally:
        process.kill()
        process.wait()


def _say(pipe: IO[str], told: object) -> None:
    pipe.write(json.dumps(told) + "\n")
    pipe.flush()


def _warn(world: WholeCase, cases: list[str]) -> None:
    """One warning in each sitting, spread over the time."""
    for case in cases:
        time.sleep(LASTS / len(cases))
        world.case_id = case
        world.act("regulator", WarningGiven("", "请保持安静"))
