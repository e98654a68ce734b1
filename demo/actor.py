"""One actor of the demonstration, in a process of its own."""

from __future__ import annotations

import importlib
import traceback
from dataclasses import dataclass
from pathlib import Path

from app.client.connection import Refused
from demo.stage import Actor

PARTS = {
    "admin": "administrator",
    "operator": "operator",
    "officer": "officer",
    "supervisor": "supervisor",
    "regulator": "regulator",
    "witness": "witness",
    "mirror": "mirror",
    "trustee": "trustee",
    "bidder": "bidder",
    "member": "member",
}


@dataclass(frozen=True)
class Engagement:
    """All that an actor is given: a role, its own folder, the desk, the platform's address; to members, a mailbox,
    of which only what came `since` then is for them (seconds since 1970): an earlier play has left its own."""

    role: str
    folder: Path
    desk: Path
    base_url: str
    mailbox: Path | None = None
    since: float = 0
    declines: bool = False


def perform(engagement: Engagement) -> int:
    """Play the part to its end; the exit status. A refusal is told in its own words."""
    actor = Actor(engagement.role, engagement.folder, engagement.desk, engagement.base_url)
    part = importlib.import_module(f"demo.actors.{PARTS[engagement.role.partition('-')[0]]}")
    try:
        if engagement.mailbox:
            part.play(actor, engagement.mailbox, engagement.since, engagement.declines)
        else:
            part.play(actor)
    except Refused as refusal:
        actor.tell("failed", zh=refusal.sentences["zh"], en=refusal.sentences["en"], code=refusal.code)
        traceback.print_exc()
        return 1
    except Exception as exc:
        actor.tell("failed", zh=str(exc), en=str(exc), code=type(exc).__name__)
        traceback.print_exc()
        return 1
    return 0
