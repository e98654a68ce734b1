"""A bid from files to a verified receipt, also when the line breaks in between."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import threading
from pathlib import Path

import pyotp
import pytest
from small_platform import BIDDER, CASE, LOT, OPEN, SmallPlatform, make_committee, serving

from app.client import bidder, sending
from app.client.acting import Person
from app.client.connection import Connection, Refused
from app.client.keyfile import Profile, one_time_code, read_key
from app.client.page_links import typed_links, with_links
from app.client.terminal import spoken
from app.procedure.page_links import read_page_links
from crypto.committee import combine, identity, open_capsule, sign_share
from crypto.envelope import context_hash, open_bid
from crypto.errors import CryptoError
from crypto.package import read_package
from crypto.signing import verify_object

ITEMS = {"price_fen": "156600000", "duration_days": "30", "project_manager": "演示经理"}


@pytest.fixture(scope="module")
def committee():
    return make_committee()


@pytest.fixture
def platform(committee) -> SmallPlatform:
    return SmallPlatform(committee[0])


@pytest.fixture
def address(platform):
    with serving(platform) as url:
        yield url


@pytest.fixture
def person(address: str, tmp_path: Path) -> Person:
    profile = Profile(tmp_path / "me")
    profile.keep(login="a", password="a" * 10, totp_secret=pyotp.random_base32())
    made = Person(Connection(address, patience=2), profile, profile.key("a long passphrase"))
    made.certify()
    return made


@pytest.fixture
def sealed(person: Person, tmp_path: Path) -> Path:
    files = tmp_path / "files"
    (files / "技术").mkdir(parents=True)
    (files / "技术" / "方案.txt").write_text("方案\n" * 400)
    (files / "price.pdf").write_bytes(os.urandom(100_000))
    out = tmp_path / "bid"
    bidder.seal_bid([files], ITEMS, bidder.fetch_parameters(person.connection, CASE, LOT), person.key, out)
    return out


def test_a_price_above_the_ceiling_is_not_sealed(person, tmp_path):
    (tmp_path / "price.pdf").write_bytes(b"%PDF")
    dear = {**ITEMS, "price_fen": "159840001"}
    parameters = bidder.fetch_parameters(person.connection, CASE, LOT)
    with pytest.raises(Refused, match="price_over_ceiling") as refused:
        bidder.seal_bid([tmp_path / "price.pdf"], dear, parameters, person.key, tmp_path / "bid")
    assert "1,598,400.01 元高于最高限价 1,598,400.00 元" in refused.value.sentences["zh"]
    assert not (tmp_path / "bid").exists()


def test_files_that_cannot_be_meant_are_not_sealed(person, tmp_path):
    parameters = bidder.fetch_parameters(person.connection, CASE, LOT)
    sources = [tmp_path / "a" / "price.pdf", tmp_path / "b" / "price.pdf"]
    for source in sources:
        source.parent.mkdir()
        source.write_bytes(b"%PDF")
    with pytest.raises(Refused, match="bid_file_twice") as refused:
        bidder.seal_bid(sources, ITEMS, parameters, person.key, tmp_path / "bid")
    assert str(sources[1]) in refused.value.sentences["en"]
    assert [file.path for file in bidder.files_of([sources[0], sources[0].parent])] == ["price.pdf"]  # the same file
    sources[1].write_bytes(b"")
    with pytest.raises(Refused, match="bid_file_empty"):
        bidder.seal_bid([tmp_path / "b"], ITEMS, parameters, person.key, tmp_path / "bid")
    assert not (tmp_path / "bid").exists()


def test_pages_are_named_for_a_published_criterion_in_a_file_of_the_bid(person, tmp_path):
    parameters = bidder.fetch_parameters(person.connection, CASE, LOT)
    (tmp_path / "plan.pdf").write_bytes(b"%PDF")
    files = bidder.files_of([tmp_path / "plan.pdf"])
    for text, code in (
        ("plan=plan.pdf", "page_link_wrong"),
        ("other=plan.pdf:1", "page_link_criterion"),
        ("plan=other.pdf:1", "page_link_file"),
        ("plan=page-links.json:1", "page_link_file"),
    ):
        with pytest.raises(Refused, match=code) as refused:
            with_links(files, typed_links([text]), parameters.criteria)
        assert re.search("[\u4e00-\u9fff]", refused.value.sentences["zh"]), code
    links = typed_links(["plan=plan.pdf:2-3"])
    packed = with_links(files, links, parameters.criteria)
    assert [file.path for file in packed] == ["page-links.json", "plan.pdf"]
    assert read_page_links(packed[0].open().read()) == links
    with pytest.raises(Refused, match="bid_file_listed_twice"):
        with_links(packed, links, parameters.criteria)


def test_what_is_sealed_opens_only_with_the_committee(person, sealed, committee):
    described, secrets = committee
    ident = identity("open", OPEN)
    shares = {index: sign_share(secrets[index], ident) for index in (1, 3, 5)}
    capsule = (sealed / "capsule.age").read_bytes()
    key = open_capsule(described, ident, combine(described, ident, shares).signature, capsule).decode()
    assert key == (sealed / "identity.txt").read_text().strip()
    plain = io.BytesIO()
    context = json.loads((sealed / "context.json").read_text())
    with (sealed / "bid.age").open("rb") as file:
        open_bid(file, plain, key, context_hash(context))
    plain.seek(0)
    package = read_package(plain)
    verify_object(person.key.spki, "bidpkg/v2", package.manifest, package.signature)
    assert package.manifest["opening"] == ITEMS
    assert package.manifest["bidder"] == BIDDER
    assert [file.entry.path for file in package.files] == ["price.pdf", "技术/方案.txt"]


def test_secrets_are_private(person, sealed):
    for path in (sealed / "identity.txt", person.profile.key_path, person.profile.folder / "profile.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert b"ENCRYPTED" in person.profile.key_path.read_bytes()
    with pytest.raises(CryptoError, match="key_unreadable"):
        read_key(person.profile.key_path, "another passphrase")


def test_the_sealed_folder_holds_no_plaintext(sealed):
    for path in sealed.iterdir():
        assert "方案".encode() not in path.read_bytes(), path.name


def test_submitting_gives_a_verified_receipt(person, sealed):
    signed = bidder.submit(person, sealed)
    assert signed.receipt["bidder"] == BIDDER
    kept = json.loads((person.profile.receipts / "r0.json").read_text())
    assert kept["receipt"] == signed.to_json()
    assert bidder.status(person.connection, CASE, LOT)["standing"]["receipt_id"] == "r0"


def test_a_lost_answer_is_asked_for_again_and_counts_once(person, sealed, platform):
    platform.drop_answers = 2
    assert bidder.submit(person, sealed).receipt["receipt_id"] == "r0"
    assert len(platform.receipts) == 1
    assert list(person.profile.pending.iterdir()) == []


def test_a_program_killed_after_the_act_gets_the_first_answer(person, sealed, platform):
    person.connection.patience = 0
    platform.drop_answers = 1
    with pytest.raises(Refused, match="no_answer"):
        bidder.submit(person, sealed)
    assert not (sealed / "receipt.json").exists()
    assert len(list(person.profile.pending.iterdir())) == 1
    person.connection.patience = 2
    assert bidder.submit(person, sealed).receipt["receipt_id"] == "r0"
    assert len(platform.receipts) == 1


def test_an_accepted_bid_is_found_again_though_its_upload_is_gone(person, sealed, platform):
    platform.drop_answers, platform.forget_uploads = 1, True
    assert bidder.submit(person, sealed).receipt["receipt_id"] == "r0"


@pytest.mark.parametrize("sent", [0, 100, None])
def test_an_upload_that_the_platform_has_cleared_is_sent_again(person, sealed, platform, sent):
    """Sealed early, tried again on the last day: uploads are kept for two days."""
    upload_id = bidder.upload(person.connection, sealed)
    if sent is not None:
        bidder.write_json(sealed / "upload.json", {"id": upload_id, "complete": False})
        platform.uploads[upload_id] = platform.uploads[upload_id][:sent]
    platform.uploads.clear()
    assert bidder.submit(person, sealed).receipt["receipt_id"] == "r0"
    assert len(platform.uploads) == 1


def test_an_upload_that_is_cleared_again_and_again_is_told(person, sealed, platform, monkeypatch):
    monkeypatch.setattr(bidder, "upload", lambda *_: "gone")
    with pytest.raises(Refused, match="not_available"):
        bidder.submit(person, sealed)


def test_an_upload_goes_on_where_it_stopped(person, sealed, platform, monkeypatch):
    monkeypatch.setattr(sending, "PIECE", 1 << 18)

    class Stopped(Exception):
        pass

    def stop(done: int, size: int) -> None:
        if done > size // 2:
            raise Stopped

    with pytest.raises(Stopped):
        bidder.submit(person, sealed, stop)
    sent = sum(1 for line in platform.requests if line.startswith("PATCH"))
    bidder.submit(person, sealed)
    pieces = -(-(sealed / "bid.age").stat().st_size // (1 << 18))
    assert sum(1 for line in platform.requests if line.startswith("PATCH")) == pieces
    assert 0 < sent < pieces


def test_a_busy_or_restarting_platform_is_waited_for(committee, tmp_path):
    platform = SmallPlatform(committee[0], busy=2)
    with serving(platform) as url:
        port = int(url.rpartition(":")[2])
        assert Connection(url).get("/platform")["origin"] == "centre.example"
    connection = Connection(url, patience=5)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(connection.get("/platform")))
    asking.start()
    asking.join(0.5)
    assert answers == []
    with serving(platform, port):
        asking.join(5)
    assert answers[0]["origin"] == "centre.example"


def test_a_platform_that_stays_away_is_named():
    with pytest.raises(Refused) as refused:
        Connection("http://127.0.0.1:9", patience=0.2).get("/platform")
    assert refused.value.code == "no_answer"
    assert "127.0.0.1:9" in refused.value.sentences["zh"]


def test_a_forged_receipt_is_not_believed(person, sealed):
    bidder.submit(person, sealed)
    kept = json.loads((sealed / "receipt.json").read_text())
    kept["receipt"]["receipt"]["received_at"] = "2026-01-01T00:00:00Z"
    (sealed / "receipt.json").write_text(json.dumps(kept))
    with pytest.raises(CryptoError):
        bidder.submit(person, sealed)


def test_nobody_seals_to_a_committee_that_is_not_what_it_is_called(person, platform):
    answer = person.connection.get(f"/cases/{CASE}/lots/{LOT}/bid")
    answer["committee"] = make_committee()[0].describe()
    with pytest.raises(Refused, match="committee_differs"):
        bidder.SealParameters.of(answer)
    answer = person.connection.get(f"/cases/{CASE}/lots/{LOT}/bid")
    answer["context"]["lot"] = "2"
    with pytest.raises(Refused, match="identity_differs"):
        bidder.SealParameters.of(answer)


def test_another_platform_at_the_same_address_gets_no_signature(person, sealed):
    person.profile.keep(origin="elsewhere.example")
    with pytest.raises(Refused, match="origin_changed"):
        bidder.submit(person, sealed)


def test_a_one_time_code_is_never_used_twice():
    secret = pyotp.random_base32()
    first, step = one_time_code(secret, 0, clock=lambda: 1_000_000.0)
    second, later = one_time_code(secret, step, clock=lambda: 1_000_000.0)
    assert later == step + 1
    assert {first, second} == {pyotp.TOTP(secret).generate_otp(s) for s in (step, later)}


def test_refusals_are_spoken_in_both_languages(capsys):
    @spoken
    def refuse(arguments):
        raise Refused("deadline_passed", "已截止。", "Bids closed.")

    assert refuse(None) == 1
    assert capsys.readouterr().err == "已截止。\nBids closed.\n[deadline_passed]\n"

    @spoken
    def fail(arguments):
        raise CryptoError("key_unreadable")

    assert fail(None) == 1
    zh, en, code = capsys.readouterr().err.splitlines()
    assert code == "[key_unreadable]"
    assert zh != en != "key_unreadable"
