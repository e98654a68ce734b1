"""What is played while processes are killed: uploads, receipts, a withdrawal, the closing, the release, the opening.

Each step is what one process does: a client's request, by the services that the web process calls, or the worker with
what is due. Played again after a death, with what the client was told until then, a step is what a client does that
got no answer: it asks where things stand and sends the rest, or the same signed act once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.casefile.sealing import open_identity
from app.models import Job
from app.procedure.bid import BidWithdrawn
from app.procedure.errors import RuleViolation
from app.procedure.opening import ShareReleased
from app.services import uploads
from app.worker import run_next
from crypto.committee import sign_share
from tests.app.workbench import LOT, Bench

BIDDING = timedelta(days=40)
PATIENCE = timedelta(minutes=10)  # longer than any lease; what has not gone on by then never does
FIRST, SECOND = "bidder-a", "bidder-b"
OTHERS = ("bidder-c", "bidder-d")


@dataclass
class Player:
    """One process's view: the installation, what its client knows, and where it says what it was told."""

    bench: Bench
    known: dict[str, Any]
    tell: Callable[[dict[str, Any]], None] = lambda _news: None
    meet: Callable[[str], None] = lambda _label: None

    def learn(self, **news: Any) -> None:
        """An answer has reached the client."""
        self.known.update(news)
        self.tell(news)

    def begin(self) -> None:
        if "upload" not in self.known:
            size = len(self.known["data"])
            self.learn(upload=uploads.begin_upload(self.bench.platform, self._log_in, size).id, offset=0)

    def send(self, end: int) -> None:
        """The file up to `end`, from where the server says that it is."""
        upload, data = self.known["upload"], self.known["data"]
        offset = uploads.read_upload(self.bench.platform, self._log_in, upload).offset
        assert offset >= self.known["offset"], "acknowledged bytes are gone"
        if offset < end:
            state = uploads.continue_upload(
                self.bench.platform, self._log_in, upload, offset, self._pieces(data[offset:end])
            )
            assert state.offset == end
        self.learn(offset=end)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        half = len(data) // 2
        yield data[:half]
        self.meet("in the middle of a piece")
        yield data[half:]

    @property
    def _log_in(self) -> Any:
        return self.bench.people[FIRST].log_in

    def act(self, name: str) -> None:
        """Send a signed act; the same again gets the first answer."""
        who, proposal = self.known[name]
        answer = self.bench.send(self.bench.people[who], proposal)
        assert self.known.get(f"answer {name}", answer) == answer, "two answers to one act"
        self.learn(**{f"answer {name}": answer})

    def throw_away(self) -> None:
        with suppress(RuleViolation):  # upload_unknown: it is gone already
            uploads.end_upload(self.bench.platform, self._log_in, self.known["upload"])
        self.learn(thrown_away=True)

    def work(self) -> None:
        """Run what is due; what a dead worker still holds when its lease ends, on the bench's clock."""
        began_at = self.bench.clock.at
        while True:
            while run_next(self.bench.platform):
                pass
            free_at = self._held_until(began_at)
            if free_at is None:
                return
            assert free_at - began_at < PATIENCE, "a job does not go on"
            self.bench.clock.at = max(free_at, self.bench.clock.at)

    def _held_until(self, due_at: datetime) -> datetime | None:
        with self.bench.platform.database.reading() as db_session:
            waiting = (Job.done_at.is_(None), Job.due_at <= due_at)
            return db_session.scalar(select(func.min(func.coalesce(Job.lease_until, Job.due_at))).where(*waiting))


@dataclass(frozen=True)
class Step:
    """`prepare` is what happens before, undisturbed; `play` is what is killed at each of its writes."""

    name: str
    play: Callable[[Player], None]
    prepare: Callable[[Player], None] = field(default=lambda _player: None)


def _seal(player: Player) -> None:
    """A bid is sealed; its file is sent next."""
    for name in ("upload", "thrown_away"):
        player.known.pop(name, None)
    sealed = player.bench.seal(FIRST)
    player.known |= {"data": sealed.bid, "sealed": sealed}


def _after_an_upload_has_expired(player: Player) -> None:
    uploads.begin_upload(player.bench.platform, player.bench.people[SECOND].log_in, 1000)
    player.bench.clock.advance(uploads.KEPT_FOR.total_seconds() + 1)
    _seal(player)


def _sign_bid(name: str) -> Callable[[Player], None]:
    def sign(player: Player) -> None:
        sealed, upload = player.known["sealed"], player.known["upload"]
        attachments = {"capsule": sealed.capsule, "upload": upload.encode()}
        bench = player.bench
        proposal = bench.proposal(bench.people[FIRST], sealed.submission, "BidSubmitted", attachments=attachments)
        player.known[name] = FIRST, proposal

    return sign


def _sign_withdrawal(player: Player) -> None:
    bench = player.bench
    for login in (SECOND, *OTHERS):
        receipt = bench.hand_in(login)["receipt"]["receipt"]
        if login == SECOND:
            payload = {"receipt_id": receipt["receipt_id"]}
            player.known["withdrawal"] = SECOND, bench.proposal(bench.people[SECOND], payload, BidWithdrawn.__name__)


def _half_an_upload(player: Player) -> None:
    _seal(player)
    player.begin()
    player.send(len(player.known["data"]) // 2)


def _deadline(player: Player) -> None:
    player.bench.clock.at = player.bench.deadline_at + timedelta(seconds=1)


def _sign_share(index: int) -> Callable[[Player], None]:
    def sign(player: Player) -> None:
        bench = player.bench
        ident = open_identity(bench.platform.origin, bench.case_id, LOT)
        payload = {"index": index, "share": sign_share(bench.shares[index], ident).hex()}
        who = f"trustee-{index}"
        player.known[who] = who, bench.proposal(bench.people[who], payload, ShareReleased.__name__)

    return sign


def _objections_over(player: Player) -> None:
    until = player.bench.case.lots[LOT].opening.objections_until
    assert until is not None
    player.bench.clock.at = until + timedelta(seconds=1)


def _sent(share: float) -> Callable[[Player], None]:
    return lambda player: player.send(int(len(player.known["data"]) * share))


def _whole_upload(player: Player) -> None:
    player.begin()
    player.send(len(player.known["data"]))


SCRIPT = (
    Step("upload begun", lambda player: player.begin(), _after_an_upload_has_expired),
    Step("upload's first part", _sent(0.5)),
    Step("upload's last part", _sent(1)),
    Step("bid and receipt", lambda player: player.act("bid"), _sign_bid("bid")),
    Step("second upload", _whole_upload, _seal),
    Step("replacement and receipt", lambda player: player.act("replacement"), _sign_bid("replacement")),
    Step("withdrawal", lambda player: player.act("withdrawal"), _sign_withdrawal),
    Step("upload thrown away", lambda player: player.throw_away(), _half_an_upload),
    Step("closing", lambda player: player.work(), _deadline),
    Step("first share", lambda player: player.act("trustee-2"), _sign_share(2)),
    Step("second share and release", lambda player: player.act("trustee-3"), _sign_share(3)),
    Step("decryption and read-out", lambda player: player.work()),
    Step("conclusion", lambda player: player.work(), _objections_over),
)
