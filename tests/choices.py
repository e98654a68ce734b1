"""Choices of a test, all drawn at once: Hypothesis takes as long for one value as for a hundred bytes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeVar

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.control import should_note

T = TypeVar("T")


def sampled(attempts: Iterable[T], one_in: int) -> list[T]:
    """All attempts in the long run; in the short one each `one_in`th, from another place every time (ADR 0059)."""
    whole = list(attempts)
    long = settings().max_examples >= settings.get_profile("long").max_examples
    return whole if long else whole[random.randrange(one_in) :: one_in]


class Choices:
    """What a test chooses one after the other, the first where no bytes are left; a failing example tells them all."""

    def __init__(self, drawn: bytes, *, told: bool = True) -> None:
        self._drawn, self._used, self._tells = drawn, 0, told and should_note()

    def __repr__(self) -> str:
        return f"Choices(bytes.fromhex({self._drawn.hex()!r}))"

    def one(self, options: Sequence[T]) -> T:
        return self._told(options[self._below(len(options))])

    def some(self, options: Iterable[T]) -> list[T]:
        """Each of them or not, in their order."""
        offered = list(options)
        taken = self._below(2 ** len(offered))
        return self._told([option for place, option in enumerate(offered) if taken >> place & 1])

    def order(self, options: Iterable[T]) -> list[T]:
        """All of them, in any order."""
        left, ordered = list(options), []
        while left:
            ordered.append(left.pop(self._below(len(left))))
        return self._told(ordered)

    def _told(self, chosen: T) -> T:
        if self._tells:
            note(f"chosen: {chosen!r}")
        return chosen

    def _below(self, count: int) -> int:
        size = (count - 1).bit_length() // 8 + 1
        taken = self._drawn[self._used : self._used + size]
        self._used += size
        return int.from_bytes(taken, "big") % count


def choices(size: int, *, told: bool = True) -> st.SearchStrategy[Choices]:
    """Enough for `size` choices, each of at most 128 options; one of more takes the place of two, and so on.

    `told`: whether a failing example tells them; hundreds of them nobody reads.
    """
    return st.binary(min_size=size, max_size=size).map(partial(Choices, told=told))


def pieces(text: str) -> list[str]:
    """A text in pieces of one to eight characters: many words for the time of one."""
    found, at = [], 0
    while at < len(text):
        end = at + 1 + ord(text[at]) % 8
        found.append(text[at:end])
        at = end
    return found
