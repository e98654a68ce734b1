"""Pages, built assets, and the part of the JSON API that signing and sealing use, kept in memory."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import styleguide
from flask import Flask, Response, request, send_from_directory
from werkzeug.serving import BaseWSGIServer, make_server

NONCE = "c2FtcGxl"
POLICY = (
    f"default-src 'none'; script-src 'self' 'nonce-{NONCE}'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ORIGIN = "sample.example"


@dataclass
class SmallSite:
    """What was uploaded and posted, and which faults to answer with, one for each coming request."""

    pages: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    acts: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    upload_faults: list[int] = field(default_factory=list)
    act_faults: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], dict[str, Any]] = lambda payload: {}
    server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        assert self.server
        return f"http://localhost:{self.server.server_port}"

    def start(self) -> None:
        self.server = make_server("127.0.0.1", 0, self._application(), threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        assert self.server
        self.server.shutdown()

    def show(self, path: str, template: str, **facts: object) -> str:
        """Serves a template under `path`; the address of the page."""
        self.pages[path] = styleguide.page(template, NONCE, **facts)
        return self.url + path

    def show_text(self, path: str, source: str, **facts: object) -> str:
        """Serves a page whose content block is `source`."""
        text = "{% extends 'base.html' %}" + source
        context = styleguide.context(NONCE) | {"sample": styleguide.sample()} | facts
        self.pages[path] = styleguide.environment().from_string(text).render(context)
        return self.url + path

    def _application(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        app.add_url_rule("/static/dist/<path:name>", "asset", lambda name: send_from_directory(styleguide.DIST, name))
        app.add_url_rule("/api/v1/uploads", "begin", self._begin, methods=["POST"])
        app.add_url_rule("/api/v1/uploads/<name>", "upload", self._upload, methods=["HEAD", "PATCH"])
        app.add_url_rule("/api/v1/cases/<path:case>/acts/head", "head", self._head)
        app.add_url_rule("/api/v1/cases/<path:case>/acts/<type>", "act", self._act, methods=["POST"])
        app.add_url_rule("/keys", "key", self._key, methods=["POST"])
        app.add_url_rule("/<path:path>", "page", self._page)
        app.after_request(self._with_policy)
        return app

    def _with_policy(self, response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    def _page(self, path: str) -> tuple[str, int]:
        found = self.pages.get(f"/{path}")
        return (found, 200) if found else ("", 404)

    def _key(self) -> dict[str, str]:
        self.keys.append(request.get_json())
        return {}

    def _begin(self) -> Response:
        name = secrets.token_hex(8)
        self.uploads[name] = bytearray()
        return Response(status=201, headers={"Location": f"/api/v1/uploads/{name}"})

    def _upload(self, name: str) -> Response:
        held = self.uploads[name]
        if request.method == "HEAD":
            return self._offset(held, 200)
        body = request.get_data()
        fault = self.upload_faults.pop(0) if self.upload_faults else 0
        if fault:  # half of the piece arrived before the line went down
            held += body[: len(body) // 2]
            return Response(status=fault)
        if int(request.headers["Upload-Offset"]) != len(held):
            return self._offset(held, 409)
        held += body
        return self._offset(held, 204)

    def _offset(self, held: bytearray, status: int) -> Response:
        return Response(status=status, headers={"Upload-Offset": str(len(held))})

    def _head(self, case: str) -> dict[str, str]:
        return {"prev_act": "", "origin": ORIGIN, "server_time": "2026-03-03T01:12:44Z"}

    def _act(self, case: str, type: str) -> tuple[dict[str, Any], int]:
        body = request.get_json()
        files = {name: base64.b64decode(data) for name, data in (body.get("attachments") or {}).items()}
        self.acts.append(body | {"attachments": files, "csrf": request.headers.get("X-CSRFToken")})
        if self.act_faults:
            status, error = self.act_faults.pop(0)
            return {"error": error}, status
        return self.answer(body["payload"]), 200
