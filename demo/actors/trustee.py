"""A trustee's unattended agent. Its share is made on the one machine of the demonstration (mode M0)."""

from __future__ import annotations

from typing import Any

from app.client.trustee import Share, Trustee
from app.client.trustee_commands import watch
from demo.stage import PASSPHRASE, Actor


def play(actor: Actor) -> None:
    actor.join()
    organisation = actor.connection.get("/me")["organisation"]["name"]
    actor.person.profile.keep(organisation=organisation)
    actor.tell("trustee_ready", organisation=organisation)
    actor.until((actor.folder / "share.age").exists, "a share")
    trustees = Trustee.follow(actor.person.profile, PASSPHRASE)

    def announce(what: str, about: Any) -> None:
        if isinstance(about, Share):
            actor.tell("share_signed", type=about.type, index=trustees()[0].index, organisation=organisation)
        elif about.code != "trustee_unvouched":  # the witness needs a moment
            actor.tell("trustee_refused", zh=about.sentences["zh"], en=about.sentences["en"])

    watch(actor.person, trustees, announce)
