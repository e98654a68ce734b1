"""Text messages and telephone calls by one gateway over HTTP where it is configured, else into a folder.

A gateway takes `POST <url>` with the JSON object `{"channel": "text" or "voice", "to", "text", "key"}` and the header
`Authorization: Bearer <token>`, and answers with a status of 2xx; with the same `key` it does nothing twice. Of a
telephone call it may say `{"outcome": "answered"}` or `{"outcome": "unanswered"}`.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path

import requests

TIMEOUT = (3, 60)  # seconds to connect, seconds between bytes: a telephone rings that long
LONGEST_ANSWER = 4096  # bytes
SUCCESS = range(200, 300)


class NotSent(Exception):
    """Mail server or gateway cannot be reached or did not take a message; whom it was for is not said."""


def send_message(url: str | None, token: str, folder: Path, *, channel: str, to: str, text: str, key: str) -> str:
    """Hand one message over; what the gateway says came of it, "" where it says nothing. Raises NotSent."""
    if url is None:
        _to_folder(folder, channel, to, key, text)
        return ""
    sent = {"channel": channel, "to": to, "text": text, "key": key}
    head = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with requests.post(
            url, json=sent, headers=head, timeout=TIMEOUT, allow_redirects=False, stream=True
        ) as response:
            if response.status_code not in SUCCESS:
                raise NotSent(f"the gateway answered {response.status_code}")
            return _outcome(bytes(next(response.iter_content(LONGEST_ANSWER), b"")))
    except (requests.RequestException, OSError) as exc:
        raise NotSent(f"the gateway: {type(exc).__name__}") from None  # its words may hold the number


def _outcome(answer: bytes) -> str:
    with suppress(ValueError, RecursionError):
        said = json.loads(answer)
        if isinstance(said, dict) and isinstance(said.get("outcome"), str):
            return str(said["outcome"])
    return ""


def _to_folder(folder: Path, channel: str, to: str, key: str, text: str) -> None:
    box = folder / re.sub(r"[^0-9+-]", "_", to)
    box.mkdir(parents=True, exist_ok=True)
    beside = box / f".{key}.part"
    beside.write_text(text, "utf-8")
    os.replace(beside, box / f"{channel}-{key}.txt")
