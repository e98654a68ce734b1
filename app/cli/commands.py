"""Commands and their options; what they do is in the module of the same name or in a service."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.cli.tls import make_server_certificate
from app.cli.up import run_site
from app.client import bid_commands, trustee_commands, verify_commands
from app.config import BadSettings, Settings
from app.messages import sentence
from app.procedure.errors import RuleViolation
from app.services.accounts import NewOrganisation
from app.services.installation import examine, found_installation, prepare_installation
from crypto.errors import CryptoError
from evaluation.published import read_published, replay

Run = Callable[[argparse.Namespace], int]
EPILOG = "完整说明见 README.md 与 docs/ · The whole story: README.md and docs/"


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="tenderhall", description="电子开评标平台 · Electronic tendering", epilog=EPILOG
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_site(commands)
    _add_demo(commands)
    evaluate = _command(commands, "evaluate", evaluate_command, "复算一份已公布的评审 · compute a published evaluation")
    evaluate.add_argument("file", type=Path)
    bid_commands.add_parser(commands)
    trustee_commands.add_parser(commands)
    verify_commands.add_parser(commands)
    commands.add_parser("test", help="运行全部检查与测试 · run every check and test (by the launcher)")
    return parser


def _command(commands: argparse._SubParsersAction, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_site(commands: argparse._SubParsersAction) -> None:
    up = _command(commands, "up", up_command, "启动平台（网站、实时通道、后台任务） · start the site; Ctrl-C stops it")
    up.add_argument("--tls", action="store_true", help="为局域网生成证书并启用 https · make a certificate, serve https")
    up.add_argument("--host", help="监听地址，默认 127.0.0.1 · address to listen on")
    up.add_argument("--port", type=int, help="端口，默认 8000 · port")
    up.add_argument("--web-workers", type=int, help="网站进程数，默认 1 · number of web processes")
    init = _command(
        commands, "init", init_command, "新建平台并邀请首批两人 · found an installation, invite the first two"
    )
    init.add_argument("--organisation", default="示范公共资源交易中心", help="中心名称 · name of the centre")
    init.add_argument(
        "--credit-code", default="12510000MB00000000", help="统一社会信用代码 · unified social credit code"
    )
    init.add_argument("--json", action="store_true", help="只输出 JSON · print JSON only")
    worker = _command(commands, "worker", worker_command, "只运行后台任务 · run deferred work only")
    worker.add_argument("--celery", action="store_true", help="听从 Redis 的提示 · as a Celery worker on Redis")
    _command(commands, "migrate", migrate_command, "更新数据库结构 · bring the database schema up to date")
    _command(commands, "doctor", doctor_command, "检查安装有何问题 · say what is wrong with an installation")


def _add_demo(commands: argparse._SubParsersAction) -> None:
    for name, text in (
        ("demo", "从公告到签章报告，演示一个真实案例 · play one real case from notice to signed report"),
        ("seed", "为运行中的平台填入可浏览的演示数据 · fill a running site with a browsable demo"),
    ):
        parser = _command(commands, name, demo_command, text)
        parser.add_argument("rest", nargs=argparse.REMAINDER)


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Settings of the environment, with what the command line adds."""
    for option in ("host", "port", "web_workers"):
        if getattr(arguments, option, None):
            os.environ[f"TENDERHALL_{option.upper()}"] = str(getattr(arguments, option))
    return Settings.from_env()


def up_command(arguments: argparse.Namespace) -> int:
    settings = settings_from(arguments)
    first = not (settings.keys / "secret").exists()
    if first:
        _found(settings, "示范公共资源交易中心", "12510000MB00000000", as_json=False)
    else:
        prepare_installation(settings, "")
    certificate = make_server_certificate(settings) if arguments.tls else None
    return run_site(settings, certificate)


def _found(settings: Settings, organisation: str, credit_code: str, *, as_json: bool) -> None:
    centre = NewOrganisation(organisation, "centre", credit_code)
    codes = found_installation(settings, centre, ("admin", "系统管理员"), ("operator", "中心经办人"))
    if as_json:
        print(json.dumps(codes))
        return
    print("平台已建立，请两位负责人在网站“接受邀请”页各自设置密码 · founded; two people take over their accounts:")
    for login, code in codes.items():
        print(f"  {login:10} {settings.base_url}/invitation  邀请码 code: {code}")


def init_command(arguments: argparse.Namespace) -> int:
    _found(settings_from(arguments), arguments.organisation, arguments.credit_code, as_json=arguments.json)
    return 0


def worker_command(arguments: argparse.Namespace) -> int:
    from app import worker

    settings = settings_from(arguments)
    if arguments.celery and settings.redis_url is None:
        raise BadSettings("TENDERHALL_REDIS_URL")
    (worker.run_celery if arguments.celery else worker.main)(settings)
    return 0


def migrate_command(arguments: argparse.Namespace) -> int:
    prepare_installation(settings_from(arguments), "")
    return 0


def doctor_command(arguments: argparse.Namespace) -> int:
    healthy = True
    for finding in examine(settings_from(arguments)):
        healthy = healthy and finding.healthy
        code = finding.code if finding.healthy else f"{finding.code}_wrong"
        words = " · ".join(sentence(code, finding.facts, language) for language in ("zh", "en"))
        print(f"{'ok  ' if finding.healthy else 'FAIL'} {words}")
    return 0 if healthy else 1


def evaluate_command(arguments: argparse.Namespace) -> int:
    """Compute a published evaluation again and print its table; 1 when a stated figure differs."""
    result, differences = replay(read_published(json.loads(arguments.file.read_text("utf-8"))))
    print(f"{'投标人 bidder':14} {'评审价 price':>16} {'价格分':>8} {'得分 total':>12} {'名次 rank':>8}")
    for row in result.bids:
        print(f"{row.bid:14} {row.price:>16,} {row.price_score:>9} {row.total:>12} {row.rank:>8}")
    for difference in differences:
        print(f"不一致 differs: {difference}")
    return 1 if differences else 0


def demo_command(arguments: argparse.Namespace) -> int:
    """Replace this process by the director of the demo, which speaks to the site like anybody else."""
    root = Path(__file__).parent.parent.parent
    module = {"demo": "demo.play", "seed": "demo.seed"}[arguments.command]
    os.chdir(root)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments.rest])  # noqa: S606


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; refusals in words, on standard error."""
    parsed = build_parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except BadSettings as exc:
        print(f"环境变量有误 · unusable settings:\n{exc}", file=sys.stderr)
    except (RuleViolation, CryptoError) as exc:
        for language in ("zh", "en"):
            print(sentence(exc.code, exc.facts, language), file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2
