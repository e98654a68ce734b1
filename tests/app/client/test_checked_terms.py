"""Before it seals, the bidder's program checks the trustees' key against the terms that two people signed."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.serving import make_server

from app.api import lots
from app.casefile.sealing import committee_of
from app.client.acting import Person
from app.client.checked_terms import checked_parameters
from app.client.connection import Connection, Refused
from app.client.keyfile import Profile, write_key
from app.factory import create_app
from app.services.platform import DIST
from crypto.certificates import create_authority
from crypto.committee import Member, run_ceremony
from tests.app.workbench import LOT, Bench, RealClock

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PASSPHRASE = "a long passphrase"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("terms"), clock=RealClock()).found()
    made.publish(3600)
    return made


@pytest.fixture(scope="module")
def url(bench: Bench) -> Iterator[str]:
    app = create_app(bench.platform.settings)
    app.extensions["tenderhall"] = bench.platform
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def person(bench: Bench, url: str, tmp_path) -> Person:
    profile, key = Profile(tmp_path / "bidder-a"), bench.people["bidder-a"].key
    write_key(profile.key_path, key, PASSPHRASE)
    profile.keep(login="bidder-a", base_url=url, key_id=key.key_id, token=bench.token("bidder-a"))
    return Person(Connection(url, token=profile.facts["token"], patience=5), profile, key)


def test_the_key_of_the_terms_is_sealed_to(bench, person):
    parameters = checked_parameters(person, bench.case_id, LOT)
    assert parameters.committee.id == committee_of(bench.case).id


def lying(monkeypatch: pytest.MonkeyPatch, change) -> None:
    """The web server answers something else than it should."""
    true = lots.views.bid_desk

    def desk(*facts, **more):
        answer = json.loads(json.dumps(true(*facts, **more)))
        change(answer)
        return answer

    monkeypatch.setattr(lots.views, "bid_desk", desk)


def code(call, *facts) -> str:
    with pytest.raises(Refused) as refused:
        call(*facts)
    return refused.value.code


def test_a_key_of_the_servers_own_making_is_refused(bench, person, monkeypatch):
    members = [Member(one.index, one.organisation, one.key_id) for one in committee_of(bench.case).members]
    own, _secrets = run_ceremony(members, 2, os.urandom)

    def change(answer):
        answer["committee"], answer["context"]["committee"] = own.describe(), own.id

    lying(monkeypatch, change)
    assert code(checked_parameters, person, bench.case_id, LOT) == "committee_not_in_terms"


def test_another_case_or_lot_is_refused(bench, person, monkeypatch):
    first = bench.case_id
    second = bench.publish(3600)
    lying(monkeypatch, lambda answer: answer["context"].update(tender=first))
    assert code(checked_parameters, person, second, LOT) in {"identity_differs", "committee_not_in_terms"}


def test_people_whom_another_authority_certified_sign_no_terms(bench, person):
    person.origin  # noqa: B018  the platform is pinned
    now = bench.clock()
    other = create_authority("another platform", "another centre", now - timedelta(days=1), now + timedelta(days=365))
    person.profile.keep(roots=[other.certificate_pem])
    assert code(checked_parameters, person, bench.case_id, LOT) == "trustee_act_unverified"
