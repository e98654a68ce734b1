"""The processes of a site belong together: who kills the head of the group leaves no orphans behind."""

from __future__ import annotations

import os
import signal
import socket
import ssl
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
needs_front_end = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


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


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(home: Path, port: int, *options: str, **settings: str) -> tuple[subprocess.Popen[str], list[str]]:
    """A new site and what it said until its address, which it says once it answers, and not before."""
    environment = {**os.environ, "TENDERHALL_HOME": str(home), "TENDERHALL_PORT": str(port), **settings}
    site = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "up", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert site.stdout is not None
    said: list[str] = []
    while not said or not said[-1].startswith("Tenderhall: "):
        said.append(site.stdout.readline())
        assert said[-1], said
    return site, said


@needs_front_end
def test_a_terminals_ctrl_c_stops_a_site_without_a_word(tmp_path, port):
    """It reaches every process of the group at once; each answers once, none is killed, none complains."""
    site, said = started(tmp_path / "home", port)
    with socket.create_connection(("127.0.0.1", port), ENDS_WITHIN) as line:
        line.sendall(b"GET /api/v1/platform HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        assert b" 200" in line.recv(12)
    os.killpg(site.pid, signal.SIGINT)
    rest = site.communicate(timeout=ENDS_WITHIN * 3)[0]
    assert (site.returncode, rest) == (0, "")
    founded, address = (line for line in said if "/invitation" not in line)
    assert "founded" in founded
    assert address.startswith(f"Tenderhall: http://127.0.0.1:{port}/")


@needs_front_end
def test_on_a_lan_the_certificate_holds_for_the_sites_own_name(tmp_path, port):
    """Whoever trusts the one file that is named gets through, by the name of TENDERHALL_BASE_URL too."""
    base_url = f"https://tenderhall.lan:{port}"
    site, said = started(tmp_path, port, "--tls", "--host", "0.0.0.0", TENDERHALL_BASE_URL=base_url)
    authority = tmp_path / "keys" / "authority.crt"
    assert any(str(authority) in line for line in said)
    assert said[-1].startswith(f"Tenderhall: {base_url}/")
    context = ssl.create_default_context(cafile=str(authority))
    for name in ("tenderhall.lan", "127.0.0.1", "localhost"):
        with socket.create_connection(("127.0.0.1", port), ENDS_WITHIN) as line:
            context.wrap_socket(line, server_hostname=name).close()
    with socket.create_connection(("127.0.0.1", port), ENDS_WITHIN) as line:
        line.sendall(f"GET /log-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert f"Location: https://127.0.0.1:{port}/log-in\r\n".encode() in line.recv(1000)
    with socket.create_connection(("127.0.0.1", port), ENDS_WITHIN) as line, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(line, server_hostname="localhost")
    os.killpg(site.pid, signal.SIGINT)
    assert "Traceback" not in site.communicate(timeout=ENDS_WITHIN * 3)[0]


def _alive(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
