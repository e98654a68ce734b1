"""`tenderhall bid withdraw`, `restore` of a lost file, and `reveal-key`, over the real application."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.client import bid_commands
from app.client.command_line import Parser
from app.client.keyfile import Profile, write_key
from app.factory import create_app
from app.models import StoredFile
from app.procedure.fallback import KeyCommitted
from app.services.platform import DIST
from tests.app.workbench import LOT, Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PASSPHRASE = "kept by the bidder alone"


class Hall:
    """A lot with three bids, of which bidder-a's was sealed and submitted by the command."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bench = folder, Bench(folder / "site").found()
        self.sealed, self.profile = folder / "sealed", Profile(folder / "bidder-a")
        app = create_app(self.bench.platform.settings)
        app.extensions["tenderhall"] = self.bench.platform
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def bid(self, *words: object) -> int:
        parser = Parser()
        bid_commands.add_parser(parser.commands())
        asked = ["bid", *map(str, words), "--folder", str(self.profile.folder)]
        arguments = parser.parse_args(asked)
        return arguments.run(arguments)

    def hand_in(self) -> None:
        """A bid of one's own, by the command."""
        key = self.bench.people["bidder-a"].key
        write_key(self.profile.key_path, key, PASSPHRASE)
        address = f"http://127.0.0.1:{self.server.server_port}"
        token = self.bench.token("bidder-a")
        self.profile.keep(login="bidder-a", base_url=address, key_id=key.key_id, token=token)
        self.bench.publish()
        offer = self.folder / "offer.txt"
        offer.write_text("技术方案")
        items = ("--price", "1566000.00", "--days", "60", "--manager", "经理", "--out", self.sealed)
        assert self.bid("seal", self.bench.case_id, offer, *items) == 0
        assert self.bid("submit", self.sealed) == 0

    def close(self) -> None:
        """Three bids, and the deadline passes."""
        self.hand_in()
        for login in ("bidder-b", "bidder-c"):
            self.bench.hand_in(login)
        self.bench.work_off(61)

    @property
    def receipt(self) -> str:
        owner = self.bench.people["bidder-a"].organisation
        return self.bench.case.lots[LOT].bidding.of_bidder(owner).receipt_id

    def lose(self) -> None:
        with self.bench.platform.database.reading() as db_session:
            kept = db_session.query(StoredFile).filter_by(owner=self.receipt, kind="bid").one()
        self.bench.platform.blobs.delete(kept.blob)


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", PASSPHRASE)
    made = Hall(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.bench.platform.database.dispose()


def test_a_bid_is_withdrawn_once_that_is_confirmed(hall, capsys, monkeypatch):
    hall.hand_in()
    receipt, asked = hall.receipt, []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "")
    assert hall.bid("withdraw", hall.bench.case_id) == 1
    assert (len(asked), hall.receipt) == (1, receipt)
    assert receipt in capsys.readouterr().out
    assert hall.bid("withdraw", hall.bench.case_id, "--yes") == 0
    assert not hall.bench.case.lots[LOT].bidding.live
    assert hall.bid("withdraw", hall.bench.case_id) == 1, "nothing stands any more"


def test_what_the_platform_lost_is_handed_in_again_and_opened(hall, capsys):
    hall.close()
    assert hall.bid("restore", hall.sealed) == 1, "nothing is lost so far"
    hall.lose()
    hall.bench.release()
    hall.bench.work_off()
    assert list(hall.bench.case.lots[LOT].lost) == [hall.receipt]
    kept = (hall.sealed / "bid.age").read_bytes()
    (hall.sealed / "bid.age").write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert hall.bid("restore", hall.sealed) == 1, "another file"
    assert not hall.bench.case.lots[LOT].opening.opened
    (hall.sealed / "bid.age").write_bytes(kept)
    capsys.readouterr()
    assert hall.bid("restore", hall.sealed) == 0
    assert "已交回，摘要与回执一致 / restored" in capsys.readouterr().out
    hall.bench.work_off()
    assert hall.receipt in hall.bench.case.lots[LOT].opening.opened
    assert hall.bench.case.lots[LOT].opening.read_out


def test_without_a_receipt_there_is_nothing_to_restore(hall, capsys):
    hall.close()
    (hall.sealed / "receipt.json").unlink()
    assert hall.bid("restore", hall.sealed) == 1
    assert "receipt" in capsys.readouterr().err


def test_too_few_trustees_and_the_key_leaves_by_what_the_real_case_file_shows(hall, capsys):
    hall.close()
    hall.bench.work_off(61)
    assert hall.bid("commit-key", hall.sealed) == 0
    assert hall.bid("reveal-key", hall.sealed) == 1, "others have not committed"
    for submission in hall.bench.case.lots[LOT].bidding.live:
        if submission.receipt_id != hall.receipt:
            login = next(name for name, one in hall.bench.people.items() if one.organisation == submission.bidder)
            hall.bench.act(login, KeyCommitted(submission.receipt_id, "a" * 64))
    assert hall.bid("reveal-key", hall.sealed) == 0, capsys.readouterr().err
    assert list(hall.bench.case.lots[LOT].fallback.keys) == [hall.receipt]
