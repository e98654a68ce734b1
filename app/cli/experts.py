"""The expert library from the command line: a template, an import with its report, a generated one to try things."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from app.cli.site import usable
from app.client.command_line import Run, add_command, count, existing
from app.config import Settings
from app.messages import LANGUAGES, sentence
from app.procedure.expert_rows import COLUMNS
from app.queries.experts import ImportRow, current_tree, load_import
from app.services import expert_imports
from app.services.experts import list_sites
from app.services.platform import open_platform

FAULTS_SHOWN = 50


def add_parser(commands: Any, runs: Run) -> None:
    """`tenderhall experts import FILE`, `template`, `generate N`."""
    experts = add_command(commands, "experts", "专家库：导入、模板、生成\nexpert library: import, template, generated")
    below = experts.commands("what")
    words = "检查并导入名册（CSV、XLSX）\nexamine a list (CSV, XLSX), and take it when asked"
    table = add_command(below, "import", words, runs)
    table.add_argument("file", type=existing, help="名册\nthe list")
    table.add_argument(
        "--take", action="store_true", help="导入无误的行，否则只检查\ntake the good rows; else examine only"
    )
    add_command(
        below, "template", "把空白模板（XLSX）写到标准输出\nwrite an empty list (XLSX) to standard output", runs
    )
    words = "生成一个专家库（仅演示平台）\nfill a demonstration with generated experts"
    generated = add_command(below, "generate", words, runs)
    generated.add_argument("number", type=count, metavar="N", help="人数\nhow many")


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    return int(usable(_BY_NAME[arguments.what])(settings, arguments))


def _import(settings: Settings, arguments: argparse.Namespace) -> int:
    """0 when every row was good or known already, 1 when some row has a fault."""
    platform = open_platform(settings)
    found = expert_imports.examine_on_machine(platform, arguments.file.name, arguments.file.read_bytes())
    if arguments.take:
        expert_imports.take_now(platform, found, _progress)
    with platform.database.reading() as db_session:
        row = load_import(db_session, found)
    assert row is not None
    _report(row, taken=arguments.take)
    return 1 if row.faulty else 0


def _report(row: ImportRow, *, taken: bool) -> None:
    for fault in (*row.faults[:FAULTS_SHOWN], *row.alike[:FAULTS_SHOWN]):
        column = next(column.zh for column in COLUMNS if column.key == fault.column)
        facts = {"given": fault.given}
        words = " · ".join(sentence(fault.code, facts, language) for language in LANGUAGES)
        print(f"第 {fault.row} 行 row {fault.row} · {column} ({fault.column}): {words}")
    if row.fault_count > FAULTS_SHOWN:
        _say("experts_more_faults", count=row.faulty)
    code = "experts_import_taken" if taken else "experts_import_examined"
    _say(code, total=row.total, faulty=row.faulty, known=row.known, good=row.good, taken=row.taken)


def _say(code: str, **facts: object) -> None:
    for language in LANGUAGES:
        print(sentence(code, facts, language))


def _progress(taken: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{taken:,} / {total:,}", end="" if taken < total else "\n", file=sys.stderr, flush=True)


def _template(settings: Settings, arguments: argparse.Namespace) -> int:
    sys.stdout.buffer.write(expert_imports.template())
    return 0


def _generate(settings: Settings, arguments: argparse.Namespace) -> int:
    platform = open_platform(settings)
    sites = [site["name"] for site in list_sites(platform)]
    with platform.database.reading() as db_session:
        tree = current_tree(db_session)
    rows = import_module("demo.library").table(arguments.number, sites or ["-"], tree, datetime.now(UTC).date())
    taken = expert_imports.enter_generated(platform, list(rows), _progress)
    _say("experts_generated", taken=taken)
    return 0


_BY_NAME = {"import": _import, "template": _template, "generate": _generate}
