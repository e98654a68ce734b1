"""PostgreSQL clusters of one's own, to be killed: a primary, and where wanted a standby that confirms each commit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from demo.site import free_port

PROGRAMS = Path(os.environ.get("TENDERHALL_TEST_POSTGRES_PROGRAMS", "/usr/lib/postgresql/15/bin"))
OWNER = "postgres"  # who may run a server where we are root
STARTS_WITHIN = 60  # seconds
DURABLE = ("-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=300", "-c", "wal_level=replica")


@dataclass
class Server:
    """One server with a folder and a port of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def make(self) -> Server:
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D", str(self.folder))
        return self

    def follow(self, primary: Server) -> Server:
        """A copy of that server, which goes on copying."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        self._run("pg_basebackup", "-D", str(self.folder), "-R", "-d", source)
        return self

    def start(self) -> Server:
        """Also over what a killed one left behind, which may take more than one try."""
        give_up_at = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            assert time.monotonic() < give_up_at, "the server does not start"
            if self.process is None or self.process.poll() is not None:
                listen = ("-c", "listen_addresses=127.0.0.1", "-k", str(self.folder))
                command = [
                    PROGRAMS / "postgres",
                    "-D",
                    self.folder,
                    "-p",
                    str(self.port),
                    *listen,
                    *DURABLE,
                ]
                self.process = subprocess.Popen(
                    command, user=_owner(), start_new_session=True, stderr=subprocess.DEVNULL, cwd="/"
                )
            time.sleep(0.1)
        return self

    def kill(self) -> None:
        """No time to say goodbye for the first process nor for any that it has started."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "-w", "-D", str(self.folder))

    def run(self, statement: str) -> None:
        with psycopg.connect(self._name(), autocommit=True) as connection:
            connection.execute(statement)

    def _name(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres connect_timeout=5"

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([PROGRAMS / program, *words], user=_owner(), check=True, stdout=subprocess.DEVNULL, cwd="/")


def _owner() -> str | None:
    return OWNER if os.geteuid() == 0 else None


def give_to_owner(folder: Path) -> None:
    """A folder that a server's owner can write."""
    if owner := _owner():
        folder.chmod(0o755)
        shutil.chown(folder, owner)


def url(*servers: Server) -> str:
    """The address of whichever of them can be written to."""
    hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in servers)
    return f"postgresql+psycopg://postgres@/postgres?{hosts}&target_session_attrs=read-write"
