"""`tenderhall bid questions` and `bid answer` over the real application: what is asked is read and answered once."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.client import bid_commands
from app.client.command_line import Parser
from app.client.keyfile import Profile, write_key
from app.factory import create_app
from app.models import StoredFile, WebSession
from app.services.accounts import token_hash
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from evaluation.sitting import ClarificationStanding
from tests.app.services.corrected import Corrected
from tests.app.services.questions import PAPER, PLACE, QUESTION, TEXT, Asking
from tests.app.services.whole_case import LOT

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PASSPHRASE = "kept by the bidder alone"


class Desk:
    """A bidder's machine beside a case whose committee asks."""

    def __init__(self, folder: Path, case: Asking) -> None:
        self.case, self.profile = case, Profile(folder / "bidder-a")
        app = create_app(self.case.platform.settings, self.case.clock)
        app.extensions["tenderhall"] = self.case.platform
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        person, token = self.case.people["bidder-a"], secrets.token_urlsafe(16)
        write_key(self.profile.key_path, person.key, PASSPHRASE)
        with plain_transaction(self.case.platform.database) as (db_session, now):
            row = WebSession(token_hash=token_hash(token), account_id=person.id, created_at=now)
            row.expires_at = datetime.now(UTC) + timedelta(days=1)
            db_session.add(row)
        address = f"http://127.0.0.1:{self.server.server_port}"
        self.profile.keep(login="bidder-a", base_url=address, key_id=person.key.key_id, token=token)

    def bid(self, *words: object) -> int:
        parser = Parser()
        bid_commands.add_parser(parser.commands())
        asked = ["bid", *map(str, words), "--folder", str(self.profile.folder)]
        arguments = parser.parse_args(asked)
        return int(arguments.run(arguments))


@contextmanager
def desk_beside(folder: Path, case: Asking) -> Iterator[Desk]:
    made = Desk(folder, case)
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.case.platform.database.dispose()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "site").mkdir()
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", PASSPHRASE)
    return tmp_path / "site"


@pytest.fixture
def desk(tmp_path: Path, site: Path) -> Iterator[Desk]:
    with desk_beside(tmp_path, Asking(site).until_review()) as made:
        yield made


def test_a_question_is_listed_and_answered_once_with_a_file(desk: Desk, capsys, monkeypatch, tmp_path: Path):
    text, paper, picture = (tmp_path / name for name in ("answer.txt", "说明.pdf", "图.png"))
    text.write_text(TEXT, "utf-8")
    paper.write_bytes(PAPER)
    picture.write_bytes(b"\x89PNG")
    case = desk.case.case_id
    assert desk.bid("questions", case) == 0
    assert "没有询问" in capsys.readouterr().out
    desk.case.ask("a1")
    assert desk.bid("questions", case) == 0
    listed = capsys.readouterr().out
    for words in ("a1", QUESTION, PLACE, "请在此之前答复"):
        assert words in listed
    assert desk.bid("answer", case, "b2", "--text", text, "--yes") == 1
    assert "question_unknown" in capsys.readouterr().err
    assert desk.bid("answer", case, "a1", "--text", text, "--file", picture, "--yes") == 1
    assert "clarification_file_not_pdf" in capsys.readouterr().err
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "")
    assert desk.bid("answer", case, "a1", "--text", text, "--file", paper) == 1
    assert (len(asked), desk.case.state.clarifications["a1"].standing) == (1, ClarificationStanding.SENT)
    assert desk.bid("answer", case, "a1", "--text", text, "--file", paper, "--yes") == 0
    assert "答复已送达评标委员会" in capsys.readouterr().out
    assert desk.case.case.lots[LOT].clarifying["a1"].answered.text == TEXT
    with desk.case.platform.database.reading() as db_session:
        assert db_session.query(StoredFile).filter_by(kind="clarification").count() == 1
    assert desk.bid("answer", case, "a1", "--text", text, "--yes") == 1
    assert "clarification_answered_before" in capsys.readouterr().err
    assert desk.bid("questions", case) == 0
    assert "已答复 / answered" in capsys.readouterr().out


def test_a_corrected_price_is_listed_and_confirmed_with_a_word(tmp_path: Path, site: Path, capsys):
    with desk_beside(tmp_path, Corrected(site).until_results()) as desk:
        case, text = desk.case.case_id, tmp_path / "answer.txt"
        text.write_text(TEXT, "utf-8")
        desk.case.ask_to_confirm("c1", "1583000.50")
        assert desk.bid("questions", case) == 0
        listed = capsys.readouterr().out
        for words in ("1583000.50", "以汇总金额为准", "--confirm yes", "投标被否决"):
            assert words in listed
        assert desk.bid("answer", case, "c1", "--yes") == 2
        assert desk.bid("answer", case, "c1", "--text", text, "--yes") == 1
        assert "confirmation_missing" in capsys.readouterr().err
        assert desk.bid("answer", case, "c1", "--confirm", "yes", "--yes") == 0
        assert desk.case.state.clarifications["c1"].confirms
