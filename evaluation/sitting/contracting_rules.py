"""Whether what is left to the talks before the contract can be stated so."""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import require_text
from evaluation.sitting.contracting import ContractPointsStated
from evaluation.sitting.state import SittingState

MOST_LETTERS = 2_000


def check_points(fact: ContractPointsStated, state: SittingState) -> None:
    """Raises RuleViolation `contract_points_by_chair`, `sitting_text_missing`, `sitting_text_unfit`,
    `contract_points_long`."""
    if state.chair != fact.seat:
        raise RuleViolation("contract_points_by_chair", seat=fact.seat)
    require_text(fact.text, "text")
    if len(fact.text) > MOST_LETTERS:
        raise RuleViolation("contract_points_long", length=len(fact.text), most=MOST_LETTERS)
