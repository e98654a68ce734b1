"""The processes of a site belong together: who kills the head of the group leaves no orphans behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli.up import ROOT
from app.services.platform import DIST

HEAD = """
import os, time
from app.cli.up import Child
print(Child("sleeper", ["sleep", "60"], dict(os.environ)).process.pid, flush=True)
time.sleep(60)
"""
ENDS_WITHIN = 10.0  # seconds


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is asked for on Linux only")
def test_a_killed_head_takes_its_processes_along():
    head = subprocess.Popen([sys.executable, "-c", HEAD], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert head.stdout is not None
    child = Path("/proc") / head.stdout.readline().strip()
    assert child.is_dir()
    head.kill()
    head.wait()
    give_up_at = time.monotonic() + ENDS_WITHIN
    while _alive(child):
        assert time.monotonic() < give_up_at, "an orphan is left"
        time.sleep(0.02)


@pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
def test_a_terminals_ctrl_c_stops_a_site_without_a_word(tmp_path):
    """It reaches every process of the group at once; each answers once, none is killed, none complains."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "TENDERHALL_HOME": str(tmp_path / "home"), "TENDERHALL_PORT": str(port)}
    site = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert site.stdout is not None
    said = []
    while not said or not said[-1].startswith("Tenderhall: "):  # said once it answers, and not before
        said.append(site.stdout.readline())
        assert said[-1], said
    with socket.create_connection(("127.0.0.1", port), ENDS_WITHIN) as line:
        line.sendall(b"GET /api/v1/platform HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        assert b" 200" in line.recv(12)
    os.killpg(site.pid, signal.SIGINT)
    rest = site.communicate(timeout=ENDS_WITHIN * 3)[0]
    assert (site.returncode, rest) == (0, "")
    founded, address = (line for line in said if "/invitation" not in line)
    assert "founded" in founded
    assert address.startswith(f"Tenderhall: http://127.0.0.1:{port}/")


def _alive(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
