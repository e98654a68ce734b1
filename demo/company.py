"""The actors as processes: started, listened to, and sent home."""

from __future__ import annotations

import json
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO, Any

from app.client.keyfile import Profile, write_json
from app.client.trustee import setup_m0
from app.client.witness import WitnessFolder
from demo.actor import PARTS, Engagement, perform
from demo.actors.mirror import make_key
from demo.site import Site
from demo.stage import PASSPHRASE

GO_HOME_WITHIN = 5  # seconds
MIRROR = "mirror"  # the role of who witnesses the register
# Each actor is a process of its own. They come from one that has done nothing but imports, which take two seconds of
# computing: eighteen times that would be most of the play.
_processes = multiprocessing.get_context("forkserver")


def stop_when_told() -> None:
    """A closed terminal or a kill ends a play as Ctrl-C does: with its processes."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)


def rehearse() -> None:
    """Begin the imports, while something else is done."""
    _processes.set_forkserver_preload([f"demo.actors.{part}" for part in PARTS.values()])
    _processes.Process(target=int).start()


def _perform(engagement: Engagement, voice: Any) -> None:
    """An actor's whole process: what it says goes to the director, what goes wrong into its own log."""
    with (engagement.folder / "actor.log").open("ab") as log:
        os.dup2(log.fileno(), 2)
    os.dup2(voice.fileno(), 1)
    sys.exit(perform(engagement))


def _hold_ceremony(profiles: Sequence[Profile], threshold: int, description: Path) -> None:
    committee = setup_m0(profiles, threshold, PASSPHRASE, os.urandom)
    write_json(description, committee.describe())


def make_witness(folder: Path) -> str:
    """A witness of the register makes its key in its own folder, in a process of its own; its vkey."""
    ear, voice = _processes.Pipe(duplex=False)
    making = _processes.Process(target=_make_witness, args=(folder / MIRROR, voice))
    making.start()
    vkey = str(ear.recv())
    making.join()
    return vkey


def _make_witness(folder: Path, voice: Any) -> None:
    voice.send(make_key(WitnessFolder(folder)))


@dataclass(frozen=True)
class Step:
    """Something an actor said."""

    actor: str
    step: str
    facts: dict[str, Any]


@dataclass
class Company:
    """All actors of one play, each a process with a folder of its own below `folder`."""

    site: Site
    folder: Path
    steps: queue.Queue[Step] = field(default_factory=queue.Queue)
    processes: dict[str, BaseProcess] = field(default_factory=dict)

    @property
    def desk(self) -> Path:
        return self.folder / "desk"

    def folder_of(self, role: str) -> Path:
        return self.folder / role

    def start(self, role: str, mailbox: Path | None = None, since: float = 0, *, declines: bool = False) -> None:
        """Start one actor."""
        own = self.folder_of(role)
        own.mkdir(parents=True, exist_ok=True)
        engagement = Engagement(role, own, self.desk, self.site.base_url, mailbox, since, declines)
        ear, voice = _processes.Pipe(duplex=False)
        process = _processes.Process(target=_perform, args=(engagement, voice), name=role)
        process.start()
        voice.close()
        self.processes[role] = process
        threading.Thread(target=self._listen, args=(os.fdopen(os.dup(ear.fileno())),), daemon=True).start()
        ear.close()

    def hold_ceremony(self, roles: Sequence[str], threshold: int) -> None:
        """The trustees' shares, all made in one process (mode M0); the public description is left on the desk."""
        profiles = [Profile(self.folder_of(role)) for role in roles]
        ceremony = _processes.Process(target=_hold_ceremony, args=(profiles, threshold, self.desk / "committee.json"))
        ceremony.start()
        ceremony.join()

    def _listen(self, ear: IO[str]) -> None:
        for line in ear:
            said = json.loads(line)
            self.steps.put(Step(said["actor"], said["step"], said["facts"]))

    def fallen(self) -> list[str]:
        """Who ended with an error."""
        return [role for role, process in self.processes.items() if process.exitcode not in (None, 0)]

    def gone(self, role: str) -> bool:
        """Whether an actor has played its part to the end."""
        return self.processes[role].exitcode is not None

    def leave(self) -> None:
        """End the actors and the site, whatever is pressed meanwhile: what is left behind would keep its port."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        try:
            self.go_home()
        finally:
            self.site.stop()

    def go_home(self) -> None:
        """End every actor that is still there (trustees' agents never end by themselves)."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.join(GO_HOME_WITHIN)
            if process.exitcode is None:
                process.kill()
