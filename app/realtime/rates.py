"""How much may be asked on the live channel: by each person over all of its sockets; without a log-in by each socket,
and by all of them at one address together.

A bucket of tokens for each: what is asked costs some, and they come back evenly. Each web process counts for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STRANGERS = 10  # what all strangers at one address may ask, in times of what one may
KEPT = 10_000  # buckets, before those that are full again are forgotten


@dataclass(frozen=True)
class Payer:
    """Whose messages are counted together. `times`: what it may, in times of what one person may."""

    name: str
    times: int = 1


def payers(person: str, sid: str, address: str) -> tuple[Payer, ...]:
    """Who pays for what comes by a socket. `person`: "" for a stranger."""
    if person:
        return (Payer(f"person {person}"),)
    return Payer(f"socket {sid}"), Payer(f"address {address}", STRANGERS)


@dataclass
class _Bucket:
    left: float
    at: float  # seconds of a clock that only goes forward


class Rates:
    """Buckets by payer. `at_once`: tokens in a full one; `per_second`: how many come back, 0 for no limit at all."""

    def __init__(self, at_once: int, per_second: int) -> None:
        self._at_once, self._per_second = at_once, per_second
        self._buckets: dict[str, _Bucket] = {}

    def take(self, who: Sequence[Payer], cost: int, now: float) -> bool:
        """Whether every payer has as much, which is then taken from each; otherwise nothing is taken from any."""
        if not self._per_second:
            return True
        buckets = [self._filled(one, now) for one in who]
        if any(bucket.left < cost for bucket in buckets):
            return False
        for bucket in buckets:
            bucket.left -= cost
        if len(self._buckets) > KEPT:
            self._forget_full(now)
        return True

    def _filled(self, one: Payer, now: float) -> _Bucket:
        most = float(self._at_once * one.times)
        bucket = self._buckets.setdefault(one.name, _Bucket(most, now))
        bucket.left = min(most, bucket.left + (now - bucket.at) * self._per_second * one.times)
        bucket.at = now
        return bucket

    def _forget_full(self, now: float) -> None:
        """A bucket is full again, at whatever pace, once nothing was taken for as long as filling it takes."""
        full_after = self._at_once / self._per_second
        self._buckets = {name: one for name, one in self._buckets.items() if now - one.at < full_after}
