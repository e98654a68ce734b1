"""The window of pictures: for whom there is one, of which sites, and who may open a camera; relays by setting."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from app.config import BadSettings, Settings
from app.queries.pictures import Hears, Watching, sound_wanted, watching
from app.services.actors import load_actor
from app.services.pictures import RELAY_VALID, relays
from app.services.platform import DIST
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
TURN = {"TENDERHALL_TURN_URLS": "stun:a.example:3478, turn:a.example:3478?transport=udp"}


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> WholeCase:
    return WholeCase(tmp_path_factory.mktemp("pictures")).through(f"{DRAWN} seat_all elect")


@pytest.fixture(scope="module")
def site(case: WholeCase) -> Site:
    return Site(case)


def seen(case: WholeCase, who: str | int) -> Watching:
    person = case.people[who] if isinstance(who, str) else case.members[who]
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, person.id, person.log_in.seat)
        return watching(db_session, actor, case.case, LOT)


def test_a_camera_is_told_of_members_and_of_the_authority_in_the_same_words():
    told = {hears: [sound_wanted(hears, passes) for passes in (False, True)] for hears in Hears}
    assert told == {Hears.NEVER: [None, None], Hears.SPEAKING: [False, True], Hears.ALWAYS: [True, True]}


def test_who_has_a_window_and_who_may_send(case: WholeCase, site: Site):
    page = f"/room/{case.case_id}/{LOT}/pictures"
    for browser, sends, sites in (
        (booth(site, case.members[case.chair]), True, 2),
        (site.browser("witness-sub"), True, 1),
        (site.browser("centre"), False, 2),
        (stated(site), False, 2),
    ):
        answer = browser.client.get(page)
        text = answer.get_data(as_text=True)
        assert (answer.status_code, "data-own-switch" in text, text.count("data-site=")) == (200, sends, sites)
        allowed = "camera=(self), microphone=(self)" if sends else "camera=(), microphone=()"
        assert answer.headers["Permissions-Policy"].startswith(allowed)
        assert "script-src 'self' 'nonce-" in answer.headers["Content-Security-Policy"]
    for who in ("officer", "releaser", "bidder-a", "admin", "trustee-1"):
        site.browser(who).get(page, 404)
    site.browser("inspector").get(page, 302)
    assert (
        "camera=()"
        in booth(site, case.members[1]).client.get(f"/room/{case.case_id}/{LOT}").headers["Permissions-Policy"]
    )


def test_members_neither_see_nor_hear_each_other_while_they_score(case: WholeCase):
    everywhere = frozenset(case.sites)
    assert seen(case, 1) == Watching(everywhere, Hears.SPEAKING)
    assert seen(case, "centre") == Watching(everywhere, Hears.NEVER)
    assert seen(case, "witness-sub") == Watching(frozenset({case.sites[1]}), Hears.NEVER)
    for who in ("officer", "bidder-a", "regulator"):
        assert seen(case, who) == Watching()
    case.review()
    assert {seen(case, number) for number in case.members} == {Watching()}
    assert seen(case, "witness-sub").sites == {case.sites[1]}


def test_relays_are_a_setting_and_take_a_password_of_their_own():
    with pytest.raises(BadSettings, match="TENDERHALL_TURN_SECRET"):
        Settings.from_env(TURN)
    with pytest.raises(BadSettings, match="TENDERHALL_TURN_URLS"):
        Settings.from_env({"TENDERHALL_TURN_URLS": "https://a.example"})
    settings = Settings.from_env(TURN | {"TENDERHALL_TURN_SECRET": "s3cret"})
    assert "s3cret" not in repr(settings)
    stun, turn = relays(settings, "line-1", 1000)
    assert stun == {"urls": "stun:a.example:3478"}
    expires, _, name = turn["username"].partition(":")
    assert (int(expires), name) == (1000 + int(RELAY_VALID.total_seconds()), "line-1")
    mark = hmac.new(b"s3cret", turn["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(turn["credential"]) == mark
    assert relays(Settings.from_env({}), "line-1", 1000) == []
