"""Members at their booths and those who watch, as a process of its own (see `watchers.py`).

Everybody hears what happens in the own sitting. Members save scores at the moments that they are told, each over the
version that it has seen; said is for each of them how many seconds later the acknowledgement was there.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from typing import Any

import gevent
from gevent.event import AsyncResult
from gevent.lock import Semaphore
from gevent.pool import Pool

from bench.watchers import AT_A_TIME, NAMESPACE, PATIENCE, Watcher, WebSocket


class Member(Watcher):
    """A watcher who saves as well; `scores` are the places of its sheet, as (bid, criterion)."""

    def __init__(self, address: str, told: dict[str, Any]) -> None:
        super().__init__(address, told["case"], "", told["token"])
        self.lot, self.scores = told["lot"], told["scores"]
        self.versions = [0] * len(self.scores)
        self.saved: list[float] = []
        self.joined_at: list[float] = []
        self.turn = Semaphore()
        self.waiting: dict[int, str] = {}  # commands without an answer, sent again after a broken line
        self.refused: list[Any] = []
        self.answers: dict[int, AsyncResult] = {}
        self.web_socket: WebSocket | None = None

    def _listen_once(self, web_socket: WebSocket) -> None:
        self.web_socket = web_socket
        super()._listen_once(web_socket)

    def _answered(self, number: int, answer: dict[str, Any], now: float) -> None:
        if number:
            if self.waiting.pop(number, ""):
                self.answers.pop(number).set(answer)
            return
        super()._answered(number, answer, now)
        self.joined_at.append(now)
        assert self.web_socket is not None
        for text in list(self.waiting.values()):
            self.web_socket.say(text)

    def save(self, turn: int) -> None:
        """The next score of the sheet, round and round; like a page, one at a time."""
        with self.turn:
            self._save(turn)

    def _save(self, turn: int) -> None:
        place = turn % len(self.scores)
        bid, criterion = self.scores[place]
        score = {"case": self.case, "lot": self.lot, "bid": bid, "criterion": criterion, "value": "2", "comment": ""}
        score |= {"seq": self.versions[place], "command_id": f"{turn}"}
        heard = self.answers[turn + 1] = AsyncResult()
        self.waiting[turn + 1] = text = f"42{NAMESPACE},{turn + 1}" + json.dumps(["score.save", score])
        began = time.perf_counter()
        assert self.web_socket is not None
        with suppress(OSError):  # of a line that breaks just now: sent again once it is there
            self.web_socket.say(text)
        answer = heard.get(timeout=PATIENCE)
        if "error" in answer:
            self.refused.append(answer["error"])
        else:
            self.versions[place] = answer["seq"]
            self.saved.append(time.perf_counter() - began)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    people = [Member(told["address"], one) for one in told["people"]]
    Pool(AT_A_TIME).map(Member.come_in, people)
    print("ready", flush=True)
    rate, seconds = json.loads(gevent.get_hub().threadpool.apply(sys.stdin.readline))
    _save_all([one for one in people if one.scores], rate, seconds)
    steps = int(gevent.get_hub().threadpool.apply(sys.stdin.readline))
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at and any(len(one.seen) < steps for one in people):
        gevent.sleep(0.05)
    told = {
        "saved": [wait for one in people for wait in one.saved],
        "refused": [refusal for one in people for refusal in one.refused],
        "seen": [one.seen for one in people],
        "joined_at": [one.joined_at for one in people],
        "versions": [one.versions for one in people],
    }
    print(json.dumps(told), flush=True)


def _save_all(members: list[Member], rate: float, seconds: float) -> None:
    """So many saves a second, taken by members in turn, whether or not the ones before were answered."""
    began, saving = time.monotonic(), Pool()
    for number in range(round(rate * seconds)):
        gevent.sleep(max(0.0, began + number / rate - time.monotonic()))
        saving.spawn(members[number % len(members)].save, number // len(members))
    saving.join(timeout=PATIENCE)


if __name__ == "__main__":
    main()
