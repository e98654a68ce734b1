"""The live channel of a program: frames that say what changed, and what was missed after a broken line."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import socketio
from socketio.exceptions import ConnectionError as NoConnection
from socketio.exceptions import SocketIOError

from app.client.connection import Connection, Refused

NAMESPACE = "/live"
ANSWER_WITHIN = 5  # seconds for one acknowledgement, after which the line counts as dead
TOO_MUCH, A_WHILE = "too_many_at_once", 1.0  # seconds until what was too much is asked again
LOOK_EVERY = 0.1  # seconds between looks at whether the line still stands

logging.getLogger("engineio.client").addFilter(lambda record: record.levelno >= logging.ERROR)


class LiveChannel:
    """One socket. Frames only tell that something changed; what, is fetched over HTTP.

    Use it from one thread, whose `wait` also connects again: the socket's own threads do no more than raise flags.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cursors: dict[str, str] = {}
        self._line = 0  # counts broken lines: an answer that was awaited over one of them never comes
        self._changed, self._joined = threading.Event(), threading.Event()
        self.client = self._make_client()

    def _make_client(self) -> socketio.Client:
        client = socketio.Client(
            reconnection=False,
            http_session=self.connection.http,
            handle_sigint=False,
        )
        client.on("disconnect", self._on_cut, namespace=NAMESPACE)
        client.on("case.changed", self._on_frames, namespace=NAMESPACE)
        return client

    def _on_cut(self, *_: Any) -> None:
        self._line += 1
        self._joined.clear()
        self._changed.set()

    def _on_frames(self, frames: list[dict[str, Any]]) -> None:
        self.cursors[frames[-1]["case"]] = frames[-1]["cursor"]
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

    def _abandon(self) -> None:
        """Give a silent line up: a cut cable says nothing, and the socket would wait for its ping's time-out."""
        silent, self.client = self.client, self._make_client()
        threading.Thread(target=silent.disconnect, daemon=True).start()
        self._on_cut()

    def follow(self, case: str) -> None:
        """Hear of a case from now on, and after each broken line again from where one was."""
        if case not in self.cursors:
            self.cursors[case] = ""
            self._joined.clear()

    def wait(self, seconds: float) -> bool:
        """Until something may have changed in a followed case, at most `seconds`; whether it may."""
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
        """The acknowledgement of one event, asked again where it was too much at once.

        Raises Refused with the platform's words, `no_answer` without one.
        """
        while True:
            try:
                return self._ask_once(event, message)
            except Refused as exc:
                if exc.code != TOO_MUCH:
                    raise
                time.sleep(A_WHILE)

    def _ask_once(self, event: str, message: dict[str, Any]) -> dict[str, Any]:
        answers: list[Any] = []
        answered = threading.Event()
        line, give_up_at = self._line, time.monotonic() + ANSWER_WITHIN

        def take(*found: Any) -> None:
            answers.extend(found)
            answered.set()

        try:
            self.client.emit(event, message, namespace=NAMESPACE, callback=take)
        except SocketIOError as exc:
            raise _no_answer() from exc
        while not answered.wait(LOOK_EVERY):
            if time.monotonic() > give_up_at:
                self._abandon()
            if line != self._line or not self.up:
                raise _no_answer()
        return _answer(dict(answers[0]))


def _no_answer() -> Refused:
    return Refused("no_answer", "线路中断，正在自动重连。", "The line is down and reconnects by itself.")


def _answer(found: dict[str, Any]) -> dict[str, Any]:
    if "error" in found:
        error = found["error"]
        raise Refused(error["code"], error["message"], error.get("message_en", ""), status=400)
    return found
