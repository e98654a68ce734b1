"""Every fact that a case file can hold: its name, its fields, on what it stands, and the action its actor needs.

`action` is None for the system's own facts, which no request can propose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.casefile import register
from app.casefile.codec import decode
from app.procedure import (
    attribution,
    bid,
    bid_checking,
    buyers,
    deadlines,
    exports,
    fallback,
    opening,
    picture_ends,
    qualification,
    recordings,
    rehearsal,
    restoring,
    tender,
    terms,
    trustees,
)
from app.procedure.errors import RuleViolation
from app.procedure.inspections import facts as inspections
from crypto.canonical import Json
from evaluation import draw
from evaluation.sitting import (
    briefing,
    clarifications,
    competition,
    contracting,
    interruptions,
    more_time,
    naming,
    questions,
    rechecks,
    rollback,
    talk,
)
from evaluation.sitting import events as sitting


@dataclass(frozen=True)
class FactType:
    """A kind of fact. `per_lot`: it belongs to one lot of the case."""

    kind: type
    action: str | None
    per_lot: bool

    @property
    def name(self) -> str:
        return self.kind.__name__

    def decode(self, payload: Json) -> Any:
        """The fact of a payload. Raises RuleViolation `malformed`."""
        return decode(self.kind, payload)


def _case(kind: type, action: str | None = None) -> FactType:
    return FactType(kind, action, per_lot=False)


def _lot(kind: type, action: str | None = None) -> FactType:
    return FactType(kind, action, per_lot=True)


FACTS_OF_ALL = (
    _case(register.PlatformFounded),
    _case(register.CertificateIssued),
    _case(register.CertificateRevoked),
    _case(register.CommitteeRegistered),
    _case(register.CommitteeReshared),
    _case(register.CommitteeRetired),
    _case(register.ClientCodePublished),
    _case(register.RegistrationChecked),
    _case(register.CeremonyOpened),
    _case(register.ResharingOpened),
    _case(register.CeremonyJoined),
    _case(register.DealingGiven),
    _case(register.DealingsAccepted),
    _case(register.CeremonyEnded),
    _case(rehearsal.RehearsalOpened),
    _case(rehearsal.RehearsalShareSigned, "rehearsal:sign"),
    _case(rehearsal.RehearsalReleased),
    _case(rehearsal.SampleBidOpened),
    _case(rehearsal.RehearsalEnded),
    _case(inspections.InspectionYearOpened),
    _case(inspections.PlanProposed, "inspection:prepare"),
    _case(inspections.PlanApproved, "inspection:approve"),
    _case(inspections.CampaignProposed, "inspection:prepare"),
    _case(inspections.InspectorsListed, "inspectors:list"),
    _case(inspections.CampaignPublished, "inspection:approve"),
    _case(inspections.InspectorRecused, "inspection:visit"),
    _case(inspections.CertainInspectorsProposed, "inspection:prepare"),
    _case(inspections.InspectorsDrawOpened, "inspection:prepare"),
    _case(inspections.RedrawProposed, "inspection:prepare"),
    _case(inspections.RedrawOrdered, "inspection:approve"),
    _case(inspections.ResultsEntered, "inspection:visit"),
    _case(inspections.ResultsConfirmed, "inspection:visit"),
    _case(inspections.ViewStated, "inspection:answer"),
    _case(inspections.ViewAnswered, "inspection:visit"),
    _case(inspections.RectificationRecorded, "inspection:visit"),
    _case(inspections.RectificationConfirmed, "inspection:visit"),
    _case(terms.CaseOpened),
    _case(tender.TenderSubmitted, "tender:submit"),
    _case(tender.TenderReturned, "tender:release"),
    _case(tender.TenderPublished, "tender:release"),
    _case(tender.QuestionAsked, "question:ask"),
    _case(tender.AnswerProposed, "answer:propose"),
    _case(tender.AnswerReleased, "answer:release"),
    _case(tender.AmendmentProposed, "amendment:propose"),
    _case(tender.AmendmentReleased, "amendment:release"),
    _case(trustees.TrusteesChanged),
    _case(deadlines.PostponementProposed, "postponement:propose"),
    _case(deadlines.PostponementReleased, "postponement:release"),
    _case(deadlines.OutageExtensionProposed, "outage_extension:propose"),
    _case(deadlines.OutageExtensionReleased, "outage_extension:release"),
    _case(deadlines.OutageMeasured),
    _case(deadlines.PauseProposed, "pause:propose"),
    _case(deadlines.PauseOrdered, "pause:order"),
    _case(deadlines.ResumptionProposed, "pause:propose"),
    _case(deadlines.ResumptionOrdered, "pause:order"),
    _case(exports.EvidenceExportRequested, "evidence:request"),
    _case(exports.EvidenceExportReleased, "evidence:release"),
    _lot(bid.BidSubmitted, "bid:submit"),
    _lot(bid.BidReceipted),
    _lot(bid.BidWithdrawn, "bid:withdraw"),
    _lot(opening.LotClosed),
    _lot(opening.LotFailed),
    _lot(opening.ShareReleased, "share:release"),
    _lot(opening.ShareRefused),
    _lot(opening.BidsReleased),
    _lot(fallback.FallbackStarted),
    _lot(fallback.KeyCommitted, "key:commit"),
    _lot(fallback.CommitmentsEnded),
    _lot(fallback.KeyRevealed, "key:reveal"),
    _lot(opening.KeysDisclosed),
    _lot(opening.RoundSigned),
    _lot(opening.CoefficientsDrawn),
    _lot(restoring.BidFileLost),
    _lot(restoring.BidFileRestored, "bid:restore"),
    _lot(opening.BidOpened),
    _lot(opening.BidVoided),
    _lot(opening.BidsReadOut),
    _lot(opening.ObjectionRaised, "objection:raise"),
    _lot(opening.ObjectionAnswered, "objection:answer"),
    _lot(attribution.FaultAttributed, "fault:attribute"),
    _lot(attribution.AttributionDisputed, "fault:dispute"),
    _lot(opening.OpeningConfirmed, "opening:confirm"),
    _lot(opening.OpeningConcluded),
    _lot(bid_checking.BidsChecked),
    _lot(qualification.QualificationChecked, "qualification:check"),
    _lot(buyers.BuyerMemberNamed, "draw_conditions:propose"),
    _lot(draw.DrawConditionsProposed, "draw_conditions:propose"),
    _lot(draw.DrawConditionsApproved, "draw_conditions:approve"),
    _lot(draw.DrawRoundOpened),
    _lot(draw.DrawCommitted, "draw:commit"),
    _lot(draw.CommitmentsOverdue),
    _lot(draw.DrawStated, "draw:state"),
    _lot(draw.DrawShareReleased, "draw:share"),
    _lot(draw.DrawSignatureRecorded),
    _lot(draw.DrawSigned),
    _lot(draw.DrawRevealed, "draw:reveal"),
    _lot(draw.CapsuleShareReleased, "draw:share"),
    _lot(draw.CapsulesOpened),
    _lot(draw.DrawCompleted),
    _lot(draw.CallUpSent),
    _lot(draw.CallAttempted),
    _lot(draw.CallUpAnswered),
    _lot(draw.CallUpExpired),
    _lot(draw.CandidateDismissed),
    _lot(sitting.SittingConvened),
    _lot(sitting.MemberIdentified, "seat:certify"),
    _lot(interruptions.BoothChanged, "seat:certify"),
    _lot(interruptions.CheckInRefused, "seat:certify"),
    _lot(sitting.SittingOpened),
    _lot(interruptions.RecessCalled, "sitting:halt"),
    _lot(interruptions.RecessEnded, "sitting:halt"),
    _lot(interruptions.DefectFound, "sitting:halt"),
    _lot(interruptions.FaultReported, "fault:report"),
    _lot(interruptions.FaultRepaired, "fault:report"),
    _lot(interruptions.WarningGiven, "sitting:warn"),
    _lot(briefing.BriefingGiven, "briefing:give"),
    _lot(naming.ChairNamed, "chair:name"),
    _lot(talk.MessagePosted, "room:speak"),
    _lot(talk.FloorGiven, "room:speak"),
    _lot(talk.AnnouncementMade, "sitting:announce"),
    _lot(talk.AnnouncementNoted, "announcement:note"),
    _lot(recordings.RecordingBegun, "recording:keep"),
    _lot(recordings.RecordingKept),
    _lot(recordings.RecordingEnded, "recording:keep"),
    _lot(recordings.RecordingLookRequested, "recording:look"),
    _lot(recordings.RecordingLookGranted, "recording:look"),
    _lot(recordings.RecordingsDisposed),
    _lot(picture_ends.MemberPictureEnded, "picture:end"),
    _lot(picture_ends.MemberPictureAllowed, "picture:end"),
    _lot(interruptions.SittingOrderProposed, "sitting_order:propose"),
    _lot(interruptions.SittingOrdered, "sitting_order:give"),
    _lot(interruptions.SittingDecisionProposed, "sitting_decision:propose"),
    _lot(interruptions.SittingDecided, "sitting_decision:release"),
    _lot(interruptions.ReplacementProposed, "replacement:propose"),
    _lot(interruptions.ReplacementOrdered, "replacement:order"),
    _lot(rechecks.RecheckProposed, "recheck:propose"),
    _lot(rechecks.RecheckOrdered, "recheck:order"),
    _lot(rechecks.RecheckAnswered, "recheck:answer"),
    _lot(interruptions.NewCommitteeProposed, "new_committee:propose"),
    _lot(interruptions.NewCommitteeOrdered, "new_committee:order"),
    _lot(more_time.MoreTimeAsked, "more_time:ask"),
    _lot(more_time.MoreTimeDue),
    _lot(more_time.TimeExtended, "more_time:give"),
    _lot(rollback.RollbackProposed, "rollback:propose"),
    _lot(rollback.RollbackReleased, "rollback:release"),
    _lot(rollback.ReviewRolledBack),
    _lot(rollback.ChairRolledBack),
    _lot(sitting.SittingSuspended),
    _lot(sitting.SittingResumed),
    _lot(sitting.SittingAbandoned),
    _lot(sitting.StatementMade, "statement:make"),
    _lot(sitting.StatementsCompleted),
    _lot(sitting.ChairVoted, "chair:vote"),
    _lot(sitting.ChairVoteTied),
    _lot(sitting.ChairElected),
    _lot(sitting.BidsReviewed, "bids:review"),
    _lot(contracting.ContractPointsStated, "contract-points:state"),
    _lot(questions.FindingPut, "finding:put"),
    _lot(questions.FindingVoted, "finding:vote"),
    _lot(questions.FindingWithdrawn, "finding:vote"),
    _lot(questions.FindingDisposed),
    _lot(sitting.ReviewConcluded),
    _lot(competition.CompetitionQuestioned),
    _lot(competition.CompetitionVoted, "competition:vote"),
    _lot(competition.CompetitionDecided),
    _lot(sitting.SittingFailed),
    _lot(sitting.FailureRecordSealed),
    _lot(clarifications.ClarificationProposed, "clarification:propose"),
    _lot(clarifications.ClarificationVoted, "clarification:vote"),
    _lot(clarifications.ClarificationWithdrawn, "clarification:propose"),
    _lot(clarifications.ClarificationDecided),
    _lot(clarifications.ClarificationSent, "clarification:send"),
    _lot(clarifications.ClarificationAsked),
    _lot(clarifications.ClarificationAnswered, "clarification:answer"),
    _lot(clarifications.ClarificationLapsed),
    _lot(clarifications.ExplanationJudged, "clarification:vote"),
    _lot(clarifications.ExplanationDecided),
    _lot(sitting.ScoreSheetLocked, "scores:lock"),
    _lot(sitting.ResultsComputed),
    _lot(clarifications.PricesMarked),
    _lot(sitting.TiesDrawn),
    _lot(sitting.CorrectionRequested, "correction:request"),
    _lot(sitting.SheetReopened, "sheet:reopen"),
    _lot(sitting.CorrectionRefused, "sheet:reopen"),
    _lot(sitting.CorrectionWithdrawn, "correction:request"),
    _lot(sitting.ConflictDeclared, "conflict:declare"),
    _lot(sitting.MemberRecused),
    _lot(sitting.MemberReplaced),
    _lot(sitting.ReportPrepared),
    _lot(sitting.ReportSigned, "report:sign"),
    _lot(sitting.DissentRecorded, "dissent:record"),
    _lot(sitting.RefusalRecorded, "refusal:record"),
    _lot(sitting.ReportSealed),
    _lot(sitting.SittingClosed),
)
FACTS = {fact.name: fact for fact in FACTS_OF_ALL}


def fact_type(name: str) -> FactType:
    """The kind of fact of that name. Raises RuleViolation `fact_unknown`."""
    found = FACTS.get(name)
    if found is None:
        raise RuleViolation("fact_unknown", fact=name[:60])
    return found
