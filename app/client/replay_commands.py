"""`tenderhall replay`: the sitting of an exported case, step after step, on anybody's machine, without the platform."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from app.casefile.bundle import unpack
from app.casefile.codec import encode
from app.casefile.playback import Playback, Step, play_back, played_lots
from app.casefile.playback_details import details
from app.casefile.playback_scene import scene_of
from app.casefile.playback_telling import heading, stage_name, told_of
from app.casefile.playback_words import Names, Said, names_told, role_named, said, who
from app.casefile.verification import Check, Verdict, verify_bundle
from app.casefile.verification.evidence import Evidence, read_evidence
from app.client.command_line import CLIENT_COMMANDS, add_command, count, existing
from app.client.terminal import local, spoken
from app.client.verify_commands import line, roots_in, shipped_profiles
from app.messages import BEIJING, LANGUAGES
from app.procedure.errors import RuleViolation
from crypto.instants import format_instant


def add_parser(subparsers: Any) -> None:
    """Add `replay`; it sets `run`, which takes the parsed arguments and returns the exit status."""
    parser = add_command(subparsers, "replay", CLIENT_COMMANDS["replay"][1], _replay)
    parser.add_argument("bundle", type=existing, help="证据包 case-….evidence.zip\nthe bundle, case-….evidence.zip")
    words = "标包，默认第一个有评审的\nthe lot, otherwise the first with a sitting"
    parser.add_argument("--lot", default="", help=words)
    words = "只看第 N 步，以及这一步之后评审室的全貌\nstep N alone, and the room as it left it"
    parser.add_argument("--at", type=count, metavar="N", help=words)
    parser.add_argument("--from", dest="first", type=count, metavar="N", help="从第 N 步起\nbegin with step N")
    parser.add_argument("--to", dest="last", type=count, metavar="N", help="到第 N 步止\nend with step N")
    parser.add_argument("--json", action="store_true", help="输出 JSON，连同每步的原文\nas JSON, with every payload")
    words = "可信根证书（PEM），可多次\ntrusted roots (PEM); may be repeated"
    parser.add_argument("--roots", type=existing, action="append", default=[], metavar="FILE", help=words)
    words = "输出语言，默认 zh\nlanguage of the replay, otherwise zh"
    parser.add_argument("--lang", choices=LANGUAGES, default="zh", help=words)


@spoken
def _replay(arguments: argparse.Namespace) -> int:
    """Play back, after saying whether the bundle holds; 1 where it does not. Raises RuleViolation."""
    if arguments.at and (arguments.first or arguments.last):
        raise RuleViolation("replay_at_or_range", number=arguments.at)
    files = unpack(arguments.bundle.read_bytes())
    roots = [root for path in arguments.roots for root in roots_in(path)]
    checks = verify_bundle(files, roots, shipped_profiles())
    if checks[0].name == "bundle":
        raise RuleViolation(checks[0].code, **checks[0].facts)
    evidence = read_evidence(files)
    lot = arguments.lot or next(iter(played_lots(evidence.readable)), "—")
    played = play_back(evidence.readable, lot)
    names = names_told(evidence.readable, lot)
    if arguments.at is None:
        steps = played.between(arguments.first or 1, arguments.last or len(played.steps))
    else:
        steps = (played.at(arguments.at),)
    failed = any(check.verdict is Verdict.FAIL for check in checks)
    if arguments.json:
        told = _as_json(evidence, played, steps, names, checks)
        if arguments.at is not None:
            told["room"] = encode(scene_of(steps[0].after, names))
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return int(failed)
    language = arguments.lang
    print(verdict(checks).in_words(language, BEIJING))
    print(_title(evidence, played).in_words(language, BEIJING))
    alone = arguments.at is not None
    for text in _lines(steps, names, language, whole=alone):
        print(text)
    if alone:
        print(*_room(steps[0], names, language), sep="\n")
    return int(failed)


def verdict(checks: Sequence[Check]) -> Said:
    """Whether the bundle holds, with counts; where it does not, the first failure."""
    counts = Counter(check.verdict for check in checks)
    facts = {"ok": counts[Verdict.OK], "failed": counts[Verdict.FAIL], "open": counts[Verdict.NOT_COVERED]}
    first = next((check for check in checks if check.verdict is Verdict.FAIL), None)
    if first is None:
        return Said("replay_verified", facts)
    return Said("replay_unverified", facts | {"first": {language: line(first, language) for language in LANGUAGES}})


def _title(evidence: Evidence, played: Playback) -> Said:
    facts = {
        "case": evidence.case_id,
        "lot": played.lot,
        "steps": len(played.steps),
        "since": played.steps[0].record.at,
        "until": played.steps[-1].record.at,
        "holder": role_named(str(evidence.head["holder"])),
        "hidden": len(evidence.hidden),
    }
    return Said("replay_title", facts)


def _lines(steps: Sequence[Step], names: Names, language: str, *, whole: bool) -> Iterator[str]:
    """Each step as a line, with what is inside it where it is to be `whole`; after those that lead into another stage,
    its name."""
    for step in steps:
        facts = {"at": local(step.record.at), "who": who(step.record), "said": said(step.record, names)}
        yield Said("replay_line", {"number": step.number, **facts}).in_words(language, BEIJING)
        if whole:
            yield from (f"  {text.in_words(language, BEIJING)}" for text in details(step.record, names))
        if step.stage is not step.before:
            yield Said("replay_stage", {"stage": stage_name(step.stage)}).in_words(language, BEIJING)


def _room(step: Step, names: Names, language: str) -> Iterator[str]:
    """The room after a step, heading by heading."""
    for part, lines in told_of(scene_of(step.after, names), names).items():
        yield f"\n{heading(part).in_words(language, BEIJING)}"
        yield from (f"  {text.in_words(language, BEIJING)}" for text in lines)


def _as_json(
    evidence: Evidence, played: Playback, steps: Sequence[Step], names: Names, checks: Sequence[Check]
) -> dict[str, Any]:
    return {
        "case": evidence.case_id,
        "lot": played.lot,
        "verified": all(check.verdict is not Verdict.FAIL for check in checks),
        "failures": [line(check, "en") for check in checks if check.verdict is Verdict.FAIL],
        "hidden": len(evidence.hidden),
        "steps_in_all": len(played.steps),
        "steps": [_step_json(step, names) for step in steps],
    }


def _step_json(step: Step, names: Names) -> dict[str, Any]:
    record = step.record
    words = {language: said(record, names).in_words(language, BEIJING) for language in LANGUAGES}
    return {
        "number": step.number,
        "seq": record.seq,
        "at": format_instant(record.at),
        "type": record.type,
        "actor": {language: who(record).in_words(language, BEIJING) for language in LANGUAGES},
        "stage": str(step.stage),
        "stands_still": step.after.sitting.suspended is not None,
        "said": words,
        "payload": record.payload,
    }
