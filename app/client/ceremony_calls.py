"""What an unattended agent says of key ceremonies and resharings: it takes no part in them, and names who has to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.client.acting import Person
from app.client.connection import Refused, refuse
from app.client.holding import read_holding
from app.client.keeping import Keeping


def ceremony_calls(person: Person) -> Iterator[Refused]:
    """A sentence for each ceremony in which this trustee has something to do by hand. Raises Refused."""
    settled: set[str] = set()  # the list begins with the latest: an earlier resharing has been followed by another
    for shown in person.connection.get("/ceremonies"):
        about = {"ceremony": str(shown["ceremony"]), "folder": person.profile.folder}
        if _waits(shown, person.key.key_id):
            yield refuse(
                "ceremony_waits",
                "密钥仪式在等您，本服务不会代为参加。请先用电话核对指纹，然后在这台机器上运行 "
                "tenderhall trustee ceremony {ceremony} --folder {folder} ；新的份额随后自动启用，不必重启本服务。",
                "A key ceremony waits for you, and the agent takes no part in it. Compare fingerprints by telephone, "
                "then run on this machine: tenderhall trustee ceremony {ceremony} --folder {folder} ; the agent then "
                "goes on with the new share by itself.",
                **about,
            )
        elif shown["stage"] == "complete" and shown["committee_id"] not in settled:
            settled.add(shown["committee_id"])
            if not _unfinished(person, shown):
                continue
            yield refuse(
                "ceremony_unfinished_here",
                "密钥仪式已完成，本文件夹尚未收尾。请运行 tenderhall trustee ceremony {ceremony} --folder {folder} ："
                "工具核对全部记录，启用新份额，或销毁已移交的份额。",
                "A key ceremony is complete and this folder has not followed. Run tenderhall trustee ceremony "
                "{ceremony} --folder {folder} : it checks the whole record, and puts the new share to use or destroys "
                "the one that was handed on.",
                **about,
            )


def _waits(shown: Mapping[str, Any], key: str) -> bool:
    """Whether it is this trustee's turn."""
    member, dealer = _index(shown["members"], key), _index(shown["dealers"], key)
    turns = {"join": (member, "joined"), "deal": (dealer, "dealt"), "accept": (member, "accepted")}
    index, done = turns.get(str(shown["stage"]), (0, ""))
    return bool(index) and index not in shown[done]


def _unfinished(person: Person, shown: Mapping[str, Any]) -> bool:
    """Whether a share is not in use here yet, or one that was handed on still lies here."""
    if _index(shown["members"], person.key.key_id):
        return Keeping(person.profile, str(shown["ceremony"]), "").begun
    held = read_holding(person.profile.folder)
    return held is not None and bool(shown["resharing"]) and held.committee.id == shown["committee_id"]


def _index(people: list[dict[str, Any]], key: str) -> int:
    return next((int(one["index"]) for one in people if one["key_id"] == key), 0)
