"""Socket events of /live: join a case from a cursor, save a score. Frames say that something changed, never more."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation
from logging import getLogger
from typing import Any
from urllib.parse import urlsplit

from flask import request
from flask_socketio import ConnectionRefusedError, disconnect, join_room

from app.casefile.codec import encode
from app.casefile.record import Record
from app.casefile.sight import sees
from app.extensions import COOKIE, access, find_log_in, platform, socketio
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, Actor
from app.queries.events import seen_events
from app.services.cursors import read_cursor, write_cursor
from app.services.sittings import save_score
from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.instants import format_instant

NAMESPACE = "/live"
log = getLogger("tenderhall.live")
# Who listens here: case id -> audience -> token by which its actor is loaded again for each frame.
_audiences: dict[str, dict[str, str]] = {}
_tokens: dict[str, str] = {}


def attach() -> None:
    """Bind the events; each declares its access like a route does."""
    socketio.on_event("connect", connect, namespace=NAMESPACE)
    socketio.on_event("case.join", join_case, namespace=NAMESPACE)
    socketio.on_event("score.save", save, namespace=NAMESPACE)


@access(Action.SITE_READ)
def connect(auth: dict[str, str] | None = None) -> None:
    """Browsers must come from our own pages; programs bring their token and no Origin."""
    token = str((auth or {}).get("token") or "")
    if not token:
        if not _own_origin():
            raise ConnectionRefusedError("origin")
        token = request.cookies.get(COOKIE, "")
    _tokens[request.sid] = token  # type: ignore[attr-defined]


def _own_origin() -> bool:
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host


def _actor() -> tuple[str, Actor]:
    token = _tokens.get(request.sid, "")  # type: ignore[attr-defined]
    return token, find_log_in(token)[1]


def _refused(exc: Exception) -> Json:
    """The refusal of an event, as the API words it."""
    if isinstance(exc, RuleViolation | CryptoError):
        code, facts = exc.code, dict(exc.facts)
    elif isinstance(exc, NotAllowed):
        code, facts = "not_available", {}
    else:
        incident = uuid.uuid4().hex[:12]
        log.error("incident %s: socket event", incident, exc_info=exc)
        code, facts = "incident", {"incident": incident}
    return {"error": {"code": code, "message": sentence(code, facts, "zh"), "message_en": sentence(code, facts, "en")}}


@access(Action.EVENTS_READ)
def join_case(sent: dict[str, Any]) -> Json:
    """Listen to a case; the answer holds what was missed since the cursor, as far as the listener may see it."""
    try:
        here, case_id = platform(), str(sent.get("case", ""))
        token, actor = _actor()
        with here.database.reading() as db_session:
            seen = seen_events(db_session, actor, case_id, read_cursor(here, case_id, str(sent.get("cursor") or "")))
        if seen.case.tender.parties is None:
            raise NotAllowed(Action.EVENTS_READ)
        audience = actor.signs_as or "public"
        _audiences.setdefault(case_id, {})[audience] = token
        join_room(_room(case_id, audience))
        frames = [_frame(record, case_id) for record in seen.records] if sent.get("cursor") else []
        return {"cursor": write_cursor(here, case_id, seen.last_seq), "missed": frames}
    except Exception as exc:
        return _refused(exc)


@access(Action.SCORE_SAVE)
def save(sent: dict[str, Any]) -> Json:
    """Keep one unfinished score and say when."""
    try:
        log_in = find_log_in(_tokens.get(request.sid, ""))[0]  # type: ignore[attr-defined]
        if log_in is None:
            disconnect()
            raise NotAllowed(Action.SCORE_SAVE)
        names = ("case", "lot", "bid", "criterion")
        case, lot, bid, criterion = (str(sent.get(name, "")) for name in names)
        comment = str(sent.get("comment") or "")
        saved = save_score(platform(), log_in, case, lot, bid, criterion, _value(sent.get("value")), comment)
        return {"saved_at": format_instant(saved.saved_at), "value": encode(saved.value) if saved.value else ""}
    except Exception as exc:
        return _refused(exc)


def _value(sent: Any) -> Decimal | None:
    if sent in (None, ""):
        return None
    try:
        return Decimal(str(sent))
    except InvalidOperation as exc:
        raise RuleViolation("malformed", path="$.value", expected="number") from exc


def _room(case_id: str, audience: str) -> str:
    return f"{case_id}:{audience}"


def _frame(record: Record, case_id: str) -> dict[str, Json]:
    return {"case": case_id, "type": record.type, "lot": record.lot, "at": format_instant(record.at)}


def tell(case_id: str, records: list[Record]) -> None:
    """Tell each audience of a case, loaded and authorised anew, that something it may see has happened."""
    here = platform()
    with here.database.reading() as db_session:
        case = seen_events(db_session, ANYONE, case_id, after=records[-1].seq).case
    for audience, token in list(_audiences.get(case_id, {}).items()):
        actor = find_log_in(token)[1]
        if audience != (actor.signs_as or "public"):
            _audiences[case_id].pop(audience, None)  # logged out or suspended meanwhile
            socketio.close_room(_room(case_id, audience), namespace=NAMESPACE)
            continue
        for record in records:
            if sees(actor, case, record):
                frame = {**_frame(record, case_id), "cursor": write_cursor(here, case_id, record.seq)}
                socketio.emit("case.changed", frame, to=_room(case_id, audience), namespace=NAMESPACE)


def watched_cases() -> list[str]:
    """Cases that somebody listens to in this process."""
    return list(_audiences)
