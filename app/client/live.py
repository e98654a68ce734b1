"""The live channel of a program: frames that say what changed, and what was missed after a broken line."""

from __future__ import annotations

import logging
import threading
from typing import Any

import socketio
from socketio.exceptions import ConnectionError as NoConnection
from socketio.exceptions import SocketIOError

from app.client.connection import Connection, Refused

NAMESPACE = "/live"
ANSWER_WITHIN = 10  # seconds for one acknowledgement
FIRST_DELAY, LONGEST_DELAY = 0.2, 4  # seconds between tries to reach the platform again

logging.getLogger("engineio.client").addFilter(lambda record: record.levelno >= logging.ERROR)


class LiveChannel:
    """One socket that reconnects by itself. Frames only tell that something changed; what, is fetched over HTTP.

    Use it from one thread: the socket's own threads do no more than raise flags.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cursors: dict[str, str] = {}
        self._changed, self._joined = threading.Event(), threading.Event()
        self.client = self._make_client()

    def _make_client(self) -> socketio.Client:
        client = socketio.Client(
            reconnection_delay=FIRST_DELAY,
            reconnection_delay_max=LONGEST_DELAY,
            http_session=self.connection.http,
            handle_sigint=False,
        )
        client.on("disconnect", lambda *_: self._joined.clear(), namespace=NAMESPACE)
        client.on("case.changed", self._on_frame, namespace=NAMESPACE)
        return client

    def _on_frame(self, frame: dict[str, Any]) -> None:
        self.cursors[frame["case"]] = frame["cursor"]
        self._changed.set()

    @property
    def up(self) -> bool:
        """Whether the platform is connected now."""
        return NAMESPACE in self.client.namespaces and self.client.connected

    def open(self) -> bool:
        """Connect unless it is; False where the platform cannot be reached now."""
        if self.up or self.client.connected:
            return self.up
        try:
            self.client.connect(
                self.connection.base_url,
                auth={"token": self.connection.token},
                namespaces=[NAMESPACE],
                transports=["websocket"],
                wait_timeout=ANSWER_WITHIN,
            )
        except (NoConnection, ValueError):
            return False
        return self.up

    def close(self) -> None:
        self.client.disconnect()

    def follow(self, case: str) -> None:
        """Hear of a case from now on, and after each broken line again from where one was."""
        if case not in self.cursors:
            self.cursors[case] = ""
            self._joined.clear()

    def wait(self, seconds: float) -> bool:
        """Until something changed in a followed case, at most `seconds`; whether it did."""
        if self.open() and not self._joined.is_set():
            self._join()
        changed = self._changed.wait(seconds)
        self._changed.clear()
        return changed

    def _join(self) -> None:
        """Join every followed case with its cursor; whatever was missed counts as a change."""
        self._joined.set()
        try:
            for case, cursor in list(self.cursors.items()):
                answer = self.ask("case.join", {"case": case, **({"cursor": cursor} if cursor else {})})
                self.cursors[case] = answer["cursor"]
                if answer.get("missed"):
                    self._changed.set()
        except Refused:
            self._joined.clear()

    def ask(self, event: str, message: dict[str, Any]) -> dict[str, Any]:
        """The acknowledgement of one event. Raises Refused with the platform's words, `no_answer` without one."""
        try:
            answer = self.client.call(event, message, namespace=NAMESPACE, timeout=ANSWER_WITHIN)
        except SocketIOError as exc:
            raise Refused(
                "no_answer", "线路中断，稍后自动重连。", "The line is down; it reconnects by itself."
            ) from exc
        if "error" in answer:
            error = answer["error"]
            raise Refused(error["code"], error["message"], error.get("message_en", ""), status=400)
        return dict(answer)
