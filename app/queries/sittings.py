"""An evaluation room as one seat, or the silent regulator, may see it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.casefile.anonymous import hides_bidders, shown_names
from app.casefile.case import Case
from app.procedure.profiles import Profile
from app.procedure.signing import Dissent, EarlierDissent, Refusal, Signing, refusal_from, seal_from
from app.procedure.standstill import Warned
from app.procedure.unanswered import answered_by, others_from
from app.queries.clarifications import (
    ClarificationView,
    clarifications_of,
    correctable_by,
    explainable_by,
    may_ask,
)
from app.queries.low_prices import LowPrice, low_prices_of
from app.queries.rejections import RejectedBid, rejected_bids
from app.queries.results import Results, results_of
from app.queries.rollbacks import RollbackProposal, rollback_waiting
from app.queries.standstills import StandstillView, standstill_of
from evaluation.committee import MemberRole, may_chair
from evaluation.criteria import Criterion
from evaluation.sitting import (
    TRANSITIONS,
    CheckInRefused,
    CompetitionDecided,
    CorrectionRequested,
    SittingState,
    Stage,
    acts_about,
    awaited_correction,
    failed_below,
    must_be_granted,
    refusable_by,
)
from evaluation.sitting.competition_rules import counting
from evaluation.sitting.stages import AFTER_LAST_LOCK, AFTER_REVIEW
from evaluation.sitting.state import progress


@dataclass(frozen=True)
class SeatLine:
    """A place at the table; members know each other by number."""

    number: int
    role: str
    site: str
    identified: bool
    chair: bool
    may_chair: bool
    left: bool  # its member has stepped back, and a successor is awaited
    moved: str  # why its member sits at another booth now
    turned_away: CheckInRefused | None


@dataclass(frozen=True)
class Mine:
    """What stands of one seat in the signing; `earlier`: what its member dissented from before; `seal_from`: until when
    a refusal leaves it time at least."""

    dissent: Dissent | None = None
    earlier: tuple[EarlierDissent, ...] = ()
    refusal: Refusal | None = None
    seal_from: datetime | None = None


@dataclass(frozen=True)
class Room:
    """The room. `task` is what it waits for from this seat: wait state vote review score results sign closed failed
    abandoned.

    Once the seat has dissented, `task` is dissented: it may still sign, and need not. `mine` is what stands of this
    seat in the signing, `to_refuse` the seats of which it may record from `refusal_from` on that they do not sign.

    `correction` says what a correction asks of this seat first: answer, correct, asked (and waits for an answer),
    others (it waits for somebody else's), or nothing; `to_answer` are the seats whose request it may permit, or refuse
    but for those in `to_grant`, `overdue` those of them that are the chair's to answer, `others_from` from when on any
    other member may answer which. `may_correct`: whether a request is possible still, or the signing has begun.
    """

    stage: Stage
    task: str
    correction: str
    to_answer: tuple[int, ...]
    overdue: tuple[int, ...]
    others_from: dict[int, datetime]
    to_grant: tuple[int, ...]
    may_correct: bool
    clarifications: tuple[ClarificationView, ...]
    may_ask: bool
    explainable: tuple[str, ...]  # the bids about whose price this seat may have the bidder asked
    correctable: tuple[str, ...]  # the bids of which it may have a corrected price confirmed
    low_prices: tuple[LowPrice, ...]
    to_refuse: tuple[int, ...]
    refusal_from: datetime | None
    mine: Mine
    seat: int
    chair: int
    chair_round: int
    chair_tied: tuple[int, ...]
    last_chair_round: bool
    seats: tuple[SeatLine, ...]
    bids: tuple[tuple[str, str], ...]
    anonymous: bool
    rejected: tuple[RejectedBid, ...]
    put: int  # the finding that is voted on, 0 for none
    decided: int  # votes about findings that were counted
    valid: tuple[str, ...]
    competition: CompetitionDecided | None
    vote_below: int
    least: int
    locked: int
    of: int
    done: int | None  # None for who is not to know how far the others are
    rollback: RollbackProposal | None
    standstill: StandstillView | None
    warnings: tuple[Warned, ...]
    failure: str
    report_sha256: str
    signed: tuple[int, ...]
    refused: tuple[int, ...]
    sealed_sha256: str
    results: Results | None

    @property
    def to_ask_price(self) -> bool:
        """Whether a price that the rules mark is not asked about yet."""
        return any(one.bid in self.explainable for one in self.low_prices)

    @property
    def state(self) -> str:
        """Changes with the task of the page. Who has begun a form that is still offered is told, not interrupted."""
        waiting = len(self.results.requests) if self.results and self.correction != "correct" else 0
        stops = bool(self.standstill), self.rollback and self.rollback.key
        asked = (self.correction, waiting, *stops, bool(self.mine.refusal))
        told = "+".join(one.standing + ("!" if one.course.explained else "") for one in self.clarifications)
        parts = (self.stage, self.task, self.chair_round, self.report_sha256[:8], *asked, told, self.put, self.decided)
        return "/".join(map(str, parts))


def room_of(case: Case, lot: str, seat: int | None, now: datetime, language: str) -> Room:
    """The room for a seat, or for a silent observer (None)."""
    sitting = case.lot(lot).sitting
    signing, asked, profile = case.lot(lot).signing, case.lot(lot).asked, case.tender.published.profile
    locked, of = progress(sitting)
    names = shown_names(case, lot, language)
    to_answer = answered_by(asked, sitting, seat, now, profile) if seat else ()
    return Room(
        stage=sitting.stage,
        task=_task(sitting, seat),
        correction="answer" if to_answer else _correction(sitting, seat),
        to_answer=to_answer,
        overdue=tuple(about for about in to_answer if not acts_about(sitting, seat or 0, about)),
        others_from={about: at for about in sitting.requests if (at := others_from(asked, sitting, about, profile))},
        to_grant=tuple(number for number in sorted(sitting.requests) if must_be_granted(sitting, number)),
        may_correct=(sitting.stage, CorrectionRequested) in TRANSITIONS,
        clarifications=clarifications_of(case, lot, seat, language),
        may_ask=may_ask(case, lot, seat),
        explainable=explainable_by(case, lot, seat),
        correctable=correctable_by(case, lot, seat),
        low_prices=low_prices_of(sitting.marked, names, language) if sitting.stage in AFTER_LAST_LOCK else (),
        to_refuse=refusable_by(sitting, seat) if seat else (),
        refusal_from=refusal_from(signing, profile),
        mine=_mine(signing, profile, seat),
        seat=seat or 0,
        chair=sitting.chair or 0,
        chair_round=sitting.chair_round,
        chair_tied=sitting.chair_tied,
        last_chair_round=bool(sitting.chair_tied) and sitting.chair_round >= sitting.rules.chair_rounds,
        seats=tuple(_seat(sitting, number) for number in sorted(sitting.seats)),
        bids=tuple(names.items()) if _knows_bids(sitting) else (),
        anonymous=hides_bidders(case, lot),
        rejected=rejected_bids(sitting, names, profile.regime) if sitting.stage in AFTER_REVIEW else (),
        put=sitting.put.finding if sitting.put else 0,
        decided=len(sitting.disposed),
        valid=sitting.valid if sitting.stage in AFTER_REVIEW else (),
        competition=sitting.competition if sitting.stage in AFTER_REVIEW else None,
        vote_below=sitting.rules.vote_below or 0,
        least=failed_below(sitting),
        locked=locked,
        of=of,
        done=_done(sitting) if knows_progress(sitting, seat) else None,
        rollback=rollback_waiting(case, lot, seat, now),
        standstill=standstill_of(case, lot),
        warnings=case.lot(lot).standstill.warnings,
        failure=sitting.failure,
        report_sha256=sitting.report_sha256,
        signed=tuple(sorted(sitting.signed)),
        refused=tuple(sorted(sitting.refused)),
        sealed_sha256=sitting.sealed_sha256,
        results=results_of(sitting, signing.earlier, seat, language)
        if sitting.stage in AFTER_LAST_LOCK and sitting.result
        else None,
    )


def _mine(signing: Signing, profile: Profile, seat: int | None) -> Mine:
    if not seat:
        return Mine()
    dissent, refusal = signing.dissents.get(seat), signing.refusals.get(seat)
    return Mine(dissent, signing.own_earlier(seat), refusal, seal_from(signing, profile))


def _knows_bids(sitting: SittingState) -> bool:
    """Bidders are named to those who sit down, because each must say whether there is a conflict."""
    return sitting.stage not in (Stage.UNCONVENED, Stage.GATHERING)


def _task(sitting: SittingState, seat: int | None) -> str:
    if seat is None:
        return "observe"
    if sitting.suspended or seat not in sitting.keys:
        return "wait"
    signs = "dissented" if seat in sitting.dissents else "sign"
    done = {
        Stage.STATEMENTS: ("state", seat in sitting.statements),
        Stage.CHAIR: ("vote", seat in sitting.chair_votes),
        Stage.REVIEW: ("review", seat in sitting.reviews),
        Stage.COMPETITION: ("compete", seat in counting(sitting)),
        Stage.SCORING: ("score", seat in sitting.sheets),
        Stage.RESULTS: ("results", False),
        Stage.REPORT: (signs, seat in sitting.signed),
        Stage.SIGNING: (signs, seat in sitting.signed),
        Stage.CLOSED: ("closed", False),
        Stage.FAILED: ("failed", False),
        Stage.ABANDONED: ("abandoned", False),
    }
    task, over = done.get(sitting.stage, ("wait", False))
    return "wait" if over else task


def _correction(sitting: SittingState, seat: int | None) -> str:
    if sitting.stage not in (Stage.RESULTS, Stage.REPORT) or sitting.suspended or not awaited_correction(sitting):
        return ""
    if seat in sitting.requests:
        return "asked"
    return "correct" if any(str(seat) in found.apart for found in sitting.must_agree) else "others"


def _seat(sitting: SittingState, number: int) -> SeatLine:
    seat = sitting.seats[number]
    return SeatLine(
        number,
        str(seat.role),
        seat.site,
        number in sitting.keys,
        number == sitting.chair,
        may_chair(MemberRole(seat.role), sitting.rules.committee),
        number in sitting.empty,
        sitting.moves[number].reason if number in sitting.moves else "",
        sitting.turned_away.get(number),
    )


def knows_progress(sitting: SittingState, seat: int | None) -> bool:
    """The chair and who observes; of the others only until all sit, where each sees it anyway: with one left to act, a
    number tells members of one another."""
    return seat in (None, sitting.chair) or sitting.stage is Stage.GATHERING


def _done(sitting: SittingState) -> int:
    """How many have done what the stage asks; never which ones."""
    stages = {
        Stage.GATHERING: sitting.keys,
        Stage.STATEMENTS: sitting.statements,
        Stage.CHAIR: sitting.chair_votes,
        Stage.REVIEW: sitting.reviews,
        Stage.COMPETITION: counting(sitting) if sitting.stage is Stage.COMPETITION else (),
        Stage.SCORING: sitting.sheets,
        Stage.REPORT: sitting.settled,
        Stage.SIGNING: sitting.settled,
    }
    return len(stages.get(sitting.stage, ()))


def scored_criteria(case: Case, lot: str) -> tuple[Criterion, ...]:
    """What members score, in the published order."""
    return case.lot(lot).sitting.rules.evaluation.criteria.scored
