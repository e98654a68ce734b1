"""What happens in a sitting. Members are seats; facts are acts of persons, outcomes only follow from facts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluation.brands import Groups
from evaluation.committee import CommitteeRules, MemberRole, Share
from evaluation.evaluate import EvaluationResult, EvaluationRules
from evaluation.low_prices import LowPriceRules
from evaluation.price_corrections import ArithmeticGround
from evaluation.scoring import Cells, ScorePlace
from evaluation.sitting.grounds import CorrectionGround, ElectedBy, SuspensionGround
from evaluation.sitting.offline import OfflineSigning


@dataclass(frozen=True)
class Seat:
    """A place at the table. `person` is an opaque reference that only the witness of the site resolves."""

    number: int
    site: str
    role: MemberRole
    person: str


@dataclass(frozen=True)
class ReviewItem:
    """One item of the preliminary review (初步评审).

    With a `deduction` it rejects nobody: of who meets it this share of the price is left out when prices are compared
    (O87 art. 55; 财库〔2022〕19号).
    """

    id: str
    name_zh: str
    name_en: str
    deduction: Decimal | None = None


# What no member is asked, since members learn no price before they have scored: the system compares the two numbers.
WITHIN_CEILING = ReviewItem("within_ceiling", "报价未超过最高限价", "The price is not above the ceiling")


@dataclass(frozen=True)
class SittingRules:
    """The published rules of one sitting.

    With fewer than `least_valid_bids` after the review the lot fails. `chair_rounds` votes are held before the rule of
    the lowest seat decides. With `objective_must_agree` no report is prepared on unequal objective scores. A price
    above `ceiling` (yuan; None: not compared) is rejected by the review without a vote. Prices that `low_price` marks
    are to be explained before there is a report (None: none is marked). More than `more_time_share` of the members have
    the time extended (None: nobody asks). With fewer than `vote_below` valid bids the committee decides whether
    competition is lacking (None: it goes on with as many as are enough). `arithmetic`: by which rules, in this order,
    a price is corrected (None: none is). Bids with one brand of the `core_product` count as one bidder (None: no rule).
    """

    evaluation: EvaluationRules
    committee: CommitteeRules
    review_items: tuple[ReviewItem, ...]
    least_valid_bids: int
    chair_rounds: int
    objective_must_agree: bool
    ceiling: Decimal | None = None
    low_price: LowPriceRules | None = None
    more_time_share: Share | None = None
    vote_below: int | None = None
    arithmetic: tuple[ArithmeticGround, ...] | None = None
    core_product: str | None = None

    def within_ceiling(self, price: Decimal) -> bool:
        """Whether a price may be accepted; so it may where there is no ceiling."""
        return self.ceiling is None or price <= self.ceiling


@dataclass(frozen=True)
class BidUnderReview:
    """A bid that was opened and not voided: its price (yuan) and brand of a core product as bid and read out."""

    bid: str
    bidder_name: str
    price: Decimal
    brand: str | None = None


@dataclass(frozen=True)
class ReviewFinding:
    """One member's verdict on one item of one bid; a failure names its ground."""

    bid: str
    item: str
    passed: bool
    ground: str


@dataclass(frozen=True)
class Rejection:
    """A bid that a majority rejected: on which item, by how many of the members, on which stated grounds.

    Without votes and grounds for `WITHIN_CEILING`, for `PRICE_PROVEN` where the bidder explained nothing, and for
    `ARITHMETIC_CONFIRMED`.
    """

    bid: str
    item: str
    votes: int
    grounds: tuple[str, ...]


@dataclass(frozen=True)
class SittingEvent:
    """Anything that happens in a sitting."""


@dataclass(frozen=True)
class SeatFact(SittingEvent):
    """An act of the member in `seat`, signed by that member and by nobody else."""

    seat: int


@dataclass(frozen=True)
class SittingConvened(SittingEvent):
    """The seats, the rules and the bids are fixed."""

    sitting: str
    host_site: str
    seats: tuple[Seat, ...]
    rules: SittingRules
    bids: tuple[BidUnderReview, ...]


class IdentityDocument(StrEnum):
    """By which document the witness has checked who somebody is."""

    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"
    OTHER = "other"


@dataclass(frozen=True)
class IdentityCheck:
    """What the witness has seen and taken: the document, a photo made on the spot (its SHA-256 in hex; the photo itself
    is kept sealed, outside), and how many phones were handed in. `consent`: which notice the person was given before
    the photo was taken, and agreed to; None: nothing of that is on record.
    """

    document: IdentityDocument
    phones: int
    photo_sha256: str | None = None
    consent: str | None = None


@dataclass(frozen=True)
class MemberIdentified(SittingEvent):
    """The witness of the site has checked who sits there and which key was made at the booth.

    `booth` is the booth of the booked room, `identity` what was checked: facts of earlier versions have neither.
    """

    seat: int
    key_id: str
    witness: str
    booth: str | None = None
    identity: IdentityCheck | None = None


@dataclass(frozen=True)
class SittingOpened(SittingEvent):
    """Every seat is identified."""


@dataclass(frozen=True)
class StatementMade(SeatFact):
    """A member accepts the discipline and declares whether there is a conflict; if so, which."""

    no_conflict: bool
    conflict: str


@dataclass(frozen=True)
class ConflictDeclared(SeatFact):
    """A member finds a conflict later than at its statement, and steps back."""

    conflict: str


@dataclass(frozen=True)
class MemberRecused(SittingEvent):
    """A member leaves the sitting. Its votes, findings and scores are void (O12)."""

    seat: int
    reason: str


@dataclass(frozen=True)
class MemberReplaced(SittingEvent):
    """A successor takes an empty seat and evaluates again from the start."""

    seat: int
    site: str
    person: str


@dataclass(frozen=True)
class StatementsCompleted(SittingEvent):
    """Every member has declared to have no conflict."""


@dataclass(frozen=True)
class ChairVoted(SeatFact):
    """A member votes for a chair."""

    for_seat: int
    round: int


@dataclass(frozen=True)
class ChairVoteTied(SittingEvent):
    """Nobody had the most votes; the next round is open."""

    round: int
    tied: tuple[int, ...]


@dataclass(frozen=True)
class ChairElected(SittingEvent):
    """The sitting has a chair. `by` is None when a chair stays in office after a member was replaced."""

    seat: int
    round: int
    by: ElectedBy | None


@dataclass(frozen=True)
class BidsReviewed(SeatFact):
    """One member's findings: exactly one for each bid and item, and which brands are one though spelled differently."""

    findings: tuple[ReviewFinding, ...]
    brands: Groups | None = None


@dataclass(frozen=True)
class ReviewConcluded(SittingEvent):
    """What the majority found: the bids rejected, those that go on to scoring, and of these by which items a deduction
    is `granted` to which, and which offer one brand, by groups (None where the documents know no such thing)."""

    rejected: tuple[Rejection, ...]
    valid: tuple[str, ...]
    granted: dict[str, tuple[str, ...]] | None = None
    brands: Groups | None = None


@dataclass(frozen=True)
class SittingFailed(SittingEvent):
    """Too few valid bids are left, or of too few brands, `valid` being as how many bidders they count (流标)."""

    reason: str
    valid: int
    least: int


@dataclass(frozen=True)
class FailureRecordSealed(SittingEvent):
    """The record of an evaluation that failed or was given up has been made and sealed by the centre, by its digest.

    `committee`: which one's it was, counted from 1.
    """

    sealed_sha256: str
    committee: int = 1


@dataclass(frozen=True)
class ScoreSheetLocked(SeatFact):
    """A member's whole sheet. Nobody else sees it before every sheet is locked. `offline`: signed without a line."""

    scores: Cells
    comments: dict[str, dict[str, str]]
    offline: OfflineSigning | None = None


@dataclass(frozen=True)
class ResultsComputed(SittingEvent):
    """The last sheet is locked, or a draw has parted a tie: scores, working, ranking, findings."""

    result: EvaluationResult


@dataclass(frozen=True)
class TiesDrawn(SittingEvent):
    """The order in which a verifiable draw has put the bids that no rule could part."""

    order: tuple[str, ...]
    record_sha256: str


@dataclass(frozen=True)
class CorrectionRequested(SeatFact):
    """A member asks to correct its own locked sheet: those scores, and no other, to which the ground applies."""

    ground: CorrectionGround
    explanation: str
    places: tuple[ScorePlace, ...]


@dataclass(frozen=True)
class SheetReopened(SeatFact):
    """The chair (for the chair's own sheet: another member) lets the sheet of `reopened` be corrected."""

    reopened: int


@dataclass(frozen=True)
class CorrectionRefused(SeatFact):
    """Who could let the sheet of `refused` be corrected does not, and says why in writing."""

    refused: int
    reason: str


@dataclass(frozen=True)
class CorrectionWithdrawn(SeatFact):
    """A member takes its own request back; its sheet stays as it is locked."""


@dataclass(frozen=True)
class ReportPrepared(SittingEvent):
    """The report that will be signed, by its digest."""

    report_sha256: str


@dataclass(frozen=True)
class ReportSigned(SeatFact):
    """A member signs exactly this report."""

    report_sha256: str
    signature_sha256: str


@dataclass(frozen=True)
class DissentRecorded(SeatFact):
    """A member disagrees, in writing; it may still sign the report that says so."""

    text: str


@dataclass(frozen=True)
class RefusalRecorded(SeatFact):
    """The chair (of the chair: another member) records that `refused` neither signs nor states dissent.

    It counts as agreeing (Reg 53), unless it signs or dissents after all before the seal.
    """

    refused: int


@dataclass(frozen=True)
class ReportSealed(SittingEvent):
    """The centre's seal has been put on last; `statement_sha256` is the sealed statement on signing, "" for none.

    There is one where somebody dissented or did not sign (Regulation art. 53). `version`: which of a report that was
    rechecked, from 2; None: the first.
    """

    sealed_sha256: str
    statement_sha256: str = ""
    version: int | None = None


@dataclass(frozen=True)
class SittingClosed(SittingEvent):
    """Nothing more happens in this sitting."""


@dataclass(frozen=True)
class SittingSuspended(SittingEvent):
    """Nobody acts until the sitting resumes; `site` is "" where it does not concern one site."""

    ground: SuspensionGround
    site: str
    note: str


@dataclass(frozen=True)
class SittingResumed(SittingEvent):
    """The sitting continues where it stopped; nothing recorded is lost."""

    note: str


@dataclass(frozen=True)
class SittingAbandoned(SittingEvent):
    """A suspended sitting is given up and sealed as it is: a new committee evaluates again."""

    reason: str
