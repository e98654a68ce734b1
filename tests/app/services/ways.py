"""Which ways the people of an installation go: two who go the same ways from the same beginning come to the same.

What counts is what was really looked up on the way, methods, properties and values alike: who does something in another
way later on goes the same way until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from inspect import getattr_static, isroutine
from typing import Any

NOTED = "_noted"  # where somebody has the names that are looked up meanwhile
OWN = ("folder", "clock", "database_url", "platform", NOTED)  # what each installation has for itself


class Noting:
    """Somebody whose looked up names can be noted."""

    def __getattribute__(self, name: str) -> Any:
        _note(self, name)
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        _note(self, name)
        super().__setattr__(name, value)


def _note(who: Noting, name: str) -> None:
    names = object.__getattribute__(who, "__dict__").get(NOTED)
    if names is not None and name not in OWN and not name.startswith("__"):
        names.add(name)


def note(who: Noting, names: set[str] | None) -> set[str] | None:
    """From now on names are noted there; where they were noted before."""
    mine = object.__getattribute__(who, "__dict__")
    before: set[str] | None = mine.get(NOTED)
    mine[NOTED] = names
    return before


def ways_of(who: Noting, names: Iterable[str], chosen: dict[str, Any]) -> dict[str, str]:
    """What stands behind these names, in words that every process of one run understands."""
    return {name: repr(chosen[name]) if name in chosen else _way(type(who), name) for name in names}


def _way(cls: type, name: str) -> str:
    found = getattr_static(cls, name, None)
    for behind in ("fget", "func", "__func__"):  # of a property, a cached one, a method of the class
        found = getattr(found, behind, None) or found
    return f"{found.__module__}.{found.__qualname__}" if isroutine(found) else repr(found)
