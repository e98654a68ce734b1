"""Reads the procedure profiles that come with the platform."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import app.procedure.profiles as profiles
from app.casefile.codec import decode
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile

DATA = Path(profiles.__file__).parent / "data"


def profile_names() -> tuple[str, ...]:
    """Names of all profiles, the real ones first."""
    names = [path.stem for path in DATA.glob("*.json")]
    return tuple(sorted(names, key=lambda name: (name.startswith("demo-"), name)))


@cache
def read_profile(name: str) -> Profile:
    """The profile of that name. Raises RuleViolation `profile_unknown`."""
    if name not in profile_names():
        raise RuleViolation("profile_unknown", profile=name)
    return decode(Profile, json.loads((DATA / f"{name}.json").read_text("utf-8")))
