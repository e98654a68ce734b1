"""One transaction for several: who waits while others are at the gate goes through it together with all who wait.

Locks, the clock, what is read and the commit, which waits for the disk, are then paid once. Whoever has its turn takes
along everybody who has come before the locks are held, and nobody is told anything before the commit
(`docs/adr/0088-shared-transactions.md`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.database import Busy, Unreachable

MOST = 64  # in one transaction

One = TypeVar("One")
Outcome = TypeVar("Outcome")
Gather = Callable[[], Sequence[One]]
# Gathers once its locks are held; what became of each, in order. What it raises became of all, and nothing was written.
Transaction = Callable[[Gather[One]], Sequence[Outcome | Exception]]


@dataclass(eq=False)
class _Place(Generic[One, Outcome]):
    one: One
    name: str
    outcome: Outcome | BaseException | None = None
    done: bool = False


class Queue(Generic[One, Outcome]):
    """Those of this process who wait for the same locks."""

    def __init__(self) -> None:
        self._waiting: deque[_Place[One, Outcome]] = deque()
        self._turn = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait whom nobody has taken along yet."""
        return len(self._waiting)

    def go_through(self, one: One, name: str, transaction: Transaction[One, Outcome]) -> Outcome:
        """What becomes of `one`, in a transaction that others may share; two of one name share none.

        Raises what the transaction gives for it, or raises.
        """
        place = _Place[One, Outcome](one, name)
        self._waiting.append(place)
        with self._turn:
            while not place.done:
                self._lead(transaction)
        if isinstance(place.outcome, BaseException):
            raise place.outcome
        assert place.outcome is not None
        return place.outcome

    def _lead(self, transaction: Transaction[One, Outcome]) -> None:
        """One transaction for all who wait. Where one of them makes it fail, each has another to itself."""
        places: list[_Place[One, Outcome]] = []

        def gather() -> Sequence[One]:
            places.extend(self._next())
            return [place.one for place in places]

        try:
            _end(places, transaction(gather))
        except (Busy, Unreachable) as fault:
            places = places or self._next()
            _end(places, [fault] * len(places))
        except Exception as fault:
            places = places or self._next()
            for place in places:
                _end([place], [fault] if len(places) == 1 else [_alone(place.one, transaction)])
        finally:
            for place in places:  # whatever ended this turn, be it after the commit, nobody waits for ever
                place.outcome = place.outcome if place.done else Unreachable()
                place.done = True

    def _next(self) -> list[_Place[One, Outcome]]:
        """Take those who come next: of one name only the first, the others stay where they are."""
        found: dict[str, _Place[One, Outcome]] = {}
        for place in list(self._waiting):
            if len(found) < MOST and place.name not in found:
                found[place.name] = place
                self._waiting.remove(place)
        return list(found.values())


class Queues:
    """A queue for each thing that is waited for, as long as somebody is in it: whoever names things that do not exist
    leaves nothing behind."""

    def __init__(self) -> None:
        self._inside: dict[tuple[str, str], tuple[Queue[Any, Any], int]] = {}
        self._changing = threading.Lock()

    @contextmanager
    def at(self, what: str, of: str) -> Iterator[Queue[Any, Any]]:
        """The queue for this, which ends with the last one who leaves it."""
        key = what, of
        with self._changing:
            queue, inside = self._inside.get(key) or (Queue(), 0)
            self._inside[key] = queue, inside + 1
        try:
            yield queue
        finally:
            with self._changing:
                queue, inside = self._inside.pop(key)
                if inside > 1:
                    self._inside[key] = queue, inside - 1


def _end(places: Sequence[_Place[One, Outcome]], outcomes: Sequence[Outcome | Exception]) -> None:
    for place, outcome in zip(places, outcomes, strict=True):
        place.outcome, place.done = outcome, True


def _alone(one: One, transaction: Transaction[One, Outcome]) -> Outcome | Exception:
    try:
        return transaction(lambda: [one])[0]
    except Exception as fault:
        return fault
