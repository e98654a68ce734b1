"""What stands no more when a sitting goes back: results, a member's part, a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from evaluation.scoring import Cells
from evaluation.sitting.clarification_folding import ClarificationFact, folded, left
from evaluation.sitting.clarifications import ClarificationAnswered
from evaluation.sitting.questions import Disposal
from evaluation.sitting.rechecks import RecheckOrdered
from evaluation.sitting.state import ReopenedSheet, SealedVersion, SittingState, SupersededDissent

Kept = TypeVar("Kept")
__all__ = [
    "changed",
    "clarified",
    "reworked",
    "shown_scores",
    "standing_sheets",
    "superseding",
    "to_be_rechecked",
    "undecided",
    "without",
    "without_chair",
    "without_review",
]

if TYPE_CHECKING:
    from dataclasses import replace as changed
else:

    def changed(state: SittingState, **changes: Any) -> SittingState:
        """As `replace`, which would take each of the many fields through the constructor: a replay waits for that.

        Whatever the state keeps is taken over, so that it must keep nothing but its fields: no cached property.
        """
        after = object.__new__(SittingState)
        vars(after).update(vars(state), **changes)
        return after


def without(found: dict[int, Kept], seat: int) -> dict[int, Kept]:
    """All but what belongs to one seat."""
    return {number: value for number, value in found.items() if number != seat}


def superseding(state: SittingState) -> SittingState:
    """What was dissented is kept as said about results that stand no more: nobody but its author may take it back."""
    earlier = tuple(
        SupersededDissent(seat, state.seats[seat].person, text, state.computations)
        for seat, text in sorted(state.dissents.items())
    )
    return changed(state, superseded_dissents=(*state.superseded_dissents, *earlier), dissents={}, reported=frozenset())


def reworked(state: SittingState) -> SittingState:
    """Without the conclusions that rest on sheets: what is scored again is concluded again."""
    state = changed(superseding(state), result=None, drawn=(), drawn_record="", report_sha256="")
    return changed(state, requests={}, denied=(), recheck_answer="")


def clarified(state: SittingState, event: ClarificationFact) -> SittingState:
    """After something about a question to a bidder. Where another price counts from now on, results that stand are
    computed anew from the same sheets, and what was drawn of them is void."""
    after = changed(state, clarifications=folded(state.clarifications, event))
    confirmed = isinstance(event, ClarificationAnswered) and event.confirms and event.bid in state.valid
    if state.result is None or not confirmed:
        return after
    return changed(superseding(after), result=None, drawn=(), drawn_record="", recheck_answer="")


def undecided(state: SittingState) -> SittingState:
    """Without what the committee has decided about findings and prices, and what it has not asked yet."""
    return changed(state, clarifications=left(state.clarifications), put=None, put_votes={}, disposed=())


def to_be_rechecked(event: RecheckOrdered, state: SittingState) -> SittingState:
    """Conclusions stand as they were sealed; what was signed belongs to the version before, and keys to that day. Time
    that was short in the first course is no matter of the recheck. What was refused then can be asked for again, and a
    finding that was explained put again; whom an adopted vote has rejected is out."""
    of_this = (state.statement_sha256, state.recheck_answer, state.committee)
    sealed = SealedVersion(state.sealed_sha256, state.result, event.note, *of_this)
    state = changed(superseding(state), recheck=event.note, recheck_answer="", versions=(*state.versions, sealed))
    state = changed(state, short_of_time=frozenset(), more_time_due=False, denied=())
    out = tuple((put, vote) for put, vote in state.disposed if put.disposal is Disposal.REJECT and vote.adopted)
    state = changed(state, disposed=out, report_sha256="", sealed_sha256="", statement_sha256="")
    return changed(state, keys={}, moves={}, turned_away={}, signed={}, refused=frozenset())


def without_chair(state: SittingState) -> SittingState:
    """It is elected from the first round on."""
    return changed(state, chair=None, chair_round=1, chair_votes={}, chair_tied=())


def without_review(state: SittingState) -> SittingState:
    """Members review every bid again. Sheets wait for what that comes to."""
    return changed(undecided(reworked(state)), reviews={}, brand_findings={}, rollbacks=state.rollbacks + 1)


def shown_scores(state: SittingState) -> dict[int, Cells]:
    """Every score that results have shown, these included, each as it was last locked."""
    return {seat: {**state.seen.get(seat, {}), **cells} for seat, cells in state.sheets.items()}


def standing_sheets(state: SittingState, valid: tuple[str, ...]) -> tuple[dict[int, Cells], dict[int, ReopenedSheet]]:
    """Where a review finds otherwise than before, be it held again or a successor's: what everybody has seen stays as
    it was locked last. The sheets that are whole so, and those in which a bid is still to be scored, or corrected."""
    whole: dict[int, Cells] = {}
    unfinished: dict[int, ReopenedSheet] = {}
    for seat, shown in state.seen.items():
        locked, corrected = state.sheets.get(seat, {}), state.reopened.get(seat)
        cells = {bid: locked.get(bid, shown[bid]) for bid in valid if bid in shown}
        places = frozenset(at for at in (corrected.places if corrected else ()) if at.bid in cells)
        if places or len(cells) < len(valid):
            unfinished[seat] = ReopenedSheet(cells, places)
        else:
            whole[seat] = cells
    return whole, unfinished
