"""People in a hall, as a process of its own: each holds a socket, and fetches the live part after a frame as the page
does. Runs under `gevent.monkey`. Told over standard input whom to be, it says `ready`; told how many steps there were,
it says when each of the people saw each of them.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from datetime import datetime
from typing import Any

import gevent
import socketio
from gevent.event import Event
from gevent.pool import Pool

NAMESPACE = "/live"
COOKIE = "tenderhall"
AT_A_TIME = 20  # people who come in at once
PATIENCE = 60  # seconds until a step that somebody has not seen counts as missed


class Watcher:
    """One person: `seen` holds for each frame its type, its instant and how many seconds later the page showed it."""

    def __init__(self, address: str, case: str, fragment: str, token: str) -> None:
        self.address, self.case, self.fragment = address, case, fragment
        self.headers = {"Cookie": f"{COOKIE}={token}"} if token else {}
        self.line = http.client.HTTPConnection(address, timeout=60)
        self.due: list[tuple[str, float]] = []
        self.changed = Event()
        self.seen: list[tuple[str, float, float]] = []
        self.cursor = ""
        self.joined = Event()
        self.client = socketio.Client(handle_sigint=False, reconnection_delay_max=4)
        self.client.on("case.changed", self._hear, namespace=NAMESPACE)
        self.client.on("connect", self._join, namespace=NAMESPACE)

    def come_in(self) -> None:
        self.client.connect(
            f"http://{self.address}",
            headers=self.headers,
            namespaces=[NAMESPACE],
            transports=["websocket"],
            wait_timeout=30,
        )
        self.joined.wait()
        if self.fragment:
            self._fetch()
            gevent.spawn(self._follow)

    def _join(self) -> None:
        """Also after a broken line, from where one was; what was missed counts as heard now."""
        asked = {"case": self.case, "cursor": self.cursor}
        self.client.emit("case.join", asked, namespace=NAMESPACE, callback=self._come_back)

    def _come_back(self, answer: dict[str, Any]) -> None:
        assert "error" not in answer, answer
        self.cursor = answer["cursor"]
        for frame in answer["missed"]:
            self._hear(frame)
        self.joined.set()

    def _hear(self, frame: dict[str, Any]) -> None:
        self.cursor = frame["cursor"]
        self.due.append((frame["type"], datetime.fromisoformat(frame["at"]).timestamp()))
        if self.fragment:
            self.changed.set()
        else:
            self._show()

    def _follow(self) -> None:
        """One request at a time; frames that come meanwhile lead to one more, not to many (live.js)."""
        while True:
            self.changed.wait()
            self.changed.clear()
            announced, self.due = self.due, []
            self._fetch()
            self.due, later = announced, self.due
            self._show()
            self.due = later

    def _show(self) -> None:
        now = time.time()
        self.seen += [(type, at, now - at) for type, at in self.due]
        self.due = []

    def _fetch(self) -> None:
        try:
            self.line.request("GET", self.fragment, headers=self.headers)
            answer = self.line.getresponse()
        except (http.client.HTTPException, ConnectionError):  # the server lets a quiet line go
            self.line.close()
            self.line.request("GET", self.fragment, headers=self.headers)
            answer = self.line.getresponse()
        answer.read()
        assert answer.status == http.client.OK, answer.status


def main() -> None:
    told = json.loads(sys.stdin.readline())
    watchers = [Watcher(told["address"], told["case"], told["fragment"], token) for token in told["tokens"]]
    Pool(AT_A_TIME).map(Watcher.come_in, watchers)
    print("ready", flush=True)
    steps, give_up_at = int(sys.stdin.readline()), time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at and any(len(watcher.seen) < steps for watcher in watchers):
        gevent.sleep(0.05)
    print(json.dumps([watcher.seen for watcher in watchers]), flush=True)


if __name__ == "__main__":
    main()
