"""Which act is lawful now, and what follows from it.

1. The act must be possible in this stage (`TRANSITIONS`), and the sitting must not be suspended.
2. A member acts from its own seat alone; who is no member does no member's act.
3. The act itself must be sound.
4. What follows without anybody's act follows at once (`outcome`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any

from evaluation.committee import Member, check_composition, may_chair
from evaluation.errors import RuleViolation
from evaluation.scoring import check_cells
from evaluation.sitting import clarification_rules as clarifying
from evaluation.sitting import correction_rules as corrections
from evaluation.sitting import interruption_rules as interrupted
from evaluation.sitting import price_rules as pricing
from evaluation.sitting import recheck_rules as rechecking
from evaluation.sitting import talk_rules as talk
from evaluation.sitting.arithmetic_rules import check_prices_settled
from evaluation.sitting.brand_rules import check_brands
from evaluation.sitting.briefing import BriefingGiven
from evaluation.sitting.briefing_rules import check_briefing
from evaluation.sitting.checks import (
    require_digest,
    require_fit,
    require_identity,
    require_once,
    require_text,
)
from evaluation.sitting.clarifications import (
    ClarificationAnswered,
    ClarificationLapsed,
    ClarificationProposed,
    ClarificationSent,
    ClarificationVoted,
    ClarificationWithdrawn,
    ExplanationJudged,
)
from evaluation.sitting.competition import CompetitionVoted
from evaluation.sitting.competition_rules import check_competition_vote
from evaluation.sitting.contracting import ContractPointsStated
from evaluation.sitting.contracting_rules import check_points
from evaluation.sitting.convening_rules import check_convened
from evaluation.sitting.deductions import deduction_items
from evaluation.sitting.events import (
    BidsReviewed,
    ChairVoted,
    ConflictDeclared,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    DissentRecorded,
    FailureRecordSealed,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    RefusalRecorded,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    ScoreSheetLocked,
    SeatFact,
    SheetReopened,
    SittingConvened,
    SittingEvent,
    StatementMade,
    TiesDrawn,
)
from evaluation.sitting.folding import apply
from evaluation.sitting.interruptions import (
    BoothChanged,
    CheckInRefused,
    DefectFound,
    FaultRepaired,
    FaultReported,
    NewCommitteeOrdered,
    NewCommitteeProposed,
    RecessCalled,
    RecessEnded,
    ReplacementOrdered,
    ReplacementProposed,
    SittingDecided,
    SittingDecisionProposed,
    SittingOrdered,
    SittingOrderProposed,
    WarningGiven,
)
from evaluation.sitting.more_time import MoreTimeAsked, TimeExtended
from evaluation.sitting.more_time_rules import check_asked, check_extended
from evaluation.sitting.naming import ChairNamed
from evaluation.sitting.naming_rules import check_naming
from evaluation.sitting.offline_rules import check_offline
from evaluation.sitting.outcomes import outcome
from evaluation.sitting.question_rules import check_none_open, check_put, check_vote
from evaluation.sitting.question_rules import check_withdrawal as check_finding_withdrawal
from evaluation.sitting.questions import FindingPut, FindingVoted, FindingWithdrawn
from evaluation.sitting.rechecks import RecheckAnswered, RecheckOrdered, RecheckProposed
from evaluation.sitting.rollback import RollbackProposed, RollbackReleased
from evaluation.sitting.rollback_rules import check_rollback
from evaluation.sitting.signing_rules import check_dissent, check_recorded_refusal, check_seal, check_signature
from evaluation.sitting.stages import TRANSITIONS
from evaluation.sitting.state import SittingState
from evaluation.sitting.talk import AnnouncementMade, AnnouncementNoted, FloorGiven, MessagePosted


def decide(state: SittingState, fact: SittingEvent, seat_of_actor: int | None = None) -> tuple[SittingEvent, ...]:
    """The accepted fact and everything that follows from it. `seat_of_actor` is None for who is no member.

    The act's signature and the actor's authority have been checked by the caller. Raises RuleViolation.
    """
    return _decided(state, fact, seat_of_actor)[0]


def _decided(
    state: SittingState, fact: SittingEvent, seat_of_actor: int | None
) -> tuple[tuple[SittingEvent, ...], SittingState]:
    """What `decide` accepts, and the state after it."""
    if (state.stage, type(fact)) not in TRANSITIONS:
        raise RuleViolation("sitting_out_of_order", fact=type(fact).__name__, stage=str(state.stage))
    if not isinstance(fact, interrupted.IN_STANDSTILL):
        interrupted.check_running(state)
    _check_actor(state, fact, seat_of_actor)
    _check(fact, state)
    events, following = [fact], interrupted.brought_about(fact, state)
    state = apply(state, fact)
    following = following or outcome(state)
    while following:
        events.append(following)
        state = apply(state, following)
        following = outcome(state)
    return tuple(events), state


def recheck(events: Sequence[SittingEvent]) -> SittingState:
    """Decide a recorded sitting again, fact by fact, and compare what followed; the state at its end.

    Raises RuleViolation `sitting_record_differs` (the position, counted from 1), or what the fact itself breaks.
    """
    state, position = SittingState(), 0
    while position < len(events):
        fact = events[position]
        decided, state = _decided(state, fact, fact.seat if isinstance(fact, SeatFact) else None)
        for expected in decided:
            if position >= len(events) or events[position] != expected:
                raise RuleViolation("sitting_record_differs", position=position + 1, expected=type(expected).__name__)
            position += 1
    return state


def _check_actor(state: SittingState, fact: SittingEvent, actor: int | None) -> None:
    if isinstance(fact, SeatFact):
        if fact.seat not in state.seats or actor != fact.seat:
            raise RuleViolation("sitting_not_own_seat", seat=fact.seat)
    elif actor is not None:
        raise RuleViolation("sitting_not_for_members", fact=type(fact).__name__)


@singledispatch
def _check(fact: SittingEvent, state: SittingState) -> None:
    """Refuse an unsound fact. Only facts of persons are registered: an outcome cannot be proposed."""
    raise RuleViolation("sitting_fact_not_proposable", fact=type(fact).__name__)


@_check.register
def _identify(fact: MemberIdentified, state: SittingState) -> None:
    if fact.seat not in state.seats or fact.seat in state.empty:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
    require_once(fact.seat, fact.seat in state.keys, "identified")
    require_digest(fact.key_id, "key_id")
    require_text(fact.witness, "witness")
    require_identity(fact.booth, fact.identity)
    if fact.key_id in state.used_keys:
        raise RuleViolation("sitting_key_of_other_seat", seat=fact.seat)


@_check.register
def _recuse(fact: MemberRecused, state: SittingState) -> None:
    if fact.seat not in state.seats or fact.seat in state.empty:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
    require_text(fact.reason, "reason")


@_check.register
def _replace(fact: MemberReplaced, state: SittingState) -> None:
    if fact.seat not in state.empty:
        raise RuleViolation("sitting_seat_taken", seat=fact.seat)
    if fact.person in state.persons or not fact.person:
        raise RuleViolation("sitting_person_seated_before", seat=fact.seat)
    others = [Member(seat.role, seat.site) for number, seat in state.seats.items() if number != fact.seat]
    successor = Member(state.seats[fact.seat].role, fact.site)
    host_site = state.convened.host_site if state.convened else ""
    check_composition([*others, successor], host_site, state.rules.committee)


@_check.register
def _state_conflict(fact: StatementMade, state: SittingState) -> None:
    require_once(fact.seat, fact.seat in state.statements, "statement")
    if not fact.no_conflict:
        require_text(fact.conflict, "conflict")


@_check.register
def _declare_conflict(fact: ConflictDeclared, state: SittingState) -> None:
    require_text(fact.conflict, "conflict")


@_check.register
def _vote(fact: ChairVoted, state: SittingState) -> None:
    if fact.round != state.chair_round:
        raise RuleViolation("chair_round_over", round=fact.round, current=state.chair_round)
    require_once(fact.seat, fact.seat in state.chair_votes, "vote")
    candidate = state.seats.get(fact.for_seat)
    if candidate is None or not may_chair(candidate.role, state.rules.committee):
        raise RuleViolation("chair_not_eligible", seat=fact.for_seat)


@_check.register
def _review(fact: BidsReviewed, state: SittingState) -> None:
    require_once(fact.seat, fact.seat in state.reviews, "review")
    clarifying.check_none_awaited(state)
    check_brands(fact, state)
    wanted = {(bid.bid, item.id) for bid in state.bids for item in state.rules.review_items}
    found = [(finding.bid, finding.item) for finding in fact.findings]
    if len(set(found)) != len(found) or set(found) - wanted:
        raise RuleViolation("review_finding_unexpected", seat=fact.seat)
    for bid, item in sorted(wanted - set(found))[:1]:
        raise RuleViolation("review_finding_missing", bid=bid, item=item)
    for finding in fact.findings:
        needless = finding.passed or finding.item in deduction_items(state.rules.review_items)
        if not needless and not finding.ground.strip():
            raise RuleViolation("review_ground_missing", bid=finding.bid, item=finding.item)
        require_fit(finding.ground, "ground")


@_check.register
def _lock(fact: ScoreSheetLocked, state: SittingState) -> None:
    require_once(fact.seat, fact.seat in state.sheets, "lock")
    clarifying.check_none_awaited(state)
    check_offline(fact, state)
    check_cells(state.rules.evaluation.criteria, state.valid, fact.scores)
    for bid, row in fact.comments.items():
        for criterion, comment in row.items():
            require_fit(comment, "comment")
            if criterion not in fact.scores.get(bid, {}):
                raise RuleViolation("score_unexpected", bid=bid, criterion=criterion)
    if (reopened := state.reopened.get(fact.seat)) and (at := reopened.changed(fact.scores)):
        raise RuleViolation("score_not_reopened", bid=at.bid, criterion=at.criterion)


@_check.register
def _draw_ties(fact: TiesDrawn, state: SittingState) -> None:
    tied = sorted(bid for group in (state.result.to_draw if state.result else ()) for bid in group)
    if not tied or sorted(fact.order) != tied:
        raise RuleViolation("tie_order_wrong", tied=", ".join(tied) or "-", drawn=", ".join(fact.order))
    require_digest(fact.record_sha256, "record_sha256")


@_check.register
def _prepare_report(fact: ReportPrepared, state: SittingState) -> None:
    require_digest(fact.report_sha256, "report_sha256")
    result = state.result
    if result is None or result.to_draw:
        tied = ", ".join(bid for group in (result.to_draw if result else ()) for bid in group)
        raise RuleViolation("ties_not_drawn", tied=tied)
    if awaited := corrections.awaited_correction(state):
        raise awaited
    check_none_open(state)
    check_prices_settled(state)
    rechecking.check_recheck_answered(state)


@_check.register
def _seal_failure(fact: FailureRecordSealed, state: SittingState) -> None:
    require_digest(fact.sealed_sha256, "sealed_sha256")
    if fact.committee != state.committee:
        raise RuleViolation("failure_of_another", committee=state.committee)
    if state.failure_sha256:
        raise RuleViolation("failure_already_recorded")


_ELSEWHERE: dict[type[Any], Callable[..., None]] = {
    SittingConvened: check_convened,
    ReportSigned: check_signature,
    DissentRecorded: check_dissent,
    RefusalRecorded: check_recorded_refusal,
    ReportSealed: check_seal,
    CompetitionVoted: check_competition_vote,
    ClarificationProposed: clarifying.check_proposal,
    ClarificationVoted: clarifying.check_vote,
    ClarificationWithdrawn: clarifying.check_withdrawal,
    ClarificationSent: clarifying.check_sending,
    ClarificationAnswered: clarifying.check_answer,
    ClarificationLapsed: clarifying.check_lapse,
    ExplanationJudged: pricing.check_judgement,
    RecheckProposed: rechecking.check_order,
    RecheckOrdered: rechecking.check_order,
    RecheckAnswered: rechecking.check_answer,
    CorrectionRequested: corrections.check_request,
    SheetReopened: corrections.check_reopening,
    CorrectionRefused: corrections.check_refusal,
    CorrectionWithdrawn: corrections.check_withdrawal,
    BoothChanged: interrupted.check_booth,
    CheckInRefused: interrupted.check_refused,
    RecessCalled: interrupted.check_by_chair,
    DefectFound: interrupted.check_by_chair,
    RecessEnded: interrupted.check_recess_ended,
    FaultReported: interrupted.check_fault,
    FaultRepaired: interrupted.check_repair,
    WarningGiven: interrupted.check_warning,
    MessagePosted: talk.check_message,
    FloorGiven: talk.check_floor,
    AnnouncementMade: talk.check_announcement,
    AnnouncementNoted: talk.check_noted,
    SittingOrderProposed: interrupted.check_order,
    SittingOrdered: interrupted.check_order,
    SittingDecisionProposed: interrupted.check_decision,
    SittingDecided: interrupted.check_decision,
    ReplacementProposed: interrupted.check_replacement,
    ReplacementOrdered: interrupted.check_replacement,
    NewCommitteeProposed: interrupted.check_new_committee,
    NewCommitteeOrdered: interrupted.check_new_committee,
    BriefingGiven: check_briefing,
    ChairNamed: check_naming,
    ContractPointsStated: check_points,
    FindingPut: check_put,
    FindingVoted: check_vote,
    FindingWithdrawn: check_finding_withdrawal,
    MoreTimeAsked: check_asked,
    TimeExtended: check_extended,
    RollbackProposed: check_rollback,
    RollbackReleased: check_rollback,
}
for _kind, _rule in _ELSEWHERE.items():
    _check.register(_kind, _rule)
