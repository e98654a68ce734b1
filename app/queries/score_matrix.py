"""Every score of every member after the last lock, as rows of a page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from evaluation.scoring import UnequalScores
from evaluation.sitting import SittingState
from evaluation.sitting.state import visible_scores


@dataclass(frozen=True)
class CriterionRow:
    """One criterion of one bid, scored by every seat, ascending. `doubtful` are the seats far from the others."""

    bidder: str
    name_zh: str
    name_en: str
    scores: tuple[Decimal, ...]
    unequal: bool
    doubtful: tuple[int, ...]


@dataclass(frozen=True)
class UnequalRow:
    """An objective criterion on which no report can be made: the seats by the score they gave, and who is apart."""

    bidder: str
    name_zh: str
    name_en: str
    given: tuple[tuple[Decimal, tuple[int, ...]], ...]
    apart: tuple[int, ...]


def criteria_rows(sitting: SittingState, seat: int | None, names: dict[str, str]) -> tuple[CriterionRow, ...]:
    """By bid, then by criterion as published."""
    result, sheets = sitting.result, visible_scores(sitting, seat)
    assert result is not None
    unequal = {(found.bid, found.criterion) for found in result.unequal}
    rows = []
    for bid in sitting.valid:
        for criterion in sitting.rules.evaluation.criteria.scored:
            key = (bid, criterion.id)
            far = tuple(int(o.seat) for o in result.outliers if (o.bid, o.criterion) == key)
            scores = tuple(sheets[number][bid][criterion.id] for number in sorted(sheets))
            rows.append(CriterionRow(names[bid], criterion.name_zh, criterion.name_en, scores, key in unequal, far))
    return tuple(rows)


def unequal_row(sitting: SittingState, found: UnequalScores, names: dict[str, str]) -> UnequalRow:
    """Who gave what, where the objective scores of a criterion differ."""
    criterion = sitting.rules.evaluation.criteria[found.criterion]
    given: dict[Decimal, list[int]] = {}
    for seat, score in sorted((int(seat), score) for seat, score in found.scores.items()):
        given.setdefault(score, []).append(seat)
    rows = tuple((score, tuple(seats)) for score, seats in given.items())
    apart = tuple(map(int, found.apart))
    return UnequalRow(names[found.bid], criterion.name_zh, criterion.name_en, rows, apart)
