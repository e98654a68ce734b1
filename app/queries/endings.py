"""How a lot ended: why it failed, how its report was signed, and what was found of a bid that does not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case, LotCase, Phase
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.roles import Actor
from app.procedure.signing import tally
from app.queries.rejections import rejection_items
from evaluation.sitting import COMPETITION_LACKING, TOO_FEW_BRANDS, failed_below
from evaluation.sitting.stages import Stage

TOLD_IN = frozenset({Phase.RESULT, Phase.FAILED})


def failure_of(state: LotCase) -> Mapping[str, str]:
    """Code and figures of why a lot failed: at its opening, or in its evaluation; empty where it did not.

    What is public of it: the number of valid bids (and as how many bidders they count) and of those required, never
    whose and by whose votes.
    """
    if state.opening.failed:
        return {"reason": state.opening.failed}
    sitting = state.sitting
    if sitting.stage is not Stage.FAILED:
        return {}
    figures = {"valid": len(sitting.valid), "least": failed_below(sitting)}
    if sitting.failure == TOO_FEW_BRANDS:
        figures["brands"] = sitting.bidders_counted
    return {"reason": sitting.failure} | {name: str(figure) for name, figure in figures.items()}


def signing_counts(state: LotCase) -> Mapping[str, str]:
    """How many members signed a sealed report, dissented or refused; never who."""
    if state.sitting.stage is not Stage.CLOSED:
        return {}
    return {name: str(count) for name, count in vars(tally(state.sitting)).items()}


def told_counts(case: Case, actor: Actor, lot: str) -> Mapping[str, str]:
    """The counts for who reads the report. To bidders and the public a sealed report is sealed, and no more: who won is
    not published yet, and how far a committee agrees is no word of theirs to hear (Law 44, O87 66)."""
    return signing_counts(case.lots[lot]) if allowed(actor, Action.REPORT_READ, case, lot) else {}


def without_majority(state: LotCase) -> bool:
    """Whether a sealed report concludes what more than half of the members dissent from."""
    return state.sitting.stage is Stage.CLOSED and tally(state.sitting).without_majority


@dataclass(frozen=True)
class Ground:
    """Why a bid does not count. `by`: opening, agency, committee (by `votes`), system, or competition (with all
    other bids, by `votes`); `reason` is a code or text."""

    by: str
    reasons: tuple[str, ...]
    item_zh: str = ""
    item_en: str = ""
    votes: int = 0


def grounds_of(state: LotCase, receipt_id: str, regime: str) -> tuple[Ground, ...]:
    """What was found against a bid, for its own bidder: at the opening at once, of the evaluation once it is over."""
    return tuple(_grounds(state, receipt_id, regime))


def _grounds(state: LotCase, receipt_id: str, regime: str) -> Iterator[Ground]:
    if receipt_id in state.opening.voided:
        yield Ground("opening", (state.opening.voided[receipt_id].reason,))
    if state.phase not in TOLD_IN:
        return
    checked = state.qualification.get(receipt_id)
    if checked is not None and not checked.qualified:
        yield Ground("agency", (checked.reason,))
    if not state.convened or state.sitting.stage is Stage.ABANDONED:  # another committee evaluates the same bids
        return
    items = rejection_items(state.sitting, regime)
    for found in state.sitting.rejected:
        if receipt_of(state, found.bid) == receipt_id:
            by, item = "committee" if found.votes else "system", items[found.item]
            yield Ground(by, tuple(dict.fromkeys(found.grounds)), item.name_zh, item.name_en, found.votes)
    if state.sitting.failure == COMPETITION_LACKING and state.sitting.competition is not None:
        counted = state.sitting.competition
        if receipt_id in {receipt_of(state, bid) for bid in counted.valid}:
            yield Ground("competition", (), votes=counted.lacking)


def stood_back(state: LotCase, receipt_id: str) -> str:
    """Of a bid that is no candidate since another of its brand goes first: `brand`, or `brand_invalid` where it took no
    part; `counted_once` where the lot failed since bids of one brand count as one. "" of any other."""
    sitting = state.sitting
    if state.phase not in TOLD_IN or not state.convened or sitting.stage is Stage.ABANDONED:
        return ""
    bid = next((one.bid for one in sitting.bids if receipt_of(state, one.bid) == receipt_id), None)
    if bid is None:
        return ""
    if sitting.result is not None and bid in sitting.valid and sitting.result[bid].behind is not None:
        return "brand_invalid" if sitting.rules.evaluation.in_money else "brand"
    alike = any(bid in group for group in sitting.brands or ())
    return "counted_once" if alike and sitting.failure == TOO_FEW_BRANDS else ""
