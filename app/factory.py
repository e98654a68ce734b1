"""Puts platform, Flask application and live channel together. An undeclared or contested route stops the start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from app import api, realtime, web
from app.config import Settings
from app.database import Clock
from app.extensions import babel, contested, csrf, guard_requests, socketio, undeclared
from app.reactions import start_reactions
from app.request_bodies import in_time
from app.services.platform import DIST, open_platform, read_assets, read_sealing_code

TEMPLATES = Path(__file__).parent.parent / "templates" / "html"
log = logging.getLogger("tenderhall")


class RowNumber(IntegerConverter):
    """A number in an address: one that no row of a database can have is an address of nothing."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**31 - 1)


class Sessions(SecureCookieSessionInterface):
    """The session of a request, for which nothing is made where none was sent."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if not request.cookies.get(self.get_cookie_name(app)):
            return self.session_class()
        return super().open_session(app, request)


class UndeclaredAccess(Exception):
    """Routes or socket events that declare no access; the application does not start."""


class ContestedAddress(Exception):
    """Addresses that several views answer; the application does not start."""


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """The web application with its live channel."""
    settings = settings or Settings.from_env()
    platform = open_platform(settings, clock)
    app = Flask("app", static_folder=str(DIST), static_url_path="/static", template_folder=str(TEMPLATES))
    app.extensions["tenderhall"] = platform
    app.config.update(
        SECRET_KEY=platform.keys.secret,
        SESSION_COOKIE_NAME="tenderhall_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_CHECK_DEFAULT=False,  # app.extensions protects every form; programs carry their token in a header
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        ASSETS=read_assets(),
        SEALING=tuple(read_sealing_code()),
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.session_interface = Sessions()
    app.url_map.converters = {**app.url_map.converters, "int": RowNumber}
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    _attach(app, settings)
    if missing := undeclared(app):
        raise UndeclaredAccess(", ".join(missing))
    if taken := contested(app):
        raise ContestedAddress(", ".join(taken))
    start_reactions(app)
    return app


def _attach(app: Flask, settings: Settings) -> None:
    csrf.init_app(app)
    babel.init_app(app, locale_selector=web.select_language, default_translation_directories="translations")
    web.attach(app)  # before the guard: a refusal too is a page, in the reader's language
    guard_requests(app)
    api.attach(app)
    realtime.attach(app)
    socketio.init_app(
        app,
        async_mode=_async_mode(),
        transports=["websocket"],
        cors_allowed_origins=[],  # app.realtime checks the Origin itself, also a missing one
        max_http_buffer_size=1 << 20,
        manage_session=False,
        async_handlers=False,  # what one socket sends is dealt with in order: who sends much waits for itself
        ping_interval=20,
        ping_timeout=20,
    )
    app.wsgi_app = in_time(app.wsgi_app)  # type: ignore[assignment,method-assign]
    if settings.proxies:  # else anybody could claim an address
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    app.wsgi_app = plain_websockets(app.wsgi_app)  # type: ignore[method-assign]


def _async_mode() -> str:
    """gevent under the server, threads in tests."""
    import sys

    patched = "gevent.monkey" in sys.modules and sys.modules["gevent.monkey"].is_module_patched("socket")
    return "gevent" if patched else "threading"


def plain_websockets(application: Callable[..., object]) -> Callable[..., object]:
    """Without per-message compression, which costs 100 KiB of memory per socket."""

    def serve(environ: dict[str, object], start_response: object) -> object:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return application(environ, start_response)

    return serve
