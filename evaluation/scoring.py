"""Score sheets, their averages, and what in them must be looked at again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from evaluation.arithmetic import ARITHMETIC, ZERO, mean, round_half_up, trimmed
from evaluation.criteria import CriteriaSet, CriterionKind, check_score
from evaluation.errors import RuleViolation

Cells = dict[str, dict[str, Decimal]]
"""One member's scores: bid -> criterion -> score, price left out."""
Sheets = Mapping[str, Cells]
"""Every member's cells by seat number, as text."""


class Aggregation(StrEnum):
    """How the members' totals become one: published sheets take the simple mean."""

    SIMPLE_MEAN = "simple_mean"
    TRIMMED_MEAN = "trimmed_mean"


@dataclass(frozen=True)
class ScoringRules:
    """Published averaging: `trim_from` members are needed before a highest and a lowest total are dropped.

    A score is an outlier when it is further from the mean of the other members than `outlier_share` of the full mark;
    None: the documents publish no such share, and no score is marked.
    """

    aggregation: Aggregation
    places: int
    trim_from: int
    outlier_share: Decimal | None


@dataclass(frozen=True, order=True)
class ScorePlace:
    """Where one score stands on a sheet."""

    bid: str
    criterion: str


@dataclass(frozen=True)
class UnequalScores:
    """An objective criterion on which members differ: a ground for correction (O87 art. 64)."""

    bid: str
    criterion: str
    scores: dict[str, Decimal]

    @property
    def apart(self) -> tuple[str, ...]:
        """The seats whose score is not that of most members; every seat where two scores are given equally often."""
        (usual, most), *others = Counter(self.scores.values()).most_common()
        tied = any(count == most for _score, count in others)
        return tuple(seat for seat, score in self.scores.items() if tied or score != usual)

    @property
    def by_majority(self) -> bool:
        """Whether more than half of the members arrive at one and the same figure."""
        return 2 * max(Counter(self.scores.values()).values()) > len(self.scores)


@dataclass(frozen=True)
class Outlier:
    """A score far from those of the other members (畸高、畸低, O87 art. 64)."""

    seat: str
    bid: str
    criterion: str
    score: Decimal
    mean_of_others: Decimal


def check_cells(criteria: CriteriaSet, bids: Collection[str], cells: Cells) -> None:
    """Refuse a sheet that is not complete and valid: one score for each bid and criterion, and no other cell.

    Raises RuleViolation `score_missing`, `score_unexpected`, or what `check_score` raises.
    """
    wanted = {criterion.id: criterion for criterion in criteria.scored}
    for bid in bids:
        for criterion in wanted:
            if criterion not in cells.get(bid, {}):
                raise RuleViolation("score_missing", bid=bid, criterion=criterion)
    for bid, row in cells.items():
        for criterion, score in row.items():
            if bid not in bids or criterion not in wanted:
                raise RuleViolation("score_unexpected", bid=bid, criterion=criterion)
            check_score(wanted[criterion], bid, score)
    if cells.keys() - set(bids):
        raise RuleViolation("score_unexpected", bid=min(cells.keys() - set(bids)), criterion="-")


def check_scoring_rules(rules: ScoringRules) -> None:
    """Refuse averaging that could leave nothing to average. Raises RuleViolation `scoring_rules_invalid`."""
    share = rules.outlier_share
    sound = rules.places >= 0 and rules.trim_from >= 3 and (share is None or ZERO < share <= 1)
    if not sound:
        facts = {"places": rules.places, "trim_from": rules.trim_from, "outlier_share": str(share)}
        raise RuleViolation("scoring_rules_invalid", **facts)


def counted(rules: ScoringRules, totals: Sequence[Decimal]) -> list[Decimal]:
    """The totals, ascending, that enter the average."""
    if rules.aggregation is Aggregation.TRIMMED_MEAN:
        return trimmed(totals, rules.trim_from, rules.trim_from)
    return sorted(totals)


def aggregate(rules: ScoringRules, totals: Sequence[Decimal]) -> Decimal:
    """One total from the members' totals, rounded half up to the published places."""
    return round_half_up(mean(counted(rules, totals)), rules.places)


def unequal_objective_scores(criteria: CriteriaSet, sheets: Sheets) -> tuple[UnequalScores, ...]:
    """Every objective cell on which the members do not agree, in the order of bids and criteria."""
    found = []
    for bid in _bids(sheets):
        for criterion in criteria.scored:
            scores = {seat: cells[bid][criterion.id] for seat, cells in sheets.items()}
            if criterion.kind is CriterionKind.OBJECTIVE and len(set(scores.values())) > 1:
                found.append(UnequalScores(bid, criterion.id, scores))
    return tuple(found)


def outliers(criteria: CriteriaSet, rules: ScoringRules, sheets: Sheets) -> tuple[Outlier, ...]:
    """Every score that is further from the mean of the others than the published share of the full mark."""
    if len(sheets) < 2 or rules.outlier_share is None:
        return ()
    found, others = [], len(sheets) - 1
    with localcontext(ARITHMETIC):
        for bid in _bids(sheets):
            for criterion in criteria.scored:
                scores = {seat: cells[bid][criterion.id] for seat, cells in sheets.items()}
                of_all, most_apart = sum(scores.values(), ZERO), rules.outlier_share * criterion.full
                for seat, score in scores.items():
                    of_others = (of_all - score) / others
                    if abs(score - of_others) > most_apart:
                        found.append(Outlier(seat, bid, criterion.id, score, round_half_up(of_others, rules.places)))
    return tuple(found)


def _bids(sheets: Sheets) -> list[str]:
    return sorted(next(iter(sheets.values()), {}))
