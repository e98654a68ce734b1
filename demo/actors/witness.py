"""A site's witness: checks who sits at each booth and certifies the booth's key for this sitting."""

from __future__ import annotations

from app.procedure.convening import PHOTO_NOTICE
from demo.papers import portrait
from demo.stage import Actor

SEATS = {"witness-host": 3, "witness-sub": 2}  # two experts at each site, and the buyer's member at the host


def play(actor: Actor) -> None:
    actor.join()
    me, certified = actor.connection.get("/me")["id"], set()
    seats = SEATS[actor.role]
    while len(certified) < seats:
        # A booth whose answer was lost asks again: only its last request is one that it knows of.
        found = actor.until(lambda: actor.connection.get("/seats/waiting"), "somebody at a booth")
        for waiting in {entry["seat"]: entry for entry in found if entry["seat"] not in certified}.values():
            photo = actor.connection.put_bytes(f"/seats/{waiting['request']}/photo", portrait(waiting["name"]))
            identity = {"document": "identity_card", "phones": 1, **photo, "consent": PHOTO_NOTICE}
            payload = {"seat": waiting["seat"], "key_id": waiting["key_id"], "witness": me}
            payload |= {"booth": waiting["booth"], "identity": identity}
            request = {"request": waiting["request"].encode("ascii")}
            actor.person.act(waiting["case_id"], waiting["lot"], "MemberIdentified", payload, request)
            certified.add(waiting["seat"])
            actor.tell("member_identified", seat=waiting["seat"], name=waiting["name"], key=waiting["key_id"][:16])
