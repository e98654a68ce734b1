"""Every score of every member after the last lock: bidders across, criteria down."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from evaluation.evaluate import EvaluationResult
from evaluation.scoring import Cells, UnequalScores
from evaluation.sitting import SittingState
from evaluation.sitting.state import visible_scores

CENT = Decimal("0.01")


@dataclass(frozen=True)
class MatrixCell:
    """What every seat gave one bid on one criterion, by seats ascending: `far` are those far from the others, `unequal`
    where objective scores differ. `mean` is the plain mean, to two places: the totals are averaged as published."""

    scores: tuple[tuple[int, Decimal], ...]
    mean: Decimal
    far: tuple[int, ...]
    unequal: bool

    @property
    def agreed(self) -> bool:
        """Whether all gave the same."""
        return len({score for _seat, score in self.scores}) == 1


@dataclass(frozen=True)
class MatrixRow:
    """One criterion, with a cell for each bid."""

    name_zh: str
    name_en: str
    full: Decimal
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True)
class ScoreMatrix:
    """Bidders across, the best first; criteria down, as published; beneath them price, total and rank of each."""

    bidders: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    price_scores: tuple[Decimal, ...]
    totals: tuple[Decimal, ...]
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class UnequalRow:
    """An objective criterion on which no report can be made: the seats by the score they gave, and who is apart."""

    bidder: str
    name_zh: str
    name_en: str
    given: tuple[tuple[Decimal, tuple[int, ...]], ...]
    apart: tuple[int, ...]


def score_matrix(sitting: SittingState, seat: int | None, names: dict[str, str]) -> ScoreMatrix:
    """As whoever sits in `seat` may see it: once results stand, the whole of it."""
    result, sheets = sitting.result, visible_scores(sitting, seat)
    assert result is not None
    bids = [row.bid for row in result.bids]
    rows = (
        MatrixRow(one.name_zh, one.name_en, one.full, tuple(_cell(result, sheets, bid, one.id) for bid in bids))
        for one in sitting.rules.evaluation.criteria.scored
    )
    return ScoreMatrix(
        bidders=tuple(names[bid] for bid in bids),
        rows=tuple(rows),
        price_scores=tuple(row.price_score for row in result.bids),
        totals=tuple(row.total for row in result.bids),
        ranks=tuple(row.rank for row in result.bids),
    )


def _cell(result: EvaluationResult, sheets: dict[int, Cells], bid: str, criterion: str) -> MatrixCell:
    scores = tuple((number, sheets[number][bid][criterion]) for number in sorted(sheets))
    mean = (sum((score for _seat, score in scores), Decimal(0)) / len(scores)).quantize(CENT, ROUND_HALF_UP)
    far = tuple(int(one.seat) for one in result.outliers if (one.bid, one.criterion) == (bid, criterion))
    unequal = any((one.bid, one.criterion) == (bid, criterion) for one in result.unequal)
    return MatrixCell(scores, mean, far, unequal)


def unequal_row(sitting: SittingState, found: UnequalScores, names: dict[str, str]) -> UnequalRow:
    """Who gave what, where the objective scores of a criterion differ."""
    criterion = sitting.rules.evaluation.criteria[found.criterion]
    given: dict[Decimal, list[int]] = {}
    for seat, score in sorted((int(seat), score) for seat, score in found.scores.items()):
        given.setdefault(score, []).append(seat)
    rows = tuple((score, tuple(seats)) for score, seats in given.items())
    apart = tuple(map(int, found.apart))
    return UnequalRow(names[found.bid], criterion.name_zh, criterion.name_en, rows, apart)
