"""A sequence that only grows, such as all that was said: each state keeps its own length of one list.

A tuple would be copied for each message, and whoever keeps every state, as a replay does, would keep every copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, overload

T = TypeVar("T")


class Growing(Sequence[T]):
    """What it holds never changes; `plus` gives a longer one. What stands in the shared list beyond its own length
    belongs to others.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: Sequence[T] = ()) -> None:
        self._items, self._length = list(items), len(items)

    def plus(self, item: T) -> Growing[T]:
        """With one more at the end. Where another has grown from here already, or does so now, the list is copied."""
        longer: Growing[T] = Growing.__new__(Growing)
        longer._items, longer._length = self._items, self._length + 1
        if len(self._items) == self._length:
            self._items.append(item)
        if len(self._items) <= self._length or self._items[self._length] is not item:
            longer._items = [*islice(self._items, self._length), item]
        return longer

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return islice(self._items, self._length)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        places = range(self._length)[at]
        return self._items[places] if isinstance(places, int) else tuple(self._items[place] for place in places)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Growing) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Growing({tuple(self)!r})"
