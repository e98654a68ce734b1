"""What gunicorn is told about its processes (its configuration, named by `app.cli.up.web_command`)."""

from __future__ import annotations

import gc
import os
import signal
import ssl
from collections.abc import Callable
from typing import Any

from app.cli import RARELY
from app.cli.handshakes import LateHandshake


def ssl_context(_configuration: Any, make: Callable[[], ssl.SSLContext]) -> LateHandshake:
    """The worker shakes hands itself, once the address has a place."""
    return LateHandshake(make())


def when_ready(_server: Any) -> None:
    """Ctrl-C in a terminal reaches every process of the group; the head of the group ends them, one by one and once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def post_fork(_server: Any, _worker: Any) -> None:
    """What a start makes, it keeps: looking for garbage all the while would be a sixth of its time."""
    gc.set_threshold(*RARELY)


def post_worker_init(_worker: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def worker_exit(_server: Any, _worker: Any) -> None:
    """Every request has been answered; the interpreter would now wait for what follows the commits, for ever."""
    os._exit(0)
