"""Every command of `tenderhall` explains itself, and says what is wrong with a command line, in both languages."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest

from app.cli.commands import build_parser
from app.client.command_line import CLIENT_COMMANDS, Parser
from demo import play, seed
from demo.narrator import width

CHINESE = re.compile(r"[\u4e00-\u9fff]")
TERMINAL = 80  # columns


def below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser and those of all its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for found in action.choices.values():
                yield from below(found)


def every_parser(monkeypatch: pytest.MonkeyPatch) -> dict[str, argparse.ArgumentParser]:
    """Parsers by command line; those of the plays as their programs build them."""
    plays: list[Parser] = []
    monkeypatch.setattr(Parser, "parse_args", lambda self, words=None: plays.append(self))
    play.read_arguments()
    seed.read_arguments()
    monkeypatch.undo()
    walked = [parser for name in ["", *CLIENT_COMMANDS] for parser in below(build_parser(name))]
    return {parser.prog: parser for parser in [*walked, *plays]}


def assert_spoken_twice(words: str | None, where: str) -> None:
    lines = (words or "").splitlines()
    chinese = [bool(CHINESE.search(line)) for line in lines]
    assert len(lines) >= 2, f"{where}: {words}"
    assert chinese[0], f"{where}: {words}"
    assert not chinese[-1], f"{where}: {words}"
    assert chinese == sorted(chinese, reverse=True), f"{where}: {words}"


def test_every_command_and_option_is_described_in_both_languages(monkeypatch):
    parsers = every_parser(monkeypatch)
    assert {"tenderhall", "tenderhall up", "tenderhall demo", "tenderhall bid seal", "tenderhall test"} <= set(parsers)
    for prog, parser in parsers.items():
        assert_spoken_twice(parser.description, prog)
        for action in parser._actions:
            if not isinstance(action, argparse._SubParsersAction) and action.dest != "rest":
                assert_spoken_twice(action.help, f"{prog} {action.dest}")
        options = parser.format_help().partition("· options:")[2]
        assert [line for line in options.splitlines() if width(line) > TERMINAL] == [], prog


def refused(words: list[str], capsys: pytest.CaptureFixture[str], read=None) -> str:
    """What a command line that cannot be used is told; nothing but that, and with status 2."""
    with pytest.raises(SystemExit) as ended:
        (read or build_parser(words[0] if words else "").parse_args)(words)
    assert ended.value.code == 2
    usage, told = capsys.readouterr().err.split("\n\n")
    assert usage.startswith("用法 · usage: tenderhall")
    zh, en = told.splitlines()
    assert CHINESE.search(zh)
    assert not CHINESE.search(en)
    assert "usage_" not in told
    return told


SEAL = ["bid", "seal", "c", "README.md", "--manager", "m", "--out", "o"]


@pytest.mark.parametrize(
    ("line", "figure", "next_step"),
    [
        ([], "COMMAND", "tenderhall --help"),
        (["bud"], "“bud”", "demo, seed, experts, evaluate"),
        (["up", "--prot", "9"], "“--prot 9”", "tenderhall up --help"),
        (["up", "--port", "99999"], "“99999”", "65535"),
        (["up", "--port"], "--port", "tenderhall up --help"),
        (["up", "--tls=yes"], "“yes”", "tenderhall up --help"),
        (["up", "--web-workers", "0"], "“0”", "--web-workers"),
        (["bid"], "COMMAND", "tenderhall bid --help"),
        (["bid", "seal", "c"], "files, --price, --days, --manager, --out", "tenderhall bid seal --help"),
        ([*SEAL, "--days", "3", "--price", "1.005"], "“1.005”", "1566000.00"),
        ([*SEAL, "--price", "3", "--days", "1.5"], "“1.5”", "45"),
        (["bid", "submit", "no-such-folder"], "“no-such-folder”", "tenderhall bid submit --help"),
        (["verify", "no-such.zip"], "“no-such.zip”", "tenderhall verify --help"),
        (["verify-draw", "README.md", "--committee", "abc"], "“abc”", "tenderhall verify-draw --help"),
        (["verify", "README.md", "--lang", "fr"], "“fr”", "zh, en"),
        (["witness", "run", "--every", "nan"], "“nan”", "15"),
        (["trustee", "setup-m0", "f", "--out", "o", "--threshold", "-1"], "--threshold", "tenderhall trustee setup-m0"),
    ],
)
def test_what_is_wrong_is_said_with_its_figure_and_the_next_step(line, figure, next_step, capsys):
    for told in refused(line, capsys).splitlines():
        assert figure in told
        assert next_step in told


@pytest.mark.parametrize(
    ("read", "line", "figure"),
    [
        (play.read_arguments, ["--set", "PORT"], "“PORT”"),
        (play.read_arguments, ["--kill", "web@nowhere"], "“web@nowhere”"),
        (play.read_arguments, ["--port", "http"], "“http”"),
        (seed.read_arguments, ["--only", "everything"], "finished, open, waiting"),
        (seed.read_arguments, ["--nothing"], "“--nothing”"),
    ],
)
def test_the_plays_refuse_in_the_same_words(read, line, figure, capsys):
    assert all(figure in told for told in refused(line, capsys, read).splitlines())


def test_nothing_that_argparse_says_is_shown_bare(capsys):
    """What has no sentence of its own stands within one that has the next step."""
    with pytest.raises(SystemExit):
        Parser("", prog="tenderhall x").error("something new")
    assert "something new" in (told := capsys.readouterr().err)
    assert "tenderhall x --help" in told
