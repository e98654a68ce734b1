"""The register for witnesses and for whoever watches them: checkpoints, proofs, cosignatures. No log-in is needed."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, request

from app.api.people import body, text
from app.extensions import access, platform
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.queries import ticks as views
from app.services import ticks
from crypto.canonical import Json

routes = Blueprint("api_register", __name__)


@routes.get("/register")
@access(Action.RECORD_VERIFY)
def describe() -> Json:
    """The log's key, for whoever has no better source, and the witnesses whose cosignatures are kept."""
    here = platform()
    verifier = here.log_key.verifier
    return {"origin": verifier.name, "vkey": str(verifier), "witnesses": list(here.settings.witnesses)}


@routes.get("/register/checkpoint")
@access(Action.RECORD_VERIFY)
def checkpoint() -> Response:
    """The latest checkpoint as a signed note, with the cosignatures it has so far; `size` asks for an earlier one."""
    with platform().database.reading() as db_session:
        row = views.tick(db_session, _number("size", views.register_size(db_session)) - 1)
        note = views.cosigned_note(db_session, row)
    return Response(note, mimetype="text/plain", headers={"Cache-Control": "no-store"})


@routes.get("/register/consistency")
@access(Action.RECORD_VERIFY)
def consistency() -> Json:
    """The proof that the tree of `new` ticks (default: all) continues that of `old`; hashes in base64."""
    with platform().database.reading() as db_session:
        old, new = _number("old", 0), _number("new", views.register_size(db_session))
        proof = views.consistency(db_session, old, new)
    return {"old": old, "new": new, "proof": [base64.b64encode(step).decode("ascii") for step in proof]}


@routes.post("/register/cosignatures")
@access(Action.RECORD_VERIFY)
def cosign() -> Json:
    """A witness hands in its line for a checkpoint; its signature is all the proof there is."""
    sent = body()
    size = sent.get("size")
    if type(size) is not int or not 0 < size < 2**31:
        raise RuleViolation("malformed", path="$.size", expected="whole_number")
    ticks.take_cosignature(platform(), size, text(sent, "line"))
    return {}


def _number(name: str, default: int) -> int:
    found = request.args.get(name)
    if found is None:
        return default
    if not (found.isascii() and found.isdecimal() and len(found) < 10):
        raise RuleViolation("malformed", path=name, expected="whole_number")
    return int(found)
