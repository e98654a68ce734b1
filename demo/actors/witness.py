"""A site's witness: checks who sits at each booth and certifies the booth's key for this sitting."""

from __future__ import annotations

from demo.stage import Actor


def play(actor: Actor) -> None:
    actor.join()
    me, certified = actor.connection.get("/me")["id"], 0
    seats = 3 if actor.role == "witness-host" else 2
    while certified < seats:
        for waiting in actor.until(lambda: actor.connection.get("/seats/waiting"), "somebody at a booth"):
            payload = {"seat": waiting["seat"], "key_id": waiting["key_id"], "witness": me}
            request = {"request": waiting["request"].encode("ascii")}
            actor.person.act(waiting["case_id"], waiting["lot"], "MemberIdentified", payload, request)
            certified += 1
            actor.tell("member_identified", seat=waiting["seat"], name=waiting["name"], key=waiting["key_id"][:16])
