"""Who may see which fact of a case, and from when: the other half of the policy, one line per kind of fact.

A rule gets the looker, the case as it stands now, and the record. What no rule admits is not shown, and its sequence
number is not shown to anybody: gaps would tell of bids and scores.
"""

from __future__ import annotations

from dataclasses import replace

from app.casefile.anonymous import may_tell_draw, scores_without_prices, unnamed
from app.casefile.case import Case, LotCase, Phase
from app.casefile.clarification_sight import CLARIFICATION_SIGHT
from app.casefile.competition_sight import COMPETITION_SIGHT
from app.casefile.finding_sight import FINDING_SIGHT
from app.casefile.inspection_sight import INSPECTION_SIGHT, sees_inspection
from app.casefile.presence_sight import PRESENCE_SIGHT
from app.casefile.record import Record
from app.casefile.recording_sight import RECORDING_SIGHT
from app.casefile.register import REGISTER_FACTS
from app.casefile.rehearsal_sight import REHEARSAL_SIGHT
from app.casefile.sides import OVER, Rule
from app.casefile.sides import agency as _agency
from app.casefile.sides import centre as _centre
from app.casefile.sides import given_up as _given_up
from app.casefile.sides import inspector as _inspector
from app.casefile.sides import own as _own
from app.casefile.sides import phase as _phase
from app.casefile.sides import regulator as _regulator
from app.casefile.sides import room as _room
from app.casefile.sides import trustee as _trustee
from app.casefile.sides import unread_by_successors as _unread_by_successors
from app.casefile.sides import witness as _witness
from app.casefile.talk_sight import TALK_SIGHT
from app.procedure.bid_checking import BidsChecked
from app.procedure.roles import SYSTEM, Actor, Role
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.stages import AFTER_REVIEW, Stage

WITHHELD_IN = frozenset({Phase.OPENING, Phase.DRAW, Phase.SCORING, Phase.CONSENSUS})
# What names a bid by its receipt, whose number its bidder has; in a room that knows no bidder yet nobody reads it.
OF_A_RECEIPT = frozenset(
    {
        *("BidReceipted", "BidWithdrawn", "BidFileLost", "BidFileRestored", "BidOpened", "BidVoided", "BidsChecked"),
        *("KeyCommitted", "KeyRevealed", "KeysDisclosed", "QualificationChecked"),
    }
)


def _everybody(actor: Actor, case: Case, record: Record) -> bool:
    return case.tender.published_at is not None and not _unsigned_expert(actor)


def _unsigned_expert(actor: Actor) -> bool:
    """Experts know no project before they have signed in at a booth (四不知)."""
    return Role.EXPERT in actor.roles and not actor.seat


def _draft(actor: Actor, case: Case, record: Record) -> bool:
    return _agency(actor, case, record) or _everybody(actor, case, record)


def _agency_or_regulator(actor: Actor, case: Case, record: Record) -> bool:
    return _agency(actor, case, record) or _regulator(actor, case, record)


def _agency_centre_or_regulator(actor: Actor, case: Case, record: Record) -> bool:
    return _centre(actor, case, record) or _agency_or_regulator(actor, case, record)


def _order_draft(actor: Actor, case: Case, record: Record) -> bool:
    """Within the authority while bids are taken; afterwards the agency sees how an order came about."""
    return _regulator(actor, case, record) or (case.phase() > Phase.BIDDING and _agency(actor, case, record))


def _returned(actor: Actor, case: Case, record: Record) -> bool:
    """Within the agency until publication; afterwards the regulator sees the whole way there."""
    return _agency(actor, case, record) or (_everybody(actor, case, record) and _regulator(actor, case, record))


def _question(actor: Actor, case: Case, record: Record) -> bool:
    return _own(actor, case, record) or _agency_or_regulator(actor, case, record)


def _bid(actor: Actor, case: Case, record: Record) -> bool:
    """Sealed to its bidder alone; once the lot is open, what stands can be checked by everybody.

    Of a lot that failed unopened the competent authority sees who bid, since it is asked why the lot failed.
    """
    if _own_bid(actor, case, record):
        return True
    state = case.lots[record.lot]
    if not state.opening.openable:
        return bool(state.opening.failed) and _regulator(actor, case, record)
    standing = {s.fact for s in state.bidding.live} | {s.receipt_id for s in state.bidding.live}
    subject = record.fact if record.type == "BidSubmitted" else record.payload["receipt_id"]
    return (subject in standing and not unnamed(actor, case, record.lot)) or _inspector(actor, case, record)


def _own_bid(actor: Actor, case: Case, record: Record) -> bool:
    if record.type != "BidReceipted":
        return _own(actor, case, record)
    return actor.is_(Role.BIDDER) and record.payload["receipt"]["bidder"] == actor.organisation_id


def _own_key(actor: Actor, case: Case, record: Record) -> bool:
    """Promises and keys of the fallback: all together, at its end; before it they would tell of bids and prices."""
    opening = case.lots[record.lot].opening
    return _own(actor, case, record) or opening.openable or (bool(opening.failed) and _regulator(actor, case, record))


def _draw_party(actor: Actor, case: Case, record: Record) -> bool:
    if any(side(actor, case, record) for side in (_agency, _regulator, _centre, _trustee)):
        return True
    return _phase(case, record) is Phase.RESULT and _everybody(actor, case, record)


def _draw_secret(actor: Actor, case: Case, record: Record) -> bool:
    """Shares and signature of a draw: only once they tell nothing any more that is to be kept."""
    told = may_tell_draw(case, record.lot) or _given_up(actor, case, record)
    return _own(actor, case, record) or (told and _draw_party(actor, case, record))


def _call_up(actor: Actor, case: Case, record: Record) -> bool:
    return _centre(actor, case, record) or _inspector(actor, case, record)


def _correction_told(actor: Actor, case: Case, record: Record) -> bool:
    """The authority is told of these (matrix 2, row 40) and sees them without a reason: they name seats alone. Requests
    and refusals speak of scores, as which they are shown: to the authority for a stated reason."""
    return _room(actor, case, record) or _regulator(actor, case, record)


def _sitting(actor: Actor, case: Case, record: Record) -> bool:
    return any(side(actor, case, record) for side in (_room, _witness, _centre, _agency))


def _read_out(actor: Actor, case: Case, record: Record) -> bool:
    return _everybody(actor, case, record) and not scores_without_prices(actor, case, record.lot)


def _convened(actor: Actor, case: Case, record: Record) -> bool:
    """Holds the prices under review; members read the rest on the page of their room."""
    return _sitting(actor, case, record) and not scores_without_prices(actor, case, record.lot)


def _standstill(actor: Actor, case: Case, record: Record) -> bool:
    """That a sitting stands still the authority is told without a reason: it says nothing of bids and scores."""
    return _sitting(actor, case, record) or _regulator(actor, case, record)


def _decision_draft(actor: Actor, case: Case, record: Record) -> bool:
    """Within the agency; afterwards the authority sees how a decision came about."""
    return _agency(actor, case, record) or (_phase(case, record) in OVER and _regulator(actor, case, record))


def _own_until_chair(actor: Actor, case: Case, record: Record) -> bool:
    if _own(actor, case, record) or _given_up(actor, case, record):
        return True
    return case.lots[record.lot].sitting.chair is not None and _room(actor, case, record)


def _own_until_review(actor: Actor, case: Case, record: Record) -> bool:
    concluded = case.lots[record.lot].sitting.stage in AFTER_REVIEW or _given_up(actor, case, record)
    return _own(actor, case, record) or (concluded and _room(actor, case, record))


def _review_outcome(actor: Actor, case: Case, record: Record) -> bool:
    """Where the lot failed by it the agency sees what the committee found, since it publishes why: never who voted."""
    failed = case.lots[record.lot].sitting.stage is Stage.FAILED
    return _room(actor, case, record) or (failed and _agency(actor, case, record))


def _own_until_all_locked(actor: Actor, case: Case, record: Record) -> bool:
    """Nobody, the chair, the regulator and the administrator included, sees another's sheet before the last lock."""
    if _own(actor, case, record) or _given_up(actor, case, record):
        return True
    return case.lots[record.lot].sitting.result is not None and _result(actor, case, record)


def _asked_for_time(actor: Actor, case: Case, record: Record) -> bool:
    """Who works slowly is no other member's to know; the authority reads it afterwards."""
    over = _phase(case, record) in OVER
    return _own(actor, case, record) or (over and _regulator(actor, case, record))


def _rolled_back(actor: Actor, case: Case, record: Record) -> bool:
    """Why a stage is held again speaks of what it came to: the agency reads it with the results that stand then."""
    stands = case.lots[record.lot].sitting.result is not None
    told = _room(actor, case, record) or _given_up(actor, case, record)
    return told or (stands and _agency(actor, case, record))


def _result(actor: Actor, case: Case, record: Record) -> bool:
    """Of an evaluation that was given up, or failed by what was found after it, the agency reads nothing more."""
    without = case.lots[record.lot].sitting.stage in (Stage.ABANDONED, Stage.FAILED)
    return _room(actor, case, record) or (_agency(actor, case, record) and not without)


def _checked(actor: Actor, case: Case, record: Record) -> bool:
    return _room(actor, case, record) or _agency(actor, case, record)


SIGHT: dict[str, Rule] = (
    INSPECTION_SIGHT
    | CLARIFICATION_SIGHT
    | TALK_SIGHT
    | FINDING_SIGHT
    | COMPETITION_SIGHT
    | PRESENCE_SIGHT
    | RECORDING_SIGHT
    | REHEARSAL_SIGHT
    | dict.fromkeys(REGISTER_FACTS, _everybody)
    | {
        "CaseOpened": _draft,
        "TenderSubmitted": _draft,
        "TenderReturned": _returned,
        "TenderPublished": _everybody,
        "QuestionAsked": _question,
        "AnswerProposed": _agency_or_regulator,
        "AnswerReleased": _everybody,
        "AmendmentProposed": _agency_or_regulator,
        "AmendmentReleased": _everybody,
        "TrusteesChanged": _everybody,
        "PostponementProposed": _agency_or_regulator,
        "PostponementReleased": _everybody,
        "OutageExtensionProposed": _agency_centre_or_regulator,
        "OutageExtensionReleased": _everybody,
        "OutageMeasured": _agency_centre_or_regulator,
        "PauseProposed": _order_draft,
        "PauseOrdered": _everybody,
        "ResumptionProposed": _order_draft,
        "ResumptionOrdered": _everybody,
        "EvidenceExportRequested": _agency_or_regulator,
        "EvidenceExportReleased": _agency_or_regulator,
        "BidSubmitted": _bid,
        "BidReceipted": _bid,
        "BidWithdrawn": _bid,
        "LotClosed": _everybody,
        "LotFailed": _everybody,
        "ShareReleased": _everybody,
        "ShareRefused": _everybody,
        "BidsReleased": _everybody,
        "FallbackStarted": _everybody,
        "KeyCommitted": _own_key,
        "CommitmentsEnded": _everybody,
        "KeyRevealed": _own_key,
        "KeysDisclosed": _everybody,
        "RoundSigned": _everybody,
        "CoefficientsDrawn": _everybody,
        "BidFileLost": _everybody,
        "BidFileRestored": _everybody,
        "BidOpened": _read_out,
        "BidVoided": _read_out,
        "BidsReadOut": _everybody,
        "ObjectionRaised": _read_out,
        "ObjectionAnswered": _read_out,
        "FaultAttributed": _read_out,
        "AttributionDisputed": _read_out,
        "OpeningConfirmed": _read_out,
        "OpeningConcluded": _everybody,
        "QualificationChecked": _checked,
        "BuyerMemberNamed": _agency_or_regulator,
        "DrawConditionsProposed": _draw_party,
        "DrawConditionsApproved": _draw_party,
        "DrawRoundOpened": _draw_party,
        "DrawCommitted": _draw_party,
        "CommitmentsOverdue": _draw_party,
        "DrawStated": _draw_party,
        "DrawShareReleased": _draw_secret,
        "DrawSignatureRecorded": _draw_secret,
        "DrawSigned": _draw_party,
        "DrawRevealed": _draw_party,
        "CapsuleShareReleased": _draw_secret,
        "CapsulesOpened": _draw_party,
        "DrawCompleted": _draw_party,
        "CallUpSent": _call_up,
        "CallAttempted": _call_up,
        "CallUpAnswered": _call_up,
        "CallUpExpired": _call_up,
        "CandidateDismissed": _call_up,
        "SittingConvened": _convened,
        "SittingOpened": _sitting,
        "RecessCalled": _standstill,
        "RecessEnded": _standstill,
        "DefectFound": _standstill,
        "FaultReported": _standstill,
        "FaultRepaired": _standstill,
        "WarningGiven": _standstill,
        "SittingOrderProposed": _regulator,
        "SittingOrdered": _standstill,
        "SittingDecisionProposed": _decision_draft,
        "SittingDecided": _standstill,
        "ReplacementProposed": _decision_draft,
        "ReplacementOrdered": _standstill,
        "RecheckProposed": _decision_draft,
        "RecheckOrdered": _standstill,
        "RecheckAnswered": _unread_by_successors(_result),
        "NewCommitteeProposed": _decision_draft,
        "NewCommitteeOrdered": _standstill,
        "MoreTimeAsked": _asked_for_time,
        "MoreTimeDue": _standstill,
        "TimeExtended": _standstill,
        "MemberPictureEnded": _standstill,
        "MemberPictureAllowed": _standstill,
        "RollbackProposed": _unread_by_successors(_rolled_back),
        "RollbackReleased": _unread_by_successors(_rolled_back),
        "ReviewRolledBack": _standstill,
        "ChairRolledBack": _standstill,
        "SittingSuspended": _standstill,
        "SittingResumed": _standstill,
        "SittingAbandoned": _standstill,
        "StatementMade": _room,
        "StatementsCompleted": _sitting,
        "ChairVoted": _own_until_chair,
        "ChairVoteTied": _room,
        "ChairNamed": _sitting,
        "ChairElected": _sitting,
        "BidsReviewed": _unread_by_successors(_own_until_review),
        "ReviewConcluded": _unread_by_successors(_review_outcome),
        "SittingFailed": _everybody,
        "FailureRecordSealed": _sitting,
        "ScoreSheetLocked": _unread_by_successors(_own_until_all_locked),
        "ResultsComputed": _unread_by_successors(_result),
        "PricesMarked": _unread_by_successors(_result),
        "TiesDrawn": _unread_by_successors(_result),
        "CorrectionRequested": _unread_by_successors(_room),
        "SheetReopened": _unread_by_successors(_correction_told),
        "CorrectionRefused": _unread_by_successors(_room),
        "CorrectionWithdrawn": _unread_by_successors(_correction_told),
        "ConflictDeclared": _room,
        "MemberRecused": _sitting,
        "MemberReplaced": _sitting,
        "ReportPrepared": _sitting,
        "DissentRecorded": _unread_by_successors(_result),
        "RefusalRecorded": _unread_by_successors(_result),
        "ReportSealed": _sitting,
        "SittingClosed": _sitting,
    }
)


def _given_up_with(case: Case, record: Record) -> LotCase | None:
    """The lot as it stood when the evaluation of an earlier committee was given up, for what belongs to that one: it is
    seen as it was then. None for everything else."""
    ended = case.lots[record.lot].earlier if record.lot in case.lots else ()
    before = next((one.lot for one in ended if record.seq < one.until), None)
    return before if before is not None and isinstance(record.fact, SittingEvent) else None


def _sealed_with(actor: Actor, case: Case, record: Record) -> LotCase | None:
    """The lot as it stood with a sealed report, for what that report rests on, where a recheck of it came to nothing:
    who read the report then reads it still. None for everything else, and for whoever sits in another committee."""
    state = case.lots.get(record.lot)
    stood = None if state is None or (actor.seat and state.earlier) else state.as_sealed(record.seq)
    return stood if stood is not None and isinstance(record.fact, SittingEvent | BidsChecked) else None


def sees(actor: Actor, case: Case, record: Record) -> bool:
    """Whether the actor may see a fact of the case as it stands now."""
    if case.inspection is not None:
        return sees_inspection(actor, case, record)
    before = _given_up_with(case, record)
    if before is not None and actor.seat:
        return False  # another committee evaluates the same bids, and is not to be led
    if (stood := _sealed_with(actor, case, record) or before) is not None:
        case = replace(case, lots={**case.lots, record.lot: stood})
    rule = SIGHT.get(record.type)
    if record.type in OF_A_RECEIPT and unnamed(actor, case, record.lot):
        return False
    return rule is not None and rule(actor, case, record)


def sees_author(actor: Actor, case: Case, record: Record) -> bool:
    """Whether the fact's author is shown too: who asks a question is hidden until bids are open."""
    if record.type != "QuestionAsked" or record.actor == actor.signs_as or actor is SYSTEM:
        return True
    return case.phase() not in (Phase.DRAFT, Phase.BIDDING, Phase.SEALED)


def asks_reason(actor: Actor, case: Case) -> bool:
    """Whether this inspector sees some of the case for a stated reason only, be it stated already or not."""
    parties = case.tender.parties
    mine = parties is not None and parties.regulator.id == actor.organisation_id and actor.is_(Role.REGULATOR)
    return mine and any(lot.phase in WITHHELD_IN for lot in case.lots.values())
