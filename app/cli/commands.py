"""Commands and their options. What a command needs is imported when it is asked for: starting is half its time."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from app.config import BadSettings, Settings
from app.messages import LANGUAGES, sentence
from app.procedure.errors import RuleViolation
from crypto.errors import CryptoError

EPILOG = "完整说明见 README.md 与 docs/ · The whole story: README.md and docs/"
ROOT = Path(__file__).parent.parent.parent
# Programs for other people's machines: each adds its own options.
CLIENT_COMMANDS = {
    "bid": ("app.client.bid_commands", "投标：加密、提交、查询、撤回 · seal, submit, check, withdraw a bid"),
    "trustee": ("app.client.trustee_commands", "开标受托人：密钥份额与签署 · trustees: shares and signing"),
    "witness": ("app.client.witness_commands", "登记簿见证：核对并共同签名 · watch and cosign the register"),
    "verify": ("app.client.verify_commands", "离线核验证据包 · re-check an evidence bundle offline"),
}
PLAYS = {
    "demo": ("demo.play", "从公告到签章报告，演示一个真实案例 · play one real case from notice to signed report"),
    "seed": ("demo.seed", "填入可浏览的演示数据 · fill a site with a browsable demo"),
}


def build_parser(asked: str = "") -> argparse.ArgumentParser:
    """The parser; of the client's commands only the one `asked` for has its options."""
    parser = argparse.ArgumentParser(
        prog="tenderhall", description="电子开评标平台 · Electronic tendering", epilog=EPILOG
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_site(commands)
    for name, (_module, text) in PLAYS.items():
        # Options after the name are the play's own; a prefix that nobody types lets them through.
        play = commands.add_parser(name, help=text, description=text, prefix_chars="\0", add_help=False)
        play.set_defaults(run=_play)
        play.add_argument("rest", nargs=argparse.REMAINDER)
    evaluate = _command(commands, "evaluate", _evaluate, "复算一份已公布的评审 · compute a published evaluation")
    evaluate.add_argument("file", type=Path)
    for name, (module, text) in CLIENT_COMMANDS.items():
        if name == asked:
            import_module(module).add_parser(commands)
        else:
            commands.add_parser(name, help=text)
    commands.add_parser("test", help="运行全部检查与测试 · run every check and test (by the launcher)")
    return parser


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_site(commands: Any) -> None:
    up = _command(commands, "up", _site, "启动平台（网站、实时通道、后台任务） · start the site; Ctrl-C stops it")
    up.add_argument("--tls", action="store_true", help="为局域网生成证书并启用 https · make a certificate, serve https")
    up.add_argument("--host", help="监听地址，默认 127.0.0.1 · address to listen on")
    up.add_argument("--port", type=int, help="端口，默认 8000 · port")
    up.add_argument("--web-workers", type=int, help="网站进程数，默认 1 · number of web processes")
    init = _command(commands, "init", _site, "新建平台并邀请首批两人 · found an installation, invite the first two")
    init.add_argument("--organisation", help="中心名称 · name of the centre")
    init.add_argument("--credit-code", help="统一社会信用代码 · unified social credit code")
    init.add_argument("--json", action="store_true", help="只输出 JSON · print JSON only")
    worker = _command(commands, "worker", _site, "只运行后台任务 · run deferred work only")
    worker.add_argument("--celery", action="store_true", help="听从 Redis 的提示 · as a Celery worker on Redis")
    _command(commands, "migrate", _site, "更新数据库结构 · bring the database schema up to date")
    _command(commands, "doctor", _site, "检查安装有何问题 · say what is wrong with an installation")


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; refusals in words, on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parsed = build_parser(words[0] if words else "").parse_args(words)
    try:
        return int(parsed.run(parsed))
    except BadSettings as exc:
        print(f"环境变量有误 · unusable settings:\n{exc}", file=sys.stderr)
    except (RuleViolation, CryptoError) as exc:
        for language in LANGUAGES:
            print(sentence(exc.code, exc.facts, language), file=sys.stderr)
    except OSError as exc:
        print(f"无法使用 · cannot use {exc.filename}: {exc.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2
