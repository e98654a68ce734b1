"""Lines that send a byte now and then: as slowhttptest -H, -B, and as an upload that never ends (T11)."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from contextlib import suppress

BEGINNINGS = {
    "headers": "GET /api/v1/platform HTTP/1.1\r\nHost: 127.0.0.1\r\nX-a: ",
    "body": "POST /api/v1/web-sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Content-Length: 100000\r\n\r\n{",
    "form": "POST /log-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 100000\r\n\r\na",
}


class SlowLines:
    """So many lines of each kind, each sending one byte at a time, `every` so many seconds, while the block lasts.

    `uploads`: (path, token) of uploads that are sent in the same way. `open` is how many hold on.
    """

    def __init__(self, url: str, each: int, every: float, uploads: list[tuple[str, str]] | None = None) -> None:
        self._address = tuple(url.removeprefix("http://").split(":"))
        self._every, self._stop = every, threading.Event()
        self._beginnings = [text for text in BEGINNINGS.values() for _ in range(each)]
        self._beginnings += [_patch(path, token) for path, token in uploads or ()]
        self._lines: list[socket.socket] = []
        self._sending = threading.Thread(target=self._send, daemon=True)
        self.begun = Counter[str]()

    @property
    def open(self) -> int:
        return len(self._lines)

    def __enter__(self) -> SlowLines:
        for text in self._beginnings:
            line = socket.create_connection((self._address[0], int(self._address[1])), timeout=5)
            line.sendall(text.encode())
            line.setblocking(False)
            self._lines.append(line)
        self._sending.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._stop.set()
        self._sending.join()
        for line in self._lines:
            line.close()

    def _send(self) -> None:
        while not self._stop.wait(self._every):
            for line in list(self._lines):
                try:
                    line.send(b"a")
                    with suppress(BlockingIOError):
                        if not line.recv(4096):
                            raise ConnectionResetError
                except OSError:
                    line.close()
                    self._lines.remove(line)


def _patch(path: str, token: str) -> str:
    head = {"Host": "127.0.0.1", "Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    head |= {"Content-Type": "application/offset+octet-stream", "Content-Length": "1000000"}
    return f"PATCH {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\na"


def served(ask: object, seconds: float, patience: float) -> tuple[int, int]:
    """How many of a normal client's requests within `seconds` were answered well and in time, of how many."""
    good = tried = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        asked_at, tried = time.monotonic(), tried + 1
        with suppress(OSError):
            good += bool(ask()) and time.monotonic() - asked_at < patience  # type: ignore[operator]
    return good, tried
