"""Socket events of /live: join a case from a cursor, save a score. Frames say that something changed, never more."""

from __future__ import annotations

import time
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import wraps
from logging import getLogger
from threading import Event, Lock
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request
from flask_socketio import ConnectionRefusedError

from app.casefile.case import Case
from app.casefile.codec import decode, encode
from app.casefile.record import Record
from app.casefile.sight import asks_reason, sees
from app.database import ClockBehind, Unreachable, Unstorable
from app.extensions import COOKIE, access, find_log_in, find_log_ins, platform, socketio
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, Actor
from app.queries.cases import last_number, load_case, load_records
from app.queries.events import seen_events
from app.realtime import lines, pictures
from app.realtime.lines import NAMESPACE
from app.realtime.rates import Payer, Rates, payers
from app.services.accounts import LogIn, living_tokens
from app.services.cursors import read_cursor, write_cursor
from app.services.score_drafts import TypedScore, open_desk, save_score
from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.instants import format_instant

log = getLogger("tenderhall.live")
CONNECTING, JOINING, SAYING = 2, 5, 1  # what it costs, in tokens of app.realtime.rates
REFUSED_FOR = 0.25  # seconds that a socket waits after it has asked too much


@dataclass
class Audience:
    """Who listens to this installation in this process. `tokens`: by socket, by which its actor is loaded again each
    time, "" for a stranger; `heard`: case -> socket -> last number heard; `turn`: joining and telling take turns, so
    that nobody misses a fact or hears of it twice.
    """

    tokens: dict[str, str] = field(default_factory=dict)
    payers: dict[str, tuple[Payer, ...]] = field(default_factory=dict)
    heard: dict[str, dict[str, int]] = field(default_factory=dict)
    somebody_listens: Event = field(default_factory=Event)
    turn: Lock = field(default_factory=Lock)


def audience() -> Audience:
    """The audience of the installation that serves this request."""
    found: Audience = current_app.extensions["tenderhall.audience"]
    return found


def attach() -> None:
    """Bind the events; each declares its access like a route does."""
    socketio.on_event("connect", connect, namespace=NAMESPACE)
    socketio.on_event("disconnect", leave, namespace=NAMESPACE)
    bind("case.join", join_case, JOINING)
    bind("score.save", save, SAYING)
    bind("desk.open", open_window, JOINING)


def bind(event: str, handler: Callable[..., Json], cost: int) -> None:
    """Bind the handler of an event, which asks for so many tokens: who has none left is refused and not read for a
    moment, so that what it goes on sending waits in its own line. Every event but coming and going goes through here.
    """

    @wraps(handler)
    def bounded(*sent: Any) -> Json:
        if not _takes(audience().payers.get(socket_id(), ()), cost):
            socketio.sleep(REFUSED_FOR)
            return refused(RuleViolation("too_many_at_once"))
        return handler(*sent)

    socketio.on_event(event, bounded, namespace=NAMESPACE)


def _takes(who: tuple[Payer, ...], cost: int) -> bool:
    settings = platform().settings
    rates: Rates = current_app.extensions.setdefault(
        "tenderhall.rates", Rates(settings.live_at_once, settings.live_per_second)
    )
    return rates.take(who, cost, time.monotonic())


@access(Action.SITE_READ)
def connect(auth: Any = None) -> None:
    """Browsers must come from our own pages; programs bring the token of a log-in and no Origin."""
    token = str(auth.get("token") or "") if isinstance(auth, dict) else ""
    if not token and not _own_origin():
        raise ConnectionRefusedError("origin")
    log_in = find_log_in(token or request.cookies.get(COOKIE, ""))[0]
    if token and log_in is None:
        raise ConnectionRefusedError("log_in_needed")
    token = token or (request.cookies.get(COOKIE, "") if log_in else "")  # who was logged in once listens like anybody
    person = f"{log_in.account_id}/{log_in.seat}" if log_in else ""
    who = payers(person, socket_id(), request.remote_addr or "")
    if not _takes(who, CONNECTING):
        raise ConnectionRefusedError("too_many_at_once")
    here = audience()
    here.tokens[socket_id()], here.payers[socket_id()] = token, who
    here.somebody_listens.set()


@access(Action.SITE_READ)
def leave(_reason: str = "") -> None:
    """The socket is gone."""
    here = audience()
    here.tokens.pop(socket_id(), None)
    here.payers.pop(socket_id(), None)
    for listeners in list(here.heard.values()):
        listeners.pop(socket_id(), None)
    here.somebody_listens.clear()
    if here.tokens:  # asked afterwards: who connects meanwhile is heard
        here.somebody_listens.set()
    pictures.close_pictures(socket_id())
    lines.leave(socket_id())


def socket_id() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


def asking() -> tuple[str, LogIn]:
    """The token of this socket and its log-in as of now. Raises RuleViolation `log_in_needed`."""
    token = _token_of(socket_id())
    log_in = find_log_in(token)[0]
    if log_in is None:
        raise RuleViolation("log_in_needed")
    return token, log_in


def _own_origin() -> bool:
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host


def refused(exc: Exception) -> Json:
    """The refusal of an event, as the API words it."""
    if isinstance(exc, RuleViolation | CryptoError):
        code, facts = exc.code, dict(exc.facts)
    elif isinstance(exc, NotAllowed):
        code, facts = "not_available", {}
    elif isinstance(exc, Unstorable):
        code, facts = "text_unfit", {}
    elif isinstance(exc, Unreachable):
        code, facts = "database_away", {}
    elif isinstance(exc, ClockBehind):
        code, facts = "clock_behind", {"seconds": f"{exc.seconds:.1f}"}
    else:
        incident = uuid.uuid4().hex[:12]
        log.error("incident %s: socket event", incident, exc_info=exc)
        code, facts = "incident", {"incident": incident}
    return {"error": {"code": code, "message": sentence(code, facts, "zh"), "message_en": sentence(code, facts, "en")}}


def texts(sent: Any, *names: str) -> list[str]:
    """String fields of what a socket sent, empty where absent. Raises RuleViolation `malformed`."""
    if not isinstance(sent, dict):
        raise RuleViolation("malformed", path="$", expected="object")
    found = [sent.get(name) or "" for name in names]
    for name, value in zip(names, found, strict=True):
        if not isinstance(value, str) or (not value.isascii() and _torn(value)):
            raise RuleViolation("malformed", path=f"$.{name}", expected="text")
    return found


def _torn(value: str) -> bool:
    """Whether half a character stands in a text, which no database takes."""
    return any("\ud800" <= letter <= "\udfff" for letter in value)


@access(Action.EVENTS_READ)
def join_case(sent: Any = None, *_more: Any) -> Json:
    """Listen to a case; the answer holds what was missed since the cursor, as far as the listener may see it."""
    try:
        here, (case_id, cursor) = platform(), texts(sent, "case", "cursor")
        after = read_cursor(here, case_id, cursor)
        actor = find_log_in(_token_of(socket_id()))[1]
        with audience().turn:
            with here.database.reading() as db_session:  # who brings no cursor has missed nothing
                since = after if cursor else last_number(db_session, case_id)
                seen = seen_events(db_session, actor, case_id, since)
            if not _may_listen(actor, seen.case):
                raise NotAllowed(Action.EVENTS_READ)
            audience().heard.setdefault(case_id, {})[socket_id()] = seen.last_seq
        frames = [_frame(record) for record in seen.records]
        return {"cursor": write_cursor(here, case_id, seen.last_seq), "missed": frames, **_withheld(actor, seen.case)}
    except Exception as exc:
        return refused(exc)


def _withheld(actor: Actor, case: Case) -> dict[str, Json]:
    """What an inspector is told who has not stated why it reads."""
    if not asks_reason(actor, case) or case.id in actor.reasons:
        return {}
    found = refused(RuleViolation("reason_needed", case=case.id))
    assert isinstance(found, dict)
    return {"withheld": found["error"]}


def _may_listen(actor: Actor, case: Case) -> bool:
    """Whether a case is there for this listener: a draft of others answers like a case that does not exist."""
    actions = (Action.NOTICE_READ, Action.DRAFT_READ, Action.REHEARSAL_WATCH, Action.INSPECTION_READ)
    return any(allowed(actor, action, case, lot) for action in actions for lot in ("", *case.lots))


@access(Action.SCORE_SAVE)
def save(sent: Any = None, *_more: Any) -> Json:
    """Keep one unfinished score and say when; other windows of the same log-in are told that it was."""
    try:
        token, log_in = asking()
        case, lot, typed = typed_score(sent)
        saved = save_score(platform(), log_in, case, lot, typed)
        _tell_own(token, "scores.saved", {"case": case, "lot": lot})
        value = encode(saved.value) if saved.value is not None else ""
        return {"saved_at": format_instant(saved.saved_at), "value": value, "seq": saved.seq}
    except Exception as exc:
        return refused(exc)


def typed_score(sent: Any) -> tuple[str, str, TypedScore]:
    """The case, the lot, and the score of a frame from anybody. Raises RuleViolation `malformed`."""
    case, lot, bid, criterion, comment = texts(sent, "case", "lot", "bid", "criterion", "comment")
    window, command = texts(sent, "window", "command_id")
    return (
        case,
        lot,
        TypedScore(bid, criterion, _value(sent.get("value")), comment, window, _seq(sent.get("seq")), command),
    )


@access(Action.SCORE_SAVE)
def open_window(sent: Any = None, *_more: Any) -> Json:
    """A window takes the scoring desk of its seat, and the one that had it is told; or it asks whether it has it."""
    try:
        token, log_in = asking()
        case, lot, window = texts(sent, "case", "lot", "window")
        hold = open_desk(platform(), log_in, case, lot, window, take=sent.get("take") is True)
        at = format_instant(hold.since) if hold.since else ""
        if hold.held and sent.get("take") is True:
            _tell_own(token, "desk.taken", {"case": case, "lot": lot, "window": window, "at": at})
        return {"held": hold.held, "at": at}
    except Exception as exc:
        return refused(exc)


def _tell_own(token: str, event: str, told: dict[str, Json]) -> None:
    """To the other sockets of one log-in."""
    for sid in [sid for sid, one in list(audience().tokens.items()) if one == token and sid != socket_id()]:
        socketio.emit(event, told, to=sid, namespace=NAMESPACE)


def _seq(sent: Any) -> int | None:
    if sent is None:
        return None
    if type(sent) is not int or not 0 <= sent < 1 << 31:
        raise RuleViolation("malformed", path="$.seq", expected="number")
    return sent


def _value(sent: Any) -> Decimal | None:
    if sent is None or sent == "":
        return None
    text = str(sent) if isinstance(sent, str | int | float) else ""
    return decode(Decimal, unicodedata.normalize("NFKC", text).strip(), "$.value")


def _frame(record: Record) -> dict[str, Json]:
    frame = {"case": record.case_id, "type": record.type, "lot": record.lot, "at": format_instant(record.at)}
    return {**frame, "cursor": write_cursor(platform(), record.case_id, record.seq)}


def watched_cases() -> list[str]:
    """Cases that somebody listens to in this process."""
    return [case_id for case_id, listeners in list(audience().heard.items()) if listeners]


def tell(case_id: str) -> None:
    """Tell each listener of a case, loaded and authorised anew, what it may see and has not heard of yet."""
    with audience().turn:
        listeners = dict(audience().heard[case_id])  # who leaves meanwhile takes no turn
        with platform().database.reading() as db_session:
            news = load_records(db_session, case_id, min(listeners.values(), default=0))
            case = load_case(db_session, case_id)
        actors = find_log_ins({_token_of(sid) for sid in listeners}) if news else {}
        frames = [(record, _frame(record)) for record in news]
        for sid, heard in listeners.items():
            _log_in, actor = actors.get(_token_of(sid), (None, ANYONE))
            _tell_one(sid, actor, case, [one for one in frames if one[0].seq > heard])


def _tell_one(sid: str, actor: Actor, case: Case, news: list[tuple[Record, dict[str, Json]]]) -> None:
    if seen := [frame for record, frame in news if sees(actor, case, record)]:
        socketio.emit("case.changed", seen, to=sid, namespace=NAMESPACE)
    if news and sid in audience().heard[case.id]:
        audience().heard[case.id][sid] = news[-1][0].seq


def evict() -> None:
    """Cut the line of every log-in that has ended meanwhile."""
    listening = {sid: token for sid, token in list(audience().tokens.items()) if token}
    living = living_tokens(platform(), set(listening.values()))  # meanwhile others may connect
    for sid, token in listening.items():
        if token not in living:
            socketio.server.disconnect(sid, namespace=NAMESPACE)


def _token_of(sid: str) -> str:
    return audience().tokens.get(sid, "")
