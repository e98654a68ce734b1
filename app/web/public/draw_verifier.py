"""The program by which anybody computes a draw again, as one file: its modules, each in the place of its import."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "client"
OWN_IMPORT = re.compile(r"^from app\.client\.(\w+) import .+\n", re.MULTILINE)


@lru_cache(maxsize=1)
def one_file() -> str:
    """`verify_draw.py` with everything of ours that it uses; it needs nothing but Python."""
    included: set[str] = set()

    def section(found: re.Match[str]) -> str:
        name = found[1]
        if name in included:
            return ""
        included.add(name)
        rule = f"# {name} ".ljust(118, "-")
        return f"\n{rule}\n\n{OWN_IMPORT.sub(section, _source(name))}\n"

    return OWN_IMPORT.sub(section, _source("verify_draw"))


def _source(name: str) -> str:
    return (CLIENT / f"{name}.py").read_text("utf-8")
