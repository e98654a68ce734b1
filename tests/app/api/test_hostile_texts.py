"""Texts as nobody writes them, wherever one can be sent: refused in words or kept, on both databases (T13)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from app.factory import create_app
from app.services import tenders
from app.services.platform import DIST
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
TEXTS = {
    "NUL": "\x00",
    "NUL inside": "a\x00b",
    "right to left": "\u202e",
    "half a character": "\ud800",
    "longer than a column": "x" * 301,
    "long": "x" * 3000,
    "a way out": "../x",
    "a device": "CON",
    "a line end": "\n",
    "faces": "😀" * 200,
}
ASKED = (
    ("", "/api/v1/cases?q={}"),
    ("", "/?q={}"),
    ("", "/cases/{}"),
    ("", "/api/v1/cases/{}/events"),
    ("", "/api/v1/cases/{case}/events?cursor={}"),
    ("", "/api/v1/cases/{case}/lots/{}/bid"),
    ("bidder-a", "/api/v1/cases/{}/head"),
    ("bidder-a", "/api/v1/files/{}"),
    ("bidder-a", "/api/v1/uploads/{}"),
    ("officer", "/api/v1/cases/{}/draft/submission"),
)
SENT: tuple[tuple[str, str, str, Any], ...] = (
    ("", "POST", "/api/v1/web-sessions", {"login": "{}", "password": "{}", "code": "{}"}),
    ("", "POST", "/api/v1/invitations", {"code": "{}", "password": "{}"}),
    ("officer", "POST", "/api/v1/cases", {"title": "{}", "regulator": "{}", "form": {"code": "{}"}}),
    ("officer", "PUT", "/api/v1/cases/{draft}/draft", {"form": {"code": "{}", "buyer": "{}", "notice": "{}"}}),
    ("officer", "POST", "/api/v1/cases/{draft}/documents?name={}", "x"),
    ("regulator", "POST", "/api/v1/cases/{case}/reason", {"reason": "{}"}),
    ("bidder-a", "POST", "/api/v1/cases/{case}/{}/acts/BidSubmitted", {"payload": {"text": "{}"}, "act": {}}),
    ("bidder-a", "POST", "/api/v1/cases/{case}/acts/{}", {"payload": {"text": "{}"}, "act": {}}),
)


def filled(found: Any, text: str) -> Any:
    if isinstance(found, dict):
        return {name: filled(value, text) for name, value in found.items()}
    return found.replace("{}", text)


@pytest.fixture(scope="module")
def site(bench: Bench) -> tuple[FlaskClient, dict[str, str], dict[str, str]]:
    """A browser, headers by log-in, and what stands in addresses."""
    bench.publish(3600)
    officer, regulator = bench.people["officer"], bench.people["regulator"]
    draft = tenders.open_case(bench.platform, officer.log_in, "草稿", regulator.organisation, {})
    app = create_app(bench.platform.settings, bench.clock)
    app.extensions["tenderhall"] = bench.platform
    logins = ("officer", "bidder-a", "regulator")
    tokens = {login: f"Bearer {bench.token(login)}" for login in logins} | {"": ""}
    return app.test_client(), tokens, {"case": bench.case_id, "draft": draft}


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_is_a_surprise(site, name: str, caplog: pytest.LogCaptureFixture):
    client, tokens, places = site
    text, wrong = TEXTS[name], []
    inside = quote(text, errors="surrogatepass")

    def asked(method: str, login: str, path: str, **more: Any) -> None:
        for place, found in places.items():
            path = path.replace(f"{{{place}}}", found)
        headers = {"Authorization": tokens[login], "Tus-Resumable": "1.0.0"} if login else {}
        answer = client.open(path.replace("{}", inside), method=method, headers=headers, **more)
        if answer.status_code >= 500:
            wrong.append((method, path, answer.status_code))

    for login, path in ASKED:
        asked("GET", login, path)
    for login, method, path, body in SENT:
        asked(method, login, path, data=json.dumps(filled(body, text)), content_type="application/json")
    assert wrong == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
