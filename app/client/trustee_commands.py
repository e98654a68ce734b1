"""`tenderhall trustee …`: shares made for a demonstration, signed by hand, or signed by an unattended agent."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from app.casefile.ceremony import Ceremony
from app.client.acting import Person
from app.client.ceremony import take_part, waiting_ceremonies
from app.client.command_line import CLIENT_COMMANDS, add_command, count
from app.client.connection import Refused
from app.client.feed import CaseFeed
from app.client.keyfile import Profile, write_json
from app.client.rehearsal import rehearsal_shares, waiting_rehearsals
from app.client.terminal import add_person_arguments, passphrase, person_of, spoken
from app.client.trustee import M0_NOTICE, Share, Trustee, setup_m0

CEREMONY_WORDS = {
    "CeremonyJoined": "已加入 / joined",
    "DealingGiven": "已向各受托人分发份额 / dealt a share to each",
    "DealingsAccepted": "收到的份额已逐一核对并确认 / checked and accepted every share",
    "ComplaintRaised": "收到的份额有误，已投诉 / a share is wrong: complained",
    "join": "等待加入 / waiting to join: ",
    "deal": "等待分发份额 / waiting to deal: ",
    "accept": "等待确认 / waiting to accept: ",
}
CEREMONY_DONE = """\
密钥仪式完成，您的份额在 {folder}。请把 key.pem、profile.json、committee.json、share.age 离线备份，
口令分开保管：份额丢失无人能补。
Done: your share is in {folder}. Back up key.pem, profile.json, committee.json and share.age offline, and keep the pass
phrase apart: nobody can replace a lost share.
"""
CEREMONY_NONE = """\
现在没有等待您的密钥仪式。您的密钥已认证，请用电话把指纹告知交易中心：
No key ceremony waits for you. Your key is certified; tell the centre its fingerprint by telephone:
{key}"""
PAUSE = 2  # seconds between looks where no frame comes
Announce = Callable[[str, Any], None]


def add_parser(subparsers: Any) -> None:
    """Add `trustee` with its commands; each sets `run`, which takes the parsed arguments and returns the status."""
    commands = add_command(subparsers, "trustee", CLIENT_COMMANDS["trustee"][1]).commands("trustee_command")
    _add_setup(commands)
    sign = add_command(commands, "sign", "逐项确认后签署\nsign what waits, one by one", _sign)
    sign.add_argument("--yes", action="store_true", help="不再询问\ndo not ask")
    add_person_arguments(sign)
    ceremony = add_command(
        commands, "ceremony", "密钥仪式：在本机生成自己的份额\nmake your share, on this machine", _ceremony
    )
    words = "仪式编号（有多个时）\nits number, where several wait"
    ceremony.add_argument("ceremony", nargs="?", default="", help=words)
    ceremony.add_argument("--yes", action="store_true", help="名单已核对，不再询问\nmembers are checked, do not ask")
    add_person_arguments(ceremony)
    agent = add_command(commands, "agent", "无人值守，到时自动签署\nsign unattended whenever it is due", _agent)
    add_person_arguments(agent)


def _add_setup(commands: Any) -> None:
    words = "仅供演示：在本机生成全部份额\ndemonstrations only: make all shares on this machine"
    setup = add_command(commands, "setup-m0", words, _setup)
    setup.add_argument("folders", type=Path, nargs="+", help="受托人文件夹，按顺序\nthe trustees' folders, in order")
    words = "开标所需份额数，默认 3\nshares needed to open, otherwise 3"
    setup.add_argument("--threshold", type=count, default=3, metavar="K", help=words)
    setup.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="公开说明文件\npublic description to write"
    )


@spoken
def _setup(arguments: argparse.Namespace) -> int:
    profiles = [Profile(folder) for folder in arguments.folders]
    committee = setup_m0(profiles, arguments.threshold, passphrase(), os.urandom)
    write_json(arguments.out, committee.describe())
    print(f"{M0_NOTICE}{committee.k} / {committee.n}  {committee.id}\n{arguments.out}")
    return 0


@spoken
def _ceremony(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    wanted = arguments.ceremony or _only_ceremony(person)
    if not wanted:
        print(CEREMONY_NONE.format(key=_fingerprint(person.key.key_id)))
        return 0
    committee = take_part(
        person,
        passphrase(),
        wanted,
        confirm=lambda found: _show_members(found) and (arguments.yes or _agreed()),
        announce=lambda what, names: print(f"{CEREMONY_WORDS[what]}{names}", flush=True),
    )
    print(f"{CEREMONY_DONE.format(folder=person.profile.folder)}{committee.k} / {committee.n}  {committee.id}")
    return 0


def _only_ceremony(person: Person) -> str:
    """The one that waits for this trustee, "" where none does."""
    found = waiting_ceremonies(person)
    if len(found) < 2:
        return "".join(found)
    listed = ", ".join(found)
    zh, en = f"有多个密钥仪式，请写明编号：{listed}", f"Several key ceremonies wait; name one of: {listed}"
    raise Refused("ceremony_several", zh, en)


def _show_members(ceremony: Ceremony) -> bool:
    print(f"密钥仪式 / key ceremony {ceremony.id}\n任意 {ceremony.opened.k} 家可签署，共 {ceremony.n} 家 /", end=" ")
    print(f"any {ceremony.opened.k} of {ceremony.n} can sign")
    for member in ceremony.opened.members:
        print(f"  {member.index}  {member.organisation}\n     {_fingerprint(member.key_id)}")
    return True


def _fingerprint(key: str) -> str:
    return " ".join(key[i : i + 4] for i in range(0, 64, 4))


def _agreed() -> bool:
    question = "请用电话等其他途径逐一核对。名单无误？/ Compare by telephone. Is this list right? [y/N] "
    return input(question).strip().lower() == "y"


@spoken
def _sign(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    trustee = Trustee.read(person.profile, passphrase())
    for case in _cases(person):
        feed = CaseFeed(person.connection, case)
        feed.refresh()
        for share in _due(person, trustee, feed, _say):
            print(f"{share.type}: {share.about}")
            if arguments.yes or input("签署并提交？/ sign and hand in? [y/N] ").strip().lower() == "y":
                hand_in(person, case, share)
                _say("signed", share)
    return 0


@spoken
def _agent(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    watch(person, Trustee.read(person.profile, passphrase()), _say)
    return 0


def _say(what: str, about: Any) -> None:
    if isinstance(about, Share):
        about = f"{about.type} {about.about}"
    print(f"{datetime.now(UTC):%H:%M:%SZ} {what}: {about}", flush=True)


def _cases(person: Person) -> list[str]:
    """Published cases, and the rehearsals that ask this trustee."""
    cases = [str(entry["case_id"]) for entry in person.connection.get("/cases")]
    return [*cases, *waiting_rehearsals(person)]


def _due(person: Person, trustee: Trustee, feed: CaseFeed, announce: Announce) -> list[Share]:
    shares: list[Share] = []
    for due in (trustee.shares_due, partial(rehearsal_shares, trustee)):
        shares += due(
            person.origin,
            feed.case,
            feed.events,
            now=datetime.now(UTC),
            clock_offset=person.connection.clock_offset,
            refuse=lambda refusal: announce("refused", refusal),
        )
    return shares


def hand_in(person: Person, case: str, share: Share) -> None:
    """Have a share recorded as a signed act on its lot."""
    person.act(case, share.lot, share.type, share.payload)


def watch(person: Person, trustee: Trustee, announce: Announce, *, stop: Callable[[], bool] = lambda: False) -> None:
    """Sign whatever is due, until `stop`. A broken line or a refusal is announced once and does not end it."""
    from app.client.live import LiveChannel  # a second of imports that no other command needs

    channel = LiveChannel(person.connection)
    feeds: dict[str, CaseFeed] = {}
    told: set[tuple[str, str]] = set()

    def tell(what: str, about: Any) -> None:
        if (what, str(about)) not in told:
            told.add((what, str(about)))
            announce(what, about)

    while not stop():
        try:
            for case in _cases(person):
                channel.follow(case)
                feed = feeds.setdefault(case, CaseFeed(person.connection, case))
                feed.refresh()
                for share in _due(person, trustee, feed, tell):
                    hand_in(person, case, share)
                    tell("signed", share)
                    feed.refresh()
        except Refused as refusal:
            tell("refused", refusal)
        channel.wait(PAUSE)
    channel.close()
