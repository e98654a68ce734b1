"""`tenderhall verify-draw`: a round of any draw computed again from its record, by the standalone verifier."""

from __future__ import annotations

import argparse
from typing import Any

from app.client import verify_draw
from app.client.command_line import CLIENT_COMMANDS, add_command, existing
from app.client.terminal import spoken


def add_parser(subparsers: Any) -> None:
    """Add `verify-draw`; it sets `run`, which takes the parsed arguments and returns the exit status."""
    parser = add_command(subparsers, "verify-draw", CLIENT_COMMANDS["verify-draw"][1], _verify)
    parser.add_argument("record", type=existing, help="一轮抽取的记录（JSON）\nthe record of a round (JSON)")
    words = "上一轮的记录；补抽的一轮需要\nthe record of the round before; a further round needs it"
    parser.add_argument("earlier", type=existing, nargs="?", help=words)


@spoken
def _verify(arguments: argparse.Namespace) -> int:
    return verify_draw.main([str(path) for path in (arguments.record, arguments.earlier) if path is not None])
