"""`tenderhall seat …`: a member whose key is on a token, or in a file, asks for its seat and signs the report."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from app.client.acting import Person
from app.client.booth import request_seat, sign_report
from app.client.command_line import CLIENT_COMMANDS, Parser, add_command, existing
from app.client.connection import Connection, Refused
from app.client.keyfile import Profile
from app.client.terminal import add_folder, add_platform_arguments, agreed, passphrase, spoken
from app.client.token import TokenKey, pin_of_token
from crypto.signing import Signer, check_code, fingerprint

REPORT = "report.pdf"
REQUESTED = """席位 / seat {seat}   项目 / case {case}   标包 / lot {lot}
密钥核对码 / check code of the key {code}
密钥指纹 / fingerprint {fingerprint}
请现场见证人核对身份和核对码；核验通过后运行 tenderhall seat sign。
Show this to the witness of the site, who compares the code; then run tenderhall seat sign."""
TO_SIGN = """待签报告已存为 / the report to be signed: {path}
SHA-256 {digest}
请打开核对全文。签名以后不能撤回。
Open and read it. A signature cannot be taken back."""
ASKING = "凭到场代码申请席位，由见证人核验密钥\nask for a seat by the code of a call-up; the witness certifies the key"
LIBRARY = "令牌的 PKCS #11 程序库；否则用文件夹中的密钥文件\nthe token's PKCS #11 library; else the folder's key file"
TOKEN_LABEL = "令牌标签，默认 tenderhall\nlabel of the token, otherwise tenderhall"  # noqa: S105
KEY_LABEL = "密钥标签，默认 tenderhall；没有时新建\nlabel of the key, which is made where there is none"


def add_parser(subparsers: Any) -> None:
    """Add `seat` with its commands; each sets `run`, which takes the parsed arguments and returns the exit status."""
    commands = add_command(subparsers, "seat", CLIENT_COMMANDS["seat"][1]).commands("seat_command")
    parser = add_command(commands, "request", ASKING, _request)
    parser.add_argument("code", help="到场代码\nthe code of the call-up")
    add_platform_arguments(parser)
    _add_key(parser)
    parser = add_command(commands, "sign", "核对后签署评审报告\nread the evaluation report, and sign it", _sign)
    parser.add_argument("--yes", action="store_true", help="不再询问\ndo not ask")
    _add_key(parser)


def _add_key(parser: Parser) -> None:
    parser.add_argument("--token", type=existing, metavar="LIBRARY", help=LIBRARY)
    parser.add_argument("--token-label", default="tenderhall", metavar="LABEL", help=TOKEN_LABEL)
    parser.add_argument("--key-label", default="tenderhall", metavar="LABEL", help=KEY_LABEL)
    add_folder(parser, ".tenderhall-seat")


@contextmanager
def _key(arguments: argparse.Namespace, profile: Profile) -> Iterator[Signer]:
    """The key of the folder, or that of the token until the block ends."""
    if arguments.token is None:
        yield profile.key(passphrase())
        return
    labels = arguments.token_label, arguments.key_label
    with closing(TokenKey(arguments.token, *labels, pin_of_token(getpass.getpass))) as key:
        yield key


@contextmanager
def _member(arguments: argparse.Namespace, profile: Profile) -> Iterator[Person]:
    """Who sits or is to sit there. Raises Refused `profile_incomplete`, and those of the key."""
    facts = profile.facts
    if not facts.get("base_url"):
        zh, en = "请先用 tenderhall seat request --url 申请席位。", "First: tenderhall seat request --url."
        raise Refused("profile_incomplete", zh, en)
    connection = Connection(facts["base_url"], verify=facts.get("ca") or True, token=str(facts.get("token", "")))
    with _key(arguments, profile) as key:
        yield Person(connection, profile, key)


@spoken
def _request(arguments: argparse.Namespace) -> int:
    profile = Profile(arguments.folder)
    said = {"base_url": arguments.url, "ca": arguments.ca}
    profile.keep(**{name: value for name, value in said.items() if value})
    with _member(arguments, profile) as member:
        offer, key = request_seat(member, arguments.code), member.key.key_id
    place = {"case": offer["case_id"], "lot": offer["lot"], "seat": int(offer["seat"])}
    profile.keep(**place, key_id=key)
    print(REQUESTED.format(**place, code=check_code(key), fingerprint=fingerprint(key)))
    return 0


@spoken
def _sign(arguments: argparse.Namespace) -> int:
    with _member(arguments, Profile(arguments.folder)) as member:
        _check_certified(member)
        print(f"已签署 / signed: {_signed(arguments, member)}")
    return 0


def _check_certified(member: Person) -> None:
    """It is the key of the request, and the witness has certified it. Raises Refused `seat_key_other`,
    `seat_not_certified`."""
    if member.profile.facts.get("key_id") != member.key.key_id:
        raise Refused(
            "seat_key_other",
            "这把密钥不是申请席位时的那一把，未签署任何内容。",
            "This is not the key with which the seat was asked for; nothing was signed.",
        )
    if not member.logged_in():
        raise Refused(
            "seat_not_certified",
            "见证人还没有核验这台机器上的密钥，或者席位已经退出。",
            "The witness has not certified this key yet, or the seat has ended.",
        )


def _signed(arguments: argparse.Namespace, member: Person) -> str:
    """The digest of the report, which whoever signs has had before its eyes."""
    facts, path = member.profile.facts, Path(arguments.folder) / REPORT

    def agrees(document: bytes, digest: str) -> bool:
        path.write_bytes(document)
        print(TO_SIGN.format(path=path, digest=digest))
        return arguments.yes or agreed("签署？ / sign it? [y/N] ")

    return sign_report(member, str(facts["case"]), str(facts["lot"]), int(facts["seat"]), agrees)
