"""What strangers hand in is read in a process of its own, with limits: what is built to crash, hang or fill the memory
of a reader does so there, and the web process goes on.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPEN_FILES = 32


class BeyondBounds(Exception):
    """The reader ended without an answer: too long, too large, or a crash."""


class ReadersBusy(Exception):
    """As many readers as this process may have are at work; what was handed in can be handed in again."""


AT_ONCE = max(1, (os.cpu_count() or 1) - 1)  # a core is left for everybody else
PATIENCE = 5.0  # seconds until one of them is free
_readers: dict[str, threading.BoundedSemaphore] = {}  # by module: strangers' PDFs keep nobody's table waiting


def read_apart(module: str, data: bytes, seconds: float) -> bytes:
    """What `python -m module` answers to `data`, within `seconds`. Raises BeyondBounds, ReadersBusy.

    A co-operative server does its other work meanwhile, so this needs no thread of its own; and must have none, since
    the end of a child is told to the server's own thread alone.
    """
    places = _readers.setdefault(module, threading.BoundedSemaphore(AT_ONCE))
    if not places.acquire(timeout=PATIENCE):
        raise ReadersBusy
    try:
        done = subprocess.run(
            (sys.executable, "-B", "-m", module),
            input=data,
            capture_output=True,
            cwd=ROOT,
            env={"LC_ALL": "C.UTF-8"},
            timeout=seconds,
            check=True,
        )
    except subprocess.SubprocessError as exc:
        raise BeyondBounds from exc
    finally:
        places.release()
    return done.stdout


def bound_this_process(memory_bytes: int, seconds: int) -> None:
    """From here on this process has these limits, and writes no file."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
