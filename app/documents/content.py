"""What documents say, as plain facts: no models, no clock, no choice of words.

Money in yuan and scores are `Decimal`, instants are aware UTC, digests and signatures lowercase hex. An empty string
means "not stated".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from app.documents.clarification_content import BidClarification
from app.documents.course_content import DocumentCheck, SiteRecording
from app.documents.review_content import PreliminaryReview, RollbackLine, SignedReview
from app.documents.table_content import BidScores, RecommendedCandidate, ScoredBid
from evaluation.methods import EvaluationMethod


@dataclass(frozen=True)
class CaseHeading:
    """Which case a document belongs to. `marking` is printed in red on each page (demo, trustee mode M0)."""

    case_code: str
    project: str
    lot: str
    buyer: str
    agency: str
    centre: str
    marking: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Signatory:
    """One signature field: `field` is its name in the PDF; `capacity` is what the person signs as."""

    field: str
    name: str
    capacity: str


@dataclass(frozen=True)
class OpenedBid:
    """A bid as read out. `void_reason` is empty for one that opened; a void one has no price."""

    order: int
    bidder: str
    received_at: datetime
    price: Decimal | None
    duration: str
    manager: str
    quality: str = ""
    bond: str = ""
    void_reason: str = ""
    bid_root: str = ""
    brand: str = ""  # of the core product, where the notice names one


@dataclass(frozen=True)
class OpeningObjection:
    raised_by: str
    raised_at: datetime
    text: str
    answered_by: str
    answered_at: datetime | None
    answer: str


@dataclass(frozen=True)
class OpeningConfirmation:
    """A bidder's word on the record; without an instant it stayed silent (goods: absent means accepted, O87 42)."""

    bidder: str
    confirmed_at: datetime | None


@dataclass(frozen=True)
class TrusteeShare:
    index: int
    organisation: str
    received_at: datetime | None
    valid: bool


@dataclass(frozen=True)
class FallbackProof:
    """How a lot was opened without enough trustees: when each step was, the digest of the keys, whose bids stay closed.

    `released_at`: the trustees reached the threshold after all, and no key was used.
    """

    started_at: datetime
    disclosed_at: datetime | None
    keys_sha256: str
    revoked: tuple[str, ...]
    withdrawn: tuple[str, ...]
    released_at: datetime | None = None


@dataclass(frozen=True)
class RoundProof:
    """The drand network's signature on a round, which the second lock of some bid waited for until `due_at`."""

    round: int
    due_at: datetime
    signature: str


@dataclass(frozen=True)
class ReleaseProof:
    """The one signature that opened the lot, and who contributed: `needed` of the shares.

    `fallback`: what followed when too few had signed in time; `signature` is "" where the bidders' own keys opened it.
    In mode M2 also the rounds of the chain (its hash) that bids were sealed to.
    """

    mode: str
    committee_id: str
    identity: str
    signature: str
    needed: int
    shares: tuple[TrusteeShare, ...]
    fallback: FallbackProof | None = None
    chain: str = ""
    rounds: tuple[RoundProof, ...] = ()


@dataclass(frozen=True)
class OpeningRecord:
    """开标记录 (Order 20, article 32; Order 87, articles 41 and 42)."""

    heading: CaseHeading
    method: str
    place: str
    chair: str
    supervisor: str
    budget: Decimal | None
    ceiling: Decimal | None
    published_at: datetime
    deadline_at: datetime
    opened_at: datetime
    finished_at: datetime
    bids: tuple[OpenedBid, ...]
    coefficients: tuple[str, ...]
    words: Mapping[str, str]  # of the regime: app.messages.regime_words
    faults: tuple[tuple[str, str], ...]  # of void bids: the bidder, and whose fault it is, with all that was said
    objections: tuple[OpeningObjection, ...]
    confirmations: tuple[OpeningConfirmation, ...]
    release: ReleaseProof
    signatories: tuple[Signatory, ...]
    seal_field: str = "Seal"


@dataclass(frozen=True)
class Receipt:
    """投标回执: that a complete bid arrived, and when; nothing of what it holds."""

    heading: CaseHeading
    receipt_id: str
    bidder: str
    received_at: datetime
    deadline_at: datetime
    submission_sha256: str
    bid_root: str
    bid_size: int
    platform_key_id: str
    signed_receipt: str
    seal_field: str = "Seal"


@dataclass(frozen=True)
class Member:
    """A member of the committee: `capacity` 评审专家 or 采购人代表, `site` where they sat."""

    seat: str
    name: str
    capacity: str
    organisation: str
    site: str
    chair: bool


@dataclass(frozen=True)
class Criterion:
    name: str
    full_marks: Decimal
    kind: str
    standard: str


@dataclass(frozen=True)
class QualificationResult:
    """The agency's check (Order 87, article 44); `ground` says why one did not pass."""

    bidder: str
    passed: bool
    checked_by: str
    ground: str


@dataclass(frozen=True)
class InvalidBid:
    bidder: str
    ground: str
    decided_by: str


@dataclass(frozen=True)
class DissentStatement:
    member: str
    text: str
    stated_at: datetime


@dataclass(frozen=True)
class EarlierStatement(DissentStatement):
    """A dissent from results that stand no more; `about` says which, and whether its author has left since."""

    about: str


@dataclass(frozen=True)
class Signed:
    """What one member did about the report. Without instants: nothing; `recorded_by` is the seat that noted so.

    `earlier`: what a member who is recorded so dissented from before.
    """

    member: str
    signed_at: datetime | None
    dissent: str
    dissented_at: datetime | None
    refused_at: datetime | None
    recorded_by: int
    earlier: tuple[EarlierStatement, ...] = ()


@dataclass(frozen=True)
class SigningStatement:
    """签署情况说明: sealed with a report that somebody dissented from or did not sign."""

    heading: CaseHeading
    report_sha256: str
    stated_at: datetime
    members: tuple[Signed, ...]
    tally: str
    dissented_before: str  # how many dissented from earlier results, "" where nobody did
    no_majority: str  # that the conclusion has none, "" where it has
    words: Mapping[str, str]  # of the regime: app.messages.regime_words
    seal_field: str = "Seal"


@dataclass(frozen=True)
class FailedEvaluation:
    """评审情况记录（流标）: why an evaluation ended without a report, and what was found until then.

    `reason` is a sentence with the figures; `reviews` tie the pages to what each member signed.
    """

    heading: CaseHeading
    opened_at: datetime
    evaluation_started_at: datetime
    failed_at: datetime
    stated_at: datetime
    evaluation_place: str
    reason: str
    words: Mapping[str, str]
    members: tuple[Member, ...]
    opened_bids: tuple[OpenedBid, ...]
    qualification: tuple[QualificationResult, ...]
    invalid_bids: tuple[InvalidBid, ...]
    valid_bids: tuple[str, ...]
    reviews: tuple[SignedReview, ...]
    clarifications: tuple[BidClarification, ...]
    member_changes: tuple[str, ...]
    notes: tuple[str, ...]
    draw_digest: str
    seal_field: str = "Seal"
    rollbacks: tuple[RollbackLine, ...] = ()
    competition: tuple[str, ...] = ()  # votes on whether competition was lacking
    rejected_all: bool = False  # by that vote
    brands: tuple[str, ...] = ()  # which bids offer one brand
    naming: str = ""  # that the tenderer named the chair, and what became of it


@dataclass(frozen=True)
class AbandonedEvaluation:
    """评审情况记录（终止）: by whom and why an evaluation was given up, and how it went until then.

    It holds nothing of what members found, and no name of theirs: another committee evaluates the same bids.
    `decision` says who decided; `evaluation_started_at` is None where it never opened.
    """

    heading: CaseHeading
    opened_at: datetime
    evaluation_started_at: datetime | None
    abandoned_at: datetime
    stated_at: datetime
    evaluation_place: str
    decision: str
    reason: str
    members: int
    opened_bids: tuple[OpenedBid, ...]
    qualification: tuple[QualificationResult, ...]
    member_changes: tuple[str, ...]
    notes: tuple[str, ...]
    draw_digest: str
    seal_field: str = "Seal"
    naming: str = ""


@dataclass(frozen=True)
class EvaluationReport:
    """评标报告 of a `regime`: goods (Order 87, article 58), works (Order 12, articles 33, 37 and 42).

    `by` is the id of the method, which says which tables of comparison there are; `scored_names` what members scored.

    `price_formula`, `averaging`, `agreement`, `corrections` and `findings` are sentences; `draw_digest` and
    `sitting_digest` tie the pages to the case file.
    """

    heading: CaseHeading
    regime: str
    check: DocumentCheck
    media: str
    published_at: datetime
    opened_at: datetime
    opening_place: str
    evaluation_started_at: datetime
    evaluation_ended_at: datetime
    evaluation_place: str
    budget: Decimal | None
    ceiling: Decimal | None
    method: str
    standard: str
    price_formula: str
    averaging: str
    members: tuple[Member, ...]
    criteria: tuple[Criterion, ...]
    opened_bids: tuple[OpenedBid, ...]
    qualification: tuple[QualificationResult, ...]
    invalid_bids: tuple[InvalidBid, ...]
    scored_bids: tuple[ScoredBid, ...]
    sheets: tuple[BidScores, ...]
    candidates: tuple[RecommendedCandidate, ...]
    agreement: tuple[str, ...]  # how far the members stand behind the recommendation
    clarifications: tuple[BidClarification, ...]
    corrections: tuple[str, ...]
    dissents: tuple[DissentStatement, ...]
    earlier_dissents: tuple[EarlierStatement, ...]
    member_changes: tuple[str, ...]
    notes: tuple[str, ...]
    draw_digest: str
    sitting_digest: str
    signatories: tuple[Signatory, ...]
    seal_field: str = "Seal"
    low_prices: tuple[str, ...] = ()  # the prices that the rules mark as clearly low
    price_corrections: tuple[str, ...] = ()  # the prices that were corrected and confirmed
    findings: tuple[str, ...] = ()  # what the check of bids asked, and what the committee decided
    contract_points: str = (
        ""  # what is left to the talks before the contract; "" where the regime's report has no such part
    )
    review: PreliminaryReview = field(default_factory=PreliminaryReview)
    recordings: tuple[SiteRecording, ...] = ()  # none where the rule book knows none
    rechecks: tuple[str, ...] = ()  # why earlier versions were checked again, and what the committee answered
    by: str = EvaluationMethod.COMPREHENSIVE
    full_total: Decimal = Decimal(100)  # of the full marks that enter one total
    scored_names: tuple[str, ...] = ()
    rollbacks: tuple[RollbackLine, ...] = ()  # stages that were held again
    naming: str = ""  # that the tenderer named the chair, and what became of it
