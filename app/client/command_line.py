"""How every command of `tenderhall` speaks of its options: one parser, Chinese first and English second.

Help texts are written "中文\\nEnglish". What is wrong with a command line is a code of `usage.json`, found by what the
standard parser says of it; nothing is begun, and the exit status is 2.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from app.messages import LANGUAGES, sentence

Run = Callable[[argparse.Namespace], int]
WRONG_COMMAND_LINE = 2  # exit status
FEN = 100
_AMOUNT = re.compile(r"(?:[0-9]{1,16}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.[0-9]{1,2})?")
# Programs for other people's machines; each module adds its own options, and is imported when it is asked for.
CLIENT_COMMANDS = {
    "bid": ("app.client.bid_commands", "投标：加密、提交、查询、撤回\nseal, submit, check, withdraw a bid"),
    "trustee": ("app.client.trustee_commands", "开标受托人：密钥份额与签署\ntrustees: shares and signing"),
    "draw": ("app.client.draw_agent_commands", "抽取的一方：无人值守地提供随机数\na party of draws, unattended"),
    "seat": (
        "app.client.seat_commands",
        "评审席位：用令牌或密钥文件签署\na member's seat: a token or key file signs",
    ),
    "witness": ("app.client.witness_commands", "登记簿见证：核对并共同签名\nwatch and cosign a platform's register"),
    "drand": ("app.client.drand_commands", "第二把锁：取得并转交轮次签名\nthe second lock: fetch and carry rounds"),
    "verify": ("app.client.verify_commands", "离线核验证据包\nre-check an evidence bundle offline"),
    "replay": (
        "app.client.replay_commands",
        "离线回放一场评审：逐步、按时间\nplay a sitting back offline, step after step",
    ),
    "verify-draw": ("app.client.verify_draw_commands", "独立复核抽取记录\ncompute draws again from their records"),
}
# What argparse says, in every Python from 3.11 on, and the code of our sentence.
_SAID = (
    (r"unrecognized arguments: (?P<given>.+)", "usage_unknown"),
    (r"the following arguments are required: (?P<missing>.+)", "usage_missing"),
    (r"argument (?P<option>.+?): invalid choice: (?P<given>.+?) \(choose from (?P<choices>.+)\)", "usage_no_choice"),
    (r"argument (?P<option>.+?): expected .*arguments?", "usage_value_missing"),
    (r"argument (?P<option>.+?): ignored explicit argument (?P<given>.+)", "usage_value_unwanted"),
    (r"argument (?P<option>.+?): invalid (?P<kind>\w+) value: (?P<given>.+)", "usage_not_{kind}"),
)


class _Formatter(argparse.RawTextHelpFormatter):
    """Lines as they are written: the standard wrapping counts a Chinese character as one column."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "用法 · usage: " if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """The parser of every command; `words` are its description, "中文\\nEnglish"."""

    def __init__(self, words: str = "", **further: Any) -> None:
        # An abbreviation that works today is ambiguous tomorrow, in somebody's script.
        plain = {"formatter_class": _Formatter, "add_help": False, "allow_abbrev": False}
        super().__init__(**{"description": words, **plain, **further})
        # The standard library offers no other way to name its two groups.
        self._positionals.title, self._optionals.title = "参数 · arguments", "选项 · options"
        if not further.get("prefix_chars"):
            self.add_argument("-h", "--help", action="help", help="显示本说明\nshow this and end")

    def commands(self, dest: str = "command") -> Any:
        """Room for the commands below this one; one of them is required."""
        return self.add_subparsers(title="命令 · commands", dest=dest, required=True, metavar="COMMAND")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """A command refuses what it does not know itself, so that the next step names its own help."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in both languages, with what was typed and the next step; exit status 2."""
        code, facts = _meaning(message)
        facts["help"] = f"{self.prog} --help"
        told = "\n".join(sentence(code, facts, language) for language in LANGUAGES)
        self.exit(WRONG_COMMAND_LINE, f"{self.format_usage()}\n{told}\n")


def _meaning(message: str) -> tuple[str, dict[str, str]]:
    """Code and facts of what argparse says."""
    for pattern, code in _SAID:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            facts = {name: text.replace("'", "").strip('"') for name, text in found.groupdict().items()}
            return code.format(**facts), facts
    return "usage_other", {"reason": message}


def add_command(commands: Any, name: str, words: str, run: Run | None = None) -> Parser:
    """One more command among `commands`, described by `words` ("中文\\nEnglish"); `run` returns its exit status."""
    parser: Parser = commands.add_parser(name, help=words, words=words)
    if run is not None:
        parser.set_defaults(run=run)
    return parser


# Kinds of values. argparse names the function in what it says, so each has its sentence as `usage_not_<name>`.


def port(text: str) -> int:
    """A TCP port. Raises ValueError."""
    return _between(text, 1, 65535)


def expect_no_reader() -> None:
    """Whoever read the answer has gone, such as `head`: what is left of it goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def count(text: str) -> int:
    """A whole number above 0. Raises ValueError."""
    return _between(text, 1)


def days(text: str) -> str:
    """Whole days, as a bid states them. Raises ValueError."""
    return str(_between(text, 1))


def seconds(text: str) -> float:
    """A span of time above 0. Raises ValueError."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def yuan(text: str) -> str:
    """An amount of yuan with at most two decimals, as fen; commas stand between groups of three digits or nowhere, so
    that a comma meant as a decimal point is not read as none. Raises ValueError."""
    plain = text.replace("，", ",")
    if not _AMOUNT.fullmatch(plain):
        raise ValueError(text)
    fen = int(Decimal(plain.replace(",", "")) * FEN)
    if fen <= 0:
        raise ValueError(text)
    return str(fen)


def existing(text: str) -> Path:
    """A file or folder that is there. Raises ValueError."""
    path = Path(text)
    if not path.exists():
        raise ValueError(text)
    return path


def _between(text: str, lowest: int, highest: int | None = None) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < lowest or (highest is not None and int(text) > highest):
        raise ValueError(text)
    return int(text)
