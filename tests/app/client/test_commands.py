"""The command line of bidders and trustees."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pyotp
import pytest
from small_platform import CASE, SmallPlatform, make_committee, serving

from app.casefile.inclusion import inclusion_of
from app.casefile.sealing import submissions_root
from app.client import bid_commands, bidder, trustee_commands
from app.client.command_line import Parser
from app.client.draw_party import DrawParty
from app.client.keyfile import Profile
from app.procedure.opening import LotClosed, Opening
from crypto.bls import point_bytes
from crypto.committee import Committee, combine, identity, open_capsule, sign_share
from evaluation.draw import commitment, reveal_statement


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """Runs a command line as a person with a folder of its own."""
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", "a long passphrase")
    parser = Parser()
    commands = parser.commands()
    bid_commands.add_parser(commands)
    trustee_commands.add_parser(commands)

    def run(*words: str) -> int:
        arguments = parser.parse_args([str(word) for word in words])
        return arguments.run(arguments)

    return run


def test_a_bid_from_seal_to_an_offline_check(tool, tmp_path, capsys, monkeypatch):
    # The small platform has no terms that somebody signed: tests/app/client/test_checked_terms.py has.
    unchecked = lambda person, case, lot, **_: bidder.fetch_parameters(person.connection, case, lot)  # noqa: E731
    monkeypatch.setattr(bid_commands, "checked_parameters", unchecked)
    folder, out = tmp_path / "me", tmp_path / "bid"
    Profile(folder).keep(password="p" * 10, totp_secret=pyotp.random_base32())
    (tmp_path / "offer.pdf").write_bytes(b"%PDF-1.7 ...")
    person = ("--folder", folder)
    platform = SmallPlatform(make_committee()[0])
    with serving(platform) as url:
        items = ("--price", "1,566,000.00", "--days", "45", "--manager", "演示经理", "--out", out)
        sealing = ("bid", "seal", CASE, tmp_path / "offer.pdf", *items, "--url", url, "--login", "a", *person)
        (tmp_path / "方案.docx").write_bytes(b"PK")
        elsewhere = (*sealing[:3], tmp_path / "方案.docx", *sealing[3:], "--out", tmp_path / "unseen")
        assert tool(*elsewhere) == 0
        assert "no seat can show 方案.docx" in capsys.readouterr().out
        assert tool(*sealing, "--words", "壹佰伍拾六万元整") == 1
        assert "壹佰伍拾陆万陆仟元整" in capsys.readouterr().err
        assert not out.exists()
        assert tool(*sealing, "--words", "人民币壹佰伍拾陆万陆仟圆") == 0
        said = capsys.readouterr().out
        assert "NOT SUBMITTED" in said
        assert "¥1,566,000.00   壹佰伍拾陆万陆仟元整" in said
        assert "no seat can show" not in said
        assert tool("bid", "verify-receipt", out, *person) == 1
        assert tool("bid", "submit", out, *person) == 0
        said = capsys.readouterr().out
        assert said.index("NOT SUBMITTED") < said.index("已提交 / SUBMITTED")
        assert "replaced" not in said
        assert tool("bid", "submit", tmp_path / "unseen", *person) == 0
        assert "a bid of yours stands (receipt r0)" in capsys.readouterr().out
        assert tool("bid", "submit", out, *person) == 1, "taken once, and replaced since"
        told = capsys.readouterr()
        assert "已提交" not in told.out
        assert "bid_not_standing" in told.err
        assert "r1" in told.err
        assert tool("bid", "status", CASE, *person) == 0
        said = capsys.readouterr().out
        assert "r1" in said
        assert "2030-01-01 08:00:00 UTC+8" in said
        platform.paused = True
        assert tool("bid", "status", CASE, *person) == 0
        assert "已暂停，恢复时另行通知 / PAUSED until further notice" in capsys.readouterr().out
    assert tool("bid", "verify-receipt", out, *person) == 0
    receipt_id = json.loads((out / "receipt.json").read_text())["receipt"]["receipt"]["receipt_id"]
    standing = [(receipt_id, json.loads((out / "submission.json").read_text())), ("zz", {})]
    closed = LotClosed(datetime(2030, 1, 1, tzinfo=UTC), submissions_root(standing), True)
    proof = inclusion_of(Opening(closed=closed, failed="too_few_valid"), standing, receipt_id)
    (out / "inclusion.json").write_text(json.dumps(proof))
    assert tool("bid", "verify-receipt", out, *person) == 0
    assert submissions_root(standing) in capsys.readouterr().out
    (out / "inclusion.json").write_text(json.dumps({**proof, "index": 1 - proof["index"]}))
    assert tool("bid", "verify-receipt", out, *person) == 1
    receipt = json.loads((out / "receipt.json").read_text())
    receipt["receipt"]["receipt"]["bid_size"] += 1
    (out / "receipt.json").write_text(json.dumps(receipt))
    assert tool("bid", "verify-receipt", out, *person) == 1


def test_the_brand_of_a_core_product_is_asked_for_where_one_is_named(tool, tmp_path, capsys, monkeypatch):
    products = {"1": "空调机", "2": ""}
    named = lambda person, case, lot, **_: replace(  # noqa: E731
        bidder.fetch_parameters(person.connection, case, lot), core_product=products[lot]
    )
    monkeypatch.setattr(bid_commands, "checked_parameters", named)
    folder, out = tmp_path / "me", tmp_path / "bid"
    Profile(folder).keep(password="p" * 10, totp_secret=pyotp.random_base32())
    (tmp_path / "offer.pdf").write_bytes(b"%PDF-1.7 ...")
    with serving(SmallPlatform(make_committee()[0])) as url:
        items = ("--price", "1566000.00", "--days", "45", "--manager", "演示经理", "--out", out, "--folder", folder)
        sealing = ("bid", "seal", CASE, tmp_path / "offer.pdf", *items, "--url", url, "--login", "a")
        assert tool(*sealing) == 1
        assert "空调机" in capsys.readouterr().err
        assert not out.exists()
        assert tool(*sealing, "--brand", "海\n尔") == 1
        assert "core_brand" in capsys.readouterr().err
        assert tool(*sealing, "--brand", "海尔") == 0
        assert tool(*sealing, "--brand", "海尔", "--lot", "2") == 1


@pytest.mark.parametrize(
    "price",
    ["0", "0.00", "-1", "1.005", "abc", "1e9999", "1e6", "NaN", "12,34", "1,9,9,9", "1,566,00", "1_000", "１２"],
)
def test_what_is_no_price_is_refused_before_anything_happens(tool, tmp_path, price, capsys):
    words = ("--days", "1", "--manager", "x", "--out", tmp_path / "out")
    with pytest.raises(SystemExit):
        tool("bid", "seal", CASE, tmp_path, f"--price={price}", *words)
    assert "price" in capsys.readouterr().err


def test_of_a_bid_that_was_sealed_nothing_is_written_over(tool, tmp_path, capsys, monkeypatch):
    unchecked = lambda person, case, lot, **_: bidder.fetch_parameters(person.connection, case, lot)  # noqa: E731
    monkeypatch.setattr(bid_commands, "checked_parameters", unchecked)
    folder, out, offer = tmp_path / "me", tmp_path / "bid", tmp_path / "offer.pdf"
    Profile(folder).keep(password="p" * 10, totp_secret=pyotp.random_base32())
    offer.write_bytes(b"%PDF-1.7 ...")
    with serving(SmallPlatform(make_committee()[0])) as url:
        items = ("--price", "1566000", "--days", "45", "--manager", "演示经理", "--out", out)
        sealing = ("bid", "seal", CASE, offer, *items, "--url", url, "--login", "a", "--folder", folder)
        assert tool(*sealing) == 0
        assert tool("bid", "submit", out, "--folder", folder) == 0
        kept = {path.name: path.read_bytes() for path in out.iterdir()}
        assert {"identity.txt", "bid.age", "receipt.json"} < set(kept)
        capsys.readouterr()
        assert tool(*sealing) == 1
        assert "bid_folder_taken" in capsys.readouterr().err
        assert {path.name: path.read_bytes() for path in out.iterdir()} == kept
        assert tool(*sealing[:-3], "b", "--folder", folder, "--out", tmp_path / "other") == 1
        assert "folder_of_another" in capsys.readouterr().err
        assert Profile(folder).facts["login"] == "a"
        (tmp_path / "empty").mkdir()
        assert tool("bid", "submit", tmp_path / "empty", "--folder", folder) == 1
        assert "bid_folder_wrong" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{{", "file_unreadable"),
        (b"\xff\xfe", "file_unreadable"),
        (b"[" * 100_000, "file_unreadable"),
        (b"[1]", "receipt_malformed"),
        (b'{"receipt": 5, "platform_certificate": ""}', "receipt_malformed"),
        (b'{"receipt": {}, "platform_certificate": 5}', "receipt_malformed"),
        (b'{"receipt": {}, "platform_certificate": ""}', "receipt_malformed"),
    ],
)
def test_what_is_no_receipt_is_said_in_words(tool, tmp_path, capsys, text, code):
    (tmp_path / "receipt.json").write_bytes(text)
    (tmp_path / "root.pem").write_text("x")
    words = ("bid", "verify-receipt", tmp_path / "receipt.json", "--folder", tmp_path / "new")
    assert tool(*words, "--authority", tmp_path / "root.pem") == 1
    assert f"[{code}]" in capsys.readouterr().err


def test_who_never_met_the_platform_is_told_where_its_certificate_is(tool, tmp_path, capsys):
    (tmp_path / "receipt.json").write_text("{}")
    assert tool("bid", "verify-receipt", tmp_path / "receipt.json", "--folder", tmp_path / "new") == 1
    told = capsys.readouterr().err
    assert "authority_unknown" in told
    assert "--authority" in told


def test_without_an_address_the_next_step_is_said(tool, tmp_path, capsys):
    assert tool("bid", "status", CASE, "--folder", tmp_path / "new") == 1
    assert "--url" in capsys.readouterr().err


def test_a_committee_for_demonstrations_says_that_it_is_one(tool, tmp_path, capsys):
    folders = [tmp_path / str(i) for i in range(3)]
    for folder in folders:
        Profile(folder).key("a long passphrase")
        Profile(folder).keep(organisation=f"org {folder.name}")
    assert tool("trustee", "setup-m0", *folders, "--threshold", "2", "--out", tmp_path / "committee.json") == 0
    assert "仅供演示" in capsys.readouterr().out
    described = Committee.from_description(json.loads((tmp_path / "committee.json").read_text()))
    assert (described.k, described.n, described.mode) == (2, 3, "M0")
    assert point_bytes(described.public_key).hex() == described.commitments[0]


def test_a_folder_in_which_nothing_was_signed_says_so(tool, tmp_path, capsys):
    assert tool("trustee", "log", "--folder", tmp_path / "new") == 0
    assert "nothing was ever signed" in capsys.readouterr().out


def test_a_silent_party_is_revealed_by_the_trustees(tmp_path):
    committee, secrets = make_committee()
    party = DrawParty(tmp_path, "centre")
    committed = party.make_commitment(committee, "d" * 64, 1, os.urandom)
    again = party.make_commitment(committee, "d" * 64, 1, os.urandom)
    assert again.commitment == committed.commitment, "after a crash the same bytes are committed to"
    revealed = bytes.fromhex(party.reveal("d" * 64, 1).value_hex)
    assert commitment("d" * 64, "centre", revealed) == committed.commitment
    ident = identity("draw-reveal", reveal_statement("d" * 64, 1))
    release = combine(committee, ident, {i: sign_share(secrets[i], ident) for i in (2, 3, 4)})
    capsule = base64.b64decode(committed.capsule_b64)
    assert open_capsule(committee, ident, release.signature, capsule) == revealed


def test_a_reader_that_has_gone_is_told_nothing():
    """As behind `| head`: no words about a pipe on the screen."""
    lines = "spoken(lambda _: [print('line') for _ in range(10**5)] and 0)"
    talk = f"import sys; from app.client.terminal import spoken; sys.exit({lines}(0))"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    program = subprocess.Popen([sys.executable, "-c", talk], env=buffered, **pipes)
    assert program.stdout is not None
    assert program.stdout.readline() == b"line\n"
    program.stdout.close()
    assert program.stderr is not None
    assert program.stderr.read() == b""
    assert program.wait() == 1
