"""Messages between the web processes of one installation that nobody keeps: through Redis, where there is one.

What is passed so may be lost; whoever sends asks again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from logging import getLogger

import redis

from crypto.canonical import Json

log = getLogger("tenderhall.passing")


class Passing:
    """A channel that every process of an installation hears."""

    def __init__(self, url: str, origin: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=2)
        self._channel = f"tenderhall:{origin}:pictures"

    def send(self, message: Json) -> None:
        """To all processes, this one too."""
        try:
            self._redis.publish(self._channel, json.dumps(message))
        except redis.RedisError as fault:
            log.warning("a message between web processes is lost: %s", fault)

    def hear(self, take: Callable[[Json], None]) -> None:
        """Hand over each message as it comes; one that cannot be taken is lost, and the next one is heard.

        Raises redis.RedisError when the line to Redis is lost.
        """
        with self._redis.pubsub(ignore_subscribe_messages=True) as listening:
            listening.subscribe(self._channel)
            for message in listening.listen():
                try:
                    take(json.loads(message["data"]))
                except Exception:
                    log.exception("a message of another web process is lost")
