"""The line to the platform: JSON over HTTP, a bearer token, refusals in words, patience while a server restarts.

What may be repeated without harm is repeated while the platform cannot be reached; anything else only when the
request certainly never arrived.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

API = "/api/v1"
PATIENCE = 60  # seconds for which a platform that cannot be reached, or is busy, is asked again
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds
TIMEOUT = (5, 60)  # seconds to connect, seconds between bytes
ANONYMOUS = "anonymous"  # a token nobody has: programs say who they are in this header, never by a cookie
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class Refused(Exception):
    """The platform (or the line) says no: a stable `code` and a sentence in each language."""

    def __init__(self, code: str, zh: str, en: str = "", *, status: int = 0, facts: Mapping[str, Any] | None = None):
        super().__init__(code)
        self.code, self.status, self.facts = code, status, dict(facts or {})
        self.sentences = {"zh": zh, "en": en or zh}

    def __str__(self) -> str:
        return f"{self.sentences['zh']} {self.sentences['en']} [{self.code}]"


def refuse(code: str, zh: str, en: str, **facts: Any) -> Refused:
    """A refusal by the program itself, its sentences filled with `facts`."""
    shown = {name: str(value) for name, value in facts.items()}
    return Refused(code, zh.format(**shown), en.format(**shown), facts=facts)


def _unreachable(url: str, exc: Exception) -> Refused:
    return Refused(
        "no_answer",
        f"无法连接平台 {url}。请检查网络后重试；已保存的内容不会丢失。",
        f"The platform at {url} does not answer. Check the line and try again; nothing that was saved is lost.",
        facts={"reason": str(exc)[:200]},
    )


def _refusal(response: requests.Response) -> Refused:
    try:
        error = response.json()["error"]
        zh, en = str(error["message"]), str(error.get("message_en") or error["message"])
        facts = {**(error.get("facts") or {}), **({"incident": error["incident"]} if "incident" in error else {})}
        return Refused(str(error["code"]), zh, en, status=response.status_code, facts=facts)
    except (ValueError, KeyError, TypeError):
        words = f"{response.status_code} {response.reason}"
        return Refused(
            "unknown_answer", f"平台回答无法识别：{words}", f"Unknown answer: {words}", status=response.status_code
        )


def _never_arrived(exc: requests.RequestException) -> bool:
    """Whether no byte of the request can have reached the server."""
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    return isinstance(exc, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


class Patience:
    """Ever longer pauses within `seconds` altogether."""

    def __init__(self, seconds: float, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE):
        self._until, self._pause, self._longest = time.monotonic() + seconds, first, longest

    def wait(self) -> bool:
        """Pause, unless it would last too long: then False at once."""
        pause, self._pause = self._pause, min(self._pause * 2, self._longest)
        if time.monotonic() + pause > self._until:
            return False
        time.sleep(pause)
        return True


class Connection:
    """One person's line to one platform. `verify`: False or a file of certificates, as `requests` takes it."""

    def __init__(self, base_url: str, *, verify: bool | str = True, token: str = "", patience: float = PATIENCE):
        self.base_url, self.token, self.patience = base_url.rstrip("/"), token, patience
        self.clock_offset = timedelta(0)
        self.http = requests.Session()
        self.http.verify = verify

    @property
    def verify(self) -> bool | str:
        """How the platform's certificate is checked."""
        return self.http.verify

    def close(self) -> None:
        """Let the line go; the next request opens a new one."""
        self.http.close()

    def get(self, path: str, **query: str) -> Any:
        """The JSON at `path` below the API. Raises Refused."""
        return self._json("GET", path, params=query)

    def post(self, path: str, value: Any = None, *, repeatable: bool = False) -> Any:
        """Send JSON. `repeatable`: sending it twice does what sending it once does. Raises Refused."""
        return self._json("POST", path, json={} if value is None else value, repeatable=repeatable)

    def put(self, path: str, value: Any) -> Any:
        return self._json("PUT", path, json=value)

    def post_bytes(self, path: str, data: bytes, **query: str) -> Any:
        """Send a file as it is."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._json("POST", path, data=data, params=query, headers=headers)

    def put_bytes(self, path: str, data: bytes) -> Any:
        """Send a file as it is, to where it belongs: sending it twice does what sending it once does."""
        return self._json("PUT", path, data=data, headers={"Content-Type": "application/octet-stream"})

    def get_bytes(self, path: str) -> bytes:
        """The file at `path` below the API."""
        return self.request("GET", path).content

    def request(self, method: str, path: str, *, repeatable: bool = False, **options: Any) -> requests.Response:
        """Any request, repeated while that may help. Raises Refused."""
        patience = Patience(self.patience)
        while True:
            try:
                response = self._send(method, path, **options)
            except requests.RequestException as exc:
                harmless = repeatable or method in REPEATABLE or _never_arrived(exc)
                if harmless and patience.wait():
                    continue
                raise _unreachable(self.base_url, exc) from exc
            if response.status_code == requests.codes.service_unavailable and patience.wait():
                continue
            if not response.ok:
                raise _refusal(response)
            return response

    def _send(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any) -> Any:
        authorization = {"Authorization": f"Bearer {self.token or ANONYMOUS}"}
        all_headers = {"Accept": "application/json", **authorization, **(headers or {})}
        options.setdefault("timeout", TIMEOUT)
        response = self.http.request(method, f"{self.base_url}{API}{path}", headers=all_headers, **options)
        if "Date" in response.headers:
            self.clock_offset = parsedate_to_datetime(response.headers["Date"]) - datetime.now(UTC)
        return response

    def _json(self, method: str, path: str, **options: Any) -> Any:
        response = self.request(method, path, **options)
        return response.json() if response.content else {}
