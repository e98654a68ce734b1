"""A line that fell silent lets go of its upload, so that the next line of the same bidder can take it up; whoever never
sends the rest of a request holds no place of the server.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app import request_bodies
from app.api import uploads
from app.client.connection import Connection
from app.config import Settings
from app.services.platform import DIST
from demo.site import ROOT, free_port
from tests.app.workbench import Bench, RealClock

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
SILENCE = 0.5  # seconds
FOR_A_BODY = 6.0  # seconds: all lines of a test have begun by then
PATIENCE = 30.0  # seconds
PIECE = b"x" * uploads.PIECE


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, clock=RealClock()).found()


@pytest.fixture
def url(bench: Bench) -> Iterator[str]:
    """Where a co-operative server answers for the installation."""
    port, settings = free_port(), bench.platform.settings
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TENDERHALL_")}
    environment |= {f"TENDERHALL_{name}": value for name, value in _named(settings).items()}
    command = [sys.executable, str(Path(__file__).with_name("cooperative_site.py")), str(port), str(SILENCE)]
    command.append(str(FOR_A_BODY))
    process = subprocess.Popen(command, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)})
    found = f"http://127.0.0.1:{port}"
    try:
        Connection(found, patience=PATIENCE).get("/platform")
        yield found
    finally:  # where it starts too late as well: it would go on for ever
        process.kill()
        process.wait()


def _named(settings: Settings) -> dict[str, str]:
    return {"HOME": str(settings.home), "DATABASE_URL": settings.database_url, "ORIGIN": settings.origin}


def test_a_silent_line_lets_go_and_the_next_one_goes_on(bench: Bench, url: str):
    size, kept = 2 * len(PIECE), len(PIECE)
    head = {"Authorization": f"Bearer {bench.token('bidder-a')}", "Tus-Resumable": "1.0.0"}
    begun = requests.post(f"{url}/api/v1/uploads", headers={**head, "Upload-Length": str(size)}, timeout=PATIENCE)
    path = begun.headers["Location"].removeprefix(url)
    head["Content-Type"] = "application/offset+octet-stream"
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**head, "Content-Length": size}.items())
    with socket.create_connection(url.removeprefix("http://").split(":")) as silent:
        first = f"PATCH {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpload-Offset: 0\r\n{lines}\r\n".encode()
        silent.sendall(first + PIECE + b"and no more")
        silent.settimeout(PATIENCE)
        assert silent.recv(12) == b"HTTP/1.1 204"  # it is answered though it is mute, and whole pieces are kept
        known = requests.head(url + path, headers=head, timeout=PATIENCE)
        assert known.headers["Upload-Offset"] == str(kept)
        rest = requests.patch(url + path, PIECE, headers={**head, "Upload-Offset": str(kept)}, timeout=PATIENCE)
        assert rest.headers["Upload-Offset"] == str(size)


def begun_request(url: str) -> socket.socket:
    """A line that has sent the head of a log-in and one byte of its body."""
    line = socket.create_connection(url.removeprefix("http://").split(":"))
    head = "POST /api/v1/web-sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    line.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
    line.settimeout(PATIENCE)
    return line


def test_bodies_that_never_come_hold_nobody_up(url: str):
    lines = [begun_request(url) for _ in range(request_bodies.MOST_WAITING + 5)]
    try:
        assert requests.get(f"{url}/api/v1/platform", timeout=PATIENCE).status_code == 200
        answers = Counter(line.recv(12) for line in lines)
    finally:
        for line in lines:
            line.close()
    assert answers == {b"HTTP/1.1 408": request_bodies.MOST_WAITING, b"HTTP/1.1 429": 5}
    said = {"login": "nobody", "password": "x", "code": "1"}
    assert requests.post(f"{url}/api/v1/web-sessions", json=said, timeout=PATIENCE).status_code == 422
