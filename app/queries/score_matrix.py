"""Every score of every member after the last lock: bidders across, criteria down."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from evaluation.criteria import Criterion
from evaluation.evaluate import EvaluationResult
from evaluation.scoring import Cells, UnequalScores
from evaluation.sitting import SittingState
from evaluation.sitting.state import visible_scores

CENT = Decimal("0.01")


@dataclass(frozen=True)
class MatrixCell:
    """What every seat gave one bid on one criterion, by seats ascending: `far` are those far from the others, `unequal`
    where objective scores, or units, differ. `stands`: of points the plain mean, to two places, while the totals are
    averaged as published; of units that are counted the number that more than half found, None where none has a
    majority.
    """

    scores: tuple[tuple[int, Decimal], ...]
    stands: Decimal | None
    far: tuple[int, ...]
    unequal: bool

    @property
    def agreed(self) -> bool:
        """Whether all gave the same."""
        return len({score for _seat, score in self.scores}) == 1


@dataclass(frozen=True)
class MatrixRow:
    """One criterion, with a cell for each bid."""

    criterion: Criterion
    cells: tuple[MatrixCell, ...]

    @property
    def name_zh(self) -> str:
        return self.criterion.name_zh

    @property
    def name_en(self) -> str:
        return self.criterion.name_en


@dataclass(frozen=True)
class ScoreMatrix:
    """Bidders across, the best first; criteria down, as published; beneath them what follows for each by the method.

    None: a bid that has not gone on to its price has neither price score nor rank, and without points there is no
    evaluated price but where prices are compared.
    """

    bidders: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    price_scores: tuple[Decimal | None, ...]
    totals: tuple[Decimal, ...]
    evaluated_prices: tuple[Decimal | None, ...]
    ranks: tuple[int | None, ...]


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
    result, sheets, rules = sitting.result, visible_scores(sitting, seat), sitting.rules.evaluation
    assert result is not None
    bids = [row.bid for row in result.bids]
    cell = counted_cell if rules.in_money else scored_cell
    return ScoreMatrix(
        bidders=tuple(names[bid] for bid in bids),
        rows=tuple(
            MatrixRow(one, tuple(cell(result, sheets, bid, one.id) for bid in bids)) for one in rules.criteria.scored
        ),
        price_scores=tuple(row.price_score if row.ranked else None for row in result.bids),
        totals=tuple(row.total for row in result.bids),
        evaluated_prices=tuple(row.evaluated_price for row in result.bids),
        ranks=tuple(row.rank if row.ranked else None for row in result.bids),
    )


def _given(sheets: dict[int, Cells], bid: str, criterion: str) -> tuple[tuple[int, Decimal], ...]:
    return tuple((number, sheets[number][bid][criterion]) for number in sorted(sheets))


def scored_cell(result: EvaluationResult, sheets: dict[int, Cells], bid: str, criterion: str) -> MatrixCell:
    """What was given, with the mean and the marks of far and unequal scores."""
    scores = _given(sheets, bid, criterion)
    mean = (sum((score for _seat, score in scores), Decimal(0)) / len(scores)).quantize(CENT, ROUND_HALF_UP)
    far = tuple(int(one.seat) for one in result.outliers if (one.bid, one.criterion) == (bid, criterion))
    unequal = any((one.bid, one.criterion) == (bid, criterion) for one in result.unequal)
    return MatrixCell(scores, mean, far, unequal)


def counted_cell(result: EvaluationResult, sheets: dict[int, Cells], bid: str, criterion: str) -> MatrixCell:
    """Marked wherever members differ; only where no figure has a majority does none stand."""
    found = next((one for one in result.unequal if (one.bid, one.criterion) == (bid, criterion)), None)
    stands = found is None or found.by_majority
    units = result[bid].criterion_means[criterion] if stands else None
    return MatrixCell(_given(sheets, bid, criterion), units, (), found is not None)


def unequal_row(sitting: SittingState, found: UnequalScores, names: dict[str, str]) -> UnequalRow:
    """Who gave what, where the objective scores of a criterion differ."""
    criterion = sitting.rules.evaluation.criteria[found.criterion]
    given: dict[Decimal, list[int]] = {}
    for seat, score in sorted((int(seat), score) for seat, score in found.scores.items()):
        given.setdefault(score, []).append(seat)
    rows = tuple((score, tuple(seats)) for score, seats in given.items())
    apart = tuple(map(int, found.apart))
    return UnequalRow(names[found.bid], criterion.name_zh, criterion.name_en, rows, apart)
