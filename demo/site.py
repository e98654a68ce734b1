"""The site that the demonstration plays on: founded in a fresh folder, run as a child, stopped or left running."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from app.client.connection import Connection, Refused
from demo.case import DemoCase

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 30  # seconds
STOPS_WITHIN = 15  # seconds
ORIGIN = "demo.tenderhall.example"
PARTS = {"web": b"gunicorn", "worker": b"worker"}  # an argument by which the part's process is known
OF_ONE_RUN = {"HOME", "PORT", "DEMO", "BASE_URL", "ORIGIN"}  # said otherwise, or kept by the site itself
CLI = [sys.executable, "-m", "app.cli"]


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """One installation in `home`, answering at `base_url`; `settings` are further TENDERHALL_* variables by name."""

    def __init__(self, home: Path, port: int, settings: Mapping[str, str] | None = None) -> None:
        self.home, self.port, self.further = home, port, settings or {}
        self.base_url = self.further.get("BASE_URL", f"http://127.0.0.1:{port}")
        self.log = home / "site.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TENDERHALL_")},
            "TENDERHALL_HOME": str(home),
            "TENDERHALL_PORT": str(port),
            "TENDERHALL_BASE_URL": self.base_url,
            "TENDERHALL_ORIGIN": ORIGIN,
            "TENDERHALL_DEMO": "1",
            "PYTHONUNBUFFERED": "1",
            **{f"TENDERHALL_{name}": value for name, value in self.further.items()},
        }

    def in_shell(self, command: str) -> str:
        """`command` as one types it in the checkout for this very site."""
        further = {name: value for name, value in self.further.items() if name not in OF_ONE_RUN}
        home = {} if self.home == ROOT / "var" else {"HOME": str(self.home)}
        words = [f"TENDERHALL_{name}={shlex.quote(value)}" for name, value in {**home, **further}.items()]
        return " ".join([*words, f"./tenderhall {command}"])

    @property
    def command_to_open(self) -> str:
        """The command that opens this site again, where it was."""
        return f"TENDERHALL_DEMO=1 {self.in_shell(f'up --port {self.port}')}"

    @property
    def mail(self) -> Path:
        """Where the site puts mail when no mail server is configured: one folder for each address."""
        return self.home / "mail"

    def found(self, case: DemoCase) -> dict[str, str]:
        """Make the installation; invitation codes of its first two people by log-in."""
        centre = case.facts["centre"]
        command = [*CLI, "init", "--json", "--organisation", centre["name"], "--credit-code", centre["credit_code"]]
        made = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return dict(json.loads(made.stdout))

    def start(self) -> None:
        """Start the site in a process group of its own and wait until it answers. Raises RuntimeError."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._check_port()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*CLI, "up"], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self._await_answer()

    def _check_port(self) -> None:
        """Somebody else's site would answer in our place. Raises RuntimeError."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as exc:
                words = f"端口 {self.port} 已被占用，请用 --port 另选一个 / port {self.port} is in use, choose another"
                raise RuntimeError(words) from exc

    def _await_answer(self) -> None:
        give_up_at = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < give_up_at and self.running:
            if self.introduction(patience=1):
                return
        end = self.log.read_text("utf-8", "replace")[-3000:]
        raise RuntimeError(f"平台未能启动 / the site did not start; {self.log}:\n{end}")

    def introduction(self, patience: float) -> dict[str, Any]:
        """What the platform says of itself, asked for `patience` seconds; {} where nobody answers."""
        with suppress(Refused), closing(Connection(self.base_url, patience=patience)) as connection:
            return dict(connection.get("/platform"))
        return {}

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self, part: str) -> None:
        """Kill -9 a part of the site, `web` or `worker`: an exercise. The group that it belongs to starts it again."""
        assert self.process is not None
        for pid in _children(self.process.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if PARTS[part] in command.split(b"\0"):
                for process in (pid, *_children(pid)):
                    os.kill(process, signal.SIGKILL)

    def stop(self) -> None:
        """Stop the site as Ctrl-C would; kill what does not stop."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """The processes that `pid` has started (Linux)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
