"""Refusals as JSON: a code, its sentence in both languages, the figures; never an internal."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from flask import Flask, Response, g, jsonify, redirect, render_template, request, url_for
from flask import session as web_session
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from app.adapters.blobs import StoreUnavailable
from app.adapters.bounded import ReadersBusy
from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.sight import asks_reason
from app.database import Busy, ClockBehind, Unreachable, Unstorable, no_room
from app.extensions import current_log_in
from app.messages import sentence
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from crypto.errors import CryptoError

log = logging.getLogger("tenderhall.web")
PAGES = frozenset({400, 401, 403, 404, 405, 409, 413, 414, 429, 500, 503})
# What the framework itself refuses.
CODES = {
    404: "not_available",
    408: "request_too_slow",
    414: "address_too_long",
    429: "too_many_at_once",
}
CONFLICTS = frozenset(
    {"object_has_changed", "booking_changed", "act_out_of_order", "report_moved_on", "command_reused", "upload_offset"}
)

# As the upload protocol wants them.
TUS = {
    "upload_too_large": 413,
    "upload_locked": 423,
    "upload_checksum": 460,
    "upload_checksum_unread": 400,
    "upload_version": 412,
}


def wants_json() -> bool:
    return request.path.startswith("/api/") or request.is_json


def error_body(code: str, facts: dict[str, Any]) -> dict[str, Any]:
    """`{code, message, message_en, facts}` of a refusal."""
    return {
        "code": code,
        "message": sentence(code, facts, "zh"),
        "message_en": sentence(code, facts, "en"),
        "facts": {name: _plain(value) for name, value in facts.items()},
    }


def withheld_words(actor: Actor, case: Case) -> dict[str, Any]:
    """What an answer about a case says, in `withheld`, to an inspector who has not stated why it reads."""
    if not asks_reason(actor, case) or case.id in actor.reasons:
        return {}
    return {"withheld": error_body("reason_needed", {"case": case.id})}


def _plain(value: Any) -> Any:
    try:
        return encode(value)
    except TypeError:
        return str(value)


def status_of(code: str) -> int:
    """404 for what is absent or not for this asker, 403 where an inspector has to state a reason first, 409 where the
    state moved on, 422 for a rule that says no.
    """
    if code.endswith("_unknown"):
        return 404
    if code == "reason_needed":
        return 403
    return TUS.get(code) or (409 if code in CONFLICTS else 422)


def _answer(code: str, facts: dict[str, Any], status: int, **headers: str) -> Response:
    if status == 404:
        code, facts = "not_available", {}  # the same words for "absent" and "forbidden"
    body = error_body(code, facts)
    answer = jsonify({"error": body}) if wants_json() else Response(_page(body, status), mimetype="text/html")
    answer.status_code = status
    answer.headers.update(headers)
    return answer


def _page(body: dict[str, Any], status: int) -> str:
    lang = g.get("lang", "zh")
    message = body["message_en"] if lang == "en" else body["message"]
    return render_template(_template(status), message=message, incident=body["facts"].get("incident"))


def _template(status: int) -> str:
    return f"errors/{status}.html" if status in PAGES else "errors/400.html"


def refusal(exc: Exception) -> Response:
    """The answer to a refusal by a rule, a cryptographic check or the policy."""
    if isinstance(exc, NotAllowed):
        if current_log_in() is None:
            if request.blueprint == "sitting" and "booth" in web_session:  # a booth whose log-in has ended
                return redirect(url_for("expert.waiting"))  # type: ignore[return-value]
            return _answer("log_in_needed", {}, 401)
        return _answer("not_available", {}, 404)
    assert isinstance(exc, RuleViolation | CryptoError)
    if exc.code == "reason_needed" and not wants_json() and request.headers.get("Sec-Fetch-Mode") in (None, "navigate"):
        here = request.full_path.rstrip("?")
        return redirect(url_for("regulator.reason", case=exc.facts["case"], next=here))  # type: ignore[return-value]
    return _answer(exc.code, dict(exc.facts), status_of(exc.code))


def _unreachable(exc: Unreachable) -> Response:
    """503 only where sending it again can do no harm: programs do so by themselves."""
    log.error("the database does not answer: %s", type(exc.__cause__).__name__)
    status = 503 if request.method in ("GET", "HEAD") else 500
    return _answer("database_away", {}, status, **{"Retry-After": "2"})


def _clock_behind(exc: ClockBehind) -> Response:
    log.error("the clock is %.1f s behind what was written last", exc.seconds)
    return _answer("clock_behind", {"seconds": f"{exc.seconds:.1f}"}, 503, **{"Retry-After": "2"})


def attach_errors(app: Flask) -> None:
    """One handler for each way in which a request can fail."""
    for kind in (RuleViolation, CryptoError, NotAllowed):
        app.register_error_handler(kind, refusal)

    @app.errorhandler(Busy)
    @app.errorhandler(ReadersBusy)
    @app.errorhandler(StoreUnavailable)
    def busy(exc: Busy | ReadersBusy | StoreUnavailable) -> Response:
        if isinstance(exc, StoreUnavailable):
            log.error("the file store does not answer: %s", exc)
        return _answer("busy", {}, 503, **{"Retry-After": "2"})

    app.register_error_handler(ClockBehind, _clock_behind)
    app.register_error_handler(Unreachable, _unreachable)

    @app.errorhandler(Unstorable)
    def unstorable(_exc: Unstorable) -> Response:
        return _answer("text_unfit", {}, 400)

    @app.errorhandler(CSRFError)
    def form_expired(_exc: CSRFError) -> Response:
        return _answer("form_expired", {}, 400)

    @app.errorhandler(HTTPException)
    def http_error(exc: HTTPException) -> Response:
        if exc.code and exc.code < 400:
            return exc.get_response()  # type: ignore[return-value]
        if isinstance(exc, MethodNotAllowed):
            allowed = ", ".join(sorted(exc.valid_methods or ()))
            return _answer("method_wrong", {"method": request.method, "allowed": allowed}, 405, Allow=allowed)
        if isinstance(exc, RequestEntityTooLarge):
            sizes = {"length": request.content_length or "?", "limit": request.max_content_length or "?"}
            return _answer("request_too_large", sizes, 413)
        return _answer(CODES.get(exc.code or 500, "request_wrong"), {}, exc.code or 500)

    @app.errorhandler(Exception)
    def unexpected(exc: Exception) -> Response:
        if no_room(exc):  # said as that, and nothing was kept: it can be sent again once there is room
            log.error("no room on the disk or in the database: %s %s", request.method, request.endpoint)
            return _answer("disk_full", {}, 503, **{"Retry-After": "60"})
        incident = uuid.uuid4().hex[:12]
        log.error("incident %s: %s %s", incident, request.method, request.endpoint, exc_info=exc)
        return _answer("incident", {"incident": incident}, 500)
