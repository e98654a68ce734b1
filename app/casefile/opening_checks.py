"""What is looked at before a fact of an opening is decided: the board as it stands, rounds and files awaited."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.casefile.board import board_digest
from app.procedure import attribution, opening, restoring
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile

if TYPE_CHECKING:
    from app.casefile.lot import LotCase


def check_board(state: opening.Opening, fact: Any) -> None:
    """Whoever confirms a read-out confirms the board as it stands."""
    if isinstance(fact, opening.OpeningConfirmed) and fact.board_sha256 != board_digest(state):
        raise RuleViolation("object_has_changed", expected=board_digest(state)[:12], stated=fact.board_sha256[:12])


def check_rounds(state: LotCase, fact: Any) -> None:
    """Bids are opened once every round that one of them waits for is signed, and no other round is asked for."""
    if isinstance(fact, opening.RoundSigned) and fact.round not in state.rounds_needed:
        raise RuleViolation("round_not_awaited", round=fact.round)
    if isinstance(fact, opening.BidOpened | opening.BidVoided) and state.rounds_missing:
        raise RuleViolation("round_not_signed", round=state.rounds_missing[0])


def check_attributions(state: LotCase, fact: Any, now: datetime, profile: Profile) -> None:
    """Nothing is concluded while a bidder may object to whose fault its void bid is, or waits for an answer."""
    if isinstance(fact, opening.OpeningConcluded):
        attribution.check_conclusion(state.attributions, now, profile)


def check_files(state: LotCase, fact: Any, now: datetime) -> None:
    """What the platform lost is waited for; it can lose only what is closed and not opened."""
    if isinstance(fact, restoring.BidFileLost):
        restoring.check_loss(state.bidding, state.opening.opened.keys() | state.opening.voided.keys(), fact.receipt_id)
    if isinstance(fact, opening.BidOpened | opening.BidVoided):
        restoring.check_opening(state.lost, fact.receipt_id, getattr(fact, "reason", ""), now)
