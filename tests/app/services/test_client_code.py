"""Whatever seals bids here is in the register by its hash, once, so that anybody finds what a submission names."""

import hashlib
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.casefile.register import REGISTER
from app.casefile.verification.client_code import check_client_code
from app.client.sealing_program import SEALING, code_sha256, sealing_program
from app.config import Settings
from app.queries.cases import load_records
from app.services.installation import prepare_installation
from app.services.platform import DIST, read_assets, read_sealing_code
from crypto.canonical import digest

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


def test_the_page_and_the_program_are_entered_once(tmp_path):
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", "test.example", "http://127.0.0.1")
    for _start in range(2):
        platform = prepare_installation(settings, "交易中心", sealing_program())
    with platform.database.reading() as db_session:
        facts = [r.payload for r in load_records(db_session, REGISTER) if r.type == "ClientCodePublished"]
    page = read_sealing_code()
    assert len(facts) == 1 + bool(page)
    assert not page or digest(dict(page)) in {fact["bundle_sha256"] for fact in facts}
    assert code_sha256() in {fact["bundle_sha256"] for fact in facts}


def records_of(code: str, listed_at: datetime | None) -> SimpleNamespace:
    client = {"name": "own", "version": "1", "bundle_sha256": code}
    bids = {"r1": (SimpleNamespace(seq=7, at=NOW, payload={"client": client}), None)}
    listed = [] if listed_at is None else [SimpleNamespace(at=listed_at, payload={"bundle_sha256": "a" * 64})]
    return SimpleNamespace(bids=bids, client_code=listed)


@pytest.mark.parametrize(
    ("code", "listed_at", "found"),
    [
        ("a" * 64, NOW, ("ok", "evidence_client_code_known")),
        ("b" * 64, NOW, ("not_covered", "evidence_client_code_unknown")),
        ("a" * 64, NOW + timedelta(seconds=1), ("not_covered", "evidence_client_code_unknown")),
        ("a" * 64, None, ("not_covered", "evidence_client_code_unknown")),
    ],
)
def test_a_bid_whose_code_was_not_public_when_it_came_is_named(code, listed_at, found):
    (check,) = check_client_code(records_of(code, listed_at))
    assert (check.verdict.value, check.code) == found
    assert "r1" in str(check.facts) or found[0] == "ok"


def test_the_programs_hash_covers_all_that_it_is_made_of(monkeypatch):
    """Every module of the product that a sealing program loads lies in the packages that are hashed."""
    script = "import sys, app.client.bid_commands\nfor m in sys.modules.values(): print(getattr(m, '__file__', ''))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    own = [Path(line).relative_to(ROOT) for line in ran.stdout.splitlines() if line.startswith(f"{ROOT}/")]
    covered = tuple(f"{package}/" for package in SEALING)
    outside = [path for path in own if ".venv" not in path.parts and not str(path).startswith(covered)]
    assert {str(path) for path in outside} <= {"app/__init__.py", "app/messages.py"}, "words and a docstring"


@pytest.mark.skipif(not read_sealing_code(), reason="the front end is not built")
def test_the_pages_hash_covers_every_script_of_the_sealing_page():
    """The entry points of the page and the worker, and by the build's own list what they import."""
    files = read_sealing_code()
    entries = {read_assets()[name]["file"] for name in ("app.js", "live.js", "seal.js", "seal_worker.js")}
    assert entries <= set(files)
    for file, sha256 in files.items():
        data = (DIST / file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256
        imported = set(re.findall(rb'from"\./([^"]+\.js)"|import"\./([^"]+\.js)"', data))
        assert {(a or b).decode() for a, b in imported} <= set(files)
