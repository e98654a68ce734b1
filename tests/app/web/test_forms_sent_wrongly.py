"""Each form that somebody can reach from a page, sent empty, half filled in and with junk: refused in words, never a
fault, and no button leads where nothing is taken. `tests/long/test_all_forms_sent_wrongly.py` tries all of them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.extensions import COOKIE
from app.models import Account
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from tests.app.web.forms import JUNK, reachable, ways
from tests.app.web.site import Site, played, token_of

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
DRAWN = "found publish bid open draw"
HOMES = {
    "officer": "/agency",
    "releaser": "/agency",
    "centre": "/centre",
    "admin": "/accounts",
    "regulator": "/regulator",
    "inspector": "/regulator",
    "witness-host": "/witness",
    "trustee-1": "/trustee",
    "bidder-a": "/bidder",
    "expert-3": "/expert",
    "": "/",
}
WRONG = {404, 405}


def of(site: Site, login: str) -> FlaskClient:
    """The browser of whoever has this log-in, or of nobody."""
    client = site.app.test_client()
    if login:
        with plain_transaction(site.case.platform.database) as (db_session, _now):
            account = db_session.scalars(select(Account.id).where(Account.login == login)).one()
        client.set_cookie(COOKIE, token_of(site, account))
    return client


def faults(site: Site, login: str, pages: int, junk: tuple[str, ...] = JUNK) -> tuple[int, list[str]]:
    """How many forms were sent, by whoever has this log-in, and what came back that should not."""
    client, found, sent = of(site, login), [], 0
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/").get_data(as_text=True))
    assert token
    for form in list(reachable(client, [HOMES[login], "/"], pages)):
        for target, data in ways(form, token[1], junk):
            sent += 1
            answer = client.post(target, data=data)
            if answer.status_code >= 500 or answer.status_code in WRONG:
                found.append(f"{answer.status_code} {form.page} -> {target} {str(data)[:300]}")
    return sent, found


@pytest.mark.parametrize("login", ["officer", "regulator", "centre"])
def test_forms_sent_wrongly_are_refused_in_words(login: str, tmp_path: Path):
    sent, found = faults(played(tmp_path, DRAWN), login, 45, JUNK[:1])
    assert sent > 100
    assert not found, "\n".join(found)
