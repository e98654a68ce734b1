"""The register for witnesses and for whoever watches them: checkpoints, proofs, cosignatures. No log-in is needed."""

from __future__ import annotations

import base64
import threading
import time

from flask import Blueprint, Response, request

from app.api.people import body, text
from app.casefile.codec import encode
from app.extensions import access, platform
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.queries import act_list
from app.queries import ticks as views
from app.queries.register_status import register_status
from app.services import ticks
from crypto.canonical import Json

routes = Blueprint("api_register", __name__)
WAIT_AT_MOST = 20  # seconds for which a witness may wait for a tick
LOOK_EVERY = 0.2  # seconds
WAITERS_AT_MOST = 32  # in one process: there are few witnesses, and nobody else needs to wait
_waiting = threading.BoundedSemaphore(WAITERS_AT_MOST)


@routes.get("/register")
@access(Action.RECORD_VERIFY)
def describe() -> Json:
    """The log's key, for whoever has no better source, and how the register and its witnesses stand."""
    here = platform()
    verifier, settings = here.log_key.verifier, here.settings
    with here.database.reading() as db_session:
        now = here.database.now(db_session.connection())
        status = register_status(db_session, settings.witnesses, now, settings.tick_seconds)
    named = {"origin": verifier.name, "vkey": str(verifier), "witnesses": list(settings.witnesses)}
    return {**named, "quorum": here.register_terms.quorum, "status": encode(status)}


@routes.get("/register/checkpoint")
@access(Action.RECORD_VERIFY)
def checkpoint() -> Response:
    """The latest checkpoint as a signed note, with the cosignatures it has so far; `size` asks for an earlier one.

    A witness that has seen `after` ticks may wait, at most `wait` seconds, for a later checkpoint: so a close is
    cosigned as soon as it is ticked.
    """
    _await_tick(_number("after", 0), min(_number("wait", 0), WAIT_AT_MOST))
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
        return _proof(old, new, views.consistency(db_session, old, new))


@routes.post("/register/cosignatures")
@access(Action.RECORD_VERIFY)
def cosign() -> Json:
    """A witness hands in its line for a checkpoint; its signature is all the proof there is."""
    ticks.take_cosignature(platform(), *_cosignature())
    return {}


@routes.get("/register/acts")
@access(Action.RECORD_VERIFY)
def acts() -> Json:
    """The list of acts from entry `from` (0-based) on, as hex, with the list's size; a long list comes in parts."""
    with platform().database.reading() as db_session:
        entries = act_list.entries_from(db_session, _number("from", 0))
        return {"size": act_list.list_size(db_session), "entries": entries}


@routes.get("/register/acts/cosigned")
@access(Action.RECORD_VERIFY)
def cosigned_acts() -> Json:
    """The last checkpoints of the list that the witnesses cosigned, as signed notes."""
    with platform().database.reading() as db_session:
        return {"notes": act_list.latest_cosigned(db_session)}


@routes.get("/register/acts/checkpoint")
@access(Action.RECORD_VERIFY)
def act_checkpoint() -> Response:
    """The latest checkpoint of the list as a signed note, with the cosignatures it has so far."""
    with platform().database.reading() as db_session:
        row = act_list.listed(db_session, act_list.list_size(db_session) - 1)
        note = act_list.cosigned_list_note(db_session, row)
    return Response(note, mimetype="text/plain", headers={"Cache-Control": "no-store"})


@routes.get("/register/acts/consistency")
@access(Action.RECORD_VERIFY)
def act_consistency() -> Json:
    """The proof that the list of `new` entries (default: all) continues that of `old`; hashes in base64."""
    with platform().database.reading() as db_session:
        old, new = _number("old", 0), _number("new", act_list.list_size(db_session))
        return _proof(old, new, act_list.list_consistency(db_session, old, new))


@routes.post("/register/acts/cosignatures")
@access(Action.RECORD_VERIFY)
def cosign_acts() -> Json:
    """A witness hands in its line for a checkpoint of the list."""
    ticks.take_list_cosignature(platform(), *_cosignature())
    return {}


def _proof(old: int, new: int, proof: tuple[bytes, ...]) -> Json:
    return {"old": old, "new": new, "proof": [base64.b64encode(step).decode("ascii") for step in proof]}


def _cosignature() -> tuple[int, str]:
    sent = body()
    size = sent.get("size")
    if type(size) is not int or not 0 < size < 2**31:
        raise RuleViolation("malformed", path="$.size", expected="whole_number")
    return size, text(sent, "line")


def _await_tick(after: int, seconds: int) -> None:
    """Return as soon as there are more than `after` ticks, or after `seconds`; at once where too many wait already."""
    until = time.monotonic() + seconds
    if not seconds or not _waiting.acquire(blocking=False):
        return
    try:
        while time.monotonic() < until:
            with platform().database.reading() as db_session:
                if views.register_size(db_session) > after:
                    return
            time.sleep(LOOK_EVERY)
    finally:
        _waiting.release()


def _number(name: str, default: int) -> int:
    found = request.args.get(name)
    if found is None:
        return default
    if not (found.isascii() and found.isdecimal() and len(found) < 10):
        raise RuleViolation("malformed", path=name, expected="whole_number")
    return int(found)
