"""What no view answers is refused in our own words, in both languages."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from tests.app.web.site import Site


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "不接受这种请求方法（DELETE）"), ("en", "does not take the method DELETE")]
)
def test_a_method_that_a_page_does_not_take_is_named(founded: Site, lang: str, words: str):
    answer = founded.browser("officer", lang).client.delete("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert words in answer.get_data(as_text=True)


@pytest.mark.parametrize(("lang", "words"), [("zh", "地址过长"), ("en", "The address is too long")])
def test_an_address_that_is_too_long_gets_a_page(founded: Site, lang: str, words: str):
    answer = founded.browser("", lang).client.get("/?q=" + 5000 * "a")
    assert answer.status_code == 414
    assert words in answer.get_data(as_text=True)


def test_a_form_to_nowhere_is_absent_and_not_expired(founded: Site):
    assert founded.browser("officer").client.post("/nowhere").status_code == 404


def test_a_browser_is_held_to_https_only_where_the_site_is_there(founded: Site):
    client = founded.browser().client
    assert "Strict-Transport-Security" not in client.get("/").headers
    founded.app.config["SESSION_COOKIE_SECURE"] = True
    try:
        assert client.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"
    finally:
        founded.app.config["SESSION_COOKIE_SECURE"] = False


def test_what_was_expected_is_said_in_words(founded: Site):
    body = {"login": 7, "password": "x", "code": "1"}
    error = founded.browser().client.post("/api/v1/web-sessions", json=body).json["error"]
    assert "应为 一段文字" in error["message"]
    assert "text was expected" in error["message_en"]


@pytest.mark.parametrize(("method", "status"), [("GET", 503), ("POST", 500)])
def test_a_database_that_is_away_is_no_incident(founded: Site, monkeypatch: pytest.MonkeyPatch, method, status):
    client = founded.browser().client

    def away(*_):
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    database = founded.case.platform.database
    monkeypatch.setattr(type(database), "_session", away)
    monkeypatch.setattr(database, "is_sqlite", False)
    sent = {"login": "officer", "password": "x", "code": "1"}
    path = "/api/v1/web-sessions" if method == "POST" else "/api/v1/cases"
    answer = client.open(path, method=method, json=sent)
    assert answer.status_code == status
    assert answer.json["error"]["code"] == "database_away"
    assert "connection refused" not in answer.get_data(as_text=True)
