"""Where a sitting leads: each event applied to the state before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

from evaluation.errors import RuleViolation
from evaluation.sitting.briefing import BriefingGiven
from evaluation.sitting.clarification_folding import ClarificationFact, dropped
from evaluation.sitting.clarifications import AWAITED, PricesMarked
from evaluation.sitting.events import (
    BidsReviewed,
    ChairElected,
    ChairVoted,
    ChairVoteTied,
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
    ResultsComputed,
    ReviewConcluded,
    ScoreSheetLocked,
    SheetReopened,
    SittingAbandoned,
    SittingConvened,
    SittingEvent,
    SittingFailed,
    SittingResumed,
    SittingSuspended,
    StatementMade,
    TiesDrawn,
)
from evaluation.sitting.grounds import SuspensionGround
from evaluation.sitting.interruptions import (
    BoothChanged,
    CheckInRefused,
    FaultRepaired,
    NewCommitteeOrdered,
    RecessEnded,
    ReplacementOrdered,
)
from evaluation.sitting.more_time import MoreTimeAsked, MoreTimeDue, TimeExtended
from evaluation.sitting.naming import ChairNamed
from evaluation.sitting.rechecks import RecheckAnswered, RecheckOrdered
from evaluation.sitting.rollback import ChairRolledBack, ReviewRolledBack, RollbackProposed
from evaluation.sitting.stages import TRANSITIONS, Stage
from evaluation.sitting.state import ReopenedSheet, SittingState
from evaluation.sitting.voiding import (
    changed,
    clarified,
    reworked,
    shown_scores,
    standing_sheets,
    superseding,
    to_be_rechecked,
    undecided,
    without,
    without_chair,
    without_review,
)
from evaluation.sitting.vote_folding import VOTE_FOLDING


@singledispatch
def _applied(event: SittingEvent, state: SittingState) -> SittingState:
    """Events that only move the stage."""
    return state


def apply(state: SittingState, event: SittingEvent) -> SittingState:
    """The state after an accepted event. Raises RuleViolation `sitting_out_of_order` for one that cannot have been."""
    after = TRANSITIONS.get((state.stage, type(event)))
    if after is None:
        raise RuleViolation("sitting_out_of_order", fact=type(event).__name__, stage=str(state.stage))
    applied = _applied(event, state)
    if applied.stage is after:
        return applied
    return changed(applied, stage=after, rollback=None)  # what was proposed was about the stage that is left


def replay(events: Iterable[SittingEvent]) -> SittingState:
    """The state after all events of one sitting."""
    state = SittingState()
    for event in events:
        state = apply(state, event)
    return state


@_applied.register
def _convened(event: SittingConvened, state: SittingState) -> SittingState:
    seats = {seat.number: seat for seat in event.seats}
    persons = state.persons | {seat.person for seat in event.seats}
    return changed(state, convened=event, seats=seats, persons=persons)


@_applied.register
def _identified(event: MemberIdentified, state: SittingState) -> SittingState:
    return _seated(state, event.seat, event.key_id)


def _seated(state: SittingState, seat: int, key_id: str) -> SittingState:
    return changed(
        state,
        keys=state.keys | {seat: key_id},
        used_keys=state.used_keys | {key_id},
        turned_away=without(state.turned_away, seat),
    )


@_applied.register
def _booth_changed(event: BoothChanged, state: SittingState) -> SittingState:
    return changed(_seated(state, event.seat, event.key_id), moves=state.moves | {event.seat: event})


@_applied.register
def _turned_away(event: CheckInRefused, state: SittingState) -> SittingState:
    return changed(state, turned_away=state.turned_away | {event.seat: event})


@_applied.register
def _stated(event: StatementMade, state: SittingState) -> SittingState:
    conflicts = {} if event.no_conflict else {event.seat: event.conflict}
    return changed(state, statements=state.statements | {event.seat: event}, conflicts=state.conflicts | conflicts)


@_applied.register
def _conflict_declared(event: ConflictDeclared, state: SittingState) -> SittingState:
    return changed(state, conflicts=state.conflicts | {event.seat: event.conflict})


@_applied.register
def _recused(event: MemberRecused, state: SittingState) -> SittingState:
    seat = event.seat
    state = changed(
        reworked(state),
        empty=state.empty | {seat},
        keys=without(state.keys, seat),
        moves=without(state.moves, seat),
        turned_away=without(state.turned_away, seat),
        statements=without(state.statements, seat),
        conflicts=without(state.conflicts, seat),
        named_left=state.named_left or state.chair_named == seat,
        reviews=without(state.reviews, seat),
        brand_findings=without(state.brand_findings, seat),
        sheets=without(state.sheets, seat),
        seen=without(state.seen, seat),
        comments=without(state.comments, seat),
        reopened=without(state.reopened, seat),
        short_of_time=state.short_of_time - {seat},
        competition_votes=without(state.competition_votes, seat),
        competition=None,  # counted again once the successor has reviewed
    )
    state = undecided(state)  # whoever succeeds takes part in what the committee decides about findings, too
    return without_chair(state) if state.chair in {seat, None} else state


@_applied.register
def _replaced(event: MemberReplaced, state: SittingState) -> SittingState:
    successor = replace(state.seats[event.seat], site=event.site, person=event.person)
    return changed(
        state,
        seats=state.seats | {event.seat: successor},
        empty=state.empty - {event.seat},
        persons=state.persons | {event.person},
    )


@_applied.register
def _voted(event: ChairVoted, state: SittingState) -> SittingState:
    return changed(state, chair_votes=state.chair_votes | {event.seat: event.for_seat}, chair_voted=True)


@_applied.register
def _named(event: ChairNamed, state: SittingState) -> SittingState:
    return changed(state, chair_named=event.seat)


@_applied.register
def _tied(event: ChairVoteTied, state: SittingState) -> SittingState:
    return changed(state, chair_round=event.round + 1, chair_votes={}, chair_tied=event.tied)


@_applied.register
def _elected(event: ChairElected, state: SittingState) -> SittingState:
    return changed(state, chair=event.seat)


@_applied.register
def _reviewed(event: BidsReviewed, state: SittingState) -> SittingState:
    said = state.brand_findings | {event.seat: event.brands or ()}
    return changed(state, reviews=state.reviews | {event.seat: event.findings}, brand_findings=said)


@_applied.register
def _concluded(event: ReviewConcluded, state: SittingState) -> SittingState:
    # Sheets for other bids than are valid now stand as far as results have shown them; those for the same bids, whole.
    kept = event.valid == state.valid
    sheets, reopened = (state.sheets, state.reopened) if kept else standing_sheets(state, event.valid)
    if state.stage is Stage.RESULTS:  # an adopted vote rejects bids that are scored: the sheets stand without them
        state = reworked(state)
        sheets = {seat: {bid: cells[bid] for bid in event.valid} for seat, cells in state.sheets.items()}
    state = changed(state, rejected=event.rejected, valid=event.valid, granted=event.granted)
    return changed(state, brands=event.brands, sheets=sheets, reopened=reopened)


@_applied.register
def _failed(event: SittingFailed, state: SittingState) -> SittingState:
    return changed(state, failure=event.reason)


@_applied.register
def _failure_recorded(event: FailureRecordSealed, state: SittingState) -> SittingState:
    return changed(state, failure_sha256=event.sealed_sha256)


@_applied.register
def _suspended(event: SittingSuspended, state: SittingState) -> SittingState:
    # Nothing stands while something lies beneath only where the one on top has ended: the next below stands again.
    beneath = state.beneath[:-1] if state.suspended is None else state.standing
    return changed(state, suspended=event, beneath=beneath)


@_applied.register
def _resumed(event: SittingResumed, state: SittingState) -> SittingState:
    return changed(state, suspended=None)


@_applied.register
def _abandoned(event: SittingAbandoned, state: SittingState) -> SittingState:
    ended = dropped(state.clarifications, AWAITED)
    defective = any(one.ground is SuspensionGround.DEFECTIVE_DOCUMENTS for one in state.standing)
    over = changed(state, failure=event.reason, suspended=None, beneath=(), clarifications=ended)
    return changed(over, defective=defective)


@_applied.register
def _begun_anew(event: NewCommitteeOrdered, state: SittingState) -> SittingState:
    """Nothing of what was done counts: who sat and which keys signed is kept, so that nobody comes back."""
    return SittingState(
        stage=state.stage,
        persons=state.persons,
        used_keys=state.used_keys,
        committee=state.committee + 1,
        first_seat=max(state.seats) + 1,
        versions=state.versions,  # what was sealed before a recheck that was given up
    )


@_applied.register
def _to_be_replaced(event: ReplacementOrdered, state: SittingState) -> SittingState:
    return changed(state, conflicts=state.conflicts | {event.seat: event.note})


@_applied.register
def _over(event: FaultRepaired | RecessEnded, state: SittingState) -> SittingState:
    ground = SuspensionGround.FAULT if isinstance(event, FaultRepaired) else SuspensionGround.RECESS
    return changed(state, beneath=tuple(one for one in state.beneath if one.ground is not ground))


@_applied.register
def _locked(event: ScoreSheetLocked, state: SittingState) -> SittingState:
    sheets, comments = state.sheets | {event.seat: event.scores}, state.comments | {event.seat: event.comments}
    offline = state.offline - {event.seat} | ({event.seat} if event.offline else set())
    return changed(
        state, sheets=sheets, comments=comments, offline=offline, reopened=without(state.reopened, event.seat)
    )


@_applied.register
def _computed(event: ResultsComputed, state: SittingState) -> SittingState:
    state = changed(superseding(state), recheck_answer="", seen=shown_scores(state))  # what was answered was of others
    return changed(state, result=event.result, computations=state.computations + 1)


@_applied.register
def _drawn(event: TiesDrawn, state: SittingState) -> SittingState:
    return changed(state, drawn=event.order, drawn_record=event.record_sha256)


@_applied.register
def _marked(event: PricesMarked, state: SittingState) -> SittingState:
    return changed(state, marked=event.prices)


@_applied.register
def _requested(event: CorrectionRequested, state: SittingState) -> SittingState:
    return changed(state, requests=state.requests | {event.seat: event})


@_applied.register
def _reopened(event: SheetReopened, state: SittingState) -> SittingState:
    seat, requests = event.reopened, without(state.requests, event.reopened)
    sheet = ReopenedSheet(state.sheets[seat], frozenset(state.requests[seat].places))
    sheets, reopened = without(state.sheets, seat), state.reopened | {seat: sheet}
    return changed(reworked(state), sheets=sheets, requests=requests, reopened=reopened)


@_applied.register
def _correction_refused(event: CorrectionRefused, state: SittingState) -> SittingState:
    denied = (*state.denied, (state.requests[event.refused], event))
    return changed(state, requests=without(state.requests, event.refused), denied=denied)


@_applied.register
def _correction_withdrawn(event: CorrectionWithdrawn, state: SittingState) -> SittingState:
    return changed(state, requests=without(state.requests, event.seat))


@_applied.register
def _prepared(event: ReportPrepared, state: SittingState) -> SittingState:
    return changed(state, report_sha256=event.report_sha256, reported=frozenset(state.dissents))


@_applied.register
def _signed(event: ReportSigned, state: SittingState) -> SittingState:
    signed = state.signed | {event.seat: event.signature_sha256}
    return changed(state, signed=signed, refused=state.refused - {event.seat})


@_applied.register
def _dissented(event: DissentRecorded, state: SittingState) -> SittingState:
    dissents = state.dissents | {event.seat: event.text}
    return changed(state, dissents=dissents, refused=state.refused - {event.seat})


@_applied.register
def _refusal_recorded(event: RefusalRecorded, state: SittingState) -> SittingState:
    return changed(state, refused=state.refused | {event.refused})


@_applied.register
def _sealed(event: ReportSealed, state: SittingState) -> SittingState:
    return changed(state, sealed_sha256=event.sealed_sha256, statement_sha256=event.statement_sha256)


@_applied.register
def _about_a_clarification(event: ClarificationFact, state: SittingState) -> SittingState:
    return clarified(state, event)


@_applied.register
def _to_be_rechecked(event: RecheckOrdered, state: SittingState) -> SittingState:
    return to_be_rechecked(event, state)


@_applied.register
def _rechecked(event: RecheckAnswered, state: SittingState) -> SittingState:
    return changed(state, recheck_answer=event.text)


@_applied.register
def _time_asked(event: MoreTimeAsked, state: SittingState) -> SittingState:
    return changed(state, short_of_time=state.short_of_time | {event.seat})


@_applied.register
def _time_due(event: MoreTimeDue, state: SittingState) -> SittingState:
    return changed(state, more_time_due=True)


@_applied.register
def _extended(event: TimeExtended, state: SittingState) -> SittingState:
    minutes = state.extended_minutes + event.minutes
    return changed(state, short_of_time=frozenset(), more_time_due=False, extended_minutes=minutes)


@_applied.register
def _briefed(event: BriefingGiven, state: SittingState) -> SittingState:
    return changed(state, briefing=event.text)


@_applied.register
def _rollback_proposed(event: RollbackProposed, state: SittingState) -> SittingState:
    return changed(state, rollback=event)


@_applied.register
def _review_rolled_back(event: ReviewRolledBack, state: SittingState) -> SittingState:
    return without_review(state)


@_applied.register
def _chair_rolled_back(event: ChairRolledBack, state: SittingState) -> SittingState:
    return without_chair(without_review(state))


for _kind, _fold in VOTE_FOLDING.items():
    _applied.register(_kind, _fold)
