"""Random walks through whole sittings: who is still there brings each to its end, and the record is decided alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal as D
from random import Random

from evaluation.committee import MemberRole
from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    FINAL,
    TRANSITIONS,
    AnnouncementMade,
    AnnouncementNoted,
    BidsReviewed,
    BoothChanged,
    BriefingGiven,
    ChairNamed,
    ChairVoted,
    CheckInGround,
    CheckInRefused,
    ClarificationLapsed,
    CompetitionVoted,
    ConflictDeclared,
    ContractPointsStated,
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    DefectFound,
    Disposal,
    Disposition,
    DissentRecorded,
    FailureRecordSealed,
    FaultRepaired,
    FaultReported,
    FindingPut,
    FindingVoted,
    FindingWithdrawn,
    FloorGiven,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    MessagePosted,
    MoreTimeAsked,
    NewCommitteeOrdered,
    NewCommitteeProposed,
    RecessCalled,
    RecessEnded,
    RecheckAnswered,
    RecheckOrdered,
    RecheckProposed,
    RefusalRecorded,
    RejectionGround,
    ReplacementGround,
    ReplacementOrdered,
    ReplacementProposed,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    RollbackGround,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
    ScoreSheetLocked,
    SheetReopened,
    SittingDecided,
    SittingDecisionProposed,
    SittingEvent,
    SittingOrdered,
    SittingOrderProposed,
    Stage,
    StatementMade,
    SuspensionGround,
    TiesDrawn,
    TimeExtended,
    WarningGiven,
    answered_by,
    must_be_granted,
    recheck,
    refusable_by,
)
from evaluation.sitting.competition_rules import counting
from tests.evaluation import questions
from tests.evaluation.branded import reviewed
from tests.evaluation.rules_of_walks import BEGINNINGS, DRAWN, RULES, begun, on_competition, same_for_all
from tests.evaluation.sittings import REPORT, Sitting, findings, key_of, sheet

WALKS, STEPS, ENOUGH = 400, 36, 150
AGAIN = [(to, RollbackGround.MISTAKE, "entered for the wrong bid") for to in RollbackTarget]
ABSENT = (ReplacementGround.ABSENCE, "has left and does not answer")
DISPOSITIONS = (Disposition.SUSPEND, Disposition.RESUME, Disposition.RESUME, Disposition.ABANDON)


@dataclass
class Walk:
    """A sitting of which `gone` are members who have walked out for good."""

    rng: Random
    rules: int
    turn: int
    sitting: Sitting = field(init=False)
    gone: set[int] = field(default_factory=set)
    rejects: bool = False
    deepest: int = 0

    def __post_init__(self) -> None:
        self.rejects = self.rng.random() < 0.1
        self.sitting = begun(self.rules, BEGINNINGS[self.turn % len(BEGINNINGS)])

    @property
    def state(self):
        return self.sitting.state

    def takes(self, fact: SittingEvent) -> bool:
        with suppress(RuleViolation):
            self.sitting.act(fact)
            self.deepest = max(self.deepest, len(self.state.standing))
            return True
        return False

    def fresh(self) -> str:
        self.turn += 1
        return key_of(7, self.turn)

    def there(self) -> list[int]:
        """Who sits in the room, in any order."""
        found = [seat for seat in self.state.keys if seat not in self.gone]
        self.rng.shuffle(found)
        return found

    def request(self, seat: int) -> SittingEvent:
        place = ScorePlace(self.rng.choice("ABC"), self.rng.choice(("plan", "record")))
        ground = self.rng.choice((*CorrectionGround, *3 * (CorrectionGround.ABNORMAL_SCORE,)))
        return CorrectionRequested(seat, ground, "overlooked", (place,))

    def likely(self, seat: int, step: Disposition) -> tuple[SittingEvent, ...]:
        """What chance alone would rarely meet: standstills upon each other, requests and their answers."""
        if self.state.suspended is not None:
            upon = FaultReported("sub", "line down"), SittingOrdered(Disposition.SUSPEND, "x")
            decided = SittingDecisionProposed(step, "x"), SittingDecided(step, "x")
            return (*upon, *upon, SittingOrdered(step, "x"), *decided)
        if (self.state.rollback or self.state.more_time_due) and self.rng.random() < 0.5:
            return self.released(self.state.chair or seat), TimeExtended(30, "until evening")
        if asked := next(iter(self.state.requests), 0):
            by = next((one for one in self.there() if asked in answered_by(self.state, one)), seat)
            return SheetReopened(by, asked), CorrectionRefused(by, asked, "as it is"), CorrectionWithdrawn(asked)
        if self.state.stage in (Stage.RESULTS, Stage.REPORT):
            called = RecessCalled(self.state.chair or seat, "lunch")
            return self.request(seat), self.request(seat), called, *self.about_findings(seat)
        return self.about_findings(seat) if self.state.stage is Stage.REVIEW else ()

    def released(self, seat: int) -> SittingEvent:
        """The second word to what waits, or to nothing."""
        waits = self.state.rollback or RollbackProposed(1, *AGAIN[1])
        return RollbackReleased(seat, waits.seat, waits.to, waits.ground, waits.note)

    def about_findings(self, seat: int) -> tuple[SittingEvent, ...]:
        """Put to the vote what the check of bids has found, and vote on it."""
        if (put := self.state.put) is not None:
            votes = tuple(FindingVoted(one, put.finding, self.rng.random() < 0.8, "") for one in self.there())
            takers = (seat, self.state.chair or seat)
            return (*votes, *(FindingWithdrawn(one, put.finding, "nobody votes") for one in takers))
        number, chair = self.rng.choice((1, 2, 3, 4)), self.state.chair or seat
        if self.rejects and self.rng.random() < 0.5:
            return (FindingPut(chair, number, Disposal.REJECT, "as found", ("C",), RejectionGround.SAME_AUTHOR),)
        return (FindingPut(chair, number, self.rng.choice((Disposal.EXPLAINED, Disposal.ASK)), "as found"),)

    def found(self):
        return findings(("C", "formal")) if self.rejects else findings()

    def scores(self, seat: int, record: str = ""):
        """A sheet as the others have it, but for a record; of a corrected one, the open scores alone."""
        wanted = same_for_all(self.state.valid) if self.rules == DRAWN else sheet(seat, self.state.valid)
        if record:
            wanted = {bid: {**row, "record": D(record)} for bid, row in wanted.items()}
        if (reopened := self.state.reopened.get(seat)) is None:
            return wanted
        corrected = {**wanted, **{bid: dict(row) for bid, row in reopened.before.items()}}
        for at in reopened.places:
            corrected[at.bid][at.criterion] = wanted[at.bid][at.criterion]
        return corrected

    # one after the other, what brings the sitting on

    def onward(self) -> Iterator[SittingEvent]:
        """What people in their right mind do now, in the order in which they try it."""
        state = self.state
        if state.suspended is not None:
            yield from self.to_resume(state.suspended.ground)
            return
        if state.put is not None:
            yield from (FindingVoted(seat, state.put.finding, True, "") for seat in self.missing(state.put_votes))
            yield from (FindingWithdrawn(seat, state.put.finding, "one is gone") for seat in self.there())
        for seat in sorted(state.empty):
            yield MemberReplaced(seat, state.seats[seat].site, self.fresh())
        for seat in sorted(self.gone - state.empty):
            yield ReplacementOrdered(seat, *ABSENT)
        yield from questions.settling(state, self.there())
        match state.stage:
            case Stage.GATHERING:
                yield from (MemberIdentified(seat, self.fresh(), "witness") for seat in self.missing(state.keys))
            case Stage.STATEMENTS:
                yield from (StatementMade(seat, True, "") for seat in self.missing(state.statements))
            case Stage.CHAIR | Stage.COMPETITION:
                voted = state.chair_votes if state.stage is Stage.CHAIR else counting(state)
                yield from (self.vote(seat) for seat in self.missing(voted))
            case Stage.REVIEW:
                yield from (reviewed(self.state, seat, self.found(), self.rng) for seat in self.missing(state.reviews))
            case Stage.SCORING:
                yield from (ScoreSheetLocked(seat, self.scores(seat), {}) for seat in self.missing(state.sheets))
            case Stage.RESULTS | Stage.REPORT | Stage.SIGNING:
                yield from self.to_conclude()
        if self.stranded():
            yield FaultReported("", "a member has left and does not come back")

    def vote(self, seat: int) -> SittingEvent:
        if self.state.stage is Stage.COMPETITION:
            return on_competition(self.state, seat, self.rng)
        return ChairVoted(seat, self.rng.choice((1, 3, 4, 5)), self.state.chair_round)

    def missing(self, done) -> list[int]:
        return [seat for seat in self.state.waiting(done) if seat not in self.gone | self.state.empty]

    def to_resume(self, ground: SuspensionGround) -> Iterator[SittingEvent]:
        match ground:
            case SuspensionGround.ORDER:
                yield SittingOrdered(Disposition.RESUME, "unfounded")
            case SuspensionGround.FAULT if self.deserted() or self.stranded():
                yield SittingDecided(Disposition.ABANDON, "the member has not come back")
            case SuspensionGround.FAULT:
                yield FaultRepaired("works again")
            case SuspensionGround.DEFECTIVE_DOCUMENTS:
                yield SittingDecided(Disposition.RESUME, "they are not")
            case SuspensionGround.RECESS if self.state.chair in self.gone:
                yield ReplacementOrdered(self.state.chair, *ABSENT)
                yield FaultReported("", "the chair has not come back")
            case SuspensionGround.RECESS:
                yield RecessEnded(self.state.chair)

    def deserted(self) -> bool:
        """Whether a recess lies beneath whose chair is gone and is not replaced: a dissenter, or signing has begun."""
        recess = any(one.ground is SuspensionGround.RECESS for one in self.state.beneath)
        kept = (self.state.stage, ReplacementOrdered) not in TRANSITIONS or self.state.chair in self.state.dissenters
        return recess and self.state.chair in self.gone and kept

    def stranded(self) -> bool:
        """Whether somebody is gone who has dissented and so is not replaced."""
        return bool(self.gone & self.state.dissenters)

    def awaits_stranded(self) -> bool:
        """Whether a score that has to agree waits for nobody else."""
        waited = {int(seat) for found in self.state.must_agree for seat in found.apart}
        return bool(waited & self.gone & self.state.dissenters) and not waited - self.gone

    def to_conclude(self) -> Iterator[SittingEvent]:
        state, there = self.state, self.there()
        if self.awaits_stranded() and state.stage in (Stage.RESULTS, Stage.REPORT):
            yield FaultReported("", "a member has left and does not come back")
        for seat in there:
            for about in answered_by(state, seat):
                refused = CorrectionRefused(seat, about, "as it should be")
                yield SheetReopened(seat, about) if must_be_granted(state, about) else refused
        unequal = tuple(ScorePlace(found.bid, found.criterion) for found in state.must_agree)
        for seat in there:
            if unequal and seat not in state.requests:
                yield CorrectionRequested(seat, CorrectionGround.UNEQUAL_OBJECTIVE, "overlooked", unequal)
        if state.result is not None and state.result.to_draw and not state.drawn:
            yield TiesDrawn(tuple(bid for group in state.result.to_draw for bid in group), "d" * 64)
        for seat in there:
            if state.stage is not Stage.RESULTS and seat not in state.settled:
                yield ReportSigned(seat, state.report_sha256, key_of(seat))
        for seat in there:
            yield from (RefusalRecorded(seat, about) for about in refusable_by(state, seat) if about in self.gone)
        if not state.waiting(state.settled):
            yield ReportSealed("b" * 64, "c" * 64 if state.explained else "")
        yield ReportPrepared(REPORT)

    def step(self) -> bool:
        taken = next((fact for fact in self.onward() if self.takes(fact)), None)
        if isinstance(taken, ReplacementOrdered):
            self.gone.discard(taken.seat)
        return taken is not None

    # anything by anybody

    def anything(self) -> SittingEvent:
        rng, state = self.rng, self.state
        seat, other = rng.choice((1, 2, 3, 4, 5)), rng.choice((1, 2, 3, 4, 5))
        chair, step = state.chair or seat, rng.choice(DISPOSITIONS)
        often = 0.3 if state.suspended is None else 0.1
        if (state.stage, ClarificationLapsed) in TRANSITIONS and rng.random() < often:
            return questions.anything(state, seat, rng)
        likely = self.likely(seat, step)
        if likely and rng.random() < (0.4 if state.suspended is None else 0.6):
            return rng.choice(likely)
        makes: dict[type, Callable[[], SittingEvent]] = {
            StatementMade: lambda: StatementMade(seat, rng.random() < 0.8, "a relative"),
            ChairNamed: lambda: ChairNamed(other),
            ChairVoted: lambda: ChairVoted(seat, other, state.chair_round),
            BidsReviewed: lambda: reviewed(self.state, seat, self.found(), self.rng),
            ScoreSheetLocked: lambda: ScoreSheetLocked(seat, self.scores(seat, rng.choice(("4", "8"))), {}),
            CompetitionVoted: lambda: on_competition(state, seat, rng),
            CorrectionRequested: lambda: self.request(seat),
            SheetReopened: lambda: SheetReopened(seat, other),
            CorrectionRefused: lambda: CorrectionRefused(seat, other, "as it should be"),
            CorrectionWithdrawn: lambda: CorrectionWithdrawn(seat),
            ContractPointsStated: lambda: ContractPointsStated(chair, "who insures the machine on its way"),
            FindingPut: lambda: rng.choice(self.about_findings(seat)),
            FindingVoted: lambda: rng.choice(self.about_findings(seat)),
            ReportPrepared: lambda: ReportPrepared(REPORT),
            ReportSigned: lambda: ReportSigned(seat, state.report_sha256, key_of(seat)),
            DissentRecorded: lambda: DissentRecorded(seat, "too high"),
            RefusalRecorded: lambda: RefusalRecorded(seat, other),
            ReportSealed: lambda: ReportSealed("b" * 64),
            TiesDrawn: lambda: TiesDrawn(("A", "B", "C"), "d" * 64),
            ConflictDeclared: lambda: ConflictDeclared(seat, "a former employer"),
            MemberRecused: lambda: MemberRecused(seat, "ill"),
            MemberReplaced: lambda: MemberReplaced(seat, rng.choice(("host", "sub")), self.fresh()),
            MemberIdentified: lambda: MemberIdentified(seat, self.fresh(), "witness"),
            BoothChanged: lambda: BoothChanged(seat, self.fresh(), state.keys.get(seat, ""), "w", "black screen"),
            CheckInRefused: lambda: CheckInRefused(seat, self.fresh(), "w", CheckInGround.DECLINED, "no"),
            FailureRecordSealed: lambda: FailureRecordSealed("f" * 64),
            RecessCalled: lambda: RecessCalled(chair, "lunch"),
            RecessEnded: lambda: RecessEnded(chair),
            DefectFound: lambda: DefectFound(chair, "two criteria contradict"),
            FaultReported: lambda: FaultReported(rng.choice(("sub", "")), "line down"),
            FaultRepaired: lambda: FaultRepaired("works again"),
            MessagePosted: lambda: MessagePosted(seat, "page 14 is missing"),
            FloorGiven: lambda: FloorGiven(chair, rng.choice((0, other))),
            AnnouncementMade: lambda: AnnouncementMade(rng.choice(("sub", "")), "a test of the line at noon"),
            AnnouncementNoted: lambda: AnnouncementNoted(seat, 1),
            SittingOrderProposed: lambda: SittingOrderProposed(step, "x"),
            SittingOrdered: lambda: SittingOrdered(step, "x"),
            SittingDecisionProposed: lambda: SittingDecisionProposed(step, "x"),
            SittingDecided: lambda: SittingDecided(step, "x"),
            MoreTimeAsked: lambda: rng.choice((MoreTimeAsked(seat), BriefingGiven("twelve beds"))),
            RollbackProposed: lambda: RollbackProposed(seat, *AGAIN[rng.choice((0, 1))]),
            RollbackReleased: lambda: self.released(other),
            ReplacementProposed: lambda: ReplacementProposed(seat, *ABSENT),
            ReplacementOrdered: lambda: ReplacementOrdered(seat, *ABSENT),
        }
        # Who leaves sends the sitting back to its beginning: seldom, else no walk would get far.
        seldom = {MemberRecused, ConflictDeclared, ReplacementOrdered} if rng.random() < 0.7 else set[type]()
        possible = [kind for kind in makes if kind not in seldom and (state.stage, kind) in TRANSITIONS]
        return makes[rng.choice(possible or list(makes))]()

    def wander(self) -> None:
        for _ in range(STEPS):
            if self.rng.random() < 0.3:
                self.step()
            else:
                self.takes(self.anything())

    def end(self) -> None:
        """One or two experts walk out; whoever is still there goes on until the end."""
        experts = [n for n, seat in self.state.seats.items() if seat.role is MemberRole.EXPERT]
        self.gone = set(self.rng.sample(experts, self.rng.choice((1, 2)))) - self.state.empty
        self.takes(WarningGiven("sub", "do not talk across the booths"))  # wherever the walk has led to
        for _ in range(ENOUGH):
            if self.state.stage in FINAL:
                self.takes(FailureRecordSealed("f" * 64))
                return
            assert self.step(), (self.state.stage, self.state.suspended, self.gone)
        raise AssertionError((self.state.stage, self.gone))

    def begin_anew(self) -> None:
        """What was given up may be evaluated by others."""
        self.takes(NewCommitteeProposed("another committee"))
        self.takes(NewCommitteeOrdered("another committee"))

    def check_again(self) -> None:
        """What was sealed may be checked again by those who sealed it."""
        self.takes(RecheckProposed("a sum seems wrong"))
        self.takes(RecheckOrdered("a sum seems wrong"))
        for seat in self.state.seats if self.state.stage is Stage.RESULTS else ():
            self.takes(MemberIdentified(seat, self.fresh(), "witness"))
        if self.state.recheck:
            self.takes(RecheckAnswered(self.state.chair or 0, "It stands."))


def test_whatever_happened_who_is_still_there_brings_the_sitting_to_its_end_and_the_record_replays():
    accepted, ends, deepest = set(), set(), 0
    for seed in range(WALKS):
        walk = Walk(Random(seed), seed // len(BEGINNINGS) % len(RULES), seed)
        walk.wander()
        walk.end()
        ends.add(walk.state.stage)
        walk.check_again()
        walk.begin_anew()
        assert recheck(walk.sitting.events) == walk.state, seed
        accepted |= {type(event) for event in walk.sitting.events}
        deepest = max(deepest, walk.deepest)
    assert ends == FINAL
    assert deepest == len({SuspensionGround.RECESS, SuspensionGround.FAULT, SuspensionGround.ORDER})
    assert {event for _, event in TRANSITIONS} - accepted == set()
