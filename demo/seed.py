"""Fill the site of TENDERHALL_HOME with a demonstration to browse: people of every role, cases at different stages.

Everything goes through the site's public doors, as in the play: whoever could do it in a browser has done it here with
the own key. Interrupted, it is run again: people are completed, a case that was under way stays as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from app.client.command_line import Parser
from app.client.connection import Refused
from app.client.keyfile import read_json, write_json
from app.config import BadSettings, Settings
from demo.case import DemoCase
from demo.company import Company, rehearse, stop_when_told
from demo.narrator import Narrator, add_language
from demo.play import CAST, TRUSTEES, Director, PlayFailed
from demo.seeding.evaluation import SEATS_FILE
from demo.seeding.inspections import Year
from demo.seeding.log_ins import log_in_table, read_people, seat_table
from demo.seeding.scenes import STAGES, Scene, scenes
from demo.seeding.troupe import Troupe
from demo.site import Site
from demo.stage import PASSPHRASE, StageFright

FINISHED, INSPECTION = "finished", "inspection"
FIRST_TWO = ("admin", "operator")
STAGE_NAMES = {
    FINISHED: ("已完成，报告已签章", "finished: report signed and sealed", "/cases/{case}"),
    "open": ("投标中，有一问一答", "open for bids, a question answered", "/cases/{case}"),
    "waiting": ("待审核人发布（审核人登录）", "waits for release by the supervisor", "/agency/cases/{case}/release"),
    "draft": ("编制中（经办人登录）", "a draft (as the officer)", "/agency/cases/{case}/draft/basics"),
    "failed": ("流标：投标人不足三家", "failed: fewer than three bids", "/cases/{case}"),
    "opened": ("开标结束，待资格审查与抽取专家", "opened; qualification and draw to do", "/cases/{case}"),
    "evaluating": (
        "评审进行中：五席独立评分，一席已锁定（监督人员登录）",
        "under evaluation: five seats score, one has locked (as the regulator)",
        "/regulator/cases/{case}",
    ),
    INSPECTION: (
        "双随机抽查：两部门联合，已抽取，一个结果已公布",
        "inspections of two authorities together: drawn, one result published",
        "/inspections/{case}",
    ),
}

HINTS = """\
动态码  约 30 秒内有效，每码只用一次；新码 · Codes are good for about 30 seconds, each once. Fresh ones:
        {codes}
签名    登录后打开“我的密钥”（/account/keys），“从密钥文件导入”，选择 {folder}/ 中本人的密钥文件
        To sign: log in, open /account/keys (我的密钥), import your own key file from {folder}/
专家    不登录：被抽中者凭邮件中的编码在 /seat 入席；邮件在 {mail}/
        Experts have no log-in: whoever is drawn sits down at /seat with the code in the mail in {mail}/
受托人  开标与抽取由至少三名受托人的代理程序签署，每名一个 · trustees sign by their agents, three at least, one each:
        TENDERHALL_PASSPHRASE={passphrase} ./tenderhall trustee agent --folder {folder}/trustee-1"""


SEAT_HINTS = """\
评审席位的试用  在一个浏览器打开 /seat，输入编码，制作并申请本机密钥；在另一个浏览器（或隐私窗口）以该席的见证人登录，
        打开 /witness，核对后签名更换机位（照片可选任意图片）；第一个浏览器随即进入评审室，已存的评分都在。
        监督人员在 /regulator/live 看全部现场，说明理由后旁听并回放；代理机构、交易中心在项目页“评审中断与恢复”。
        To try a seat: open /seat in one browser, enter its code, make and certify a key; in another browser (or a
        private window) log in as its witness, open /witness and sign the change of booth (any picture does for the
        photo): the first browser is in the room, with all that was saved. The regulator watches at /regulator/live."""


WORDS = """\
填入可浏览的演示数据：各角色的人员和处于不同阶段的项目，全部经由平台的公开接口。写入 TENDERHALL_HOME 的平台，
默认 var；中断后再次运行即可继续，未完成的项目保留原状。
Fill a site with a demonstration to browse: people of every role, and cases at different stages, all through
public interfaces. It goes into the site of TENDERHALL_HOME, otherwise var. Interrupted, run it again to go on;
a case that was under way stays as it is."""


class CannotSeed(Exception):
    """Why the site cannot be filled, and what to do; in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Progress:
    """Which cases were begun and which were brought to their stage, on the disk."""

    path: Path

    @property
    def cases(self) -> dict[str, Any]:
        return dict(read_json(self.path, {}))

    def note(self, name: str, case_id: str, *, done: bool) -> None:
        write_json(self.path, {**self.cases, name: {"case": case_id, "done": done}})


def site_of(settings: Settings) -> Site:
    """The installation of these settings; without mail server, so that call-ups stay in its own folder."""
    named = {name.removeprefix("TENDERHALL_"): v for name, v in os.environ.items() if name.startswith("TENDERHALL_")}
    named.pop("SMTP_URL", None)
    here = {"HOME": str(settings.home), "BASE_URL": settings.base_url, "ORIGIN": settings.origin, "DEMO": "1"}
    return Site(settings.home, settings.port, named | here)


def open_site(site: Site, folder: Path, invitations: dict[str, str]) -> None:
    """Found the site where there is none, and start it unless it runs. Raises CannotSeed, RuntimeError."""
    running, founded = site.introduction(patience=0), (site.home / "keys" / "secret").exists()
    if running:
        _check_running(site, running)
    if not founded and not running:
        invitations = site.found(DemoCase.read())
    for login, code in invitations.items():
        write_json(folder / "desk" / f"slip-{login}.json", {"invitation": code})
    if not all((folder / "desk" / f"slip-{login}.json").exists() for login in FIRST_TWO):
        raise CannotSeed(
            f"平台 {site.home} 已经建立。请用 --invitations 给出 admin 与 operator 尚未使用的邀请码，"
            '例如 --invitations \'{"admin": "…", "operator": "…"}\'；或换一个空文件夹：TENDERHALL_HOME=…',
            f"{site.home} is founded already. Give the unused invitation codes of admin and operator with "
            "--invitations, or choose an empty folder with TENDERHALL_HOME.",
        )
    if not running:
        site.start()


def _check_running(site: Site, running: dict[str, Any]) -> None:
    """The site that answers must be this very installation, and one for demonstrations."""
    authority = site.home / "keys" / "authority.crt"
    if not authority.exists() or authority.read_text("ascii") != running["authority"]:
        raise CannotSeed(
            f"{site.base_url} 上运行的是另一个平台，不属于 {site.home}。请停止它，或设置 TENDERHALL_PORT。",
            f"The site at {site.base_url} is not the one in {site.home}. Stop it, or set TENDERHALL_PORT.",
        )
    if not running["demo"]:
        raise CannotSeed(
            "运行中的平台不是演示平台。演示数据只写入以 TENDERHALL_DEMO=1 启动的平台；请停止后以此重新启动。",
            "The running site is not for demonstrations. Start it with TENDERHALL_DEMO=1 first.",
        )


class Seeding:
    """One run: people first, then the finished case as a whole play, then the cases that stop on their way."""

    def __init__(self, troupe: Troupe) -> None:
        self.troupe, self.company, self.narrator = troupe, troupe.company, troupe.narrator
        self.progress = Progress(self.company.folder / "progress.json")

    def run(self, wanted: list[str]) -> None:
        self.troupe.gather()
        if self._begins(FINISHED, wanted):
            self._play_whole_case()
        started = [scene for scene in scenes(self.troupe) if self._begins(scene.name, wanted)]
        self._start_trustees()
        for scene in started:
            self._begin(scene)
        if self._begins(INSPECTION, wanted):
            self._inspect()
        for scene in started:
            STAGES[scene.name][1](scene)
            self.progress.note(scene.name, scene.case_id, done=True)

    def _begins(self, name: str, wanted: list[str]) -> bool:
        """Whether a case is to be made now; one that an earlier run left unfinished is only spoken of."""
        earlier = self.progress.cases.get(name)
        if earlier and not earlier["done"]:
            zh, en, _path = STAGE_NAMES[name]
            self.narrator.say(
                f"上次运行在“{zh}”项目中断，该项目保留原状。如需完整示例，请换一个空文件夹（TENDERHALL_HOME）。",
                f"An earlier run stopped within this case ({en}); it stays as it is. For all, use a fresh folder.",
            )
        return name in wanted and not earlier

    def _play_whole_case(self) -> None:
        self.progress.note(FINISHED, "", done=False)
        taken = Director(self.company, DemoCase.read(), self.narrator).play([r for r in CAST if r != "admin"])
        self.progress.note(FINISHED, taken["case"], done=True)

    def _inspect(self) -> None:
        """A year of inspections, which is no case of an agency."""
        year = Year(self.troupe)
        self.progress.note(INSPECTION, "", done=False)
        year.begin()
        self.progress.note(INSPECTION, year.case_id, done=False)
        year.play()
        self.progress.note(INSPECTION, year.case_id, done=True)

    def _start_trustees(self) -> None:
        """The trustees' agents, which sign whatever opening is due."""
        for role in TRUSTEES:
            if role not in self.company.processes:
                self.company.start(role)

    def _begin(self, scene: Scene) -> None:
        self.progress.note(scene.name, "", done=False)
        STAGES[scene.name][0](scene)
        self.progress.note(scene.name, scene.case_id, done=False)


def show_log_ins(site: Site) -> int:
    """The table of log-ins with fresh codes; 1 when nothing was seeded here."""
    folder = site.home / "seed"
    people = read_people(folder / "people.json")
    if not people:
        zh, en = "尚未写入示例数据，请先运行", "nothing was seeded here; run first"
        print(f"{folder}：{zh} · {en}: {site.in_shell('seed')}", file=sys.stderr)
        return 1
    codes = site.in_shell("seed --codes")
    print(f"{log_in_table(people)}\n")
    if seats := read_json(folder / SEATS_FILE, []):
        print(f"{seat_table(seats)}\n{SEAT_HINTS}\n")
    print(HINTS.format(folder=folder, mail=site.mail, passphrase=PASSPHRASE, codes=codes))
    return 0


def show_cases(site: Site, progress: Progress, narrator: Narrator) -> None:
    """Each case that has come to its stage, with its page."""
    narrator.say("\n可浏览的项目", "Cases to open")
    for name, (zh, en, path) in STAGE_NAMES.items():
        found = progress.cases.get(name)
        if found and found["done"]:
            print(f"  {site.base_url}{path.format(case=found['case'])}")
            narrator.say(f"    {zh}", f"    {en}")


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = Parser(WORDS, prog="tenderhall seed")
    parser.add_argument("--codes", action="store_true", help="只显示登录表与新动态码\nonly log-ins, with fresh codes")
    add_language(parser)
    text = "admin 与 operator 的邀请码\ninvitation codes of admin and operator"
    parser.add_argument("--invitations", default="{}", metavar="FILE|JSON", help=text)
    names = fill(" ".join(STAGE_NAMES), 50)
    text = f"只做这些项目，默认全部\nonly these cases, otherwise all:\n{names}"
    parser.add_argument("--only", nargs="+", choices=STAGE_NAMES, default=[*STAGE_NAMES], metavar="CASE", help=text)
    return parser.parse_args(words)


def read_invitations(given: str) -> dict[str, str]:
    """Codes by log-in from JSON, or from a file of it. Raises CannotSeed."""
    with suppress(OSError, ValueError, AttributeError):
        text = given if given.lstrip().startswith("{") else Path(given).read_text("utf-8")
        return {str(login): str(code) for login, code in json.loads(text).items()}
    raise CannotSeed(f"读不出邀请码：{given}", f"No invitation codes can be read from {given}.")


def seed(settings: Settings, arguments: argparse.Namespace) -> int:
    """Fill the site; it runs afterwards only if it ran before."""
    site, narrator = site_of(settings), Narrator(arguments.lang)
    company = Company(site, settings.home / "seed")
    company.folder.mkdir(parents=True, exist_ok=True)
    company.folder.chmod(0o700)
    try:
        open_site(site, company.folder, read_invitations(arguments.invitations))
        rehearse()
        narrator.step("site", "site_founded", {"url": site.base_url})
        seeding = Seeding(Troupe(company, narrator))
        seeding.run(arguments.only)
    finally:
        company.leave()
    show_cases(site, seeding.progress, narrator)
    print()
    show_log_ins(site)
    narrator.say(f"\n完成，用时 {narrator.seconds:.0f} 秒。", f"Done in {narrator.seconds:.0f} s.")
    if site.process:
        narrator.say("\n打开站点：先运行", "to open the site, run:")
        print(f"  {site.command_to_open}")
    narrator.say(f"然后在浏览器打开 {site.base_url}/ 并登录", f"then open {site.base_url}/ in a browser and log in")
    return 0


def main() -> int:
    os.umask(0o077)
    arguments = read_arguments()
    stop_when_told()
    try:
        settings = Settings.from_env()
        return show_log_ins(site_of(settings)) if arguments.codes else seed(settings, arguments)
    except BadSettings as exc:
        print(f"环境变量有误 · unusable settings:\n{exc}", file=sys.stderr)
    except CannotSeed as exc:
        print(f"{exc.zh}\n{exc.en}", file=sys.stderr)
    except Refused as exc:
        print(f"{exc.sentences['zh']}\n{exc.sentences['en']}\n[{exc.code}]", file=sys.stderr)
    except (PlayFailed, StageFright, RuntimeError, subprocess.CalledProcessError) as exc:
        print(f"示例数据未写完，可再次运行 · not finished, run it again:\n{exc}", file=sys.stderr)
    except KeyboardInterrupt:
        print("已中断；再次运行即可继续 · interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
