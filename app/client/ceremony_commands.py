"""`tenderhall trustee ceremony`: make a share, hand one on, take one over, destroy what was handed on."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from app.casefile.ceremony import Ceremony
from app.casefile.register import CeremonyMember
from app.client.acting import Person
from app.client.ceremony import take_part, waiting_ceremonies
from app.client.command_line import add_command
from app.client.connection import Refused
from app.client.handover import handed_on
from app.client.holding import read_holding
from app.client.terminal import add_person_arguments, agreed, passphrase, person_of, spoken
from crypto.signing import fingerprint

CEREMONY_WORDS = {
    "CeremonyJoined": "已加入 / joined",
    "DealingGiven": "已向各受托人分发份额 / dealt a share to each",
    "DealingsAccepted": "收到的份额已逐一核对并确认 / checked and accepted every share",
    "ComplaintRaised": "收到的份额有误，已投诉 / a share is wrong: complained",
    "join": "等待加入 / waiting to join: ",
    "deal": "等待分发份额 / waiting to deal: ",
    "accept": "等待确认 / waiting to accept: ",
}
RESHARING = """\
换届 / resharing {ceremony}
委员会 {committee} 的密钥将交给下列新受托人，公钥不变，进行中的项目照常。
足够多的现任受托人移交之后，任意 {k} 家新受托人合起来就能签署，取消仪式也收不回：请逐一核对新受托人。
The key of committee {committee} is handed on to the new trustees below; it stays the same, and tenders go on.
Once enough trustees have handed on, any {k} of the new ones can sign together, even if the ceremony is cancelled:
check each of them.
"""
CEREMONY_DONE = """\
密钥仪式完成，您的份额在 {folder}。请把 key.pem、profile.json、committee.json、share.age 离线备份，
口令分开保管：份额丢失无人能补。
Done: your share is in {folder}. Back up key.pem, profile.json, committee.json and share.age offline, and keep the pass
phrase apart: nobody can replace a lost share.
"""
HANDED_ON = """\
委员会 {committee} 已换届（仪式 {ceremony}）：本机核对了全部记录，新受托人已逐一确认。
文件夹 {folder} 中的旧份额不再使用。只要 {k} 份旧份额还在，持有者仍能签署，所以必须销毁；备份（含备份单）也请一并销毁。
The committee {committee} has other trustees now (ceremony {ceremony}); the whole record was checked here. The old share
in {folder} is used no more. {k} old shares that are kept can still sign: destroy this one, and every backup of it.
"""
STILL_NEEDED = """\
委员会 {committee} 已换届，但以下项目还在使用旧份额，请保留，稍后再运行本命令：
The committee {committee} has other trustees now, but these cases still rely on the old share. Keep it, run this later:
{cases}
"""
CEREMONY_NONE = """\
现在没有等待您的密钥仪式。您的密钥已认证，请用电话把指纹告知交易中心：
No key ceremony waits for you. Your key is certified; tell the centre its fingerprint by telephone:
{key}"""


def add_ceremony(commands: Any) -> None:
    """Add `ceremony` to the commands of a trustee."""
    ceremony = add_command(
        commands,
        "ceremony",
        "密钥仪式与换届：在本机生成、移交、接收份额\nmake, hand on or take over your share, on this machine",
        _ceremony,
    )
    words = "仪式编号（有多个时）\nits number, where several wait"
    ceremony.add_argument("ceremony", nargs="?", default="", help=words)
    ceremony.add_argument("--yes", action="store_true", help="名单已核对，不再询问\nmembers are checked, do not ask")
    words = "换届后直接销毁旧份额，不再询问\ndestroy a share that was handed on without asking"
    ceremony.add_argument("--destroy", action="store_true", help=words)
    add_person_arguments(ceremony)


@spoken
def _ceremony(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    wanted = arguments.ceremony or _only_ceremony(person)
    if wanted:
        _hold(person, wanted, arguments)
    if not _give_up(person, arguments) and not wanted:
        print(CEREMONY_NONE.format(key=fingerprint(person.key.key_id)))
    return 0


def _hold(person: Person, wanted: str, arguments: argparse.Namespace) -> None:
    committee = take_part(
        person,
        passphrase(),
        wanted,
        confirm=lambda found: _show_members(found) and (arguments.yes or _agreed()),
        announce=lambda what, names: print(f"{CEREMONY_WORDS[what]}{names}", flush=True),
    )
    held = read_holding(person.profile.folder)
    if held is not None and held.committee == committee:
        print(CEREMONY_DONE.format(folder=person.profile.folder), end="")
    print(f"{committee.k} / {committee.n}  {committee.id}", flush=True)


def _give_up(person: Person, arguments: argparse.Namespace) -> bool:
    """Destroy the shares that were handed on, each when the trustee says so; whether there was one."""
    found = handed_on(person)
    for old in found:
        committee, folder = old.holding.committee, old.holding.folder
        if old.needed_by:
            print(STILL_NEEDED.format(committee=committee.id[:16], cases="\n".join(old.needed_by)))
            continue
        print(HANDED_ON.format(committee=committee.id[:16], ceremony=old.ceremony, folder=folder, k=committee.k))
        if arguments.destroy or agreed("销毁？/ destroy it? [y/N] ", "--destroy"):
            old.holding.destroy()
            print("已销毁 / destroyed")
    return bool(found)


def _only_ceremony(person: Person) -> str:
    """The one that waits for this trustee, "" where none does."""
    found = waiting_ceremonies(person)
    if len(found) < 2:
        return "".join(found)
    listed = ", ".join(found)
    zh, en = f"有多个密钥仪式，请写明编号：{listed}", f"Several key ceremonies wait; name one of: {listed}"
    raise Refused("ceremony_several", zh, en)


def _show_members(ceremony: Ceremony) -> bool:
    if ceremony.previous is None:
        print(f"密钥仪式 / key ceremony {ceremony.id}")
    else:
        print(RESHARING.format(ceremony=ceremony.id, committee=ceremony.previous.id[:16], k=ceremony.opened.k))
        _show("现任受托人 / trustees of now", ceremony.dealers)
    words = f"任意 {ceremony.opened.k} 家可签署，共 {ceremony.n} 家"
    _show(f"{words} / any {ceremony.opened.k} of {ceremony.n} can sign", ceremony.opened.members)
    return True


def _show(title: str, people: Iterable[CeremonyMember]) -> None:
    print(title)
    for person in people:
        print(f"  {person.index}  {person.organisation}\n     {fingerprint(person.key_id)}")


def _agreed() -> bool:
    return agreed("请用电话等其他途径逐一核对。名单无误？/ Compare by telephone. Is this list right? [y/N] ")
