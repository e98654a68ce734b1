"""A whole case whose register ticks, with two witnesses that look."""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.procedure.errors import RuleViolation
from app.queries.act_list import last_listed
from app.queries.ticks import latest_tick
from app.services import ticks
from app.services.jobs import claim_job, fail_job, finish_job
from app.services.platform import Platform
from app.tasks.jobs import run_job
from crypto.notes import COSIGNATURE, Note, NoteKey, cosign
from tests.app.services.whole_case import WholeCase

WITNESS = NoteKey("witness.example/w1", COSIGNATURE, Ed25519PrivateKey.from_private_bytes(b"w" * 32))
SECOND = NoteKey("witness.example/w2", COSIGNATURE, Ed25519PrivateKey.from_private_bytes(b"v" * 32))
STRANGER = NoteKey("witness.example/w1", COSIGNATURE, Ed25519PrivateKey.from_private_bytes(b"s" * 32))


def look(platform: Platform, key: NoteKey) -> None:
    """A witness cosigns the latest tick and the list of acts, if there is one."""
    with platform.database.reading() as db_session:
        row, last = latest_tick(db_session), last_listed(db_session)
    line = cosign(key, Note.parse(row.note).text, int(row.at.timestamp()))
    ticks.take_cosignature(platform, row.index + 1, str(line))
    if last is not None:
        line = cosign(key, Note.parse(last.note).text, int(row.at.timestamp()))
        ticks.take_list_cosignature(platform, last.index + 1, str(line))


class Witnessed(WholeCase):
    """Whenever there is work, the register ticks as well, and two witnesses look: one always, one now and then."""

    def __post_init__(self) -> None:
        super().__post_init__()
        witnesses = tuple(str(key.verifier) for key in (WITNESS, SECOND))
        settings = replace(self.platform.settings, witnesses=witnesses, witness_quorum=1)
        self.platform = replace(self.platform, settings=settings)
        self.looks = 0

    def work_off(self, seconds: float = 0) -> None:
        self.clock.advance(seconds)
        while (job := claim_job(self.platform)) is not None:
            try:
                run_job(self.platform, job)
                finish_job(self.platform, job)
            except RuleViolation as refused:
                if refused.code != ticks.NOT_VOUCHED:
                    raise
                fail_job(self.platform, job, refused.code)  # the report waits until somebody vouches for the results
                self.tick()
        self.tick()

    def tick(self) -> None:
        ticks.make_tick(self.platform)
        self.looks += 1
        for key in (WITNESS, SECOND) if self.looks % 3 == 0 else (WITNESS,):
            self.look(key)

    def look(self, key: NoteKey) -> None:
        look(self.platform, key)
