"""Commands on an installation: founded, started, brought up to date, examined."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Callable
from functools import wraps
from itertools import chain

from sqlalchemy.exc import DBAPIError

from app.cli.tls import make_server_certificate
from app.cli.up import run_site, with_tls
from app.client.sealing_program import sealing_program
from app.config import BadSettings, Settings
from app.messages import LANGUAGES, sentence
from app.services.accounts import NewOrganisation
from app.services.installation import examine, examine_tables, found_installation, is_founded, prepare_installation

Command = Callable[[Settings, argparse.Namespace], int]
CENTRE = "示范公共资源交易中心"
CREDIT_CODE = "12510000MB00000000"


def usable(command: Command) -> Command:
    """A command that says in words when its folder or its database cannot be used. Raises BadSettings."""

    @wraps(command)
    def run(settings: Settings, arguments: argparse.Namespace) -> int:
        try:
            return command(settings, arguments)
        except DBAPIError as exc:
            reason = str(exc.orig or exc).strip().splitlines()[0]
            words = f"数据库无法使用 · the database cannot be used: {reason}"
            raise BadSettings(f"TENDERHALL_DATABASE_URL: {words}") from exc
        except (FileExistsError, FileNotFoundError, NotADirectoryError, PermissionError) as exc:
            words = f"目录无法使用 · the folder cannot be used: {exc.strerror} ({exc.filename})"
            raise BadSettings(f"TENDERHALL_HOME={settings.home}: {words}") from exc

    return run


def check_port(settings: Settings) -> None:
    """Before anything is made or said: nobody else listens there. Raises BadSettings."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as exc:
            where = f"{settings.host}:{settings.port} ({exc.strerror})"
            zh = "地址已被占用或不可用，请停止另一个站点，或用 --port、--host 另选"
            en = "in use or unusable: stop the other site, or choose with --port, --host"
            raise BadSettings(f"{where}: {zh} · {en}") from exc


@usable
def up(settings: Settings, arguments: argparse.Namespace) -> int:
    """Start the site; a new installation is founded first."""
    check_port(settings)
    settings = with_tls(settings) if arguments.tls else settings
    if is_founded(settings):
        prepare_installation(settings, "", sealing_program())
    else:
        _found(settings, CENTRE, CREDIT_CODE, as_json=False)
    return run_site(settings, make_server_certificate(settings) if arguments.tls else None)


@usable
def init(settings: Settings, arguments: argparse.Namespace) -> int:
    _found(settings, arguments.organisation or CENTRE, arguments.credit_code or CREDIT_CODE, as_json=arguments.json)
    return 0


def _found(settings: Settings, organisation: str, credit_code: str, *, as_json: bool) -> None:
    centre = NewOrganisation(organisation, "centre", credit_code)
    people = ("admin", "系统管理员"), ("operator", "中心经办人")
    codes = found_installation(settings, centre, *people, sealing_program())
    if as_json:
        print(json.dumps(codes))
        return
    print("平台已建立，请两位负责人在网站“接受邀请”页各自设置密码 · founded; two people take over their accounts:")
    for login, code in codes.items():
        print(f"  {login:10} {settings.base_url}/invitation  邀请码 code: {code}")


@usable
def worker(settings: Settings, arguments: argparse.Namespace) -> int:
    from app import worker as deferred  # only here: it brings every service and Celery

    if arguments.celery and settings.redis_url is None:
        raise BadSettings("TENDERHALL_REDIS_URL")
    (deferred.run_celery if arguments.celery else deferred.main)(settings)
    return 0


@usable
def migrate(settings: Settings, arguments: argparse.Namespace) -> int:
    prepare_installation(settings, "", sealing_program())
    return 0


@usable
def doctor(settings: Settings, arguments: argparse.Namespace) -> int:
    """One line per finding; 1 when something needs somebody. With `--database` the tables are read against the logs."""
    healthy = True
    tables = examine_tables(settings) if arguments.database else ()
    for finding in chain(examine(settings), tables):
        healthy = healthy and finding.healthy
        code = finding.code if finding.healthy else f"{finding.code}_wrong"
        words = " · ".join(sentence(code, finding.facts, language) for language in LANGUAGES)
        print(f"{'ok  ' if finding.healthy else 'FAIL'} {words}")
    return 0 if healthy else 1
