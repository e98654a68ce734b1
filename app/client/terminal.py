"""What the command-line programs share: whose folder it is, pass phrases, refusals in both languages."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path

from app.client.acting import Person
from app.client.command_line import expect_no_reader
from app.client.connection import Connection, Refused, refuse
from app.client.keyfile import Profile
from app.messages import clock_time, sentence
from crypto.errors import CryptoError
from crypto.instants import parse_instant

Command = Callable[[argparse.Namespace], int]


def add_person_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options that say who acts, and where."""
    add_platform_arguments(parser)
    words = "改记平台现在公布的见证方（先电话核对）\npin the witnesses named now (compare first)"
    parser.add_argument("--adopt-witnesses", action="store_true", help=words)
    parser.add_argument("--login", help="登录名（首次使用后记住）\nlog-in (kept after the first use)")
    add_folder(parser)
    return parser


def add_platform_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say which platform is spoken to."""
    parser.add_argument("--url", help="平台网址（首次使用后记住）\naddress of the platform (kept after the first use)")
    words = "平台 TLS 证书文件（局域网平台）\ncertificate file of a platform on the LAN"
    parser.add_argument("--ca", metavar="FILE", help=words)


def add_folder(parser: argparse.ArgumentParser, name: str = ".tenderhall") -> None:
    """The folder of whoever runs the command; `name` is the one in the home folder."""
    words = f"本人文件夹，默认 ~/{name}\nyour own folder, otherwise ~/{name}"
    parser.add_argument("--folder", type=Path, default=Path.home() / name, help=words)


def now() -> str:
    """This machine's time, for a line of a running report."""
    return local(datetime.now(UTC).replace(microsecond=0))


def local(at: datetime | str) -> str:
    """An instant, or one as the platform writes it, on the clocks of the centre and with their zone."""
    instant = parse_instant(at) if isinstance(at, str) else at
    return f"{clock_time(instant)} UTC+8"


def passphrase(prompt: str = "密钥口令 / passphrase of the key: ") -> str:
    """From TENDERHALL_PASSPHRASE, else asked for."""
    return os.environ.get("TENDERHALL_PASSPHRASE") or getpass.getpass(prompt)


def person_of(arguments: argparse.Namespace) -> Person:
    """The person of the folder, logged in and with a certified key. Raises Refused, CryptoError `key_unreadable`."""
    profile = Profile(arguments.folder)
    _check_owner(profile, arguments.login)
    said = {"base_url": arguments.url, "login": arguments.login, "ca": arguments.ca}
    profile.keep(**{name: value for name, value in said.items() if value})
    facts = profile.facts
    if not facts.get("base_url") or not facts.get("login"):
        raise Refused(
            "profile_incomplete",
            "请用 --url 与 --login 指明平台和登录名（以后会记住）。",
            "Say --url and --login once; they are kept.",
        )
    connection = Connection(facts["base_url"], verify=facts.get("ca") or True, token=str(facts.get("token", "")))
    person = Person(connection, profile, profile.key(passphrase()))
    if not facts.get("password") and not person.logged_in():
        person.log_in(getpass.getpass("密码 / password: "), input("动态码 / one-time code: "))
    person.certify()
    _ = person.roots
    register = person.pin_register() if arguments.adopt_witnesses else person.register
    if arguments.adopt_witnesses:
        print(f"见证方 / witnesses: {register.quorum} / {len(register.witnesses)}", *register.witnesses, sep="\n")
    return person


def _check_owner(profile: Profile, login: str | None) -> None:
    """A folder whose person has logged in is nobody else's: what is done in it is signed with that person's key.

    Raises Refused `folder_of_another`.
    """
    owner = profile.facts.get("login")
    if login and owner and login != owner and profile.facts.get("token"):
        raise refuse(
            "folder_of_another",
            "文件夹 {folder} 属于登录名 {owner}，不是 {login}。未作任何操作；请用 --folder 指明 {login} 的文件夹，"
            "没有的给出一个新的。",
            "The folder {folder} belongs to the log-in {owner}, not to {login}. Nothing was done; name the folder of "
            "{login} with --folder, or a new one.",
            folder=profile.folder,
            owner=owner,
            login=login,
        )


def agreed(question: str, option: str = "--yes") -> bool:
    """Whether somebody at the terminal says yes; where there is none nobody did, and `option` would have."""
    try:
        return input(question).strip().lower() == "y"
    except EOFError:
        print(f"\n没有终端可以询问，未执行；无人值守请加 {option} / no terminal to ask at: not done, {option} says yes")
        return False


def spoken(command: Command) -> Command:
    """A command whose refusals become sentences on standard error and exit status 1."""

    @wraps(command)
    def run(arguments: argparse.Namespace) -> int:
        try:
            status = command(arguments)
            sys.stdout.flush()  # here, where a reader that has gone is expected, and not at the exit
            return status
        except Refused as refusal:
            print(f"{refusal.sentences['zh']}\n{refusal.sentences['en']}\n[{refusal.code}]", file=sys.stderr)
        except CryptoError as refusal:
            words = [sentence(refusal.code, refusal.facts, language) for language in ("zh", "en")]
            print("\n".join([*words, f"[{refusal.code}]"]), file=sys.stderr)
        except FileNotFoundError as missing:
            print(f"找不到文件 / no such file: {missing.filename}", file=sys.stderr)
        except BrokenPipeError:
            expect_no_reader()
        except OSError as failure:
            print(f"无法使用 / cannot use {failure.filename}: {failure.strerror}", file=sys.stderr)
        except EOFError:
            print("这里无法询问口令，请在终端运行，或设置 TENDERHALL_PASSPHRASE。", file=sys.stderr)
            print("A pass phrase is needed: run this at a terminal, or set TENDERHALL_PASSPHRASE.", file=sys.stderr)
        return 1

    return run
