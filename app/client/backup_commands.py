"""`tenderhall trustee backup` and `restore`: the backup sheet, written on the trustee's own machine and read there."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.client.backup import check_pinned, read_sheet, restore, sheet_page, sheet_text
from app.client.command_line import add_command
from app.client.connection import Connection
from app.client.keyfile import Profile, write_private
from app.client.terminal import add_folder, add_platform_arguments, passphrase, spoken
from crypto.instants import format_instant

WRITTEN = """\
备份单已写入 / sheet written:
{files}
请打印后删除这些文件。口令不在其中，请另外保管。
Print them and delete the files. The pass phrase is not in them: keep it apart.
"""
RESTORED = """\
已恢复：份额和密钥与登记簿一致。用 tenderhall trustee sign --folder {folder} 试一试。
新文件夹不记得签过什么：有见证方联署的项目以公开行为清单为准；没有见证方的项目，agent 不再自动签署，请用 sign 逐项核对。
自选的见证方请重新用 --witness 指明。
Restored: share and key are those on record. Try tenderhall trustee sign --folder {folder}.
The new folder remembers nothing that was signed: where witnesses vouch, the list of acts counts in its place; where
there are none, the agent signs nothing by itself any more: sign by hand. Name your own witnesses again with --witness.
"""


def add_backup(commands: Any) -> None:
    """Add `backup` and `restore` to the commands of a trustee."""
    words = "打印备份单（文本和网页，含二维码）\nwrite the backup sheet, as text and as a page with a QR code"
    backup = add_command(commands, "backup", words, _backup)
    words = "写入的文件夹；不写则只显示文本\nfolder to write to; without it the text is shown"
    backup.add_argument("--out", type=Path, metavar="FOLDER", help=words)
    add_folder(backup)
    again = add_command(commands, "restore", "从备份单恢复\nfill a new folder from a backup sheet", _restore)
    again.add_argument("sheet", type=Path, help="备份单文本文件\nthe sheet as a text file")
    words = "根证书或见证方已正当更换（先电话核对）\nits authorities or witnesses were changed"
    again.add_argument("--adopt-witnesses", action="store_true", help=words)
    add_platform_arguments(again)
    add_folder(again)


@spoken
def _backup(arguments: argparse.Namespace) -> int:
    profile = Profile(arguments.folder)
    if arguments.out is None:
        print(sheet_text(profile), end="")
        return 0
    written = {"backup.txt": sheet_text(profile), "backup.html": sheet_page(profile)}
    for name, text in written.items():
        write_private(arguments.out / name, text.encode())
    print(WRITTEN.format(files="\n".join(str(arguments.out / name) for name in written)), end="")
    return 0


@spoken
def _restore(arguments: argparse.Namespace) -> int:
    sheet, profile = read_sheet(arguments.sheet.read_text("utf-8")), Profile(arguments.folder)
    said = {"base_url": arguments.url, "ca": arguments.ca}
    profile.keep(**{name: value for name, value in said.items() if value})
    facts = profile.facts
    connection = Connection(str(facts.get("base_url", "")), verify=facts.get("ca") or True)
    platform = connection.get("/platform")
    if not arguments.adopt_witnesses:
        check_pinned(sheet, platform)
    committee = restore(profile, sheet, connection.get("/committees"), passphrase())
    pins = {name: platform[name] for name in ("roots", "authority", "register")}
    profile.keep(**pins, restored_at=format_instant(datetime.now(UTC)))
    print(f"{RESTORED.format(folder=profile.folder)}{committee.k} / {committee.n}  {committee.id}")
    return 0
