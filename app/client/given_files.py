"""Files that somebody names on the command line, and that may be anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.client.connection import refuse


def given_text(path: Path) -> str:
    """The text of a file in UTF-8. Raises Refused `file_unreadable`, OSError."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as exc:
        raise refuse(
            "file_unreadable",
            "{path} 不是 UTF-8 文本（第 {at} 字节起），未作任何操作。请核对所给的文件。",
            "{path} is no text in UTF-8 (from byte {at}); nothing was done. Check which file you gave.",
            path=path,
            at=exc.start + 1,
        ) from exc


def given_json(path: Path) -> Any:
    """What a JSON file says. Raises Refused `file_unreadable`, OSError."""
    text = given_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise refuse(
            "file_unreadable",
            "{path} 不是 JSON（{reason}），未作任何操作。请核对所给的文件；回执也可以从“我的投标”页重新下载。",
            "{path} is no JSON ({reason}); nothing was done. Check which file you gave; a receipt can be downloaded "
            "again from the page of the bid.",
            path=path,
            reason=str(exc)[:120],
        ) from exc
