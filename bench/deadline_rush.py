"""The last seconds before a deadline: 4 web processes, 8 clients each, in a window of 2 s on either side of it.

Every client hands in one replacement bid after the other, signed and uploaded before, over HTTP; the lot is closed
from another process at the first instant the gate allows. What must be 0: bids that are late, acknowledged bids that
are lost, bids on record that nobody was told of, facts out of order. The peer: the same clients ask the same server for
an empty view that does one durable INSERT. TMPDIR should lie on a disk: where a sync costs nothing, nothing is durable.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert

from app.cli.up import web_command
from app.config import Settings
from app.database import Database
from app.services import openings, uploads
from demo.site import ROOT, free_port
from tests.app.services.test_gate_race import check_rush
from tests.app.workbench import LOT, POSTGRES, Bench, RealClock, fresh_postgres

WEB_PROCESSES, CLIENTS_EACH = 4, 8
ROUNDS = int(os.environ.get("TENDERHALL_BENCH_ROUNDS", "2"))  # 100 in the long run
BIDS_EACH = 8
WINDOW = timedelta(seconds=2)  # before the deadline, and after it
GREETING = timedelta(seconds=4)  # in which everybody hands in a first bid, as the peer has been asked before
PREPARATION = 0.08  # seconds for each bid: sealed, uploaded, signed
TARGET = 0.60
LATE = (404, 422)  # the answers to who comes after the closing, and between deadline and closing
ROW = Table("bare", MetaData(), Column("id", Integer, primary_key=True), Column("row", LargeBinary, nullable=False))
PEER_DATABASE = "TENDERHALL_BENCH_DATABASE"


@dataclass
class Client:
    """One bidder's line: requests that lie ready, and what was answered."""

    url: str
    login: str
    bodies: Sequence[bytes]
    uploads: Sequence[str]
    headers: dict[str, str]
    answers: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    refused: list[tuple[float, int, str]] = field(default_factory=list)

    def run(self, begins_at: float, ends_at: float, most: int | None = None) -> None:
        """One request after the other between these instants, at most so many, until the first that is refused."""
        with requests.Session() as line:
            line.headers.update(self.headers)
            time.sleep(max(0.0, begins_at - time.time()))
            for body in self.bodies[len(self.answers) :][:most]:
                if time.time() > ends_at:
                    return
                answer = line.post(self.url, data=body, timeout=60)
                if answer.status_code != 200:
                    self.refused.append((time.time(), answer.status_code, answer.text[:300]))
                    return
                self.answers.append((time.time(), answer.json()))


def bare(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The peer, a WSGI application: the body is read and inserted, in a transaction of its own."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    with _peer_database().writing() as db_session:
        db_session.connection().execute(insert(ROW), {"row": body})
        db_session.commit()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]


_opened: list[Database] = []


def _peer_database() -> Database:
    if not _opened:
        _opened.append(Database(os.environ[PEER_DATABASE]))
    return _opened[0]


def rush_on_sqlite(rounds: int = ROUNDS, clients: int = CLIENTS_EACH * WEB_PROCESSES, each: int = BIDS_EACH) -> str:
    return _rushes("SQLite", "", rounds, clients, each)


def rush_on_postgres(rounds: int = ROUNDS, clients: int = CLIENTS_EACH * WEB_PROCESSES, each: int = BIDS_EACH) -> str:
    if not os.environ.get(POSTGRES):
        return f"NOT MEASURED: {POSTGRES} names no PostgreSQL server"
    with fresh_postgres(durable=True) as url:
        return _rushes("PostgreSQL", url, rounds, clients, each)


def _rushes(name: str, url: str, rounds: int, clients: int, each: int) -> str:
    """Every round with its oracle, then the peer; AssertionError for a bid late, lost, invented or out of order."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        bench = Bench(Path(folder), clock=RealClock(), database_url=url).found()
        bidders = [bench.join(number) for number in range(clients)]
        figures, total = [], 0
        with served(bench, "wsgi:app", {}) as address, _peer(bench) as other:
            for _ in range(rounds):
                ready = prepared(bench, bidders, address, each)
                total += _rush(bench, ready)
                acked = _rate(ready, bench.deadline_at.timestamp() - WINDOW.total_seconds())
                peers = [Client(other, one.login, one.bodies * 20, [], {}) for one in ready]
                _run(peers, time.time(), time.time() + WINDOW.total_seconds())
                figures.append((acked / _rate(peers), acked, _rate(peers)))
        bench.platform.database.dispose()
    ratio, ours, peer = sorted(figures)[len(figures) // 2]
    words = f"{name}, {rounds} rounds, {total} acknowledged: 0 late, 0 lost, 0 phantom, 0 out of order (0/0/0/0)"
    words += f"; {ours:.0f} acknowledgements/s"
    return f"{words}, an empty view with one durable INSERT {peer:.0f}/s, {ratio:.0%} of it (target ≥ {TARGET:.0%})"


def prepared(
    bench: Bench, bidders: Sequence[str], address: str, each: int, before: timedelta = WINDOW, pace: float = PREPARATION
) -> list[Client]:
    """A case of its own, and for each bidder the acts that it will send, each linked to the one before."""
    bench.publish(len(bidders) * each * pace + before.total_seconds() + 8)
    url = f"{address}api/v1/cases/{bench.case_id}/{LOT}/acts/BidSubmitted"
    starts_at, found = bench.deadline_at - before, []
    bodies: dict[str, list[bytes]] = {login: [] for login in bidders}
    uploaded: dict[str, list[str]] = {login: [] for login in bidders}
    heads = dict.fromkeys(bidders, "")
    for login in itertools.chain.from_iterable(itertools.repeat(bidders, each)):
        if bench.clock() > starts_at - GREETING:
            break
        sealed = bench.seal(login)
        files = bench.attach(login, sealed)
        uploaded[login].append(files["upload"].decode())
        attachments = {name: base64.b64encode(data).decode() for name, data in files.items()}
        proposal = bench.proposal(bench.people[login], sealed.submission, "BidSubmitted", prev_act=heads[login])
        heads[login] = proposal.signed.act_hash
        body = {"payload": sealed.submission, **proposal.signed.to_json(), "attachments": attachments}
        bodies[login].append(json.dumps(body).encode())
    for login in bidders:
        token = {"Authorization": f"Bearer {bench.token(login)}", "Content-Type": "application/json"}
        found.append(Client(url, login, bodies[login], uploaded[login], token))
    return found


def _rush(bench: Bench, ready: Sequence[Client]) -> int:
    """Let them run while somebody closes the lot as soon as it can be; how many bids were acknowledged."""
    deadline = bench.deadline_at.timestamp()
    closer = threading.Thread(target=close, args=(bench, deadline + WINDOW.total_seconds() + 30))
    closer.start()
    _run(ready, time.time(), deadline - WINDOW.total_seconds(), most=1)
    _run(ready, deadline - WINDOW.total_seconds(), deadline + WINDOW.total_seconds())
    closer.join()
    refused = [refusal for one in ready for refusal in one.refused]
    unexpected = [refusal for refusal in refused if refusal[1] not in LATE or refusal[0] < deadline]
    assert not unexpected, unexpected
    receipts = [answer["receipt"]["receipt"] for one in ready for _at, answer in one.answers]
    check_rush(bench, [(receipt["bid_root"], receipt) for receipt in receipts])
    _end_uploads(bench, ready)
    return len(receipts)


def _end_uploads(bench: Bench, ready: Sequence[Client]) -> None:
    """What came too late is taken away again: an account may have so many unfinished uploads and no more."""
    for one in ready:
        for upload in one.uploads[len(one.answers) :]:
            uploads.end_upload(bench.platform, bench.people[one.login].log_in, upload)


def close(bench: Bench, give_up_at: float) -> None:
    while not bench.case.lots[LOT].opening.closed and time.time() < give_up_at:
        openings.close_lot(bench.platform, bench.case_id, LOT)
        time.sleep(0.02)


def _run(clients: Sequence[Client], begins_at: float, ends_at: float, most: int | None = None) -> None:
    threads = [threading.Thread(target=one.run, args=(begins_at, ends_at, most)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _rate(clients: Sequence[Client], since: float = 0) -> float:
    """Answers per second between the first and the last since then."""
    instants = sorted(at for one in clients for at, _answer in one.answers if at > since)
    assert len(instants) > 1, [one.refused for one in clients][:3]
    return (len(instants) - 1) / (instants[-1] - instants[0])


@contextmanager
def _peer(bench: Bench) -> Iterator[str]:
    """The server of the empty view, on a table of its own in a database of the same kind."""
    url = bench.platform.database.url
    url = f"sqlite:///{bench.folder / 'bare.db'}" if bench.platform.database.is_sqlite else url
    database = Database(url)
    with database.writing() as db_session:
        ROW.create(db_session.connection())
        db_session.commit()
    database.dispose()
    with served(bench, "bench.deadline_rush:bare", {PEER_DATABASE: url}) as address:
        yield address


@contextmanager
def served(bench: Bench, application: str, more: dict[str, str]) -> Iterator[str]:
    """That application on WEB_PROCESSES processes of the site's own server; its address."""
    here, port = bench.platform.settings, free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TENDERHALL_")},
        "TENDERHALL_HOME": str(here.home),
        "TENDERHALL_DATABASE_URL": here.database_url,
        "TENDERHALL_ORIGIN": here.origin,
        "TENDERHALL_PORT": str(port),
        "TENDERHALL_WEB_WORKERS": str(WEB_PROCESSES),
        **more,
    }
    settings = Settings.from_env(environment)
    command = [application if word == "wsgi:app" else word for word in web_command(settings, None)]
    processes = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(WEB_PROCESSES)]
    try:
        address = f"http://127.0.0.1:{port}/"
        _await(address, processes)
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def _await(address: str, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Until it answers as often as must have reached every process."""
    give_up_at, answered = time.monotonic() + 120, 0
    while answered < 8 * len(processes):
        try:
            requests.post(address, data=b"{}", timeout=5)
            answered += 1
        except (requests.ConnectionError, requests.Timeout):
            assert time.monotonic() < give_up_at, "the server does not answer"
            time.sleep(0.2)
