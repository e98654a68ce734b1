"""Whether a locked sheet may be corrected: on which ground, by whose leave, and what waits until it is answered.

The chair answers a request (`acts_about`); from when on another member may in its place, the profile says.
"""

from __future__ import annotations

from evaluation.criteria import check_score
from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting.checks import require_another, require_once, require_text
from evaluation.sitting.events import (
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    SheetReopened,
)
from evaluation.sitting.grounds import CorrectionGround
from evaluation.sitting.outcomes import computed
from evaluation.sitting.stages import TRANSITIONS
from evaluation.sitting.state import SittingState

_NO_GROUND = {
    CorrectionGround.WRONG_SUM: "correction_sums_right",
    CorrectionGround.OUT_OF_RANGE: "correction_in_range",
    CorrectionGround.UNEQUAL_OBJECTIVE: "correction_place_agrees",
    CorrectionGround.ABNORMAL_SCORE: "correction_not_marked",
}


def check_request(fact: CorrectionRequested, state: SittingState) -> None:
    """Each place is on one's own sheet, the ground holds for it, and it was not refused on these results before.

    Raises RuleViolation `correction_places_missing`, `score_unexpected`, `correction_sums_right`,
    `correction_in_range`, `correction_place_agrees`, `correction_not_marked`, `correction_refused_before`.
    """
    require_once(fact.seat, fact.seat in state.requests, "correction_request")
    require_text(fact.explanation, "explanation")
    own, open_to = state.sheets.get(fact.seat, {}), correctable(state, fact.seat, fact.ground)
    if not fact.places or len(set(fact.places)) != len(fact.places):
        raise RuleViolation("correction_places_missing")
    for at in fact.places:
        if at.criterion not in own.get(at.bid, {}):
            raise RuleViolation("score_unexpected", bid=at.bid, criterion=at.criterion)
        if open_to is not None and at not in open_to:
            raise _without_ground(state, fact, at)
    for asked, refusal in state.denied:
        again = (asked.seat, asked.ground) == (fact.seat, fact.ground) and set(asked.places) & set(fact.places)
        if again:
            raise RuleViolation("correction_refused_before", seat=refusal.seat, reason=refusal.reason)


def _without_ground(state: SittingState, fact: CorrectionRequested, at: ScorePlace) -> RuleViolation:
    facts: dict[str, object] = {"bid": at.bid, "criterion": at.criterion}
    criterion, share = state.rules.evaluation.criteria[at.criterion], state.rules.evaluation.scoring.outlier_share
    if fact.ground is CorrectionGround.OUT_OF_RANGE:
        facts |= {"score": state.sheets[fact.seat][at.bid][at.criterion], "full": criterion.full}
    if fact.ground is CorrectionGround.ABNORMAL_SCORE and share is not None:
        facts |= {"limit": f"{(share * criterion.full).normalize():f}"}
    return RuleViolation(_NO_GROUND[fact.ground], **facts)


def correctable(state: SittingState, seat: int, ground: CorrectionGround) -> frozenset[ScorePlace] | None:
    """The only places of a seat's sheet to which a ground applies; None where it may be any.

    A wrong sum: what is computed anew from the sheets differs. Out of range: the criterion does not allow the score.
    Unequal: the members' objective scores differ. Abnormal: the results mark it, or the documents publish no mark.
    """
    own, result, rules = state.sheets.get(seat, {}), state.result, state.rules.evaluation
    if result is None:
        return frozenset()
    match ground:
        case CorrectionGround.WRONG_SUM:
            wrong = [row.bid for row in computed(state).result.bids if row != result[row.bid]]
            return frozenset(ScorePlace(bid, criterion) for bid in wrong for criterion in own.get(bid, {}))
        case CorrectionGround.OUT_OF_RANGE:
            return frozenset(at for at in _places(state, seat) if not _allowed(state, seat, at))
        case CorrectionGround.UNEQUAL_OBJECTIVE:
            return frozenset(ScorePlace(found.bid, found.criterion) for found in result.unequal)
        case CorrectionGround.ABNORMAL_SCORE if rules.scoring.outlier_share is None:
            return None
    return frozenset(ScorePlace(far.bid, far.criterion) for far in result.outliers if far.seat == str(seat))


def _places(state: SittingState, seat: int) -> list[ScorePlace]:
    return [ScorePlace(bid, criterion) for bid, row in state.sheets.get(seat, {}).items() for criterion in row]


def _allowed(state: SittingState, seat: int, at: ScorePlace) -> bool:
    try:
        check_score(state.rules.evaluation.criteria[at.criterion], at.bid, state.sheets[seat][at.bid][at.criterion])
    except RuleViolation:
        return False
    return True


def check_reopening(fact: SheetReopened, state: SittingState) -> None:
    """Raises RuleViolation `sitting_not_by_chair`, `correction_not_requested`."""
    require_another(fact.seat, fact.reopened)
    _require_request(state, fact.reopened)


def check_refusal(fact: CorrectionRefused, state: SittingState) -> None:
    """Who may permit may refuse, but for objective scores that differ and must not.

    Raises RuleViolation `sitting_not_by_chair`, `correction_not_requested`, `correction_not_refusable`.
    """
    require_another(fact.seat, fact.refused)
    _require_request(state, fact.refused)
    require_text(fact.reason, "reason")
    if must_be_granted(state, fact.refused):
        raise RuleViolation("correction_not_refusable", seat=fact.refused)


def check_withdrawal(fact: CorrectionWithdrawn, state: SittingState) -> None:
    """Raises RuleViolation `correction_not_requested`."""
    _require_request(state, fact.seat)


def _require_request(state: SittingState, seat: int) -> None:
    if seat not in state.requests:
        raise RuleViolation("correction_not_requested", seat=seat)


def must_be_granted(state: SittingState, seat: int) -> bool:
    """Whether a seat has asked for objective scores that differ still, and on which no report can be made."""
    asked = state.requests.get(seat)
    if asked is None or asked.ground is not CorrectionGround.UNEQUAL_OBJECTIVE:
        return False
    return any(ScorePlace(found.bid, found.criterion) in asked.places for found in state.must_agree)


def awaited_correction(state: SittingState) -> RuleViolation | None:
    """Why results stand that no report may be made of before a sheet is corrected, or None.

    A member has asked for its sheet, or objective scores differ that must not (O87 art. 64).
    """
    if state.requests:
        return RuleViolation("correction_pending", seats=_asking(state))
    if state.must_agree:
        first = state.must_agree[0]
        facts = {"bid": first.bid, "criterion": first.criterion, "count": len(state.must_agree)}
        return RuleViolation("objective_scores_unequal", **facts)
    return None


def check_answered(state: SittingState) -> None:
    """That no request stands: what is signed or sealed can be corrected no more.

    Raises RuleViolation `correction_unanswered` (seats).
    """
    if state.requests:
        raise RuleViolation("correction_unanswered", seats=_asking(state))


def _asking(state: SittingState) -> str:
    return ", ".join(map(str, sorted(state.requests)))


def answered_by(state: SittingState, seat: int) -> tuple[int, ...]:
    """The seats whose request for a correction whoever sits in `seat` may permit or refuse, be it in the chair's place;
    when, the profile says."""
    open_to = (state.stage, SheetReopened) in TRANSITIONS and state.suspended is None
    return tuple(about for about in sorted(state.requests) if open_to and about != seat)
