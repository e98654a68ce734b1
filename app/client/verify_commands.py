"""`tenderhall verify`: an evidence bundle checked on anybody's machine, without the platform."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from app.casefile.codec import decode
from app.casefile.verification import Check, Verdict, verify_bundle
from app.client.command_line import CLIENT_COMMANDS, add_command, existing
from app.client.connection import Refused
from app.client.terminal import spoken
from app.messages import catalogue, sentence
from app.procedure.profiles import Profile
from crypto.notes import COSIGNATURE, VerifierKey

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
SHOWN = {
    "zh": {Verdict.OK: "通过　", Verdict.FAIL: "未通过", Verdict.NOT_COVERED: "未覆盖"},
    "en": {Verdict.OK: "ok         ", Verdict.FAIL: "FAIL       ", Verdict.NOT_COVERED: "not covered"},
}


def add_parser(subparsers: Any) -> None:
    """Add `verify`; it sets `run`, which takes the parsed arguments and returns the exit status."""
    parser = add_command(subparsers, "verify", CLIENT_COMMANDS["verify"][1], _verify)
    parser.add_argument("bundle", type=existing, help="证据包 case-….evidence.zip\nthe bundle, case-….evidence.zip")
    words = "可信根证书（PEM），可多次\ntrusted roots (PEM); may be repeated"
    parser.add_argument("--roots", type=existing, action="append", default=[], metavar="FILE", help=words)
    words = "见证方公钥，可多次；给出的每一方都须已共同签名\na witness's vkey, may be repeated; each must have cosigned"
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help=words)
    words = "录像文件所在目录，或者下载的 tar，可多次\nfolder or tar with files of recordings, may be repeated"
    parser.add_argument("--recording", type=existing, action="append", default=[], metavar="PATH", help=words)
    words = "输出语言，默认 zh\nlanguage of the report, otherwise zh"
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help=words)


@spoken
def _verify(arguments: argparse.Namespace) -> int:
    roots = [root for path in arguments.roots for root in roots_in(path)]
    witnesses = [VerifierKey.parse(text, COSIGNATURE) for text in arguments.witness]
    films = {name: digest for path in arguments.recording for name, digest in digests_of(path)}
    bundle = arguments.bundle.read_bytes()
    checks = verify_bundle(bundle, roots, shipped_profiles(), witnesses=witnesses, films=films)
    for check in checks:
        print(line(check, arguments.lang))
    counts = Counter(check.verdict for check in checks)
    facts = {"ok": counts[Verdict.OK], "failed": counts[Verdict.FAIL], "open": counts[Verdict.NOT_COVERED]}
    print(sentence("verify_summary", facts, arguments.lang))
    return int(bool(counts[Verdict.FAIL]))


def digests_of(path: Path) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each file of a folder or of a tar."""
    if path.is_dir():
        for found in sorted(path.iterdir()):
            if found.is_file():
                with found.open("rb") as file:
                    yield found.name, hashlib.file_digest(file, "sha256").hexdigest()
        return
    try:
        with tarfile.open(path) as archive:
            for entry in archive:
                if (data := archive.extractfile(entry)) is not None:
                    yield Path(entry.name).name, hashlib.sha256(data.read()).hexdigest()
    except tarfile.TarError as exc:
        zh = f"{path} 既不是目录，也不是 tar 文件。请给出下载的录像。"
        en = f"{path} is neither a folder nor a tar. Give the recording as it was downloaded."
        raise Refused("recording_unreadable", zh, en) from exc


def roots_in(path: Path) -> list[str]:
    """The certificates of a PEM file. Raises Refused `roots_unreadable`."""
    found = CERTIFICATE.findall(path.read_text("ascii", "replace"))
    if not found:
        zh = f"{path} 中没有证书。请给出 PEM 格式的根证书文件。"
        raise Refused("roots_unreadable", zh, f"There is no certificate in {path}. Give a PEM file with the roots.")
    return found


def line(check: Check, language: str) -> str:
    """A check as a line: verdict, step, and the sentence of what was found."""
    step = sentence(f"verify_step_{check.name}", {}, language)
    found = sentence(check.code, _in_words(check.facts, language), language)
    return f"{SHOWN[language][check.verdict]} | {step} | {found}"


def _in_words(facts: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A reason that is itself a code is said in words where it needs no figures, and named as it is otherwise."""
    reason = facts.get("reason")
    text = catalogue().get(str(reason), {}).get(language, "")
    return {**facts, "reason": f"{text.rstrip('。.')} [{reason}]"} if text and "{" not in text else dict(facts)


def shipped_profiles() -> list[Profile]:
    """The rule books that come with this program."""
    folder = resources.files("app.procedure") / "data"
    return [
        decode(Profile, json.loads(file.read_text("utf-8"))) for file in folder.iterdir() if file.name.endswith(".json")
    ]
