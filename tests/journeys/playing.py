"""The demonstration as a journey: the same director, company and site, with somebody who kills processes meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

import demo.company
import demo.play
from app.casefile.record import Record
from app.client.keyfile import read_json
from app.config import Settings
from app.database import CommitWatch, Database
from app.models import Job, ScoreDraft, Tender
from app.queries.cases import load_records
from app.services.installation import prepare_installation
from demo.case import LOT, DemoCase
from demo.company import Company
from demo.narrator import Narrator
from demo.outcome import Outcome
from demo.play import Director
from demo.site import CLI, ROOT, Site, free_port
from tests.journeys import patience

SHORTEST_BIDDING = 25  # seconds
LONGEST_PLAY = 420  # seconds
ONCE = {
    "TenderPublished": 1, "BidSubmitted": 3, "BidReceipted": 3, "LotClosed": 1, "BidsReleased": 1, "BidOpened": 3,
    "BidsReadOut": 1, "OpeningConcluded": 1, "QualificationChecked": 1, "SittingConvened": 1, "MemberIdentified": 5,
    "SittingOpened": 1, "StatementMade": 5, "ChairElected": 1, "BidsReviewed": 5, "ReviewConcluded": 1,
    "ScoreSheetLocked": 5, "ResultsComputed": 1, "ReportPrepared": 1, "ReportSigned": 5, "ReportSealed": 1,
    "SittingClosed": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Blow:
    """Kill these processes of the site as soon as the `nth` fact of a type is on record."""

    type: str
    nth: int
    victims: tuple[str, ...]


def children(parent: int) -> dict[int, str]:
    """Processes below `parent`, with their command lines."""
    found, above = {}, {parent}
    stats = {int(path.name): path for path in Path("/proc").iterdir() if path.name.isdigit()}
    for pid in sorted(stats):
        try:
            ppid = int((stats[pid] / "stat").read_text().rpartition(")")[2].split()[1])
            words = (stats[pid] / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if ppid in above:
            above.add(pid)
            found[pid] = words
    return found


def victim_of(words: str) -> str:
    """Which part of a site a process is."""
    if "gunicorn" in words:
        return "web"
    return "celery" if "--celery" in words else "worker"


@dataclass
class Saboteur:
    """Reads the case file as it grows and strikes within milliseconds of a fact."""

    site: Site
    database: Database
    blows: Sequence[Blow]
    struck: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        watch, seen = CommitWatch(self.database), Counter[str]()
        cursor, case_id = -1, ""
        while not self.over.is_set():
            watch.wait(0.2)
            case_id = case_id or self._case()
            for record in self._news(case_id, cursor):
                cursor = record.seq
                seen[record.type] += 1
                self._strike(record.type, seen[record.type])
        watch.close()

    def _case(self) -> str:
        with self.database.reading() as db_session:
            return db_session.scalar(select(Tender.case_id)) or ""

    def _news(self, case_id: str, cursor: int) -> list[Record]:
        with self.database.reading() as db_session:
            return load_records(db_session, case_id, cursor) if case_id else []

    def _strike(self, type: str, count: int) -> None:
        for blow in self.blows:
            if (blow.type, blow.nth) == (type, count):
                self.hit(blow.victims)
                self.struck.append(f"{type} {count}: {'+'.join(blow.victims)}")

    def hit(self, victims: tuple[str, ...]) -> None:
        assert self.site.process is not None
        for pid, words in children(self.site.process.pid).items():
            if victim_of(words) in victims:
                kill(pid)


def kill(pid: int) -> None:
    """No time to say goodbye."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def sabotaged(saboteur: Saboteur) -> Iterator[Saboteur]:
    thread = threading.Thread(target=saboteur.run, daemon=True)
    thread.start()
    try:
        yield saboteur
    finally:
        saboteur.over.set()
        thread.join()


@dataclass
class Played:
    """A play that has come to its end."""

    company: Company
    outcome: Outcome
    struck: list[str]
    seconds: float
    records: list[Record]
    drafts: list[ScoreDraft]
    jobs: list[Job]


def play(
    folder: Path,
    blows: Sequence[Blow],
    settings: dict[str, str],
    patch: Any,
    saboteur_of: Callable[[Site, Database, Sequence[Blow]], Saboteur] = Saboteur,
) -> Played:
    """Play the real case on a fresh site while somebody strikes. Raises PlayFailed, RuntimeError."""
    demo.company.rehearse()  # what all actors import is imported once
    patch.setattr(demo.company, "_perform", patience.perform)
    patch.setattr(demo.company, "_hold_ceremony", patience.hold_ceremony)
    patch.setattr(demo.play, "LONGEST_PLAY", LONGEST_PLAY)
    patch.setattr(demo.play, "SHORTEST_BIDDING", SHORTEST_BIDDING)
    site = Site(folder / "site", free_port(), settings)
    company, began = Company(site, folder), time.monotonic()
    case = DemoCase.read()
    database = prepare_installation(Settings.from_env(site.environment), case.facts["centre"]["name"]).database
    try:
        with sabotaged(saboteur_of(site, database, blows)) as saboteur:
            outcome = Outcome(case, Director(company, case, Narrator("en")).run())
        seconds = time.monotonic() - began
        with database.reading() as db_session:
            records = load_records(db_session, str(outcome.taken["case"]))
            drafts, jobs = list(db_session.scalars(select(ScoreDraft))), list(db_session.scalars(select(Job)))
        return Played(company, outcome, saboteur.struck, seconds, records, drafts, jobs)
    finally:
        company.go_home()
        site.stop()
        database.dispose()


def check(played: Played, blows: Sequence[Blow]) -> None:
    """The published outcome; every fact once; every acknowledged bid and score kept; the evidence holds."""
    assert played.outcome.differences() == []
    assert len(played.struck) == len(blows)
    counted = Counter(record.type for record in played.records)
    assert {name: counted[name] for name in ONCE} == ONCE
    assert [record.seq for record in played.records] == list(range(len(played.records)))
    _check_receipts(played)
    _check_scores(played)
    closed_at = played.records[-1].at
    assert [job.key for job in played.jobs if job.done_at is None and job.due_at < closed_at] == []
    verified = subprocess.run(
        [*CLI, "verify", str(played.outcome.taken["evidence"])], cwd=ROOT, capture_output=True, text=True
    )
    assert verified.returncode == 0, verified.stdout[-3000:] + verified.stderr[-3000:]


def _check_receipts(played: Played) -> None:
    """What bidders hold in their hands is what is on record."""
    held = set()
    for letter in "abc":
        receipts = (played.company.folder_of(f"bidder-{letter}") / "receipts").glob("*.json")
        held |= {read_json(path)["receipt"]["receipt"]["receipt_id"] for path in receipts}
    recorded = {record.payload["receipt_id"] for record in played.records if record.type == "BidReceipted"}
    opened = {record.payload["receipt_id"] for record in played.records if record.type == "BidOpened"}
    assert held == recorded == opened


def _check_scores(played: Played) -> None:
    """Each score that was acknowledged at a booth is in the locked sheet."""
    sheets = {r.fact.seat: r.fact.scores for r in played.records if r.type == "ScoreSheetLocked"}
    drafts = {(d.seat, d.bid, d.criterion): d.value for d in played.drafts if d.lot == LOT}
    assert drafts
    assert {(seat, bid, name): value for (seat, bid, name), value in drafts.items()} == {
        (seat, bid, name): value for seat, sheet in sheets.items() for bid, row in sheet.items()
        for name, value in row.items()
    }  # fmt: skip
