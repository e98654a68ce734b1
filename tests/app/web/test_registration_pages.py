"""Whose account a bidder's is: papers are handed in once, and two persons look before a key is certified."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import pytest

from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.queries.people import find_login
from app.services import accounts, register
from app.services.accounts import NewOrganisation
from app.services.notices import own_notices
from app.services.platform import DIST
from crypto.signing import SigningKey, sign_object
from tests.app.services.people import Installation, Person, credit_code
from tests.app.web.site import Browser, Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
LICENCE, AUTHORITY = b"%PDF-1.7 licence", b"\xff\xd8\xff authority"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation that asks for papers, with a second operator and a bidder that has just signed up."""
    made = Installation(tmp_path_factory.mktemp("registrations")).found()
    made.platform = replace(made.platform, settings=replace(made.platform.settings, bidders_checked=True))
    owner = NewOrganisation("新投标人", "bidder", credit_code("N"))
    accounts.register_bidder(made.platform, owner, "newcomer", "张三", "correct horse battery")
    return made


@pytest.fixture(scope="module")
def site(founded: Installation) -> Site:
    with founded.platform.database.reading() as db_session:
        account = find_login(db_session, "newcomer")
        assert account is not None
        log_in = accounts.LogIn(account.id, "")
        founded.people["newcomer"] = Person(log_in, SigningKey.generate(), account.organisation_id)
    return Site(founded)  # type: ignore[arg-type]


def certify(founded: Installation) -> None:
    person = founded.people["newcomer"]
    claim = {"account": person.id, "origin": founded.platform.origin}
    proof = sign_object(person.key, register.PROOF_LABEL, claim)
    register.certify_key(founded.platform, person.log_in, base64.b64encode(person.key.spki).decode(), proof)


def hand_in(browser: Browser, **papers: bytes) -> str:
    given = {"licence": LICENCE, "authority": AUTHORITY} | papers
    files = {name: (io.BytesIO(data), f"{name}.bin") for name, data in given.items()}
    return browser.post("/account/registration", **files).get_data(as_text=True)


def check_page(browser: Browser) -> str:
    found = re.search(r'href="(/registrations/[0-9a-f]{32})"', browser.get("/registrations"))
    assert found
    return found.group(1)


def test_no_key_is_certified_before_two_persons_have_looked(founded: Installation, site: Site):
    bidder, first, second = site.browser("newcomer"), site.browser("centre"), site.browser("regulator")
    with pytest.raises(RuleViolation, match="registration_unchecked"):
        certify(founded)
    assert "新投标人的营业执照和授权书还没有由两人核对" in bidder.get("/account/keys")
    hand_in(bidder, licence=b"MZ program")
    assert "去提交" in bidder.get("/account/registration"), "no program is taken for a licence"
    hand_in(bidder)
    assert "正在核对" in bidder.get("/account/registration")
    assert "材料已于" in hand_in(bidder)
    path = check_page(first)
    assert first.client.get(f"{path}/licence").data == LICENCE
    assert first.client.get(f"{path}/authority").mimetype == "image/jpeg"
    first.post(path, word="1", reason="")
    refused = first.post(f"{path}/confirmation", seen="1").get_data(as_text=True)
    assert "另一" in refused
    with pytest.raises(RuleViolation, match="registration_unchecked"):
        certify(founded)
    assert "核对结果已经改变" in second.post(f"{path}/confirmation", seen="0").get_data(as_text=True)
    second.post(f"{path}/confirmation", seen="1")
    certify(founded)
    assert "registration_accepted" in {n.code for n in own_notices(founded.platform, founded.people["newcomer"].log_in)}
    with founded.platform.database.reading() as db_session:
        (checked,) = [r for r in load_records(db_session, "register") if r.type == "RegistrationChecked"]
    assert checked.payload["credit_code"] == credit_code("N")
    assert {checked.payload["looked_by"], checked.payload["confirmed_by"]} == {
        founded.people["centre"].id,
        founded.people["regulator"].id,
    }


def test_what_differs_is_returned_with_a_reason_and_not_kept(founded: Installation, site: Site):
    owner = NewOrganisation("另一家", "bidder", credit_code("M"))
    accounts.register_bidder(founded.platform, owner, "another", "李四", "correct horse battery")
    with founded.platform.database.reading() as db_session:
        account = find_login(db_session, "another")
        assert account is not None
        person = Person(accounts.LogIn(account.id, ""), SigningKey.generate(), account.organisation_id)
    founded.people["another"] = person
    bidder, first, second = site.browser("another"), site.browser("centre"), site.browser("inspector")
    hand_in(bidder)
    path = check_page(first)
    assert "error-summary" in first.post(path, word="0", reason="").get_data(as_text=True)
    assert "待核对" in first.get("/registrations")
    first.post(path, word="0", reason="执照已过期")
    second.post(f"{path}/confirmation", seen="0")
    assert "执照已过期" in bidder.get("/account/registration")
    second.get(f"{path}/licence", 404)
    hand_in(bidder)
    assert "正在核对" in bidder.get("/account/registration")


def test_papers_are_for_those_who_look_at_them(site: Site):
    path = check_page(site.browser("centre"))
    for who in ("bidder-a", "officer", "trustee-1"):
        site.browser(who).get("/registrations", 404)
        site.browser(who).get(f"{path}/licence", 404)
    site.browser("").get("/registrations", 401)
    site.browser("centre").get("/account/registration", 404)
