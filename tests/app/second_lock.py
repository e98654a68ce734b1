"""A tender with a second lock: trustees as if from a ceremony, a chain whose key the test holds, an obedient relay."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from app.casefile.register import REGISTER, CommitteeRegistered
from app.casefile.sealing import open_identity
from app.procedure.opening import ShareReleased
from app.procedure.tender import TenderPublished
from app.queries.committees import read_committees
from app.services import tenders
from app.services.unit_of_work import unit_of_work
from crypto.committee import Committee, run_ceremony, sign_share
from tests.app.workbench import LOT, Bench
from tests.beacon import SigningChain


def allow_second_lock(bench: Bench, beacon: SigningChain, urls: tuple[str, ...] = ()) -> None:
    """The centre lets tenders take the chain; the bench's trustees get new shares, as if from a ceremony."""
    settings = replace(bench.platform.settings, drand_chain=beacon.chain, drand_urls=urls)
    bench.platform = replace(bench.platform, settings=settings)
    registered = read_committees(bench.platform.database)[0].description
    if registered["mode"] == "M0":
        members = Committee.from_description(registered).members
        made, bench.shares = run_ceremony(members, registered["k"], os.urandom)
        fact = CommitteeRegistered(made.id, {**made.describe(), "mode": "M1"})
        with unit_of_work(bench.platform.database, REGISTER) as work:
            work.append(fact)


def publish_locked(bench: Bench, seconds: float = 60) -> None:
    """A published tender of mode M2."""
    bench.act("officer", draft_locked(bench, seconds), "", "TenderSubmitted")
    bench.act("releaser", TenderPublished(bench.case.tender.terms_sha256), "")


def draft_locked(bench: Bench, seconds: float = 60) -> dict[str, Any]:
    """The payload that submits it."""
    bench.draft(seconds)
    officer, chain = bench.people["officer"].log_in, bench.platform.settings.drand_chain
    form = tenders.read_draft(bench.platform, officer, bench.case_id).form
    tenders.save_draft(bench.platform, officer, bench.case_id, {**form, "timelock": chain.hash})
    return tenders.draft_terms(bench.platform, officer, bench.case_id)


def release(bench: Bench) -> None:
    """The deadline passes and the trustees sign."""
    bench.clock.stop_at(bench.deadline_at)
    bench.work_off()
    ident = open_identity(bench.platform.origin, bench.case_id, LOT)
    for index in (1, 3):
        bench.act(f"trustee-{index}", ShareReleased(index, sign_share(bench.shares[index], ident).hex()))
    bench.work_off()


@dataclass
class Relay:
    """A drand relay: answers by path, 404 where it has none."""

    url: str
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def give(self, beacon: SigningChain, number: int, signature: bytes | None = None) -> None:
        """From now on the relay has this round."""
        signed = beacon.sign(number) if signature is None else signature
        answer = {"round": number, "randomness": "00" * 32, "signature": signed.hex()}
        self.answers[f"/{beacon.chain.hash}/public/{number}"] = json.dumps(answer).encode()


@contextmanager
def relay() -> Iterator[Relay]:
    """A relay on this machine for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            answer = found.answers.get(self.path)
            self.send_response(404 if answer is None else 200)
            self.end_headers()
            self.wfile.write(answer or b"")

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Relay(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
