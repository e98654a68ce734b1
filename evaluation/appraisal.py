"""How experts are appraised after an evaluation (评价): published grounds with points, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluation.errors import RuleViolation

LONGEST_NOTE = 500


@dataclass(frozen=True)
class AppraisalGround:
    """One of the published grounds; `points` are demerits, 0 where there is nothing to object to."""

    code: str
    zh: str
    en: str
    points: int
    article: str


@dataclass(frozen=True)
class AppraisalRules:
    """A profile's list and figures: who has `suspended_from` points of the last `counted_days` days is not drawn for
    `suspended_days`. An expert may object for `objection_days` after the second person has confirmed.
    """

    grounds: tuple[AppraisalGround, ...]
    objection_days: int
    counted_days: int
    suspended_from: int
    suspended_days: int
    article: str


@dataclass(frozen=True)
class Points:
    """The points of one appraisal, from the instant at which they were settled."""

    points: int
    settled_at: datetime


def points_of(rules: AppraisalRules, codes: Iterable[str], note: str) -> int:
    """The points of the marked grounds. Something to object to is said in words, too.

    Raises RuleViolation `appraisal_empty`, `appraisal_ground_unknown`, `appraisal_contradicts`,
    `appraisal_note_missing`, `appraisal_note_long`.
    """
    known, marked = {ground.code: ground.points for ground in rules.grounds}, sorted(set(codes))
    if not marked:
        raise RuleViolation("appraisal_empty")
    for code in marked:
        if code not in known:
            raise RuleViolation("appraisal_ground_unknown", ground=code)
    points = [known[code] for code in marked]
    if len(points) > 1 and 0 in points:
        raise RuleViolation("appraisal_contradicts")
    if sum(points) and not note.strip():
        raise RuleViolation("appraisal_note_missing")
    if len(note) > LONGEST_NOTE:
        raise RuleViolation("appraisal_note_long", most=LONGEST_NOTE)
    return sum(points)


def objection_until(rules: AppraisalRules, confirmed_at: datetime) -> datetime:
    """Until when the expert may object; without an objection the points are settled then."""
    return confirmed_at + timedelta(days=rules.objection_days)


def in_force(rules: AppraisalRules, points: Iterable[Points], now: datetime) -> int:
    """The settled points that count now."""
    since = now - timedelta(days=rules.counted_days)
    return sum(one.points for one in points if since < one.settled_at <= now)


def suspended_until(rules: AppraisalRules, points: Iterable[Points], now: datetime) -> datetime | None:
    """Until when somebody with these points is not drawn; None where they are too few."""
    if in_force(rules, points, now) < rules.suspended_from:
        return None
    return now + timedelta(days=rules.suspended_days)
