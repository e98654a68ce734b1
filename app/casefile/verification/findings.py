"""What a check says: held, failed, or not covered; by code and with the facts that name what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    OK = "ok"
    FAIL = "FAIL"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True)
class Finding:
    """One statement of a step. `facts` are the figures for the sentence of `code`."""

    verdict: Verdict
    code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """A line of the report: the step's name and what it found."""

    name: str
    verdict: Verdict
    code: str
    facts: Mapping[str, Any]


Findings = Iterator[Finding]


def held(code: str, **facts: Any) -> Finding:
    return Finding(Verdict.OK, code, facts)


def failed(code: str, **facts: Any) -> Finding:
    return Finding(Verdict.FAIL, code, facts)


def not_covered(code: str, **facts: Any) -> Finding:
    return Finding(Verdict.NOT_COVERED, code, facts)
