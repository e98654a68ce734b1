"""Many to be told, of whom one that fails keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from logging import getLogger
from typing import TypeVar

T = TypeVar("T")
log = getLogger("tenderhall.apart")


def apart(items: Iterable[T], act: Callable[[T], object]) -> None:
    """Each has its turn, also after one with which it fails. Raises the last fault afterwards, so that all are tried
    again."""
    fault: Exception | None = None
    for item in items:
        try:
            act(item)
        except Exception as found:
            log.exception("%s: the others have their turn", item)
            fault = found
    if fault is not None:
        raise fault
