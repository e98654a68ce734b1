"""`tenderhall verify-draw`: what the one-file program `verify_draw.py` does, among the other commands."""

from __future__ import annotations

import argparse
from typing import Any

from app.client import verify_draw
from app.client.command_line import CLIENT_COMMANDS, add_command, existing


def add_parser(subparsers: Any) -> None:
    """Add `verify-draw`; it sets `run`, which takes the parsed arguments and returns the exit status."""
    parser = add_command(subparsers, "verify-draw", CLIENT_COMMANDS["verify-draw"][1], _verify)
    words = "要核验的一轮和此前每一轮的记录\nthe record of the round in question and of each before it"
    parser.add_argument("records", nargs="+", type=existing, metavar="RECORD", help=words)
    words = (
        "招标条款公布的受托人编号（或写有编号的文件）\n缺少则不能通过，退出码 3\n"
        "the trustees' id in the published terms, or a file\nnever ok without it: exit status 3"
    )
    parser.add_argument("--committee", type=committee, metavar="ID-OR-FILE", help=words)


def committee(text: str) -> set[str]:
    """The ids that are believed. Raises ValueError."""
    try:
        return verify_draw.committees(text)
    except (OSError, LookupError, TypeError) as exc:
        raise ValueError(text) from exc


def _verify(arguments: argparse.Namespace) -> int:
    return verify_draw.report(arguments.records, arguments.committee)
