"""`tenderhall draw agent`: a party of draws of experts that gives its bytes unattended."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from app.client.command_line import CLIENT_COMMANDS, add_command
from app.client.connection import Refused, refuse
from app.client.draw_agent import party_of, perform, tasks
from app.client.draw_party import DrawParty
from app.client.feed import CaseFeed
from app.client.terminal import add_person_arguments, now, person_of, spoken
from crypto.instants import format_instant

PAUSE = 3  # seconds between looks
# seconds between looks whether it is still logged in, since a case shows no round to whoever is not; then it says that
# it is there
ASKS_EVERY = 60
Announce = Callable[[str, Any], None]
WORDS = {
    "DrawCommitted": "已承诺 / committed",
    "DrawStated": "已锁定名单 / pool stated",
    "DrawRevealed": "已公开 / bytes shown",
    "refused": "未获接受 / refused",
    "failed": "未能办理 / failed",
    "elsewhere": "随机数不在本机，请在作出承诺的地方公开 / bytes not here, show them where they were committed to",
}


def add_parser(subparsers: Any) -> None:
    """Add `draw` with its command; it sets `run`, which takes the parsed arguments and returns the exit status."""
    commands = add_command(subparsers, "draw", CLIENT_COMMANDS["draw"][1]).commands("draw_command")
    words = "无人值守：补抽各轮到时自动承诺、锁定名单（中心）、公开\nunattended: commits, states (centre), reveals"
    agent = add_command(commands, "agent", words, _agent)
    words = "第一轮也由本程序办理，默认只办补抽\nthe first round, too; otherwise further rounds alone"
    agent.add_argument("--all", action="store_true", help=words)
    add_person_arguments(agent)


@spoken
def _agent(arguments: argparse.Namespace) -> int:
    person = person_of(arguments)
    if not (name := party_of(person.connection.get("/me")["roles"])):
        raise refuse(
            "draw_no_party",
            "这个登录名不是抽取的一方：请由代理机构审核人、中心经办人或者监督人员运行。",
            "This log-in is no party of a draw: supervisors of an agency, operators of a centre and inspectors are.",
        )
    print(f"{now()} 连接平台 / watching: {person.connection.base_url}  {name}", flush=True)
    watch(person, DrawParty(person.profile.folder, name), 1 if arguments.all else 2, _say)
    return 0


def _say(what: str, about: Any) -> None:
    print(f"{now()} {WORDS[what]}: {about}", flush=True)


def watch(
    person: Any, party: DrawParty, first_round: int, announce: Announce, *, stop: Callable[[], bool] = lambda: False
) -> None:
    """Give what is due in every case, until `stop`. What is refused, or cannot be done here, is told once and tried
    again; what one case holds keeps no other from its turn.
    """
    feeds: dict[str, CaseFeed] = {}
    told: set[tuple[str, str]] = set()

    def tell(what: str, about: Any) -> None:
        if (what, str(about)) not in told:
            told.add((what, str(about)))
            announce(what, about)

    asked_at = -float("inf")
    while not stop():
        try:
            if time.monotonic() - asked_at >= ASKS_EVERY:
                if not person.logged_in():
                    person.log_in(*_kept(person))
                asked_at = time.monotonic()
                # after it, since a platform that takes no such word keeps no round from its bytes
                person.connection.post("/agent", {"clock": format_instant(datetime.now(UTC))}, repeatable=True)
            for case in person.connection.get("/cases/current"):
                _look(person, party, feeds.setdefault(case, CaseFeed(person.connection, case)), first_round, tell)
        except Refused as refusal:
            tell("refused", refusal)
        time.sleep(PAUSE)


def _kept(person: Any) -> tuple[str, ...]:
    """Nothing where the folder holds what a log-in needs. Raises Refused `draw_logged_out`."""
    if person.profile.facts.get("password") and person.profile.facts.get("totp_secret"):
        return ()
    raise refuse(
        "draw_logged_out",
        "登录已结束，本文件夹没有保存密码和动态码密钥。请在终端重新运行本程序并登录。",
        "The log-in has ended, and this folder keeps neither password nor the secret of one-time codes. Start the "
        "program again at a terminal and log in.",
    )


def _look(person: Any, party: DrawParty, feed: CaseFeed, first_round: int, tell: Announce) -> None:
    try:
        feed.refresh()
        for due in tasks(feed.events, party.party, first_round):
            perform(person, party, feed.case, feed.events, due)
            tell(due.task.value, f"{feed.case}/{due.lot} #{due.round}")
    except Refused as refusal:
        tell("refused", f"{feed.case}: {refusal}")
    except FileNotFoundError:  # committed in a browser, or on another machine: shown there, or opened by the trustees
        tell("elsewhere", feed.case)
    except Exception as fault:  # what one case holds and nobody can read ends no agent, as with trustees'
        tell("failed", f"{feed.case}: {type(fault).__name__} {getattr(fault, 'code', '')}".rstrip())
