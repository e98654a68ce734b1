"""What every actor of the demonstration has: a folder, a person at the platform, a voice, and patience."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.client.acting import Person
from app.client.connection import Connection, Refused
from app.client.feed import CaseFeed
from app.client.keyfile import Profile, read_json, write_json
from app.client.live import LiveChannel
from demo.case import LOT, DemoCase

LOOK_EVERY = 0.5  # seconds between looks at something that sends no frame
LOOK_AT_LEAST_EVERY = 2.0  # seconds between looks at a case where no frame came
GIVE_UP_AFTER = 180.0  # seconds without what is waited for
AGENCY = ("officer", "supervisor")
PASSPHRASE = "tenderhall-demo-1"  # noqa: S105  (of key files that only the demonstration makes)


class StageFright(Exception):
    """What an actor waited for did not happen in time."""


@dataclass
class Actor:
    """One actor, alone in its process. `desk` is the folder where people leave each other papers outside the platform:
    invitation slips, the committee's public description, which rooms were booked."""

    role: str
    folder: Path
    desk: Path
    base_url: str

    @cached_property
    def case(self) -> DemoCase:
        return DemoCase.read()

    @cached_property
    def connection(self) -> Connection:
        return Connection(self.base_url)

    @cached_property
    def person(self) -> Person:
        profile = Profile(self.folder)
        return Person(self.connection, profile, profile.key(PASSPHRASE))

    @cached_property
    def channel(self) -> LiveChannel:
        return LiveChannel(self.connection)

    @cached_property
    def feed(self) -> CaseFeed:
        """The events of the played case, once it can be found."""
        return CaseFeed(self.connection, self.case_id)

    @cached_property
    def case_id(self) -> str:
        """The played case's id: from the public list, or from one's own agency's paper on the desk."""
        noted = self.note("case") if self.role in AGENCY else None
        found = noted or self.until(self._listed, "the case in the list")
        self.channel.follow(str(found))
        return str(found)

    def _listed(self) -> str:
        cases = self.connection.get("/cases")
        return next((str(entry["case_id"]) for entry in cases if entry["code"] == self.case.code), "")

    def tell(self, step: str, **facts: Any) -> None:
        """Say aloud what was done; the director shows it."""
        print(json.dumps({"actor": self.role, "step": step, "facts": facts}, ensure_ascii=False), flush=True)

    def leave(self, name: str, paper: Any) -> None:
        """Leave a paper on the desk."""
        write_json(self.desk / f"{name}.json", paper)

    def note(self, name: str) -> Any:
        """A paper from the desk, or None."""
        return read_json(self.desk / f"{name}.json")

    def until(self, found: Callable[[], Any], what: str, pause: float = LOOK_EVERY) -> Any:
        """What `found` gives once it gives something. Raises StageFright."""
        give_up_at = time.monotonic() + GIVE_UP_AFTER
        while not (result := found()):
            if time.monotonic() > give_up_at:
                raise StageFright(f"{self.role}: {what}")
            time.sleep(pause)
        return result

    def paper(self, name: str) -> Any:
        """A paper that somebody will leave on the desk."""
        return self.until(lambda: self.note(name), name)

    def on_record(self, condition: Callable[[CaseFeed], Any], what: str) -> Any:
        """What `condition` gives about the played case, once it gives something. Raises StageFright."""
        give_up_at = time.monotonic() + GIVE_UP_AFTER
        self.feed.refresh()
        while not (result := condition(self.feed)):
            if time.monotonic() > give_up_at:
                raise StageFright(f"{self.role}: {what}")
            self.channel.wait(LOOK_AT_LEAST_EVERY)
            self.feed.refresh()
        return result

    def event(self, type: str) -> dict[str, Any]:
        """The payload of the first event of a type, once it is on record."""
        return dict(self.on_record(lambda feed: feed.of(type), type)[0]["payload"])

    def join(self) -> None:
        """Take over the account with the slip from the desk, log in, have the key certified."""
        self.take_over(self.paper(f"slip-{self.role}")["invitation"])

    @property
    def password(self) -> str:
        """The password in one's own folder, invented at the first need."""
        profile = self.person.profile
        if not profile.facts.get("password"):
            profile.keep(password=secrets.token_urlsafe(16))
        return str(profile.facts["password"])

    def take_over(self, invitation: str) -> None:
        if not self.person.profile.facts.get("login"):
            answer = self.connection.post("/invitations", {"code": invitation, "password": self.password})
            self.person.profile.keep(**answer)
        self.person.certify()

    def post(self, path: str, body: Any = None, *, done: str = "") -> Any:
        """Send again what may have been lost on the way; `done` is the refusal that says that it was not lost."""
        try:
            return self.connection.post(path, body, repeatable=True)
        except Refused as refusal:
            if refusal.code != done:
                raise
            return {}

    def act(self, type: str, fact: Any, attachments: dict[str, bytes] | None = None, lot: str = LOT) -> dict[str, Any]:
        """A signed act in the played case (on its lot, unless `lot` is "")."""
        return self.person.act(self.case_id, lot, type, fact, attachments)


def patiently(action: Callable[[], Any], passing: frozenset[str], actor: Actor) -> Any:
    """`action` again, as long as it is refused for a reason that passes."""

    def attempt() -> Any:
        try:
            return action()
        except Refused as refusal:
            if refusal.code not in passing:
                raise
            return None

    return actor.until(attempt, ", ".join(sorted(passing)))
