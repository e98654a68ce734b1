"""`tenderhall up`: web with live channel and worker as one process group; a child that dies is started again.

With Redis a Celery worker joins the group. Several web processes share one port; the kernel spreads connections.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from app.config import Settings

ROOT = Path(__file__).parent.parent.parent
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  only compared
STOP_SECONDS = 10.0
PAUSE_SECONDS = 0.2
ANSWER_SECONDS = 10.0  # who hangs up earlier leaves words about it in the log
SLOW_START_SECONDS = 30
TO_BE_TRUSTED = """\
每台电脑须先信任一次 · each computer trusts this once: {authority}
（导入浏览器或系统的“受信任的根证书” · import it as a trusted root of the browser or system）"""
SLOW_START = """\
{address} 在 {seconds} 秒内没有应答，仍在等待；请看上面的输出，或另开终端运行 ./tenderhall doctor
{address} has not answered for {seconds} s, still waiting; see above, or run ./tenderhall doctor in another terminal"""
QUICK_DEATH_SECONDS = 8.0  # the web server itself tries for five seconds to get its port
QUICK_DEATHS_ALLOWED = 5
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def web_command(settings: Settings, certificate: tuple[Path, Path] | None) -> list[str]:
    """gunicorn with one co-operative worker: pages, API and sockets."""
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--workers", "1"]
    command += ["-k", "app.cli.web_worker.WebWorker"]
    command += ["--config", "python:app.cli.web_server"]
    command += ["--worker-connections", "2000", "--bind", f"{settings.host}:{settings.port}"]
    command += ["--no-control-socket", "--graceful-timeout", "2", "--log-level", "warning"]
    command += ["--limit-request-line", "8190"]  # the most there is; what is too long for us gets a page that says so
    if settings.web_workers > 1:
        command.append("--reuse-port")  # only then: else a second site on the same port would go unnoticed
    if certificate:
        command += ["--certfile", str(certificate[0]), "--keyfile", str(certificate[1])]
    return command


def _end_with_the_group() -> None:
    """In a new process: end when the group's head is killed. An orphan would keep the port, and do jobs beside the
    worker of the next start (prctl(2); Linux only).
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A process of the group, started again when it dies."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name, self._command, self._environment = name, command, environment
        self.quick_deaths = 0
        self.start()

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, preexec_fn=_end_with_the_group)

    def look_after(self) -> None:
        """Start again what has died, unless it keeps dying at once."""
        if self.process.poll() is None:
            return
        quick = time.monotonic() - self.started_at < QUICK_DEATH_SECONDS
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        if self.quick_deaths > QUICK_DEATHS_ALLOWED:
            raise SystemExit(f"{self.name}: 反复启动失败 · keeps failing at start, see the messages above")
        print(f"{self.name}: 已退出（{self.process.returncode}），重新启动 · ended, starting again", flush=True)
        time.sleep(PAUSE_SECONDS)
        self.start()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()


def with_tls(settings: Settings) -> Settings:
    """The settings of a site on https, whose address is this machine's unless TENDERHALL_BASE_URL names another."""
    if "TENDERHALL_BASE_URL" in os.environ:
        return settings
    name = socket.gethostname() if settings.host == EVERY_ADDRESS else settings.host
    return replace(settings, base_url=f"https://{name}:{settings.port}")


def _answers(settings: Settings, *, tls: bool) -> bool:
    """Whether the site gives an answer already: its port is open long before it does."""
    host = "127.0.0.1" if settings.host == EVERY_ADDRESS else settings.host
    if tls:  # asked by ourselves, of ourselves: no authority needs to vouch for it
        line: HTTPConnection = HTTPSConnection(
            host,
            settings.port,
            timeout=ANSWER_SECONDS,
            context=ssl._create_unverified_context(),  # noqa: S323
        )
    else:
        line = HTTPConnection(host, settings.port, timeout=ANSWER_SECONDS)
    try:
        line.request("GET", "/api/v1/platform")
        line.getresponse()
        return True
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def site_commands(settings: Settings, certificate: tuple[Path, Path] | None) -> list[tuple[str, list[str]]]:
    """The processes of a site: name and command of each."""
    worker = [sys.executable, "-m", "app.cli", "worker"]
    web = web_command(settings, certificate)
    commands = [("web", web)] * settings.web_workers + [("worker", worker)]
    if settings.redis_url is not None:
        commands.append(("celery", [*worker, "--celery"]))
    return commands


def run_site(settings: Settings, certificate: tuple[Path, Path] | None) -> int:
    """Run until Ctrl-C or SIGTERM."""
    environment = dict(os.environ)
    environment["TENDERHALL_BASE_URL"] = settings.base_url
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda found, _frame: stopping.append(found))
    children = [Child(*found, environment) for found in site_commands(settings, certificate)]
    address = f"{settings.base_url}/"
    announced, patient_until = False, time.monotonic() + SLOW_START_SECONDS
    try:
        while not stopping:
            for child in children:
                child.look_after()
            if not announced and _answers(settings, tls=certificate is not None):
                if certificate is not None:
                    print(TO_BE_TRUSTED.format(authority=settings.keys / "authority.crt"), flush=True)
                print(f"Tenderhall: {address}  （Ctrl-C 停止 · stops it）", flush=True)
                announced = True
            elif not announced and time.monotonic() > patient_until:
                print(SLOW_START.format(seconds=SLOW_START_SECONDS, address=address), flush=True)
                patient_until = math.inf  # said once
            time.sleep(PAUSE_SECONDS)
    finally:
        for child in children:
            child.stop()
        until = time.monotonic() + STOP_SECONDS
        for child in children:
            child.wait(until)
    return 0
