"""A site's witness: checks who sits at each booth and certifies the booth's key for this sitting."""

from __future__ import annotations

from typing import Any

from app.procedure.convening import PHOTO_NOTICE
from demo.papers import portrait
from demo.stage import Actor

SEATS = {"witness-host": 3, "witness-sub": 2}  # two experts at each site, and the buyer's member at the host


def play(actor: Actor) -> None:
    actor.join()
    certified: set[int] = set()
    while len(certified) < SEATS[actor.role]:
        # A booth whose answer was lost asks again: only its last request is one that it knows of.
        found = actor.until(lambda: actor.connection.get("/seats/waiting"), "somebody at a booth")
        for waiting in {entry["seat"]: entry for entry in found if entry["seat"] not in certified}.values():
            identify(actor, waiting)
            certified.add(waiting["seat"])


def identify(actor: Actor, waiting: dict[str, Any]) -> None:
    """Check who waits at a booth, take a photo, and certify the key that was made there."""
    photo = actor.connection.put_bytes(f"/seats/{waiting['request']}/photo", portrait(waiting["name"]))
    identity = {"document": "identity_card", "phones": 1, **photo, "consent": PHOTO_NOTICE}
    payload = {"seat": waiting["seat"], "key_id": waiting["key_id"], "witness": actor.connection.get("/me")["id"]}
    payload |= {"booth": waiting["booth"], "identity": identity}
    request = {"request": waiting["request"].encode("ascii")}
    actor.person.act(waiting["case_id"], waiting["lot"], "MemberIdentified", payload, request)
    actor.tell("member_identified", seat=waiting["seat"], name=waiting["name"], key=waiting["key_id"][:16])
