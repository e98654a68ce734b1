"""A member signs the report with a key on a token, by `tenderhall seat`: the signature is as any other one."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.client import seat_commands
from app.client.booth import sign_report
from app.client.command_line import Parser
from app.client.connection import Refused
from app.client.keyfile import Profile
from app.client.token import TokenKey
from app.factory import create_app
from app.services import booths, call_ups
from app.services.platform import DIST
from crypto.errors import CryptoError
from crypto.pdf import verify_pdf
from crypto.signing import verify
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services.test_booths import Moving
from tests.app.services.test_signing_statement import Signing
from tests.app.services.whole_case import LOT

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4711"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token of SoftHSM in a folder of this test's own."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed (requirements-token.lock)")
    tool = shutil.which("softhsm2-util")
    if tool is None or not LIBRARY.exists():
        pytest.skip("SoftHSM is not installed: apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    made = [tool, "--init-token", "--free", "--label", "tenderhall", "--pin", PIN, "--so-pin", "0815"]
    subprocess.run(made, check=True, capture_output=True)
    yield LIBRARY
    if before is None:
        os.environ.pop("SOFTHSM2_CONF")
    else:
        os.environ["SOFTHSM2_CONF"] = before


def test_a_key_that_never_leaves_the_token_signs_as_the_key_of_a_file_does(token: Path):
    import pkcs11

    with closing(TokenKey(token, "tenderhall", "a key", PIN)) as key:
        signature = key.sign(b"what is signed")
        assert key._private[pkcs11.Attribute.SENSITIVE]
        assert not key._private[pkcs11.Attribute.EXTRACTABLE]
    assert (len(signature), len(key.spki)) == (64, 91)
    verify(key.spki, b"what is signed", signature)
    with pytest.raises(CryptoError, match="signature_wrong"):
        verify(key.spki, b"something else", signature)
    with closing(TokenKey(token, "tenderhall", "a key", PIN)) as again:
        assert (again.spki, again.key_id) == (key.spki, key.key_id), "found again by its label"
    with closing(TokenKey(token, "tenderhall", "another", PIN)) as other:
        assert other.spki != key.spki


def test_what_is_wrong_with_a_token_is_said_and_nothing_is_signed(token: Path):
    for label, pin in (("nobody's", PIN), ("tenderhall", "0000")):
        with pytest.raises(Refused, match="token_unusable"):
            TokenKey(token, label, "a key", pin)


def test_without_the_program_for_tokens_one_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    with pytest.raises(Refused, match="token_program_missing") as refusal:
        TokenKey(LIBRARY, "tenderhall", "a key", PIN)
    assert "requirements-token.lock" in str(refusal.value)


class Tokens(Signing, Moving):
    pass


@pytest.fixture
def served(tmp_path: Path, token: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Tokens, Profile]]:
    if not (DIST / "fonts").is_dir():
        pytest.skip("the front end is not built")
    (tmp_path / "site").mkdir()
    case = Tokens(tmp_path / "site").until_report()
    app = create_app(case.platform.settings, case.clock)
    app.extensions["tenderhall"] = case.platform
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("TENDERHALL_TOKEN_PIN", PIN)
    profile = Profile(tmp_path / "seat")
    profile.keep(base_url=f"http://127.0.0.1:{server.server_port}")
    yield case, profile
    server.shutdown()


def run(profile: Profile, *words: str) -> int:
    parser = Parser()
    seat_commands.add_parser(parser.commands())
    arguments = parser.parse_args(["seat", *words, "--token", str(LIBRARY), "--folder", str(profile.folder)])
    return int(arguments.run(arguments))


def test_a_member_asks_for_the_seat_with_a_token_and_signs_the_report_with_it(served, capsys):
    case, profile = served
    number = next(n for n in case.members if n not in case.state.settled)
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, case.state.seats[number].person)
    assert run(profile, "request", code) == 0
    assert "密钥核对码" in capsys.readouterr().out
    assert run(profile, "sign", "--yes") == 1
    assert "见证人还没有核验" in capsys.readouterr().err
    witness = case.witness_of(number)
    (row,) = booths.waiting_seats(case.platform, case.people[witness].log_in)
    assert row.key_id == profile.facts["key_id"]
    fact = sitting.BoothChanged(number, row.key_id, row.replaces, case.people[witness].id, "改用令牌", row.booth)
    case.act(witness, fact, attachments={"request": row.request.encode()})
    assert run(profile, "sign", "--key-label", "another", "--yes") == 1
    assert "不是申请席位时的那一把" in capsys.readouterr().err
    assert run(profile, "sign", "--yes") == 0
    assert number in case.state.signed
    assert case.state.stage is Stage.SIGNING
    pdf = case.file("report")
    verdict = verify_pdf(pdf, [case.platform.keys.authority.certificate_pem], case.clock())
    keys = {one.field: one.key_id for one in verdict.signatures}
    assert keys[f"Member{number}"] == row.key_id
    assert (profile.folder / "report.pdf").read_bytes().startswith(b"%PDF")


def test_nothing_is_signed_that_does_not_speak_of_the_document(served, monkeypatch):
    case, _profile = served

    class Platform:
        def post(self, *_asked, **_more):
            import base64

            told = {"to_sign": base64.b64encode(b"0\x00").decode(), "document": base64.b64encode(b"%PDF-1.7").decode()}
            return told | {"report_sha256": "a" * 64, "field": "Member1"}

    class Member:
        connection = Platform()

    with pytest.raises(CryptoError, match="pdf_"):
        sign_report(Member(), case.case_id, LOT, 1)  # type: ignore[arg-type]
