"""The pages over a case that is played up to some point: somebody's browser, logged in, without a network."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.extensions import COOKIE
from app.factory import create_app
from app.models import StoredFile, WebSession
from app.services.accounts import token_hash
from app.services.unit_of_work import plain_transaction
from tests.app.services.whole_case import LOT, Person, WholeCase

__all__ = ["LOT", "Browser", "Site", "WholeCase", "booth", "stated", "stored"]


class Browser:
    """One person's browser; forms are sent with the token of the page they stand on."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.get_data(as_text=True)[:2000])
        return answer.get_data(as_text=True)

    def post(self, path: str, **fields: object) -> TestResponse:
        page = self.client.get(path).get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, path
        data = {"csrf_token": found.group(1), **fields}
        return self.client.post(path, data=data, content_type="multipart/form-data")


class Site:
    """The application over a played case."""

    def __init__(self, case: WholeCase) -> None:
        self.case = case
        self.app: Flask = create_app(case.platform.settings, case.clock)
        self.app.extensions["tenderhall"] = case.platform
        self.app.config["TESTING"] = True

    def token(self, who: str) -> str:
        return token_of(self, self.case.people[who].id)

    def browser(self, who: str = "", lang: str = "zh") -> Browser:
        client = self.app.test_client()
        if who:
            client.set_cookie(COOKIE, self.token(who))
        if lang != "zh":
            client.get(f"/?lang={lang}")
        return Browser(client)


def token_of(site: Site, account_id: str) -> str:
    """A log-in of this account, good for days."""
    token = secrets.token_urlsafe(16)
    with plain_transaction(site.case.platform.database) as (db_session, now):
        row = WebSession(token_hash=token_hash(token), account_id=account_id, created_at=now)
        row.expires_at = now + timedelta(days=9)
        db_session.add(row)
    return token


def booth_token(person: Person) -> str:
    """What a certified booth shows: a successor's is another than its predecessor's."""
    return f"booth-{person.id}-{person.log_in.seat}"


def seated(site: Site, person: Person) -> str:
    """The token of a booth that the witness has certified."""
    token = booth_token(person)
    with plain_transaction(site.case.platform.database) as (db_session, now):
        row = WebSession(token_hash=token_hash(token), account_id=person.id, seat=person.log_in.seat, created_at=now)
        row.expires_at = now.replace(year=now.year + 1)
        db_session.merge(row)
    return token


def booth(site: Site, person: Person) -> Browser:
    """The browser of a booth that the witness has certified."""
    client = site.app.test_client()
    client.set_cookie(COOKIE, seated(site, person))
    return Browser(client)


def stated(site: Site, who: str = "regulator", reason: str = "核查投诉") -> Browser:
    """The browser of an inspector who has stated why he or she reads the case."""
    browser = site.browser(who)
    browser.post(f"/regulator/cases/{site.case.case_id}/reason", reason=reason)
    return browser


def played(folder: Path, course: str, *then: Callable[[WholeCase], object]) -> Site:
    """A site whose case went through this course, and then through what this test alone does."""
    case = WholeCase(folder).through(course)
    for step in then:
        step(case)
    return Site(case)


def stored(site: Site) -> list[StoredFile]:
    with site.case.platform.database.reading() as db_session:
        return list(db_session.scalars(select(StoredFile)))
