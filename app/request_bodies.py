"""Bodies of requests arrive in time or not at all: nobody holds a place of the server by sending a byte now and then.

Uploads have rules of their own (app.api.uploads): they may last as long as something comes.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.exceptions import RequestTimeout, TooManyRequests

from app.database import given_up_after

PATIENCE = 20.0  # seconds for a body, however small
SLOWEST = 16 << 10  # bytes a second that a larger one has to come with
MOST_WAITING = 64  # bodies of one address that are waited for at the same time: a whole office sends fewer
UPLOADS = "/api/v1/uploads"
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TimelyBody(io.RawIOBase):
    """A body that raises RequestTimeout when it takes too long, TooManyRequests when its sender has others waiting."""

    def __init__(self, source: Any, address: str, waiting: Counter[str]) -> None:
        self._source, self._address, self._waiting = source, address, waiting
        self._began, self._received = time.monotonic(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self._a_place():
            data = self._in_time(len(buffer))
        buffer[: len(data)] = data
        self._received += len(data)
        return len(data)

    def _in_time(self, size: int) -> bytes:
        left = PATIENCE + self._received / SLOWEST - (time.monotonic() - self._began)
        try:
            if left > 0:
                with given_up_after(left):
                    return bytes(self._source.read(size))
        except TimeoutError:
            pass
        raise RequestTimeout

    @contextmanager
    def _a_place(self) -> Iterator[None]:
        if self._waiting[self._address] >= MOST_WAITING:
            raise TooManyRequests
        self._waiting[self._address] += 1
        try:
            yield
        finally:
            self._waiting[self._address] -= 1
            if not self._waiting[self._address]:
                del self._waiting[self._address]


def in_time(application: Application) -> Application:
    """The application, whose requests have bodies that arrive in time."""
    waiting: Counter[str] = Counter()

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(UPLOADS):
            source = environ["wsgi.input"]
            environ["wsgi.input"] = TimelyBody(source, environ.get("REMOTE_ADDR", ""), waiting)
        return application(environ, start_response)

    return serve
