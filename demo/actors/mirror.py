"""A witness of the register at a mirror: a process, a folder and a key of its own, and no account at the platform."""

from __future__ import annotations

import time

from app.client.connection import Refused
from app.client.witness import Witness, WitnessFolder
from crypto.notes import ED25519, VerifierKey
from demo.stage import LOOK_EVERY, Actor

NAME = "mirror.example/w1"
WAIT = 15  # seconds for which the platform may hold an answer back until the register ticks


def make_key(home: WitnessFolder) -> str:
    """The vkey of a new witness, which the centre enters in its settings."""
    return str(home.create(NAME, None).verifier)


def play(actor: Actor) -> None:
    """Cosign every checkpoint as soon as there is one. The log's key was noted by telephone."""
    home = WitnessFolder(actor.folder)
    with home.alone():
        log = VerifierKey.parse(str(actor.connection.get("/register")["vkey"]), ED25519)
        witness, wait = Witness(home, home.key(None), log, actor.connection), 0
        while True:
            try:
                found, wait = witness.look(wait), WAIT
                witness.look_at_list()
            except Refused:  # the line, or a tick that is not there yet
                wait = 0
                time.sleep(LOOK_EVERY)
                continue
            if found is not None:
                actor.tell("checkpoint_cosigned", size=found.size, root=found.root.hex()[:16])
