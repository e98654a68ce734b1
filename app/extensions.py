"""Flask-bound objects: the live channel, form protection, languages; who is asking; the declared access of a route."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, request
from flask_babel import Babel
from flask_socketio import SocketIO
from flask_wtf import CSRFProtect

from app.permissions.actions import Action
from app.permissions.policy import POLICY, NotAllowed
from app.procedure.roles import ANYONE, Actor
from app.services.accounts import LogIn, read_web_sessions
from app.services.actors import load_actors, with_reasons
from app.services.platform import Platform

COOKIE = "tenderhall"
LONGEST_ADDRESS = 4000  # path and query, in bytes
LONGEST_BODY = 4 << 20  # bytes of a form or of JSON; a view that takes files says so
FORM_AROUND = 1 << 20  # bytes of a form beside its file
View = TypeVar("View", bound=Callable[..., Any])

socketio = SocketIO()
csrf = CSRFProtect()
babel = Babel()


def access(action: Action) -> Callable[[View], View]:
    """Declare what a route or socket event asks for; without this the application does not start."""

    def declare(view: View) -> View:
        view.access = action  # type: ignore[attr-defined]
        return view

    return declare


def takes(most: int) -> Callable[[View], View]:
    """Declare how many bytes a view's requests may have, where that is not LONGEST_BODY: a form is read, and kept on
    the disk, before anybody knows whose it is. 0: as many as an upload may have.
    """

    def declare(view: View) -> View:
        view.takes = most  # type: ignore[attr-defined]
        return view

    return declare


def platform() -> Platform:
    """The installation that serves this request."""
    found: Platform = current_app.extensions["tenderhall"]
    return found


def request_token() -> str:
    """The log-in token of a request: `Authorization: Bearer` from programs, the cookie from browsers."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")


def same_for_all() -> bool:
    """Whether a built file or a tile of a public log is asked for: who asks, in which language, makes no difference.
    No session is opened for it, so that an answer which others may keep for ever carries none.
    """
    return request.endpoint in ("static", "tiles.tile")


def needs_form_token() -> bool:
    """Whether a foreign page could have made a browser send this: not with a token in a header, nor as JSON without
    our cookie."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if request.headers.get("Authorization", "").lower().startswith("bearer "):
        return False
    return COOKIE in request.cookies or not request.path.startswith("/api/")


def find_log_in(token: str) -> tuple[LogIn | None, Actor]:
    """Whose token it is, and the actor as of now. Requests that come meanwhile are answered together."""
    if not token:
        return None, ANYONE
    with platform().queues.at("log-ins", "") as queue:
        found: tuple[LogIn | None, Actor]
        found = queue.go_through(token, token, lambda gather: list(find_log_ins(gather()).values()))
    return found


def find_log_ins(tokens: Iterable[str]) -> dict[str, tuple[LogIn | None, Actor]]:
    """Whose tokens they are, and the actors, all as of one moment; nobody's is anybody."""
    found: dict[str, tuple[LogIn | None, Actor]] = {token: (None, ANYONE) for token in tokens}
    if not any(found):
        return found
    database = platform().database
    with database.viewing() as connection:
        now = database.now(connection)
        log_ins = read_web_sessions(connection, found, now)
        actors = load_actors(connection, {(log_in.account_id, log_in.seat) for log_in in log_ins.values()})
        for token, log_in in log_ins.items():
            actor = actors[log_in.account_id, log_in.seat]
            found[token] = log_in, with_reasons(connection, actor, log_in.web_session, now)
    return found


def current_log_in() -> LogIn | None:
    log_in: LogIn | None = g.get("log_in")
    return log_in


def required_log_in() -> LogIn:
    """The log-in of this request. Raises NotAllowed for a stranger."""
    log_in = current_log_in()
    if log_in is None:
        raise NotAllowed(Action.OWN_ACCOUNT)
    return log_in


def current_actor() -> Actor:
    actor: Actor = g.get("actor", ANYONE)
    return actor


def private_facts() -> dict[str, str]:
    """Where this request came from: the private half of what it puts on record."""
    agent = request.headers.get("User-Agent", "")
    return {"address": request.remote_addr or "", "device": hashlib.sha256(agent.encode()).hexdigest()[:16]}


def could_ever(actor: Actor, action: Action) -> bool:
    """Whether any grant of the action names one of the actor's roles: the coarse check before any service runs."""
    return any(not actor.roles.isdisjoint(grant.roles) for grant in POLICY[action])


def guard_requests(app: Flask) -> None:
    """Before each request: load who asks, protect forms, refuse what no phase could allow.

    A request that leads to no view changes nothing; it gets its own answer (404, 405), not one about a form.
    """

    @app.before_request
    def identify() -> None:
        g.log_in, g.actor = find_log_in("" if same_for_all() else request_token())
        view = current_app.view_functions.get(request.endpoint or "")
        if most := getattr(view, "takes", LONGEST_BODY):
            request.max_content_length = most
        if len(request.path) + len(request.query_string) > LONGEST_ADDRESS:
            abort(414)
        action = getattr(view, "access", None)
        may = action is None or could_ever(current_actor(), action)
        if needs_form_token() and request.routing_exception is None and (may or current_log_in() is not None):
            csrf.protect()
        if not may:
            raise NotAllowed(action)


def undeclared(app: Flask) -> list[str]:
    """Names of routes and socket events without a declared access."""
    routes = [name for name, view in app.view_functions.items() if not hasattr(view, "access")]
    events = [
        f"{namespace}:{event}"
        for event, handler, namespace in socketio.handlers
        if not hasattr(getattr(handler, "__wrapped__", handler), "access")
    ]
    return sorted(routes + events)


def contested(app: Flask) -> list[str]:
    """Addresses that more than one view would answer: the later view would never be reached."""
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            owners[method, rule.rule].add(rule.endpoint)
    return sorted(f"{method} {address}" for (method, address), views in owners.items() if len(views) > 1)
