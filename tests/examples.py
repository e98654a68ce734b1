"""How many random examples of a rule are tried: as many as the profile says, or more (ADR 0059)."""

from __future__ import annotations

from hypothesis import settings


def at_least(examples: int) -> settings:
    """So many in the short profile; a profile that draws more keeps its number."""
    return settings(max_examples=max(examples, settings().max_examples))


def walks(few: int) -> int:
    """How many walks of a generator of our own: few in the short profile, a share of ten thousand in the long one."""
    long = settings().max_examples >= settings.get_profile("long").max_examples
    return 5_000 if long else few
