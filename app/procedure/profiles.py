"""Procedure profiles: every number of the rule book, as versioned data.

The files are in `data/`; a tender carries a copy of its profile in its case file, so that a replay years later uses the
numbers of the day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.procedure.calendar import Period, add
from app.procedure.calling import QuietHours, answer_until
from evaluation.appraisal import AppraisalRules
from evaluation.bid_checks import BidCheckRules
from evaluation.committee import Share
from evaluation.fees import FeeTable
from evaluation.low_prices import LowPriceRules
from evaluation.methods import EvaluationMethod
from evaluation.price_corrections import ArithmeticGround
from evaluation.sitting import WarningGround
from evaluation.training import TrainingDemand


class Regime(StrEnum):
    WORKS = "works"  # 招标投标法: 异议, 投诉
    GOODS = "goods"  # 政府采购法: 质疑, 投诉


class LibraryDay(StrEnum):
    """As of when the library counts for a case: who was admitted later, or was suspended by one person alone, changes
    nothing."""

    PUBLICATION = "publication"
    DEADLINE = "deadline"


@dataclass(frozen=True)
class SeatsAtMost:
    """On how many committees an expert may have sat in the days before a draw, to be drawn again."""

    seats: int
    days: int


@dataclass(frozen=True)
class ClarificationTime:
    """How long a bidder has to answer what the committee asks: at least, at most, and where the chair says nothing."""

    least: Period
    most: Period
    usual: Period

    def seconds_least(self, now: datetime) -> int:
        return _seconds(self.least, now)

    def seconds_most(self, now: datetime) -> int:
        return _seconds(self.most, now)

    def seconds_usual(self, now: datetime) -> int:
        return _seconds(self.usual, now)


@dataclass(frozen=True)
class RecordingRules:
    """Recordings of the sites: how long a piece is, how often the log names new ones, after what time one counts as
    late, for how long two inspectors may look, and how many years a recording is kept at least."""

    piece: Period
    entry: Period
    late_after: Period
    look_valid: Period
    kept_years: int


def _seconds(period: Period, now: datetime) -> int:
    return int((add(now, period) - now).total_seconds())


@dataclass(frozen=True)
class DeductionShares:
    """The least and the most that may be left out of a price: 0.1 is ten percent."""

    least: Decimal
    most: Decimal


@dataclass(frozen=True)
class Profile:
    """Numbers of one rule book.

    `demo` marks a profile whose periods are seconds: every page and document of such a case says so. A number that
    may be missing was not in earlier versions of the rule books: a case of that time is asked for none.
    """

    name: str
    version: int
    title_zh: str
    title_en: str
    regime: Regime
    demo: bool
    # time limits
    documents_to_deadline: Period
    amendment_before_deadline: Period
    question_before_deadline: Period
    # bids and opening
    bids_required: int
    shares_within: Period
    objection_at_opening: Period
    # draw
    committee_size: int
    experts_at_least: Share
    sub_site_experts_percent: int
    oldest_expert: int
    buyer_members_at_most: int
    buyer_may_chair: bool
    pool_factor: int
    drawn_per_unit: int
    past_employer_years: int
    call_up_answer: Period
    # evaluation
    price_weight_at_least: int
    candidates_at_most: int
    chair_rounds: int
    qualification_by_agency: bool
    may_go_on_below_three: bool
    articles: dict[str, str]  # the article behind a number, by the number's name
    # changes of deadlines
    moved_deadline_notice: Period | None = None  # at least, from the notice of a moved deadline to that deadline
    outage_at_least: Period | None = None  # shorter outages move no deadline
    outage_before_deadline: Period | None = None  # so shortly before, the platform proposes to move it
    # two persons
    approval_valid: Period | None = None  # how long what a sitting's drafts say may be released, and an export be taken
    # larger committees, where the rule book knows them (O87 art. 47)
    large_budget: Decimal | None = None  # yuan; from here on, this included, a tender's budgets ask for one
    large_committee_size: int | None = None
    # the fallback below k trustees: after `shares_within`, for each of its two steps
    keys_committed_within: Period | None = None
    keys_revealed_within: Period | None = None
    files_restored_within: Period | None = None  # a sealed file that the platform lost is handed in again
    # a fault of line or room during a sitting, until the tenderer decides: before the first statement, and after it
    fault_before_start: Period | None = None
    fault_after_start: Period | None = None
    # until a member who says nothing of the report may be recorded as refusing, and from then to the seal; until
    # others answer a request for a correction that the chair leaves unanswered
    refusal_after: Period | None = None
    # what the committee asks a bidder about its bid: for how long an answer is waited for
    clarification: ClarificationTime | None = None
    pool_least: int = 1  # how many times its seats a group of experts must count, so that nobody knows who is drawn
    pool_spare: int = 0  # how many people more than its open seats a group must count, in every round
    # call-ups: when nobody is called, and how long after the messages whoever has not answered is telephoned
    quiet_hours: QuietHours | None = None
    telephone_after: tuple[Period, ...] = ()
    answer_rests_at_night: bool = False  # whether the time to answer stands still in quiet hours
    expert_years: int = 0  # completed years in the profession before one is drawn (Law 37: eight)
    # draws: as of when the library counts; by how many percent of a stratum a pool may shrink between its approval and
    # the statement before it is approved anew; how often one may sit; whether who sat on an earlier committee of the
    # same matter steps back; and the article behind each ground of recusal, by the ground
    library_as_of: LibraryDay | None = None
    draw_commit: Period | None = None  # since it can commit in a round of a draw, for each party to do so
    draw_before_evaluation: Period | None = None  # at most so long before the booked hours experts are drawn
    rounds_usual: int | None = None  # from the round after these on agency, centre and authority are told of each
    pool_shrinkage_percent: int | None = None
    seats_at_most: SeatsAtMost | None = None
    earlier_committee_recused: bool = False
    recusal_articles: dict[str, str] = field(default_factory=dict)
    # venues: booths beyond the seats that must be booked at each site before seats are asked for there (None: no
    # booking is needed), until how long before its begin another centre may take back its acceptance, and whether
    # whoever sits down is photographed
    booths_spare: int | None = None
    booking_withdrawal: Period | None = None
    photo_at_sign_in: bool = False
    photo_notice: bool = False  # that whoever is photographed was told what for, and agrees, is in the witness's act
    # experts: what an evaluation is paid; how they are appraised after it; which training one needs to be drawn
    fees: FeeTable | None = None
    appraisal: AppraisalRules | None = None
    training: TrainingDemand | None = None
    # by which formulas prices may be scored (O87 art. 55: goods by the lowest price alone); none named: by any
    price_formulas: tuple[str, ...] = ()
    # by which methods bids may be evaluated; none named: by comprehensive scoring alone, as before there was a choice.
    # Whether the lowest price may be adjusted by deviations (O12 art. 32; O87 art. 54: it may not)
    evaluation_methods: tuple[EvaluationMethod, ...] = ()
    price_adjustments: bool = False
    # from which to which share of a price policy may leave out when prices are compared; None: none of it
    price_deduction: DeductionShares | None = None
    # whether with fewer valid bids than `bids_required` the committee decides if competition is lacking (O12 art. 27)
    competition_voted: bool = False
    # whether a notice may name a core product, bids with one brand of it counting as one bidder (O87 art. 31)
    same_brand_counts_once: bool = False
    # whether the tenderer may name the chair of the committee, who is elected otherwise (O12 art. 9)
    tenderer_may_name_chair: bool = False
    # of what the authority may warn a sitting; none named: a warning has no ground
    warning_grounds: tuple[WarningGround, ...] = ()
    # of how many members more than this have the time of an evaluation extended; None: nobody asks for it
    more_time_share: Share | None = None
    # which prices are to be explained in writing after the last lock; None: none is marked, the committee alone decides
    low_price: LowPriceRules | None = None
    # by which rules, in this order, a price is corrected that its bidder then confirms; None: none is
    arithmetic: tuple[ArithmeticGround, ...] | None = None
    # the check of opened bids (清标): from which thresholds on something is asked; None: nothing is checked
    bid_checks: BidCheckRules | None = None
    # recordings of the sites of a sitting; None: none are made
    recording: RecordingRules | None = None

    def answer_by(self, reached_at: datetime) -> datetime:
        """Until when to answer a call-up that arrived at this instant."""
        return answer_until(reached_at, self.call_up_answer, self.quiet_hours, self.answer_rests_at_night)

    @property
    def methods(self) -> tuple[EvaluationMethod, ...]:
        """The methods that the rule book knows, the usual one first."""
        return self.evaluation_methods or (EvaluationMethod.COMPREHENSIVE,)
