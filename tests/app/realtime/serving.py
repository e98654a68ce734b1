"""A real server as `tenderhall up` starts it, and programs that listen to it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import engineio
import socketio
from socketio.exceptions import TimeoutError as NoAnswer

from app.cli.up import ROOT, web_command
from app.client.connection import Connection, Refused
from app.config import Settings
from demo.site import free_port

NAMESPACE = "/live"
STARTS_WITHIN = 60  # seconds
ANSWERS_WITHIN = 15  # seconds


@dataclass(frozen=True)
class Server:
    """Where it listens; `pids` are the processes that were started, each the parent of the one that serves."""

    base_url: str
    log: Any
    pids: tuple[int, ...] = ()

    def api(self, token: str = "") -> Connection:
        return Connection(self.base_url, token=token, patience=5)


@contextmanager
def serving(settings: Settings, processes: int = 1) -> Iterator[Server]:
    """The installation, served by as many processes on one port."""
    port = free_port()
    chosen = {
        "HOME": str(settings.home), "DATABASE_URL": settings.database_url, "ORIGIN": settings.origin,
        "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}", "WEB_WORKERS": str(max(2, processes)),
        "REDIS_URL": settings.redis_url or "", "LIVE_PER_SECOND": str(settings.live_per_second),
    }  # fmt: skip
    others = {name: value for name, value in os.environ.items() if not name.startswith("TENDERHALL_")}
    environment = {**others, **{f"TENDERHALL_{name}": value for name, value in chosen.items()}}
    command = web_command(Settings.from_env(environment), None)
    with (settings.home / "server.log").open("ab") as log:
        running = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) for _ in range(processes)
        ]
    server = Server(chosen["BASE_URL"], settings.home / "server.log", tuple(process.pid for process in running))
    try:
        _await_answer(server)
        yield server
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def _await_answer(server: Server) -> None:
    give_up_at = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < give_up_at:
        try:
            server.api().get("/platform")
            return
        except Refused:
            continue
    raise RuntimeError(server.log.read_text("utf-8", "replace")[-3000:])


class _InOrder(engineio.Client):
    """Hands each message over before it reads the next one; the library's own way is a thread for each."""

    def _trigger_event(self, event: str, *args: Any, **_how: Any) -> Any:
        return super()._trigger_event(event, *args, run_async=False)


class _Client(socketio.Client):
    def _engineio_client_class(self) -> type[engineio.Client]:
        return _InOrder


@dataclass
class Listener:
    """A program on the live channel; it keeps every frame in the order in which it came."""

    server: Server
    token: str = ""
    origin: str = ""
    frames: list[dict[str, Any]] = field(default_factory=list)
    cursor: str = ""

    def __post_init__(self) -> None:
        origin = {"origin": self.origin} if self.origin else {"suppress_origin": True}
        patience = {"request_timeout": ANSWERS_WITHIN, "websocket_extra_options": origin}
        self.client = _Client(reconnection=False, handle_sigint=False, **patience)
        self.client.on("case.changed", self._hear, namespace=NAMESPACE)
        self.cut = threading.Event()
        self.client.on("disconnect", lambda *_: self.cut.set(), namespace=NAMESPACE)

    def _hear(self, frames: list[dict[str, Any]]) -> None:
        self.frames += frames
        self.cursor = frames[-1]["cursor"]

    def connect(self) -> Listener:
        """Raises socketio.exceptions.ConnectionError when the server refuses."""
        self.client.connect(
            self.server.base_url,
            auth={"token": self.token} if self.token else {},
            namespaces=[NAMESPACE],
            transports=["websocket"],
            wait_timeout=ANSWERS_WITHIN,
        )
        return self

    def ask(self, event: str, **sent: Any) -> dict[str, Any]:
        return dict(self.client.call(event, sent, namespace=NAMESPACE, timeout=ANSWERS_WITHIN))

    def join(self, case: str) -> dict[str, Any]:
        """Listen from one's cursor on; what was missed counts as heard.

        The answer is taken by whoever reads the line, before what comes after it. Raises socketio's TimeoutError.
        """
        taken: list[dict[str, Any]] = []
        heard = threading.Event()

        def take(answer: dict[str, Any]) -> None:
            self.frames += answer.get("missed", [])
            self.cursor = answer.get("cursor", self.cursor)
            taken.append(answer)
            heard.set()

        asked = {"case": case, "cursor": self.cursor}
        self.client.emit("case.join", asked, namespace=NAMESPACE, callback=take)
        if not heard.wait(ANSWERS_WITHIN):
            raise NoAnswer
        return taken[0]

    def tear(self) -> None:
        """What a cut cable does: nobody says goodbye."""
        self.client.eio.ws.sock.shutdown(socket.SHUT_RDWR)
        self.cut.wait(ANSWERS_WITHIN)

    def close(self) -> None:
        if not self.cut.is_set():
            self.client.disconnect()

    @property
    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames]


def until(condition: Callable[[], Any], seconds: float = ANSWERS_WITHIN) -> None:
    """Returns once the condition holds; AssertionError when it does not in time."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.02)
