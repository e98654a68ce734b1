"""A sitting of five: four experts at two sites and the buyer's representative in seat 2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal as D

from evaluation.brands import Groups
from evaluation.committee import CommitteeRules, MemberRole, Share
from evaluation.criteria import Band, CriteriaSet, Criterion, CriterionKind, CriterionStage
from evaluation.evaluate import EvaluationRules
from evaluation.low_prices import LowPriceRules
from evaluation.methods import EvaluationMethod
from evaluation.price_corrections import ArithmeticGround
from evaluation.prices import PriceRule
from evaluation.scoring import Aggregation, Cells, ScoringRules
from evaluation.sitting import (
    BidsReviewed,
    BidUnderReview,
    ChairVoted,
    ClarificationAnswered,
    ClarificationLapsed,
    ClarificationProposed,
    ClarificationSent,
    ClarificationStanding,
    ClarificationSubject,
    ClarificationVoted,
    CompetitionVoted,
    ExplanationJudged,
    MemberIdentified,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    ReviewFinding,
    ReviewItem,
    ScoreSheetLocked,
    Seat,
    SeatFact,
    SittingConvened,
    SittingEvent,
    SittingRules,
    SittingState,
    Stage,
    StatementMade,
    apply,
    decide,
    unexplained,
)
from evaluation.sitting.competition_rules import counting

GRADES = (Band("优", "good", D(30), D(40)), Band("良", "fair", D(10), D(29)), Band("差", "poor", D(0), D(9)))
CRITERIA = CriteriaSet(
    (
        Criterion("plan", "方案", "Plan", CriterionKind.SUBJECTIVE, CriterionStage.TECHNICAL, D(40), D("0.5"), GRADES),
        Criterion("service", "服务", "Service", CriterionKind.SUBJECTIVE, CriterionStage.COMMERCIAL, D(20), D("0.5")),
        Criterion("record", "业绩", "Track record", CriterionKind.OBJECTIVE, CriterionStage.CREDIT, D(10), D(2)),
        Criterion("price", "价格", "Price", CriterionKind.PRICE, CriterionStage.PRICE, D(30), D("0.01")),
    ),
    D(100),
)
EVALUATION = EvaluationRules(
    criteria=CRITERIA,
    price_rule=PriceRule("lowest_price_ratio", {"full": D(30), "places": D(2)}),
    scoring=ScoringRules(Aggregation.SIMPLE_MEAN, 2, 5, D("0.3")),
    tie_chain=("price_score", "lower_price", "draw"),
    may_draw=True,
    most_candidates=3,
)
COMMITTEE = CommitteeRules(
    least_members=5,
    odd=True,
    least_experts=Share(2, 3),
    most_buyer_members=2,
    least_sub_site_experts=Share(1, 4),
)
RULES = SittingRules(
    evaluation=EVALUATION,
    committee=COMMITTEE,
    review_items=(ReviewItem("formal", "形式评审", "Formal"), ReviewItem("responsive", "响应性评审", "Responsive")),
    least_valid_bids=3,
    chair_rounds=2,
    objective_must_agree=True,
    more_time_share=Share(1, 3),
)
SEATS = tuple(
    Seat(n, "host" if n < 4 else "sub", MemberRole.BUYER if n == 2 else MemberRole.EXPERT, f"person-{n}")
    for n in range(1, 6)
)
BIDS = tuple(BidUnderReview(b, f"Bidder {b}", D(p)) for b, p in (("A", "1566000"), ("B", "1574022"), ("C", "1585000")))
CONVENED = SittingConvened("S-1", "host", SEATS, RULES, BIDS)
REPORT = "a" * 64


def key_of(seat: int, turn: int = 0) -> str:
    return f"{turn * 100 + seat:064x}"


def findings(*failed: tuple[str, str], bids: Iterable[BidUnderReview] = BIDS) -> tuple[ReviewFinding, ...]:
    """All passed, but for the (bid, item) pairs that fail."""
    return tuple(
        ReviewFinding(
            bid.bid, item.id, (bid.bid, item.id) not in failed, "no seal" if (bid.bid, item.id) in failed else ""
        )
        for bid in bids
        for item in RULES.review_items
    )


def sheet(seat: int = 1, bids: Iterable[str] = ("A", "B", "C")) -> Cells:
    """A valid sheet: better for earlier letters, a little different for each seat, equal where it is objective."""
    return {
        bid: {"plan": D(38 - 4 * i) + D("0.5") * (seat % 2), "service": D(18 - i), "record": D(8 - 2 * i)}
        for i, bid in enumerate(bids)
    }


BEGUN: dict[tuple[int, Stage], Sitting] = {}  # by identity of what was convened (which each of them keeps) and stage


@dataclass
class Sitting:
    """Runs facts through `decide`, every member's from its own seat, and keeps the events."""

    convened: SittingConvened = CONVENED
    state: SittingState = field(default_factory=SittingState)
    events: list[SittingEvent] = field(default_factory=list)

    def act(self, *facts: SittingEvent) -> tuple[SittingEvent, ...]:
        accepted: tuple[SittingEvent, ...] = ()
        for fact in facts:
            accepted = decide(self.state, fact, fact.seat if isinstance(fact, SeatFact) else None)
            for event in accepted:
                self.state = apply(self.state, event)
            self.events += accepted
        return accepted

    @property
    def numbers(self) -> list[int]:
        return sorted(self.state.seats)

    @property
    def failing(self) -> tuple[tuple[str, str], ...]:
        """Where a committee decides about competition, one bid too few passes the review."""
        return (("C", "formal"),) if self.convened.rules.vote_below else ()

    @property
    def joined(self) -> Groups | None:
        """The stated brands that everybody holds to be one, where bids state any."""
        return (("Haier", "海尔"),) if self.convened.rules.core_product else None

    def branch(self) -> Sitting:
        """One that goes on from here, without this one: a state is never changed, so that both may share it."""
        return replace(self, events=list(self.events))

    def until(self, stage: Stage) -> Sitting:
        """Play the plain course up to a stage; from the beginning it is played once. Where the plain rules know no vote
        about competition, those that do are taken to come to one."""
        if stage is Stage.COMPETITION and self.convened is CONVENED:
            self.convened = COMPETING
        if self.events:
            return self.play(stage)
        if (begun := BEGUN.get((id(self.convened), stage))) is None:
            begun = BEGUN[id(self.convened), stage] = Sitting(self.convened).play(stage)
        self.state, self.events = begun.state, list(begun.events)
        return self

    def play(self, stage: Stage) -> Sitting:
        steps = {
            Stage.UNCONVENED: lambda: self.act(self.convened),
            Stage.GATHERING: self.gather,
            Stage.STATEMENTS: lambda: self.act(*(StatementMade(n, True, "") for n in self.numbers)),
            Stage.CHAIR: lambda: self.act(*(ChairVoted(n, 3, 1) for n in self.numbers)),
            Stage.REVIEW: self.review,
            Stage.COMPETITION: self.go_on,
            Stage.SCORING: lambda: self.act(*(self.sheet_of(n) for n in self.numbers)),
            Stage.RESULTS: self.report,
            Stage.REPORT: lambda: self.act(ReportSigned(1, REPORT, key_of(1))),
            Stage.SIGNING: self.sign,
        }
        while self.state.stage is not stage:
            steps[self.state.stage]()
        return self

    def review(self) -> None:
        self.act(*(BidsReviewed(n, findings(*self.failing), self.joined) for n in self.numbers))

    def gather(self) -> None:
        for number in self.numbers:
            self.act(MemberIdentified(number, key_of(number), "witness"))

    def go_on(self, lacking: int = 0) -> tuple[SittingEvent, ...]:
        """One after the other votes, so many of them that competition is lacking, until it is decided."""
        accepted: tuple[SittingEvent, ...] = ()
        for place, seat in enumerate(self.numbers):
            if self.state.stage is Stage.COMPETITION and seat not in counting(self.state):
                accepted = self.act(CompetitionVoted(seat, self.state.valid, place < lacking, f"reason {seat}"))
        return accepted

    def sheet_of(self, seat: int) -> ScoreSheetLocked:
        return ScoreSheetLocked(seat, sheet(seat, self.state.valid), {})

    def report(self) -> None:
        for bid in unexplained(self.state):
            self.explain(bid)
        self.act(ReportPrepared(REPORT))

    def explain(self, bid: str = "A", seats_against: int = 0, answered: bool = True) -> tuple[SittingEvent, ...]:
        """The bidder of a price is asked, answers or not, and all vote, so many of them against."""
        id = f"price-{len(self.state.clarifications)}"
        self.act(ClarificationProposed(1, id, bid, ClarificationSubject.LOW_PRICE, "price", "Explain the price."))
        self.act(*(ClarificationVoted(n, id, True) for n in (2, 3) if not self.decided(id)))
        self.act(ClarificationSent(self.state.chair or 0, id, 600))
        if not answered:
            return self.act(ClarificationLapsed(id))
        accepted = self.act(ClarificationAnswered(id, bid, "We have the machines.", ()))
        for place, seat in enumerate(self.numbers):
            if self.state.clarifications[id].to_judge:
                accepted = self.act(ExplanationJudged(seat, id, place >= seats_against, "no proof"))
        return accepted

    def decided(self, id: str) -> bool:
        return self.state.clarifications[id].standing is not ClarificationStanding.VOTING

    def sign(self) -> None:
        for number in self.state.waiting(self.state.settled):
            self.act(ReportSigned(number, REPORT, key_of(number)))
        self.act(ReportSealed("b" * 64))


def with_rules(**changes: object) -> SittingConvened:
    return replace(CONVENED, rules=replace(RULES, **changes))


def with_evaluation(**changes: object) -> SittingConvened:
    return with_rules(evaluation=replace(EVALUATION, **changes))


# The lowest price is marked, and one bid is enough to go on.
MARKED = with_rules(low_price=LowPriceRules(of_next=D("0.999")), least_valid_bids=1)
# Two bids are enough to go on, where the committee says so.
COMPETING = with_rules(least_valid_bids=1, vote_below=3)
# The tenderer may name the chair.
NAMING = with_rules(committee=replace(COMMITTEE, tenderer_may_name_chair=True))
# Bids state brands of a core product, and those of one count as one bidder: by points, and by the lowest price.
OF_BRANDS = tuple(replace(bid, brand=brand) for bid, brand in zip(BIDS, ("海尔", "Haier", "美的"), strict=True))
BRANDED = replace(with_rules(core_product="空调", least_valid_bids=2), bids=OF_BRANDS)
IN_MONEY = replace(
    EVALUATION,
    criteria=CriteriaSet((), D(0)),
    price_rule=None,
    tie_chain=("lower_price",),
    method=EvaluationMethod.LOWEST_PRICE,
)
BRANDED_PRICES = replace(BRANDED, rules=replace(BRANDED.rules, evaluation=IN_MONEY, least_valid_bids=1))
# Prices are corrected by each of the rules; the ceiling is just above the highest that was bid.
CORRECTED = with_rules(
    low_price=MARKED.rules.low_price, least_valid_bids=1, arithmetic=tuple(ArithmeticGround), ceiling=D(1586000)
)
# Documents that publish no share from which a score is marked as abnormal: then the committee alone decides.
UNMARKED = with_evaluation(scoring=replace(EVALUATION.scoring, outlier_share=None))
