"""The stages of a sitting and the table that decides: what may happen in each, and where it leads."""

from __future__ import annotations

from enum import StrEnum

from evaluation.sitting.briefing import BriefingGiven
from evaluation.sitting.clarifications import (
    ClarificationAnswered,
    ClarificationAsked,
    ClarificationDecided,
    ClarificationLapsed,
    ClarificationProposed,
    ClarificationSent,
    ClarificationVoted,
    ClarificationWithdrawn,
    ExplanationDecided,
    ExplanationJudged,
    PricesMarked,
)
from evaluation.sitting.competition import CompetitionDecided, CompetitionQuestioned, CompetitionVoted
from evaluation.sitting.contracting import ContractPointsStated
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
    SittingClosed,
    SittingConvened,
    SittingEvent,
    SittingFailed,
    SittingOpened,
    SittingResumed,
    SittingSuspended,
    StatementMade,
    StatementsCompleted,
    TiesDrawn,
)
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
from evaluation.sitting.more_time import MoreTimeAsked, MoreTimeDue, TimeExtended
from evaluation.sitting.naming import ChairNamed
from evaluation.sitting.questions import FindingDisposed, FindingPut, FindingVoted, FindingWithdrawn
from evaluation.sitting.rechecks import RecheckAnswered, RecheckOrdered, RecheckProposed
from evaluation.sitting.rollback import ChairRolledBack, ReviewRolledBack, RollbackProposed, RollbackReleased
from evaluation.sitting.talk import AnnouncementMade, AnnouncementNoted, FloorGiven, MessagePosted


class Stage(StrEnum):
    """The stages of a sitting, in order; it ends in `closed`, `failed` or `abandoned`."""

    UNCONVENED = "unconvened"
    GATHERING = "gathering"
    STATEMENTS = "statements"
    CHAIR = "chair"
    REVIEW = "review"
    COMPETITION = "competition"
    SCORING = "scoring"
    RESULTS = "results"
    REPORT = "report"
    SIGNING = "signing"
    CLOSED = "closed"
    FAILED = "failed"
    ABANDONED = "abandoned"


TRANSITIONS: dict[tuple[Stage, type[SittingEvent]], Stage] = {
    (Stage.UNCONVENED, SittingConvened): Stage.GATHERING,
    (Stage.GATHERING, MemberIdentified): Stage.GATHERING,
    (Stage.GATHERING, MemberRecused): Stage.GATHERING,
    (Stage.GATHERING, MemberReplaced): Stage.GATHERING,
    (Stage.GATHERING, SittingOpened): Stage.STATEMENTS,
    (Stage.STATEMENTS, StatementMade): Stage.STATEMENTS,
    (Stage.STATEMENTS, MemberRecused): Stage.GATHERING,
    (Stage.STATEMENTS, StatementsCompleted): Stage.CHAIR,
    (Stage.CHAIR, ChairVoted): Stage.CHAIR,
    (Stage.CHAIR, ChairVoteTied): Stage.CHAIR,
    (Stage.CHAIR, ConflictDeclared): Stage.CHAIR,
    (Stage.CHAIR, MemberRecused): Stage.GATHERING,
    (Stage.CHAIR, ChairElected): Stage.REVIEW,
    (Stage.REVIEW, BidsReviewed): Stage.REVIEW,
    (Stage.REVIEW, ConflictDeclared): Stage.REVIEW,
    (Stage.REVIEW, MemberRecused): Stage.GATHERING,
    (Stage.REVIEW, ReviewConcluded): Stage.SCORING,
    (Stage.SCORING, SittingFailed): Stage.FAILED,
    (Stage.FAILED, FailureRecordSealed): Stage.FAILED,
    (Stage.ABANDONED, FailureRecordSealed): Stage.ABANDONED,
    (Stage.ABANDONED, NewCommitteeProposed): Stage.ABANDONED,
    (Stage.ABANDONED, NewCommitteeOrdered): Stage.UNCONVENED,  # another committee evaluates the same bids
    (Stage.SCORING, ScoreSheetLocked): Stage.SCORING,
    (Stage.SCORING, ConflictDeclared): Stage.SCORING,
    (Stage.SCORING, MemberRecused): Stage.GATHERING,
    (Stage.SCORING, ResultsComputed): Stage.RESULTS,
    (Stage.RESULTS, TiesDrawn): Stage.RESULTS,
    (Stage.RESULTS, ResultsComputed): Stage.RESULTS,
    (Stage.RESULTS, CorrectionRequested): Stage.RESULTS,
    (Stage.RESULTS, SheetReopened): Stage.SCORING,
    (Stage.RESULTS, CorrectionRefused): Stage.RESULTS,
    (Stage.RESULTS, CorrectionWithdrawn): Stage.RESULTS,
    (Stage.RESULTS, DissentRecorded): Stage.RESULTS,
    (Stage.RESULTS, ConflictDeclared): Stage.RESULTS,
    (Stage.RESULTS, MemberRecused): Stage.GATHERING,
    (Stage.RESULTS, ReportPrepared): Stage.REPORT,
    (Stage.REPORT, CorrectionRequested): Stage.REPORT,
    (Stage.REPORT, SheetReopened): Stage.SCORING,
    (Stage.REPORT, CorrectionRefused): Stage.RESULTS,  # the report is prepared anew: it is to tell of it
    (Stage.REPORT, CorrectionWithdrawn): Stage.RESULTS,
    (Stage.REPORT, DissentRecorded): Stage.REPORT,
    (Stage.REPORT, ConflictDeclared): Stage.REPORT,
    (Stage.REPORT, MemberRecused): Stage.GATHERING,
    (Stage.REPORT, ReportPrepared): Stage.REPORT,
    (Stage.REPORT, ReportSigned): Stage.SIGNING,
    (Stage.REPORT, ReportSealed): Stage.SIGNING,
    (Stage.REPORT, RefusalRecorded): Stage.SIGNING,
    (Stage.SIGNING, ReportSigned): Stage.SIGNING,
    (Stage.SIGNING, DissentRecorded): Stage.SIGNING,
    (Stage.SIGNING, RefusalRecorded): Stage.SIGNING,
    (Stage.SIGNING, ReportSealed): Stage.SIGNING,
    (Stage.SIGNING, SittingClosed): Stage.CLOSED,
}
# The tenderer has a sealed report checked again: whoever sat comes back, and signs in anew, some perhaps late.
TRANSITIONS |= {
    (Stage.CLOSED, RecheckProposed): Stage.CLOSED,
    (Stage.CLOSED, RecheckOrdered): Stage.RESULTS,
    (Stage.RESULTS, RecheckAnswered): Stage.RESULTS,
    (Stage.REPORT, RecheckAnswered): Stage.RESULTS,  # prepared anew: it is to say so
}
# Too few bids passed the review: before anything is scored the committee decides whether competition is lacking.
TRANSITIONS |= {
    (Stage.SCORING, CompetitionQuestioned): Stage.COMPETITION,
    (Stage.COMPETITION, CompetitionVoted): Stage.COMPETITION,
    (Stage.COMPETITION, ConflictDeclared): Stage.COMPETITION,
    (Stage.COMPETITION, MemberRecused): Stage.GATHERING,
    (Stage.COMPETITION, CompetitionDecided): Stage.SCORING,
}
for _stage in (Stage.STATEMENTS, Stage.CHAIR, Stage.REVIEW, Stage.COMPETITION, Stage.SCORING):
    TRANSITIONS[_stage, MemberIdentified] = _stage
for _stage in (Stage.RESULTS, Stage.REPORT, Stage.SIGNING):
    TRANSITIONS[_stage, MemberIdentified] = _stage
# Findings about bids: what is decided on them is to be in the report, and whom they reject is scored no more.
for _stage in (Stage.REVIEW, Stage.RESULTS, Stage.REPORT):
    TRANSITIONS |= {(_stage, event): _stage for event in (FindingPut, FindingVoted, FindingWithdrawn, FindingDisposed)}
TRANSITIONS[Stage.REPORT, FindingDisposed] = Stage.RESULTS
for _stage in (Stage.RESULTS, Stage.REPORT):  # a report that is there is prepared anew
    TRANSITIONS[_stage, ContractPointsStated] = Stage.RESULTS
TRANSITIONS[Stage.RESULTS, ReviewConcluded] = Stage.SCORING
# A stage is held again, by two members; who has signed has signed what it came to.
for _stage in (Stage.REVIEW, Stage.COMPETITION, Stage.SCORING, Stage.RESULTS, Stage.REPORT):
    TRANSITIONS |= {(_stage, event): _stage for event in (RollbackProposed, RollbackReleased)}
for _stage in (Stage.REVIEW, Stage.COMPETITION, Stage.SCORING):
    TRANSITIONS[_stage, ChairRolledBack] = Stage.CHAIR
for _stage in (Stage.COMPETITION, Stage.SCORING, Stage.RESULTS, Stage.REPORT):
    TRANSITIONS[_stage, ReviewRolledBack] = Stage.REVIEW
# The time is found too short; who has asked so may be gone when it is extended.
for _stage in (Stage.REVIEW, Stage.COMPETITION, Stage.SCORING, Stage.RESULTS, Stage.REPORT):
    TRANSITIONS |= {(_stage, event): _stage for event in (MoreTimeAsked, MoreTimeDue)}
for _stage in (Stage.GATHERING, Stage.STATEMENTS, Stage.CHAIR, Stage.REVIEW, Stage.SCORING, Stage.RESULTS):
    TRANSITIONS[_stage, TimeExtended] = _stage
for _stage in (Stage.COMPETITION, Stage.REPORT, Stage.SIGNING):
    TRANSITIONS[_stage, TimeExtended] = _stage
# The tenderer introduces the documents before anybody has reviewed a bid.
for _stage in (Stage.GATHERING, Stage.STATEMENTS, Stage.CHAIR, Stage.REVIEW):
    TRANSITIONS[_stage, BriefingGiven] = _stage
# It may name the chair until somebody has voted for one.
for _stage in (Stage.GATHERING, Stage.STATEMENTS, Stage.CHAIR):
    TRANSITIONS[_stage, ChairNamed] = _stage
# What may happen in every stage, and leads into no other.
INTERRUPTIONS: tuple[type[SittingEvent], ...] = (
    BoothChanged,
    CheckInRefused,
    RecessCalled,
    RecessEnded,
    DefectFound,
    FaultReported,
    FaultRepaired,
    SittingOrderProposed,
    SittingOrdered,
    SittingDecisionProposed,
    SittingDecided,
    SittingSuspended,
    SittingResumed,
    WarningGiven,
    AnnouncementMade,
    AnnouncementNoted,
)
# Where members may speak to each other: never while somebody scores alone.
SPEAKING = (Stage.CHAIR, Stage.REVIEW, Stage.COMPETITION, Stage.RESULTS, Stage.REPORT, Stage.SIGNING)
for _stage in SPEAKING:
    TRANSITIONS |= {(_stage, event): _stage for event in (MessagePosted, FloorGiven)}
# A member can be replaced as long as one can step back: until somebody has signed.
for _stage in Stage:
    if (_stage, MemberRecused) in TRANSITIONS:
        TRANSITIONS |= {(_stage, event): _stage for event in (ReplacementProposed, ReplacementOrdered)}
# A bidder is asked while its bid is reviewed or about to be scored, and about its price once members know prices; its
# answer, or the end of its time, comes whoever may have left meanwhile.
for _stage in (Stage.REVIEW, Stage.SCORING, Stage.RESULTS):
    for _event in (
        ClarificationProposed,
        ClarificationVoted,
        ClarificationWithdrawn,
        ClarificationDecided,
        ClarificationSent,
        ClarificationAsked,
    ):
        TRANSITIONS[_stage, _event] = _stage
for _stage in (Stage.GATHERING, Stage.STATEMENTS, Stage.CHAIR, Stage.REVIEW, Stage.SCORING, Stage.RESULTS):
    TRANSITIONS |= {(_stage, event): _stage for event in (ClarificationAnswered, ClarificationLapsed)}
TRANSITIONS |= {(Stage.COMPETITION, event): Stage.COMPETITION for event in (ClarificationAnswered, ClarificationLapsed)}
TRANSITIONS |= {
    (Stage.RESULTS, event): Stage.RESULTS for event in (PricesMarked, ExplanationJudged, ExplanationDecided)
}
TRANSITIONS[Stage.REPORT, ClarificationProposed] = Stage.RESULTS  # the report is prepared anew: it is to tell of it
PRICES_ASKED = frozenset({Stage.RESULTS, Stage.REPORT})  # where a question about a price may be proposed
FINAL = frozenset({Stage.CLOSED, Stage.FAILED, Stage.ABANDONED})
for _stage in Stage:
    if _stage not in FINAL | {Stage.UNCONVENED}:
        TRANSITIONS |= {(_stage, event): _stage for event in INTERRUPTIONS}
        TRANSITIONS[_stage, SittingAbandoned] = Stage.ABANDONED

AFTER_LAST_LOCK = frozenset({Stage.RESULTS, Stage.REPORT, Stage.SIGNING, Stage.CLOSED})
# Those who sit now have concluded the review: what was found before a successor came is not its to read until then.
AFTER_REVIEW = AFTER_LAST_LOCK | {Stage.COMPETITION, Stage.SCORING, Stage.FAILED}


def transition_table() -> str:
    """The stages as a Markdown table: what may happen in each, and where it leads."""
    lines = ["| stage | event | next stage |", "|---|---|---|"]
    lines += [f"| {stage} | {event.__name__} | {after} |" for (stage, event), after in TRANSITIONS.items()]
    return "\n".join(lines) + "\n"
