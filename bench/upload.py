"""A gigabyte over loopback through the whole site, against a bare sink that writes and syncs under the same server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyotp
import requests

from app.client.connection import Connection
from bench.processes import below, resident
from bench.timing import alternating
from demo.case import DemoCase
from demo.site import ROOT, Site, free_port

SIZE = int(os.environ.get("TENDERHALL_BENCH_UPLOAD_MIB", "1024")) << 20
PIECE = 16 << 20  # as the page sends them
RUNS = 3
SINK_FOLDER = "TENDERHALL_BENCH_SINK"
PASSWORD = "bench-upload-1"


def sink(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The peer, a WSGI application: a piece is written at its offset and synced, nothing else. Like an upload it begins
    with a new file: to write over an old one spares the disk half of its work.
    """
    offset, left = int(environ["HTTP_UPLOAD_OFFSET"]), int(environ["CONTENT_LENGTH"])
    path = Path(os.environ[SINK_FOLDER]) / "sunk"
    with path.open("r+b" if offset else "w+b") as file:
        file.seek(offset)
        while left > 0 and (piece := environ["wsgi.input"].read(min(1 << 18, left))):
            file.write(piece)
            left -= len(piece)
        file.flush()
        os.fsync(file.fileno())
    start_response("204 No Content", [])
    return []


def upload_against_bare_sink() -> str:
    piece = os.urandom(PIECE)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        site = Site(Path(folder) / "site", free_port())
        site.found(DemoCase.read())
        site.start()
        peer, address = _start_sink(folder)
        try:
            headers = _bidder(site.base_url)
            web = _web_process(site)
            before = resident(web)
            ours, other, ratio = alternating(
                lambda: _upload(site.base_url, headers, piece), lambda: _pour(address, piece), RUNS
            )
            grown = max(0, resident(web) - before)
        finally:
            peer.terminate()
            site.stop()
    mib = SIZE >> 20
    return (
        f"{mib / ours:.0f} MiB/s, bare sink {mib / other:.0f} MiB/s, {ratio:.0%} of it "
        f"({mib} MiB in pieces of {PIECE >> 20}; the web process grew by {grown >> 20} MiB)"
    )


def _start_sink(folder: str) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "bench.upload:sink", "-k", "gevent", "--workers", "1"]
    command += ["--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, SINK_FOLDER: folder})
    address = f"http://127.0.0.1:{port}/"
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        with suppress(requests.ConnectionError):
            requests.patch(address, data=b"", headers={"Upload-Offset": "0", "Content-Length": "0"}, timeout=5)
            break
        time.sleep(0.1)
    return process, address


def _bidder(base_url: str) -> dict[str, str]:
    """A bidder who is logged in: the headers of its uploads."""
    line = Connection(base_url)
    person = {"organisation": "测速公司", "credit_code": "91510000MA0BENCH0R", "login": "bench", "name": "测速"}
    secret = line.post("/bidders", {**person, "password": PASSWORD})["totp_secret"]
    code = pyotp.TOTP(secret).now()
    token = line.post("/web-sessions", {"login": "bench", "password": PASSWORD, "code": code})["token"]
    return {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}


def _upload(base_url: str, headers: dict[str, str], piece: bytes) -> None:
    with requests.Session() as http:
        http.headers.update(headers)
        begun = http.post(f"{base_url}/api/v1/uploads", headers={"Upload-Length": str(SIZE)}, timeout=60)
        begun.raise_for_status()
        place = base_url + begun.headers["Location"]
        _send(http, place, piece)
        http.delete(place, timeout=60).raise_for_status()


def _pour(address: str, piece: bytes) -> None:
    with requests.Session() as http:
        _send(http, address, piece)


def _send(http: requests.Session, place: str, piece: bytes) -> None:
    for offset in range(0, SIZE, PIECE):
        part = piece[: min(PIECE, SIZE - offset)]
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        http.patch(place, data=part, headers=headers, timeout=60).raise_for_status()


def _web_process(site: Site) -> int:
    """The process that holds the most memory among those of the site's web server."""
    assert site.process is not None
    found = [pid for pid in below(site.process.pid) if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return max(found, key=resident)
