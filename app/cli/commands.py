"""Commands and their options. What a command needs is imported when it is asked for: starting is half its time."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from app.client.command_line import CLIENT_COMMANDS, Parser, add_command, count, existing, expect_no_reader, port
from app.config import BadSettings, Settings
from app.messages import LANGUAGES, sentence
from app.procedure.errors import RuleViolation
from crypto.errors import CryptoError

EPILOG = "各命令的选项见 tenderhall COMMAND --help，完整说明见 README.md 与 docs/\nThe whole story: README.md and docs/"
ROOT = Path(__file__).parent.parent.parent
# Programs that read their own options.
PLAYS = {
    "demo": ("demo.play", "演示一个真实案例，从公告到签章报告\nplay one real case from notice to signed report"),
    "seed": ("demo.seed", "填入可浏览的演示数据\nfill a site with a browsable demonstration"),
}
TEST_WORDS = "运行代码检查与全部测试\nrun the linters and every test"


def build_parser(asked: str = "") -> Parser:
    """The parser; of the client's commands only the one `asked` for has its options."""
    parser = Parser("电子开评标平台\nElectronic tendering", prog="tenderhall", epilog=EPILOG)
    commands = parser.commands()
    _add_site(commands)
    for name, (_module, words) in PLAYS.items():
        # Options after the name are the play's own; a prefix that nobody types lets them through.
        play = commands.add_parser(name, help=words, words=words, prefix_chars="\0")
        play.set_defaults(run=_play)
        play.add_argument("rest", nargs=argparse.REMAINDER)
    _add_experts(commands, asked)
    evaluate = add_command(
        commands,
        "evaluate",
        "复算一份已公布的评审，或试算评分办法\ncompute a published evaluation, or try a scheme",
        _evaluate,
    )
    evaluate.add_argument("file", type=existing, help="评审数据（JSON 文件）\nthe published evaluation, a JSON file")
    words = "输出语言，默认 zh\nlanguage of the output, otherwise zh"
    evaluate.add_argument("--lang", choices=LANGUAGES, default="zh", help=words)
    tests = add_command(commands, "test", TEST_WORDS, _test)
    tests.add_argument(
        "arguments",
        nargs="*",
        help="--long：每条规则一千个样本，约一小时；其他参数：只运行 pytest\n"
        "--long: a thousand examples for each rule; anything else: only pytest, with these arguments",
    )
    for name, (module, words) in CLIENT_COMMANDS.items():
        if name == asked:
            import_module(module).add_parser(commands)
        else:
            add_command(commands, name, words)
    return parser


def _add_site(commands: Any) -> None:
    words = "启动平台（网站、实时通道、后台任务），Ctrl-C 停止\nstart the site; Ctrl-C stops it"
    up = add_command(commands, "up", words, _site)
    up.add_argument("--tls", action="store_true", help="为局域网生成证书并启用 https\nmake a certificate, serve https")
    up.add_argument("--host", help="监听地址，默认 127.0.0.1\naddress to listen on, otherwise 127.0.0.1")
    up.add_argument("--port", type=port, help="端口，默认 8000\nport, otherwise 8000")
    up.add_argument("--web-workers", type=count, metavar="N", help="网站进程数，默认 1\nweb processes, otherwise 1")
    init = add_command(commands, "init", "新建平台并邀请首批两人\nfound an installation, invite the first two", _site)
    init.add_argument("--organisation", metavar="NAME", help="中心名称\nname of the centre")
    init.add_argument("--credit-code", metavar="CODE", help="统一社会信用代码\nunified social credit code")
    init.add_argument(
        "--json", action="store_true", help="只输出邀请码（JSON）\nprint the invitation codes only, as JSON"
    )
    worker = add_command(commands, "worker", "只运行后台任务\nrun deferred work only", _site)
    worker.add_argument("--celery", action="store_true", help="听从 Redis 的提示\nas a Celery worker on Redis")
    add_command(commands, "migrate", "更新数据库结构\nbring the database schema up to date", _site)
    doctor = add_command(commands, "doctor", "检查安装有何问题\nsay what is wrong with an installation", _site)
    tables = "另将数据表和文件逐行与日志核对\nalso compare every table and file with the logs"
    doctor.add_argument("--database", action="store_true", help=tables)


def _add_experts(commands: Any, asked: str) -> None:
    if asked == "experts":
        import_module("app.cli.experts").add_parser(commands, _experts)
    else:
        add_command(commands, "experts", "专家库：导入、模板、生成\nexpert library: import, template, generated")


def _experts(arguments: argparse.Namespace) -> int:
    os.umask(0o077)
    return int(import_module("app.cli.experts").run(Settings.from_env(), arguments))


def _site(arguments: argparse.Namespace) -> int:
    """A command on the installation that the environment describes, with what the command line adds."""
    for option in ("host", "port", "web_workers"):
        if getattr(arguments, option, None) is not None:
            os.environ[f"TENDERHALL_{option.upper()}"] = str(getattr(arguments, option))
    os.umask(0o077)  # what an installation keeps is for its own user
    command = getattr(import_module("app.cli.site"), arguments.command)
    return int(command(Settings.from_env(), arguments))


def _evaluate(arguments: argparse.Namespace) -> int:
    return int(import_module("app.cli.evaluation").evaluate(arguments))


def _play(arguments: argparse.Namespace) -> int:
    """Replace this process by the director of the play, which speaks to the site like anybody else."""
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", PLAYS[arguments.command][0], *arguments.rest])  # noqa: S606


def _test(arguments: argparse.Namespace) -> int:
    """The launcher installs what tests need, and runs them."""
    os.execv(ROOT / "tenderhall", ["tenderhall", "test", *arguments.arguments])  # noqa: S606


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; refusals in words, on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parsed = build_parser(words[0] if words else "").parse_args(words)
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()  # here, where a reader that has gone is expected, and not at the exit
        return status
    except BadSettings as exc:
        print(f"环境变量有误 · unusable settings:\n{exc}", file=sys.stderr)
    except (RuleViolation, CryptoError) as exc:
        for language in LANGUAGES:
            print(sentence(exc.code, exc.facts, language), file=sys.stderr)
    except BrokenPipeError:
        expect_no_reader()
    except OSError as exc:
        print(f"无法使用 · cannot use {exc.filename}: {exc.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2
