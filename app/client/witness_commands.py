"""`tenderhall witness …`: a second pair of eyes on a platform's register, with a key and a machine of its own."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.client.command_line import CLIENT_COMMANDS, add_command, existing, seconds
from app.client.connection import Connection, Refused
from app.client.given_files import given_text
from app.client.terminal import add_folder, add_platform_arguments, now, passphrase, spoken
from app.client.witness import Forked, Witness, WitnessFolder
from app.messages import LANGUAGES, sentence
from crypto.errors import CryptoError
from crypto.notes import ED25519, VerifierKey

PAUSE = 15  # seconds between looks while the register does not tick, or cannot be reached
HOME = ".tenderhall-witness"
FORKED = 3  # exit status
BY_HAND = "http://by-hand.invalid"  # the address of a platform from which checkpoints only come by hand


def add_parser(subparsers: Any) -> None:
    """Add `witness` with its commands; each sets `run`, which takes the parsed arguments and returns the status."""
    commands = add_command(subparsers, "witness", CLIENT_COMMANDS["witness"][1]).commands("witness_command")
    init = add_command(commands, "init", "生成见证密钥\nmake the witness's key", _init)
    init.add_argument("name", help="见证方名称，不含空格\nname without spaces, e.g. regulator.example/w1")
    words = "密钥不加口令（仅本人可读）\nkey file without a passphrase, readable by you alone"
    init.add_argument("--no-passphrase", action="store_true", help=words)
    add_folder(init, HOME)
    run = add_command(commands, "run", "轮询、核对、共同签名\nlook, verify and cosign, until it is stopped", _run)
    add_platform_arguments(run)
    words = "登记簿公钥，另行取得（首次使用后记住）\nthe register's key, from another source (kept)"
    run.add_argument("--log-vkey", metavar="VKEY", help=words)
    words = f"间隔秒数，默认 {PAUSE}\nseconds between looks, otherwise {PAUSE}"
    run.add_argument("--every", type=seconds, default=PAUSE, metavar="SECONDS", help=words)
    run.add_argument("--once", action="store_true", help="只看一次\nlook once and end")
    add_folder(run, HOME)
    words = "为人工带来的检查点文件联署\ncosign a checkpoint that was carried here by hand"
    carried = add_command(commands, "cosign", words, _cosign)
    carried.add_argument("file", type=existing, help="检查点文件 checkpoint.txt\nthe file of the page of the register")
    words = "登记簿公钥，另行取得（首次使用后记住）\nthe register's key, from another source (kept)"
    carried.add_argument("--log-vkey", metavar="VKEY", help=words)
    add_folder(carried, HOME)


@spoken
def _init(arguments: argparse.Namespace) -> int:
    home = WitnessFolder(arguments.folder)
    if home.key_path.exists():
        raise Refused("witness_exists", "此文件夹已有见证密钥，未作改动。", "There is a witness's key here already.")
    phrase = None if arguments.no_passphrase else passphrase()
    if phrase == "":
        raise Refused("passphrase_empty", "口令不能为空。", "The pass phrase must not be empty.")
    print(home.create(arguments.name, phrase).verifier)
    return 0


@spoken
def _cosign(arguments: argparse.Namespace) -> int:
    """No line to the platform is needed: a file comes, and the note with one more line goes back."""
    arguments.url, arguments.ca = WitnessFolder(arguments.folder).facts.get("url", BY_HAND), None
    return _alone(arguments, lambda witness: _cosign_file(witness, arguments.file))


def _cosign_file(witness: Witness, path: Path) -> int:
    note = str(witness.cosign_carried(given_text(path)))
    beside = path.with_name(f"{path.name}.cosigned")
    beside.write_text(note, "utf-8")
    print(f"{note}\n已写入 / written to {beside}")
    print("请交回“登记簿与见证”页 / hand it in at the page of the register (/register)")
    return 0


@spoken
def _run(arguments: argparse.Namespace) -> int:
    return _alone(arguments, lambda witness: _watch(witness, arguments))


def _alone(arguments: argparse.Namespace, action: Callable[[Witness], int]) -> int:
    """The witness of the folder does something that no second process does meanwhile; a second history is told."""
    home = WitnessFolder(arguments.folder)
    if not home.key_path.exists():
        raise Refused("witness_missing", "请先运行 tenderhall witness init。", "Run tenderhall witness init first.")
    with home.alone():
        witness = _witness(home, arguments)
        try:
            return action(witness)
        except Forked as forked:
            facts = {"held": str(forked.held), "offered": str(forked.offered)}
            for language in LANGUAGES:
                print(sentence(f"witness_{forked.kind}", facts, language), file=sys.stderr)
            return FORKED


def _witness(home: WitnessFolder, arguments: argparse.Namespace) -> Witness:
    """Whom this folder watches is said once; another log under the same folder is refused."""
    known = home.facts
    if arguments.log_vkey and known.get("log_vkey", arguments.log_vkey) != arguments.log_vkey:
        words = (
            "本文件夹见证的是另一登记簿；请为新的登记簿另建文件夹。",
            "This folder watches another log; make a folder of its own for the new one.",
        )
        raise Refused("witness_of_another_log", *words)
    said = {"url": arguments.url, "log_vkey": arguments.log_vkey, "ca": arguments.ca}
    facts = {**known, **{name: value for name, value in said.items() if value}}
    if not facts.get("url") or not facts.get("log_vkey"):
        words = ("请用 --url 与 --log-vkey 指明平台和登记簿公钥。", "Say --url and --log-vkey once; they are kept.")
        raise Refused("profile_incomplete", *words)
    log = VerifierKey.parse(facts["log_vkey"], ED25519)
    home.keep(**facts)
    key = home.key(passphrase() if home.is_encrypted else None)
    return Witness(home, key, log, Connection(facts["url"], verify=facts.get("ca") or True, patience=5))


def _in_words(refused: Refused | CryptoError) -> str:
    if isinstance(refused, Refused):
        return "\n".join(refused.sentences[language] for language in LANGUAGES)
    return "\n".join(sentence(refused.code, refused.facts, language) for language in LANGUAGES)


def _watch(witness: Witness, arguments: argparse.Namespace) -> int:
    """Until it is stopped. What is wrong with the line or the note is said once and tried again; Forked ends it.

    After a look that went well the next one is asked for at once and answered when the register has ticked.
    """
    told, wait = "", 0
    while True:
        began_at = time.monotonic()
        try:
            found = witness.look(wait)
            listed = witness.look_at_list()
            told, wait = "", int(arguments.every)
            for word, head in (("cosigned", found), ("cosigned acts", listed)):
                if head is not None:
                    print(f"{now()} {word} {head.size} {head.root.hex()}", flush=True)
        except (Refused, CryptoError) as refused:
            if arguments.once:
                raise
            wait, found = 0, None
            if (said := _in_words(refused)) != told:
                told = said
                print(told, file=sys.stderr, flush=True)
        if arguments.once:
            return 0
        if found is None:
            time.sleep(max(0.0, began_at + arguments.every - time.monotonic()))
