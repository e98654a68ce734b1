"""How experts are appraised after an evaluation (评价): published grounds with points, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from evaluation.errors import RuleViolation

LONGEST_NOTE = 500
LEAST_NOTE = 20  # characters that say what happened, where the points alone suspend somebody


class Presence(StrEnum):
    """Whether a member signed in, as the case file says."""

    CAME = "came"
    ABSENT = "absent"


@dataclass(frozen=True)
class AppraisalGround:
    """One of the published grounds; `points` are demerits, 0 where there is nothing to object to. Of whoever was not
    there as `only` says, the case file refutes it.
    """

    code: str
    zh: str
    en: str
    points: int
    article: str
    only: Presence | None = None


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

    def grounds_for(self, presence: Presence) -> tuple[AppraisalGround, ...]:
        """Those that the case file does not refute."""
        return tuple(ground for ground in self.grounds if ground.only in (None, presence))

    def suspends(self, points: int) -> bool:
        """Whether so many points suspend somebody who has no others."""
        return points >= self.suspended_from


@dataclass(frozen=True)
class Points:
    """The points of one appraisal, from the instant at which they were settled."""

    points: int
    settled_at: datetime


def points_of(rules: AppraisalRules, codes: Iterable[str], note: str, presence: Presence) -> int:
    """The points of the marked grounds. Something to object to is said in words, too; what suspends, in more of them.

    Raises RuleViolation `appraisal_empty`, `appraisal_ground_unknown`, `appraisal_refuted`, `appraisal_contradicts`,
    `appraisal_note_missing`, `appraisal_note_short`, `appraisal_note_long`.
    """
    known, marked = {ground.code: ground for ground in rules.grounds}, sorted(set(codes))
    if not marked:
        raise RuleViolation("appraisal_empty")
    for code in marked:
        if code not in known:
            raise RuleViolation("appraisal_ground_unknown", ground=code)
        if known[code] not in rules.grounds_for(presence):
            raise RuleViolation("appraisal_refuted", ground=code)
    points = [known[code].points for code in marked]
    if len(points) > 1 and 0 in points:
        raise RuleViolation("appraisal_contradicts")
    length = len(note.strip())
    if sum(points) and not length:
        raise RuleViolation("appraisal_note_missing")
    if rules.suspends(sum(points)) and length < LEAST_NOTE:
        raise RuleViolation("appraisal_note_short", points=sum(points), least=LEAST_NOTE, length=length)
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
