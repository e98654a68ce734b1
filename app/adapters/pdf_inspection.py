"""A PDF from anybody is read in a process of its own, with limits: what is built to crash, hang or fill the memory of a
reader does so there, and the web process goes on.
"""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app.casefile.codec import decode, encode
from crypto.instants import format_instant, parse_instant
from crypto.pdf import PdfFinding, PdfVerdict, verify_pdf

ROOT = Path(__file__).parents[2]
SECONDS = 20
MEMORY_BYTES = 512 << 20
OPEN_FILES = 32
UNREADABLE = PdfVerdict((), sealed_last=False, whole=False, reasons=(PdfFinding("pdf_unreadable"),))


def inspect_pdf(pdf: bytes, roots: Sequence[str], at: datetime) -> PdfVerdict:
    """What `verify_pdf` finds; a document that exceeds the limits counts as unreadable."""
    asked = {"roots": list(roots), "at": format_instant(at), "pdf": base64.b64encode(pdf).decode()}
    try:
        done = subprocess.run(
            (sys.executable, "-B", "-m", __name__),
            input=json.dumps(asked).encode(),
            capture_output=True,
            cwd=ROOT,
            env={"LC_ALL": "C.UTF-8"},
            timeout=SECONDS,
            check=True,
        )
        return decode(PdfVerdict, json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError):
        return UNREADABLE


def main() -> None:
    """One document from standard input, its verdict to standard output, within the limits."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    asked = json.load(sys.stdin)
    verdict = verify_pdf(base64.b64decode(asked["pdf"]), asked["roots"], parse_instant(asked["at"]))
    json.dump(encode(verdict), sys.stdout)


if __name__ == "__main__":
    main()
