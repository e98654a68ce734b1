"""The list of acts of a real platform: ticks fill it, a witness cosigns it, a bidder's program relies on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import delete, select, text
from werkzeug.serving import make_server

from app.client import checked_terms
from app.client.acting import Person
from app.client.checked_terms import checked_parameters
from app.client.connection import Connection, Refused
from app.client.keyfile import Profile, write_key
from app.client.verified_case import ListFeed
from app.client.witness import Forked, Witness, WitnessFolder
from app.factory import create_app
from app.models import ListedAct, RegisterTick
from app.models.append_only import statements
from app.queries.register_status import register_status
from app.services import ticks
from app.services.database_check import database_differences
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from crypto.instants import format_instant, parse_instant
from crypto.notes import COSIGNATURE, Note, NoteKey
from tests.app.workbench import LOT, Bench, RealClock

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
KEY = NoteKey.generate("witness.example/w1", COSIGNATURE)


class Site:
    """A platform with one witness, and a tender that is published."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder / "platform", clock=RealClock())
        self.bench.platform = replace(
            self.bench.platform, settings=replace(self.bench.platform.settings, witnesses=(str(KEY.verifier),))
        )
        self.bench.found()
        self.bench.publish(3600)
        self.platform = self.bench.platform
        app = create_app(self.platform.settings)
        app.extensions["tenderhall"] = self.platform
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.home = WitnessFolder(folder / "witness")
        self.home.folder.mkdir()
        self.witness = Witness(self.home, KEY, self.platform.log_key.verifier, Connection(self.url, patience=0))

    def person(self, folder: Path) -> Person:
        profile, key = Profile(folder), self.bench.people["bidder-a"].key
        write_key(profile.key_path, key, "a long passphrase")
        token = self.bench.token("bidder-a")
        profile.keep(login="bidder-a", base_url=self.url, key_id=key.key_id, token=token)
        return Person(Connection(self.url, token=token, patience=5), profile, key)

    def entries(self) -> list[Any]:
        return ListFeed(Connection(self.url, patience=0)).refresh().entries


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.platform.database.dispose()


def refusal(call: Any, *facts: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*facts, **more)
    return refused.value.code


def test_a_bid_is_sealed_once_the_witnesses_saw_the_terms(site, tmp_path, monkeypatch):
    monkeypatch.setattr(checked_terms, "PATIENCE", 0)
    person = site.person(tmp_path / "bidder")
    seal = (checked_parameters, person, site.bench.case_id, LOT)
    assert site.witness.look_at_list() is None
    assert site.entries() == []
    assert refusal(*seal) == "trustee_unvouched"
    ticks.make_tick(site.platform)
    assert len(site.entries()) == 1, "the publication, and nothing of whoever prepared it"
    assert refusal(*seal) == "trustee_unvouched"
    assert seal[0](*seal[1:], unwitnessed=True).committee
    assert site.witness.look_at_list().size == 1
    assert site.witness.look_at_list() is None
    assert seal[0](*seal[1:]).committee
    assert person.register.witnesses == (str(KEY.verifier),)
    assert list(database_differences(site.platform)) == []


def test_terms_of_the_servers_own_are_refused(site, tmp_path, monkeypatch):
    """A publication of another time than the listed one is another publication."""
    ticks.make_tick(site.platform)
    site.witness.look_at_list()
    person = site.person(tmp_path / "bidder")
    assert checked_parameters(person, site.bench.case_id, LOT)
    refresh = checked_terms.CaseFeed.refresh

    def lying(self: Any) -> Any:
        found = refresh(self)
        for event in self.events:
            if event["type"] == "TenderPublished":
                event["at"] = format_instant(parse_instant(event["at"]) + timedelta(seconds=1))
        return found

    monkeypatch.setattr(checked_terms.CaseFeed, "refresh", lying)
    assert refusal(checked_parameters, person, site.bench.case_id, LOT) == "history_not_listed"


def test_a_list_that_loses_an_entry_is_a_second_history(site):
    site.bench.publish(3600)
    ticks.make_tick(site.platform)
    assert site.witness.look_at_list().size == 2
    with plain_transaction(site.platform.database) as (db_session, _now):
        db_session.execute(text("DROP TRIGGER listed_act_no_delete"))
        db_session.execute(delete(ListedAct).where(ListedAct.index == 1))
        db_session.execute(text(statements("sqlite", "listed_act")[1]))
    with pytest.raises(Forked):
        site.witness.look_at_list()
    named = {difference.table for difference in database_differences(site.platform)}
    assert {"listed_act", "list_cosignature"} <= named


def test_what_was_there_before_the_list_is_listed_at_the_first_tick(site):
    """An installation that is migrated has acts of before; a tick takes them all, in the order of each case."""
    second = site.bench.publish(3600)
    ticks.make_tick(site.platform)
    ticks.make_tick(site.platform)
    with site.platform.database.reading() as db_session:
        rows = list(db_session.scalars(select(ListedAct).order_by(ListedAct.index)))
        times = set(db_session.scalars(select(RegisterTick.at)))
    assert len(rows) == 2
    assert second in {row.case_id for row in rows}
    assert {row.at for row in rows} <= times


def test_the_list_is_carried_by_hand_and_a_witness_that_leaves_it_out_is_late(site):
    ticks.make_tick(site.platform)
    site.witness.look()
    carried = requests.get(f"{site.url}/register/checkpoint.txt?log=acts", timeout=5).text
    assert ticks.take_cosigned_note(site.platform, site.witness.cosign_carried(carried)) == 1
    notes = ListFeed(Connection(site.url, patience=0)).refresh().notes
    assert [Note.parse(str(note)).signatures[1].name for note in notes] == [KEY.name]
    site.bench.publish(3600)
    ticks.make_tick(site.platform)
    site.witness.look()
    with site.platform.database.reading() as db_session:
        now = site.platform.database.now(db_session.connection())
        (row,) = register_status(db_session, site.platform.settings.witnesses, now, 60).witnesses
    assert (row.listed, row.behind_since is not None) == (1, True)


@pytest.mark.parametrize("query", ["from=-1", "from=x", "from=1.5"])
def test_a_wrong_place_is_refused(site, query):
    assert requests.get(f"{site.url}/api/v1/register/acts?{query}", timeout=5).status_code == 422
