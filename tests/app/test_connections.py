"""One address holds so many connections of a web process, and no more."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

from app.cli.connections import Places
from app.cli.handshakes import plain_answer
from app.cli.up import ROOT

APPLICATION = (
    "def app(environ, start_response):\n    start_response('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n"
)


def test_places_are_counted_by_address_and_given_back():
    places = Places(2)
    with places.one("a") as first, places.one("a") as second, places.one("a") as third, places.one("b") as other:
        assert (first, second, third, other) == (True, True, False, True)
    with places.one("a") as again:
        assert again
    assert not places._held, "nothing is kept of who has gone"
    with Places(0).one("a") as unlimited, Places(0).one("a") as too:
        assert unlimited
        assert too


@pytest.mark.parametrize(
    ("head", "location"),
    [
        (b"GET /a?b=c HTTP/1.1\r\nUser-Agent: x\r\nHost: centre.lan:8443\r\n\r\n", b"https://centre.lan:8443/a?b=c"),
        (b"HEAD / HTTP/1.0\r\nhost: [::1]:8000\r\n\r\n", b"https://[::1]:8000/"),
        (b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", b""),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b""),
        (b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", b""),
        (b"GET / HTTP/1.1\r\n\r\n", b""),
        (b"\x80\x80\x01", b""),
    ],
)
def test_who_speaks_plain_http_to_a_port_of_https_is_sent_there(head, location):
    status, *fields = plain_answer(head).split(b"\r\n")
    assert status == (b"HTTP/1.1 307 Temporary Redirect" if location else b"HTTP/1.1 400 Bad Request")
    assert [f for f in fields if f.startswith(b"Location")] == ([b"Location: " + location] if location else [])


def answered(port: int) -> socket.socket | None:
    """A connection that was served and stays open; None where it was hung up."""
    line = socket.create_connection(("127.0.0.1", port), timeout=5)
    try:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        if line.recv(64).startswith(b"HTTP/1.1 200"):
            return line
    except ConnectionError:
        pass
    line.close()
    return None


@pytest.mark.parametrize(("proxies", "held"), [("0", 3), ("1", 5)])
def test_the_web_process_hangs_up_on_an_address_that_holds_too_many(tmp_path, proxies, held):
    (tmp_path / "small.py").write_text(APPLICATION)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TENDERHALL_CONNECTIONS_PER_ADDRESS": "3", "TENDERHALL_PROXIES": proxies}
    environment |= {"TENDERHALL_HOME": str(tmp_path), "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    command = [sys.executable, "-m", "gunicorn", "small:app", "-k", "app.cli.web_worker.WebWorker"]
    command += ["--bind", f"127.0.0.1:{port}", "--keep-alive", "30", "--log-level", "warning", "--no-control-socket"]
    server = subprocess.Popen(command, cwd=tmp_path, env=environment)
    try:
        give_up_at, lines = time.monotonic() + 20, []
        while not lines:
            assert time.monotonic() < give_up_at
            try:
                lines.append(answered(port))
            except ConnectionRefusedError:
                time.sleep(0.1)
        lines += [answered(port) for _ in range(4)]
        assert [line is not None for line in lines] == [True] * held + [False] * (5 - held)
        if held < 5:
            lines[0].close()
            while (line := answered(port)) is None:
                assert time.monotonic() < give_up_at
                time.sleep(0.1)
            lines[0] = line
        for line in lines:
            if line is not None:
                line.close()
    finally:
        server.terminate()
        server.wait(10)
