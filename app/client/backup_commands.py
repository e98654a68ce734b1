"""`tenderhall trustee backup` and `restore`: the backup sheet, written on the trustee's own machine and read there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.client.backup import read_sheet, restore, sheet_page, sheet_text
from app.client.command_line import add_command
from app.client.connection import Connection
from app.client.keyfile import Profile, write_private
from app.client.terminal import add_folder, add_platform_arguments, passphrase, spoken

WRITTEN = """\
备份单已写入 / sheet written:
{files}
请打印后删除这些文件。口令不在其中，请另外保管。
Print them and delete the files. The pass phrase is not in them: keep it apart.
"""
RESTORED = """\
已恢复：份额和密钥与登记簿一致。用 tenderhall trustee sign --folder {folder} 试一试。
Restored: share and key are those on record. Try tenderhall trustee sign --folder {folder}.
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
    committees = Connection(str(facts.get("base_url", "")), verify=facts.get("ca") or True).get("/committees")
    committee = restore(profile, sheet, committees, passphrase())
    print(f"{RESTORED.format(folder=profile.folder)}{committee.k} / {committee.n}  {committee.id}")
    return 0
