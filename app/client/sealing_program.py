"""Which program seals here: its name, and the hash of all that it is made of."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from crypto.canonical import digest

CLIENT_NAME = "tenderhall-cli"
SEALING = ("app/client", "app/casefile", "app/procedure", "crypto", "evaluation")  # all that these programs import


@cache
def code_sha256() -> str:
    """Hash over the very code that seals: the bidder's program and the pure packages that it is made of."""
    root = Path(__file__).resolve().parents[2]
    sources = sorted(path for package in SEALING for path in (root / package).rglob("*.py"))
    return digest({str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sources})


def _version() -> str:
    try:
        return metadata.version("tenderhall")
    except metadata.PackageNotFoundError:
        return "0"


def sealing_program() -> tuple[str, str, str]:
    """Name, version and hash of this program, as a submission states them."""
    return CLIENT_NAME, _version(), code_sha256()
