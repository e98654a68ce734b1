"""`tenderhall trustee …`: shares made for a demonstration, signed by hand, or signed by an unattended agent."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from app.client.acting import Person
from app.client.backup_commands import add_backup
from app.client.ceremony_calls import ceremony_calls
from app.client.ceremony_commands import add_ceremony
from app.client.command_line import CLIENT_COMMANDS, add_command, count
from app.client.connection import Refused, refuse
from app.client.feed import CaseFeed
from app.client.keyfile import Profile, write_json
from app.client.rehearsal import rehearsal_shares, waiting_rehearsals
from app.client.terminal import add_folder, add_person_arguments, agreed, now, passphrase, person_of, spoken
from app.client.trustee import M0_NOTICE, MEMORY, Memory, Share, Trustee, setup_m0
from app.client.verified_case import ListFeed, PlatformSource, Source
from crypto.instants import format_instant
from crypto.notes import COSIGNATURE, VerifierKey

REMEMBERED = ("ShareReleased", "DrawShareReleased", "CapsuleShareReleased")  # not rehearsals, which open nothing
PAUSE = 2  # seconds between looks where no frame comes
REPORTS_EVERY = 60  # seconds between words that it is there, and looks for ceremonies
Announce = Callable[[str, Any], None]


def add_parser(subparsers: Any) -> None:
    """Add `trustee` with its commands; each sets `run`, which takes the parsed arguments and returns the status."""
    commands = add_command(subparsers, "trustee", CLIENT_COMMANDS["trustee"][1]).commands("trustee_command")
    _add_setup(commands)
    sign = add_command(commands, "sign", "逐项确认后签署\nsign what waits, one by one", _sign)
    sign.add_argument("--yes", action="store_true", help="不再询问\ndo not ask")
    _add_witness(sign)
    add_person_arguments(sign)
    add_ceremony(commands)
    add_backup(commands)
    log = add_command(commands, "log", "本机签署过什么\nwhat was signed on this machine", _log)
    add_folder(log)
    agent = add_command(commands, "agent", "无人值守，到时自动签署\nsign unattended whenever it is due", _agent)
    _add_witness(agent)
    add_person_arguments(agent)


def _add_witness(parser: Any) -> None:
    words = "另须此见证方联署（公钥，记住），可多次\nalso ask for this witness (vkey; kept); may be repeated"
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help=words)


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
def _sign(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    _pin_witnesses(person, arguments)
    trustees = Trustee.read_all(person.profile, passphrase())
    acts = ListFeed(person.connection)
    for case in _cases(person):
        feed = CaseFeed(person.connection, case)
        feed.refresh()
        for share in _due(person, trustees, feed, PlatformSource(person.connection, case, acts), _say):
            print(f"{share.type}: {share.about}\n{_witnesses(share)}")
            if arguments.yes or agreed("签署并提交？/ sign and hand in? [y/N] "):
                hand_in(person, case, share)
                _say("signed", share)
    return 0


@spoken
def _log(arguments: argparse.Namespace) -> int:
    signed = list(Memory(arguments.folder / MEMORY).signed)
    for at, what, sha256 in signed:
        print(f"{at}  {what}  {sha256}")
    if not signed:
        print(f"{arguments.folder} 中没有签署过任何内容 / nothing was ever signed in this folder")
    return 0


@spoken
def _agent(arguments: argparse.Namespace) -> int:
    person = _awaited(arguments)
    _pin_witnesses(person, arguments)
    print(f"{now()} 连接平台 / watching: {person.connection.base_url}", flush=True)  # it may not answer for long
    watch(person, Trustee.follow(person.profile, passphrase()), _say)
    return 0


def _awaited(arguments: argparse.Namespace) -> Person:
    """The trustee, as soon as the platform answers: a machine that nobody attends may be up before it."""
    told = False
    while True:
        try:
            return person_of(arguments)
        except Refused as refusal:
            if refusal.code != "no_answer" or not os.environ.get("TENDERHALL_PASSPHRASE"):
                raise
            if not told:
                _say("waiting", refusal)
            told = True
            time.sleep(PAUSE)


def _pin_witnesses(person: Person, arguments: argparse.Namespace) -> None:
    """Keep the witnesses that this trustee asks for beside those of the terms."""
    for text in arguments.witness:
        VerifierKey.parse(text, COSIGNATURE)
    kept = person.profile.facts.get("witnesses", [])
    if added := [text for text in arguments.witness if text not in kept]:
        person.profile.keep(witnesses=[*kept, *added])


def _witnesses(share: Share) -> str:
    if not share.vouched_by:
        return "无见证机构：没有平台以外的一方证明这份记录 / no witness: nobody outside the platform vouches for this"
    return f"见证方已联署 / cosigned by: {', '.join(share.vouched_by)}"


def _say(what: str, about: Any) -> None:
    if isinstance(about, Share):
        about = f"{about.type} {about.about}; {_witnesses(about)}"
    print(f"{now()} {what}: {about}", flush=True)


def _cases(person: Person) -> list[str]:
    """Published cases that may ask for a share, and the rehearsals that ask this trustee."""
    cases: list[str] = person.connection.get("/cases/current")
    return [*cases, *waiting_rehearsals(person)]


def _due(
    person: Person, trustees: Sequence[Trustee], feed: CaseFeed, source: Source, announce: Announce
) -> list[Share]:
    """What waits: of the shares in the folder the one that counts in the case answers."""
    shares: list[Share] = []
    for due in (ask for one in trustees for ask in (partial(one.shares_due, source), partial(rehearsal_shares, one))):
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


def watch(
    person: Person,
    trustees: Callable[[], Sequence[Trustee]],
    announce: Announce,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Sign whatever is due, until `stop`. A broken line or a refusal is announced once and does not end it.

    `trustees` are asked for at each look, so that a resharing needs no new start; a ceremony that waits is announced.
    """
    from app.client.live import LiveChannel  # a second of imports that no other command needs

    channel, acts = LiveChannel(person.connection), ListFeed(person.connection)
    feeds: dict[str, tuple[CaseFeed, Source]] = {}
    told: set[tuple[str, str]] = set()
    asked_at = -float("inf")

    def tell(what: str, about: Any) -> None:
        if (what, str(about)) not in told:
            told.add((what, str(about)))
            announce(what, about)

    while not stop():
        try:
            if time.monotonic() - asked_at >= REPORTS_EVERY:
                asked_at = time.monotonic()
                for call in ceremony_calls(person):
                    tell("ceremony", call)
                # last of these, since a platform that takes no such word hides no ceremony
                person.connection.post("/agent", {"clock": format_instant(datetime.now(UTC))}, repeatable=True)
            for case in _cases(person):
                channel.follow(case)
                fresh = CaseFeed(person.connection, case), PlatformSource(person.connection, case, acts)
                with _announced(case, tell):
                    _sign_what_is_due(person, trustees(), *feeds.setdefault(case, fresh), tell)
        except Refused as refusal:
            tell("refused", refusal)
        channel.wait(PAUSE)
    channel.close()


@contextmanager
def _announced(case: str, announce: Announce) -> Iterator[None]:
    """What one case holds, refused or not to be understood, keeps no other from its share."""
    try:
        yield
    except Refused as refusal:
        announce("refused", refusal)
    except Exception as fault:
        announce("failed", f"{case}: {type(fault).__name__} {getattr(fault, 'code', '')}".rstrip())


def _sign_what_is_due(
    person: Person, trustees: Sequence[Trustee], feed: CaseFeed, source: Source, announce: Announce
) -> None:
    feed.refresh()
    for share in _due(person, trustees, feed, source, announce):
        if not share.vouched_by and share.type in REMEMBERED and person.profile.facts.get("restored_at"):
            announce("refused", _forgotten(share))
            continue
        hand_in(person, feed.case, share)
        announce("signed", share)
        feed.refresh()


def _forgotten(share: Share) -> Refused:
    """Why a restored folder signs this by hand alone: it does not know what it signed, and nobody outside does."""
    return refuse(
        "trustee_restored",
        "本文件夹从备份单恢复，不记得以前签过什么，{about} 又没有见证方联署，不自动签署。"
        "请用 tenderhall trustee sign 逐项核对。",
        "This folder was restored and does not remember what it signed, and no witness vouches for {about}: not signed "
        "unattended. Compare it and use tenderhall trustee sign.",
        about=share.about,
    )
