"""Where a sitting stands: what the fold of its events holds, and who sees what of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from evaluation.brands import Groups, counted_bidders
from evaluation.errors import RuleViolation
from evaluation.evaluate import EvaluationResult
from evaluation.low_prices import MarkedPrice
from evaluation.price_corrections import PriceCorrection
from evaluation.scoring import Cells, ScorePlace, UnequalScores
from evaluation.sitting.clarifications import AWAITED, Clarification
from evaluation.sitting.competition import CompetitionDecided, CompetitionVoted
from evaluation.sitting.events import (
    BidUnderReview,
    CorrectionRefused,
    CorrectionRequested,
    Rejection,
    ReviewFinding,
    Seat,
    SittingConvened,
    SittingRules,
    SittingSuspended,
    StatementMade,
)
from evaluation.sitting.grounds import SuspensionGround
from evaluation.sitting.interruptions import (
    BoothChanged,
    CheckInRefused,
)
from evaluation.sitting.questions import FindingDisposed, FindingPut, FindingVoted
from evaluation.sitting.rollback import RollbackProposed
from evaluation.sitting.stages import AFTER_LAST_LOCK, Stage


@dataclass(frozen=True)
class ReopenedSheet:
    """A sheet that is locked again: as it was locked, and the only places of it where another score may stand. A bid
    that is not in it is scored for the first time.
    """

    before: Cells
    places: frozenset[ScorePlace]

    def fixes(self, at: ScorePlace) -> bool:
        """Whether the score at a place stays as it was locked."""
        return at not in self.places and at.criterion in self.before.get(at.bid, {})

    def changed(self, scores: Cells) -> ScorePlace | None:
        """The first place outside those that are open at which `scores` differ; None where they do not."""
        found = (ScorePlace(bid, criterion) for bid, row in self.before.items() for criterion in row)
        differing = (
            at for at in found if scores.get(at.bid, {}).get(at.criterion) != self.before[at.bid][at.criterion]
        )
        return min((at for at in differing if self.fixes(at)), default=None)


@dataclass(frozen=True)
class SupersededDissent:
    """What a member wrote about results that are computed anew; `computation`: which ones, counted from 1."""

    seat: int
    person: str
    text: str
    computation: int


@dataclass(frozen=True)
class SealedVersion:
    """A report that was sealed, by its digest, with the result that it states and the reason why it was rechecked.

    `statement_sha256`: of the statement on signing that goes with it, "" for none; `answer`: what the committee had
    found in the recheck that led to it, "" for the first; `committee`: whose it is, counted from 1.
    """

    sealed_sha256: str
    result: EvaluationResult | None
    reason: str
    statement_sha256: str = ""
    answer: str = ""
    committee: int = 1


@dataclass(frozen=True)
class SittingState:
    """A whole sitting. Everything that belongs to a member is kept under its seat number.

    `empty` are seats that wait for a successor, `conflicts` what was declared and not yet acted on, `valid` the bids
    that passed the review, `granted` the items by which deductions are granted to them, `sheets` the locked sheets,
    `chair_tied` who had equally many votes in the round before, `chair_named` the seat that the tenderer has named,
    `named_left` that whoever sat there then has left, `chair_voted` that somebody has ever voted for a chair,
    `used_keys` every key that ever counted,
    `moves` and `turned_away` what witnesses last recorded of a seat, `clarifications` what the committee asks bidders,
    by id in the order in which it was proposed, `brand_findings` which stated brands members hold to be the same, by
    seat, `brands` the bids that offer one of them,
    `reported` the seats whose dissent the prepared report states, `beneath` the standstills over which another one was
    laid, the last of which stands again when that one ends, `denied` the requests for a correction that were refused on
    these results, `computations` how often results were computed, `superseded_dissents` what was dissented from earlier
    ones, `put` the finding that is voted on with its `put_votes`, `disposed` what was voted on by those who sit now,
    `marked` the prices that are to be explained, `competition_votes` by whom and of which bids it was said whether
    competition is lacking, `competition` what was decided last by those who sit now. `committee` counts the committees
    that have evaluated; the seats of a further one begin at `first_seat`, after those of the ones before, whose people
    are in `persons` still. `defective`: it was given up while the documents were found to be so. `recheck`: why the
    tenderer has the last of the sealed `versions` checked again, "" where none is; `recheck_answer` what the committee
    has found on the results that stand. `rollback`: the stage that waits to be held again, `rollbacks`: how often one
    was, `seen`: the scores that results have shown, by seat.
    """

    stage: Stage = Stage.UNCONVENED
    convened: SittingConvened | None = None
    seats: dict[int, Seat] = field(default_factory=dict)
    empty: frozenset[int] = frozenset()
    persons: frozenset[str] = frozenset()
    keys: dict[int, str] = field(default_factory=dict)
    used_keys: frozenset[str] = frozenset()
    moves: dict[int, BoothChanged] = field(default_factory=dict)
    turned_away: dict[int, CheckInRefused] = field(default_factory=dict)
    statements: dict[int, StatementMade] = field(default_factory=dict)
    conflicts: dict[int, str] = field(default_factory=dict)
    chair_round: int = 1
    chair_votes: dict[int, int] = field(default_factory=dict)
    chair_tied: tuple[int, ...] = ()
    chair: int | None = None
    chair_named: int | None = None
    named_left: bool = False
    chair_voted: bool = False
    reviews: dict[int, tuple[ReviewFinding, ...]] = field(default_factory=dict)
    rejected: tuple[Rejection, ...] = ()
    valid: tuple[str, ...] = ()
    granted: dict[str, tuple[str, ...]] | None = None
    brand_findings: dict[int, Groups] = field(default_factory=dict)
    brands: Groups | None = None
    clarifications: dict[str, Clarification] = field(default_factory=dict)
    sheets: dict[int, Cells] = field(default_factory=dict)
    comments: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)
    requests: dict[int, CorrectionRequested] = field(default_factory=dict)
    denied: tuple[tuple[CorrectionRequested, CorrectionRefused], ...] = ()
    reopened: dict[int, ReopenedSheet] = field(default_factory=dict)
    drawn: tuple[str, ...] = ()
    drawn_record: str = ""
    result: EvaluationResult | None = None
    offline: frozenset[int] = frozenset()  # seats whose sheet was signed without a line
    computations: int = 0
    report_sha256: str = ""
    signed: dict[int, str] = field(default_factory=dict)
    dissents: dict[int, str] = field(default_factory=dict)
    superseded_dissents: tuple[SupersededDissent, ...] = ()
    reported: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    sealed_sha256: str = ""
    statement_sha256: str = ""  # of the statement on signing that was sealed with it, "" for none
    failure: str = ""
    failure_sha256: str = ""
    suspended: SittingSuspended | None = None
    beneath: tuple[SittingSuspended, ...] = ()
    put: FindingPut | None = None
    put_votes: dict[int, FindingVoted] = field(default_factory=dict)
    disposed: tuple[tuple[FindingPut, FindingDisposed], ...] = ()
    marked: tuple[MarkedPrice, ...] = ()
    competition_votes: dict[int, CompetitionVoted] = field(default_factory=dict)
    competition: CompetitionDecided | None = None
    committee: int = 1
    first_seat: int = 1
    defective: bool = False
    recheck: str = ""
    recheck_answer: str = ""
    versions: tuple[SealedVersion, ...] = ()
    rollback: RollbackProposed | None = None
    rollbacks: int = 0
    seen: dict[int, Cells] = field(default_factory=dict)
    short_of_time: frozenset[int] = frozenset()  # the seats that have asked for more time since it was extended last
    more_time_due: bool = False
    extended_minutes: int = 0
    briefing: str = ""  # what the tenderer has told this committee

    @property
    def named_chair(self) -> int | None:
        """The seat of whom the tenderer has named and who has not left; then nobody is elected."""
        return None if self.named_left else self.chair_named

    @property
    def version(self) -> int | None:
        """Which version of the report is being made, or stands: from 2 after a recheck; None: the first."""
        return len(self.versions) + 1 if self.versions else None

    @property
    def sealed_before(self) -> frozenset[str]:
        """The digests of the reports that were checked again, and of the statements on signing that go with them."""
        digests = (digest for one in self.versions for digest in (one.sealed_sha256, one.statement_sha256))
        return frozenset(digests) - {""}

    @property
    def corrected(self) -> bool:
        """Whether a recheck has led to another result than the one that was sealed before."""
        return bool(self.versions) and self.result != self.versions[-1].result

    @property
    def rules(self) -> SittingRules:
        """The published rules. Raises RuleViolation `sitting_not_convened` before there are any."""
        if self.convened is None:
            raise RuleViolation("sitting_not_convened")
        return self.convened.rules

    @property
    def bids(self) -> tuple[BidUnderReview, ...]:
        """Every bid that came to the review."""
        return self.convened.bids if self.convened else ()

    @property
    def stated_brands(self) -> dict[str, str]:
        """The brand of the core product by bid, as stated; empty where the documents name none."""
        return {one.bid: one.brand for one in self.bids if one.brand is not None}

    @property
    def bidders_counted(self) -> int:
        """As how many bidders the valid bids count: those of one brand are one (O87 art. 31)."""
        return counted_bidders(self.valid, self.brands or ())

    @property
    def clarifications_awaited(self) -> tuple[Clarification, ...]:
        """The requests that have not ended, in the order in which they were proposed."""
        return tuple(one for one in self.clarifications.values() if one.standing in AWAITED)

    @property
    def corrections(self) -> dict[str, PriceCorrection]:
        """By bid the corrected price that its bidder has confirmed; the last one where there were several."""
        asked = ((one.proposed.bid, one.proposed.correction) for one in self.clarifications.values() if one.confirms)
        return {bid: correction for bid, correction in asked if correction is not None}

    def price_of(self, bid: str) -> Decimal:
        """The price in yuan that counts: as it was bid, or as it was corrected and confirmed."""
        corrected = self.corrections.get(bid)
        return corrected.price if corrected else next(one.price for one in self.bids if one.bid == bid)

    @property
    def standing(self) -> tuple[SittingSuspended, ...]:
        """Every standstill that has not ended, the one on top last; each has a ground of its own."""
        return self.beneath if self.suspended is None else (*self.beneath, self.suspended)

    @property
    def fault(self) -> SittingSuspended | None:
        """The fault that is not repaired, be it on top or beneath another standstill."""
        return next((one for one in self.standing if one.ground is SuspensionGround.FAULT), None)

    @property
    def settled(self) -> frozenset[int]:
        """The seats that have signed, dissented in writing, or are recorded as doing neither."""
        return frozenset(self.signed) | frozenset(self.dissents) | self.refused

    @property
    def unreported(self) -> frozenset[int]:
        """The seats whose dissent came after the report was prepared."""
        return frozenset(self.dissents) - self.reported

    @property
    def dissenters(self) -> frozenset[int]:
        """The seats whose member of now has dissented, from the results that stand or from earlier ones."""
        earlier = (one.seat for one in self.superseded_dissents if one.person == self.seats[one.seat].person)
        return frozenset(self.dissents) | frozenset(earlier)

    @property
    def keepers(self) -> frozenset[int]:
        """The seats whose members could tell a score to whoever must not hear one: they have locked or seen results."""
        return frozenset(self.sheets) | frozenset(self.seen)

    @property
    def kept_from_some(self) -> bool:
        """Whether somebody who has neither locked a sheet nor seen results sits with those who have."""
        return bool(self.keepers) and bool(self.waiting(self.keepers))

    @property
    def not_waited_for(self) -> frozenset[int]:
        """The seats that hold up no recheck by staying away: who dissented can be replaced by nobody."""
        return self.dissenters - self.keys.keys() - self.empty if self.recheck else frozenset()

    @property
    def explained(self) -> bool:
        """Whether somebody dissented or did not sign: then a statement on signing is sealed with the report."""
        return bool(self.dissents or self.refused)

    @property
    def must_agree(self) -> tuple[UnequalScores, ...]:
        """Objective scores that differ where the rules want them equal: known after the last lock, never before.

        Where they change prices a majority decides what they are, and one is needed.
        """
        if self.result is None or self.rules.objective_must_agree:
            return self.result.unequal if self.result else ()
        in_money = self.rules.evaluation.in_money
        return tuple(found for found in self.result.unequal if in_money and not found.by_majority)

    def waiting(self, done: Iterable[int]) -> tuple[int, ...]:
        """The seats that are not in `done`, ascending."""
        return tuple(sorted(self.seats.keys() - set(done)))


def visible_scores(state: SittingState, seat: int | None) -> dict[int, Cells]:
    """The locked sheets that whoever sits in `seat` may see: its own, and all of them only after the last lock.

    `seat` is None for anybody who is not a member; they see nothing before.
    """
    if state.stage in AFTER_LAST_LOCK:
        return dict(state.sheets)
    return {number: cells for number, cells in state.sheets.items() if number == seat}


def progress(state: SittingState) -> tuple[int, int]:
    """How many sheets are locked, of how many. Which ones is nobody's to know."""
    return len(state.sheets), len(state.seats)
