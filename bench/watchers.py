"""People in a hall, as a process of its own: each holds a socket, and fetches the live part after a frame as the page
does. Runs under `gevent.monkey`. Told over standard input whom to be, it says `ready`; told how many steps there were,
it says when each of the people saw each of them, and how much processor time it needed to look.

Two hundred browsers have processors of their own, these people share one: so they speak websocket and HTTP by hand, and
note the instant at which the last byte arrived before they look at any of it.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import time
from datetime import datetime
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Pool

NAMESPACE = "/live"
COOKIE = "tenderhall"
AT_A_TIME = 20  # people who come in at once
PATIENCE = 60  # seconds until a step that somebody has not seen counts as missed
TEXT, CLOSE = 1, 8  # websocket opcodes
LONGER, LONGEST = 126, 127  # lengths that say where the real one stands


class Line:
    """A connection to the server, read by as many bytes as are wanted."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._come = bytearray()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def head(self) -> bytes:
        """Everything up to the empty line."""
        while (end := self._come.find(b"\r\n\r\n")) < 0:
            self._receive()
        return self._take(end + 4)

    def read(self, size: int) -> bytes:
        while len(self._come) < size:
            self._receive()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._come[:size])
        del self._come[:size]
        return taken

    def _receive(self) -> None:
        more = self._socket.recv(1 << 16)
        if not more:
            raise ConnectionResetError
        self._come += more


class WebSocket:
    """The messages of a socket.io server on one namespace."""

    def __init__(self, address: str, cookie: str) -> None:
        self.line = Line(address)
        key = base64.b64encode(os.urandom(16)).decode()
        self.line.send(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n{cookie}\r\n".encode()
        )
        assert b" 101 " in self.line.head()
        self.next()  # the server introduces itself
        self.say(f"40{NAMESPACE},")

    def say(self, text: str) -> None:
        """A frame of a client is masked; a mask of zeros leaves it as it is."""
        data = text.encode()
        assert len(data) < 1 << 16
        long = b"" if len(data) < LONGER else len(data).to_bytes(2, "big")
        self.line.send(bytes([0x80 | TEXT, 0x80 | (LONGER if long else len(data))]) + long + bytes(4) + data)

    def next(self) -> bytes:
        """The next message that means something, without the name of the namespace."""
        while True:
            opcode, length = self.line.read(2)
            if length in (LONGER, LONGEST):
                length = int.from_bytes(self.line.read(2 if length == LONGER else 8), "big")
            text = self.line.read(length)
            if opcode & 0xF == CLOSE:
                raise ConnectionResetError
            if text == b"2":
                self.say("3")
            else:
                return text.replace(f"{NAMESPACE},".encode(), b"", 1)


class Watcher:
    """One person: `seen` holds for each frame its type, its instant and how many seconds later the page showed it."""

    def __init__(self, address: str, case: str, fragment: str, token: str) -> None:
        self.address, self.case, self.fragment = address, case, fragment
        self.cookie = f"Cookie: {COOKIE}={token}\r\n" if token else ""
        self.line: Line | None = None
        self.due: list[tuple[str, float]] = []
        self.changed, self.joined = Event(), Event()
        self.seen: list[tuple[str, float, float]] = []
        self.cursor = ""

    def come_in(self) -> None:
        gevent.spawn(self._listen)
        self.joined.wait()
        if self.fragment:
            self._fetch()
            gevent.spawn(self._follow)

    def _listen(self) -> None:
        while True:
            try:
                self._listen_once(WebSocket(self.address, self.cookie))
            except OSError:
                gevent.sleep(1)

    def _listen_once(self, web_socket: WebSocket) -> None:
        """Also after a broken line, from where one was; what was missed counts as heard now."""
        while True:
            text, now = web_socket.next(), time.time()
            if text.startswith(b"42"):
                self._hear(json.loads(text[2:])[1], now)
            elif text.startswith(b"43"):
                number, bracket, answer = text[2:].partition(b"[")
                self._answered(int(number), json.loads(bracket + answer)[0], now)
            elif text.startswith(b"40"):
                join = json.dumps(["case.join", {"case": self.case, "cursor": self.cursor}])
                web_socket.say(f"42{NAMESPACE},0{join}")

    def _answered(self, _number: int, answer: dict[str, Any], now: float) -> None:
        """A watcher asks for one thing: to be let in."""
        self._come_back(answer, now)

    def _come_back(self, answer: dict[str, Any], now: float) -> None:
        assert "error" not in answer, answer
        self.cursor = answer["cursor"]
        if answer["missed"]:
            self._hear(answer["missed"], now)
        self.joined.set()

    def _hear(self, frames: list[dict[str, Any]], now: float) -> None:
        self.cursor = frames[-1]["cursor"]
        self.due += [(frame["type"], datetime.fromisoformat(frame["at"]).timestamp()) for frame in frames]
        if self.fragment:
            self.changed.set()
        else:
            self._show(now)

    def _follow(self) -> None:
        """One request at a time; frames that come meanwhile lead to one more, not to many (live.js)."""
        while True:
            self.changed.wait()
            self.changed.clear()
            announced, self.due = self.due, []
            now = self._fetch()
            self.due, later = announced, self.due
            self._show(now)
            self.due = later

    def _show(self, now: float) -> None:
        self.seen += [(type, at, now - at) for type, at in self.due]
        self.due = []

    def _fetch(self) -> float:
        """The instant at which the whole answer was there."""
        try:
            return self._fetch_on(self.line or self._new_line())
        except OSError:  # the server lets a quiet line go
            return self._fetch_on(self._new_line())

    def _new_line(self) -> Line:
        self.line = Line(self.address)
        return self.line

    def _fetch_on(self, line: Line) -> float:
        wanted = f"{self.fragment}?cursor={self.cursor}"
        line.send(f"GET {wanted} HTTP/1.1\r\nHost: {self.address}\r\n{self.cookie}\r\n".encode())
        head = line.head().lower()
        assert b" 200 ok" in head, head
        line.read(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        return time.time()


def main() -> None:
    told = json.loads(sys.stdin.readline())
    watchers = [Watcher(told["address"], told["case"], told["fragment"], token) for token in told["tokens"]]
    Pool(AT_A_TIME).map(Watcher.come_in, watchers)
    before = time.process_time()
    print("ready", flush=True)
    steps = int(gevent.get_hub().threadpool.apply(sys.stdin.readline))  # elsewhere: people look while this waits
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at and any(len(watcher.seen) < steps for watcher in watchers):
        gevent.sleep(0.05)
    looked = time.process_time() - before
    print(json.dumps({"seen": [watcher.seen for watcher in watchers], "looked": looked}), flush=True)


if __name__ == "__main__":
    main()
