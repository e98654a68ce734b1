"""The director: starts the site and the actors, shows what happens, and compares the outcome with the published one.

Nobody here touches the database, and nobody speaks for an actor: the director only starts processes, hands the first
two invitations over, has the trustees' shares made (mode M0) and starts a booth for whoever is called up by mail.
"""

from __future__ import annotations

import argparse
import os
import queue
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.client.command_line import Parser, port
from app.client.keyfile import Profile, read_json, write_json
from demo.actors.member import code_in
from demo.case import DemoCase
from demo.company import MIRROR, Company, Step, make_witness, rehearse, stop_when_told
from demo.narrator import SENTENCES, Narrator, add_language, table
from demo.outcome import Outcome
from demo.site import CLI, PARTS, ROOT, Site, free_port

TRUSTEES = tuple(f"trustee-{i}" for i in range(1, 6))
THRESHOLD = 3
CAST = (
    "admin",
    "operator",
    "officer",
    "supervisor",
    "regulator",
    *TRUSTEES,
    "bidder-a",
    "bidder-b",
    "bidder-c",
    "witness-host",
    "witness-sub",
)
WORDS = """\
演示一个真实案例，从公告到签章报告：启动站点与各方（各为独立进程，各有密钥，只用公开接口），
逐步显示，结束时与公布结果逐项核对，全部一致才以 0 退出。
Play one real case from notice to signed report. The site and every party run as processes with keys of
their own and use public interfaces only. Each step is shown; the exit status is 0 only if every published
figure came out."""
SUB_SITE = "@sub."
LONGEST_PLAY = 400  # seconds
SHORTEST_BIDDING, LONGEST_BIDDING = 16, 60  # seconds from the tender's submission to the deadline
LOOK_EVERY = 0.2  # seconds


class PlayFailed(Exception):
    """The play could not be brought to its end; the message says who fell and where to look."""


def set_pace(desk: Path, seconds: float) -> None:
    """A machine that took `seconds` to start is as slow to bid: nobody should miss the deadline for that."""
    bidding = max(SHORTEST_BIDDING, min(round(seconds), LONGEST_BIDDING))
    write_json(desk / "pace.json", {"bidding_seconds": bidding})


class Director:
    """Brings one play on its way; `run` returns what the regulator took home."""

    def __init__(self, company: Company, case: DemoCase, narrator: Narrator, kills: Sequence[str] = ()) -> None:
        self.company, self.case, self.narrator = company, case, narrator
        parts = (kill.partition("@") for kill in kills)
        self._kills = {step: part for part, _, step in parts}
        self._ready: set[str] = set()
        self._called: set[str] = set()
        self._declined = False
        self._since = time.time() - 1  # files tell when they were written by a coarser clock

    def run(self) -> dict[str, Any]:
        """Found a site, start it, and play on it with everybody."""
        site = self.company.site
        for login, code in site.found(self.case).items():
            write_json(self.company.desk / f"slip-{login}.json", {"invitation": code})
        site.start()
        self.narrator.step("site", "site_founded", {"url": site.base_url})
        set_pace(self.company.desk, self.narrator.seconds)
        return self.play(CAST)

    def play(self, cast: Sequence[str]) -> dict[str, Any]:
        """Send the cast on stage and follow the play to its end. Raises PlayFailed."""
        for role in (*cast, *([MIRROR] if self.company.folder_of(MIRROR).exists() else [])):
            self.company.start(role)
        give_up_at = time.monotonic() + LONGEST_PLAY
        while (taken := read_json(self.company.desk / "result.json")) is None or not self._quiet():
            self._look()
            if time.monotonic() > give_up_at:
                raise PlayFailed(f"{LONGEST_PLAY} s: {self.company.folder}")
        return dict(taken)

    def _quiet(self) -> bool:
        return self.company.steps.empty() and self.company.gone("regulator")

    def _look(self) -> None:
        with suppress(queue.Empty):
            self._show(self.company.steps.get(timeout=LOOK_EVERY))
        self._start_called()
        if fallen := self.company.fallen():
            logs = ", ".join(str(self.company.folder_of(role) / "actor.log") for role in fallen)
            raise PlayFailed(f"{', '.join(fallen)}: {logs}")

    def _show(self, step: Step) -> None:
        self.narrator.step(step.actor, step.step, step.facts)
        if part := self._kills.pop(step.step, ""):
            self.company.site.kill(part)
            self.narrator.step("site", "killed", {"part": part})
        if step.step == "trustee_ready":
            self._ready.add(step.actor)
            if self._ready == set(TRUSTEES) and not (self.company.desk / "committee.json").exists():
                self._make_shares()

    def _make_shares(self) -> None:
        self.company.hold_ceremony(TRUSTEES, THRESHOLD)
        self.narrator.step("site", "committee_made", {"k": THRESHOLD, "n": len(TRUSTEES)})

    def _start_called(self) -> None:
        """Whoever finds a message in the own mailbox goes to a booth; the first of the sub-site has no time."""
        if not self.company.site.mail.is_dir():
            return
        for mailbox in sorted(self.company.site.mail.iterdir()):
            if mailbox.name in self._called or not code_in(mailbox, self._since):
                continue
            self._called.add(mailbox.name)
            declines = SUB_SITE in mailbox.name and not self._declined
            self._declined = self._declined or declines
            self.company.start(f"member-{len(self._called)}", mailbox, self._since, declines=declines)


def show_outcome(outcome: Outcome, narrator: Narrator) -> None:
    """The published tables, the monthly line, and where everything is."""
    narrator.say("\n开标一览表", "Opening board")
    print(outcome.opening_table(narrator))
    narrator.say("\n评分汇总表", "Score table")
    print(outcome.score_table(narrator))
    figures = {"budget": outcome.budget, "award": outcome.award, "saved": outcome.saved, "percent": outcome.percent}
    month = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m")
    narrator.say(
        "\n{month} 预算 {budget:,.2f} 元，成交 {award:,.2f} 元，节约 {saved:,.2f} 元 = {percent} %".format(
            month=month, **figures
        ),
        "\n{month} budget {budget:,.2f}, award {award:,.2f}, saved {saved:,.2f} yuan = {percent} %".format(
            month=month, **figures
        ),
    )


def check_evidence(taken: dict[str, Any], narrator: Narrator) -> bool:
    """Have the exported case re-checked offline by another program; whether nothing failed."""
    command = [*CLI, "verify", taken["evidence"], "--roots", taken["roots"]]
    command += ["--lang", narrator.language] if narrator.language != "both" else []
    checked = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    summary = checked.stdout.strip().rpartition("\n")[2]
    narrator.say("\n证据包离线复核", "Evidence re-checked offline:", summary)
    if checked.returncode:
        print(checked.stdout)
    return checked.returncode == 0


def show_places(outcome: Outcome, company: Company, narrator: Narrator, *, keep: bool) -> None:
    files = outcome.taken["files"]
    narrator.say("\n评标报告（五席签名、中心盖章）", "Report, signed by five seats and sealed:", files["report"])
    narrator.say("开标记录", "Opening record:", files["record"])
    narrator.say("证据包", "Evidence bundle:", outcome.taken["evidence"])
    narrator.say("再次复核：", "Check it again with:")
    print(f"  ./tenderhall verify --roots {outcome.taken['roots']} {outcome.taken['evidence']}")
    if keep:
        narrator.say(
            "\n站点仍在运行（Ctrl-C 停止）", "The site goes on (Ctrl-C stops it):", f"{company.site.base_url}/"
        )
        print(log_ins(company))
        command = f"./tenderhall demo --codes --folder {shlex.quote(str(company.folder))}"
        narrator.say("动态码约一分钟内有效，重新列出", "Codes are good for a minute; for fresh ones:", command)
        narrator.say("评审专家没有网站登录名，只在评标终端就座。", "experts have no log-in, only seats at a booth")
    else:
        narrator.say("\n再次打开本站点", "To open this site again:", f"{company.site.base_url}/")
        print(f"  {company.site.command_to_open}")


def log_ins(company: Company) -> str:
    """Everybody who can log in, with a password and a one-time code that is good now."""
    rows = []
    for role in (*CAST,):
        facts = Profile(company.folder_of(role)).facts
        code = Profile(company.folder_of(role)).next_code()
        rows.append([role, facts["login"], facts["password"], code])
    return table(["角色 Role", "登录名 Log-in", "密码 Password", "动态码 Code"], rows)


def kill(text: str) -> str:
    """PART@STEP of an exercise. Raises ValueError."""
    part, _, step = text.partition("@")
    if part not in PARTS or step not in SENTENCES:
        raise ValueError(text)
    return text


def setting(text: str) -> tuple[str, str]:
    """NAME=VALUE. Raises ValueError."""
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise ValueError(text)
    return name, value


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = Parser(WORDS, prog="tenderhall demo")
    add_language(parser)
    parser.add_argument("--keep", action="store_true", help="结束后保留站点运行\nleave the site running")
    text = "列出 --folder 中演示的登录名和新动态码\nlist log-ins and fresh codes of the play in --folder"
    parser.add_argument("--codes", action="store_true", help=text)
    parser.add_argument("--port", type=port, default=0, help="端口，默认任选空闲的\nport, otherwise a free one")
    text = "演练：在某步强行终止 web 或 worker，可多次\nkill -9 web or worker at a step; may be repeated"
    parser.add_argument("--kill", type=kill, action="append", default=[], metavar="PART@STEP", help=text)
    text = "平台设置，如 DATABASE_URL=…，可多次\na setting of the site; may be repeated"
    parser.add_argument("--set", type=setting, action="append", default=[], metavar="NAME=VALUE", help=text)
    parser.add_argument("--folder", type=Path, help="新文件夹，默认 var/demo-…\nfresh folder, otherwise var/demo-…")
    return parser.parse_args(words)


def main() -> int:
    os.umask(0o077)
    arguments = read_arguments()
    stamp = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%Y%m%d-%H%M%S")
    folder = (arguments.folder or ROOT / "var" / f"demo-{stamp}").resolve()
    case, narrator = DemoCase.read(), Narrator(arguments.lang)
    if arguments.codes:
        return show_codes(folder, narrator)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        narrator.say("文件夹已存在，请另选一个：", "This folder exists; choose another:", folder)
        return 1
    rehearse()
    settings = {"WITNESSES": make_witness(folder), **dict(arguments.set)}
    company = Company(Site(folder / "site", arguments.port or free_port(), settings), folder)
    stop_when_told()
    try:
        outcome = Outcome(case, Director(company, case, narrator, arguments.kill).run())
        show_outcome(outcome, narrator)
        sound = check_evidence(outcome.taken, narrator)
        show_places(outcome, company, narrator, keep=arguments.keep)
        return finish(outcome, company, narrator, keep=arguments.keep) if sound else 1
    except (PlayFailed, RuntimeError) as exc:
        narrator.say("演示未完成：", "The demonstration failed:", exc)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        company.leave()


def show_codes(folder: Path, narrator: Narrator) -> int:
    """Fresh one-time codes for a play that goes on with `--keep`, or was opened again."""
    company = Company(Site(folder / "site", free_port(), {}), folder)
    try:
        print(log_ins(company))
    except (OSError, KeyError):
        narrator.say("这里没有演示，请用 --folder 指明：", "There is no play here; name it with --folder:", folder)
        return 1
    return 0


def finish(outcome: Outcome, company: Company, narrator: Narrator, *, keep: bool) -> int:
    """0 exactly when every published figure came out; with `keep`, not before the site is stopped."""
    differences = outcome.differences()
    for difference in differences:
        print(f"FAIL {difference}")
    if not differences:
        narrator.say(
            "\n与公布结果一致，用时（秒）", "The outcome is the published one, after (s):", f"{narrator.seconds:.1f}"
        )
    sys.stdout.flush()
    if keep:
        company.go_home()
        with suppress(KeyboardInterrupt):  # how whoever has seen enough stops the site
            while company.site.running:
                time.sleep(LOOK_EVERY)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
