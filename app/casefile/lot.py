"""One lot of a case: where it stands, and what each record makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.casefile.record import Record
from app.procedure import (
    attribution,
    bid,
    bid_checking,
    buyers,
    clarifying,
    fallback,
    opening,
    picture_ends,
    qualification,
    recordings,
    restoring,
    rollbacks,
    signing,
    standstill,
    talk,
    unanswered,
)
from app.procedure.clarifying import Clarifying
from app.procedure.errors import RuleViolation
from crypto.canonical import Json
from evaluation import draw, sitting
from evaluation.draw.events import DrawEvent
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.stages import FINAL, Stage
from evaluation.sitting.state import SittingState


class Phase(StrEnum):
    """Where a lot stands, as the policy's matrix counts it; derived, never stored."""

    DRAFT = "P0"
    BIDDING = "P1"
    SEALED = "P2"
    OPENING = "P3"
    DRAW = "P4"
    SCORING = "P5"
    CONSENSUS = "P6"
    RESULT = "P7"
    FAILED = "P9"


BID_FACTS = bid.Fact
OPENING_FACTS = opening.Fact
ATTRIBUTION_FACTS = attribution.Fact
RESTORING_FACTS = restoring.Fact
FALLBACK_FACTS = fallback.Fact
RECORDING_FACTS = recordings.Fact
PICTURE_FACTS = picture_ends.Fact
CONSENSUS_STAGES = frozenset({Stage.RESULTS, Stage.REPORT, Stage.SIGNING})


@dataclass(frozen=True)
class EarlierEvaluation:
    """A lot as it stood when its evaluation had been given up, or its report was sealed; `until`: the entry, of `at`,
    that has another committee begin, or the sealed report checked again."""

    until: int
    at: datetime
    lot: LotCase


@dataclass(frozen=True)
class LotCase:
    """Everything about one lot."""

    bidding: bid.Bidding = field(default_factory=bid.Bidding)
    opening: opening.Opening = field(default_factory=opening.Opening)
    attributions: attribution.Attributions = field(default_factory=dict)  # whose fault void bids are
    fallback: fallback.Fallback = field(default_factory=fallback.Fallback)
    lost: restoring.Lost = field(
        default_factory=dict
    )  # sealed files that the platform does not have, until when awaited
    checked: bid_checking.BidsChecked | None = None
    checked_in: Stage = Stage.UNCONVENED  # the stage of the sitting in which that was recorded
    qualification: Mapping[str, qualification.Qualification] = field(default_factory=dict)
    buyers: buyers.Buyers = field(default_factory=buyers.Buyers)
    draw: draw.DrawState = field(default_factory=draw.DrawState)
    conditions_by: str = ""  # who proposed the latest conditions of the draw
    commits_since: datetime | None = None  # since when parties can commit in its latest round
    reached: Mapping[str, datetime] = field(default_factory=dict)  # since when each drawn number has its call-up
    sitting: SittingState = field(default_factory=SittingState)
    receipts: Mapping[str, str] = field(
        default_factory=dict
    )  # of opened bids, by the ids that they have in the sitting
    standstill: standstill.Standstill = field(default_factory=standstill.Standstill)
    signing: signing.Signing = field(default_factory=signing.Signing)
    talk: talk.Talk = field(default_factory=talk.Talk)
    picture_ends: picture_ends.PictureEnds = field(default_factory=dict)  # whose picture is ended, by seat
    recordings: recordings.Recordings = field(default_factory=recordings.Recordings)
    asked: unanswered.Asked = field(default_factory=dict)  # requests for corrections
    rollback: rollbacks.RollbackWaiting | None = None  # since when a stage waits to be held again
    clarifying: clarifying.Clarifying = field(default_factory=dict)  # what bidders are asked, with its times
    earlier: tuple[EarlierEvaluation, ...] = ()  # that were given up, by committees before this one
    rechecked: EarlierEvaluation | None = None  # with its last sealed report, which its committee checked again
    succeeded: Mapping[int, int] = field(default_factory=dict)  # seats with a successor, by the entry that says so
    opened_under: Json | None = None  # the trustees' description as it stood at the release or start of the fallback
    since: Mapping[Phase, datetime] = field(default_factory=dict)  # when each phase after the bidding was reached

    def with_bids(self, bidding: bid.Bidding) -> LotCase:
        """The lot with these bids: what `replace` gives, which names every field to do so. At a deadline everybody
        hands in at once, and each process follows every bid.
        """
        after = object.__new__(LotCase)
        vars(after).update(vars(self), bidding=bidding)
        return after

    @property
    def asked_here(self) -> Clarifying:
        """What the committee that evaluates now has asked bidders, not one before it."""
        return {id: one for id, one in self.clarifying.items() if id in self.sitting.clarifications}

    @property
    def convened(self) -> bool:
        return self.sitting.stage is not Stage.UNCONVENED

    @property
    def evaluation_over(self) -> bool:
        """Whether the sitting has ended, with a report or without one; a draw for it ends as well."""
        return self.sitting.stage in FINAL

    @property
    def evaluation_over_at(self) -> datetime | None:
        """Since when it is over; None while it is not."""
        ends = [at for phase, at in self.since.items() if phase in (Phase.RESULT, Phase.FAILED)]
        return max(ends) if self.evaluation_over and ends else None

    def as_sealed(self, seq: int) -> LotCase | None:
        """The lot as it stood with a sealed report, for an entry of before its recheck, where that recheck has ended
        without another report; None for every other entry."""
        for ended in (self, *(one.lot for one in reversed(self.earlier))):
            sealed, without = ended.rechecked, ended.sitting.stage in (Stage.FAILED, Stage.ABANDONED)
            if sealed is not None and without and seq < sealed.until:
                return sealed.lot
        return None

    @property
    def to_evaluate_again(self) -> bool:
        """Whether its evaluation was given up, so that another committee evaluates the same bids: not where the
        documents were found defective, which is tendered again (O87 art. 65)."""
        return self.sitting.stage is Stage.ABANDONED and not self.sitting.defective

    @property
    def draws_successor(self) -> bool:
        """Whether somebody is being drawn for a seat that a member has left."""
        if self.evaluation_over or not self.sitting.empty:
            return False
        return self.draw.current is not None and self.draw.current.result is None

    @property
    def sites(self) -> frozenset[str]:
        """Ids of the sites at which members sit, known to the machine from the draw's strata on."""
        return frozenset(seat.site for seat in self.sitting.seats.values()) if self.convened else frozenset()

    @property
    def rounds_needed(self) -> tuple[int, ...]:
        """The drand rounds to which standing bids are sealed."""
        return tuple(sorted({s.fact.round for s in self.bidding.live if s.fact.round is not None}))

    @property
    def rounds_missing(self) -> tuple[int, ...]:
        """Those of them that a released lot waits for: until all are signed, no bid is opened.

        Keys that bidders disclose themselves wait for nothing.
        """
        if self.opening.release is None:
            return ()
        return tuple(number for number in self.rounds_needed if number not in self.opening.rounds)

    @property
    def phase(self) -> Phase:
        """The phase of a lot of a published case."""
        state = self.opening
        if state.closed is None:
            return Phase.BIDDING
        if state.failed or self.sitting.stage in (Stage.FAILED, Stage.ABANDONED):
            return Phase.FAILED
        if self.sitting.stage is Stage.CLOSED:
            return Phase.RESULT
        if self.sitting.stage in CONSENSUS_STAGES:
            return Phase.CONSENSUS
        if self.convened:
            return Phase.SCORING
        if self.draw.conditions is not None:
            return Phase.DRAW
        return Phase.OPENING if state.openable else Phase.SEALED


def with_other_trustees(state: LotCase, needed: int) -> LotCase:
    """A signature that is not complete begins again with the new trustees, `needed` of whom sign."""
    begun = state.opening
    if state.opened_under is None:
        begun = replace(begun, shares={}, share_times={}, refused={})
    return replace(state, opening=begun, draw=draw.with_other_trustees(state.draw, needed))


def check_unused(lots: Iterable[LotCase], fact: draw.DrawCommitted) -> None:
    """No draw of the case, whoever committed in it, knows this commitment. Raises RuleViolation
    `draw_commitment_reused`.
    """
    if any(fact.commitment in round_.commitments.values() for lot in lots for round_ in lot.draw.rounds):
        raise RuleViolation("draw_commitment_reused", party=fact.party)


def apply_to_lot(state: LotCase, fact: Any, record: Record) -> LotCase:
    """The lot after a record of it."""
    if isinstance(fact, BID_FACTS):
        key_id = record.act["key_id"] if record.act else ""
        return state.with_bids(bid.apply(state.bidding, fact, record.actor, key_id, record.at, record.seq))
    if isinstance(fact, OPENING_FACTS):
        bidding = replace(state.bidding, closed=True) if isinstance(fact, opening.LotClosed) else state.bidding
        return replace(state, bidding=bidding, opening=opening.apply(state.opening, fact, record.actor, record.at))
    if isinstance(fact, ATTRIBUTION_FACTS):
        return replace(state, attributions=attribution.apply(state.attributions, fact, record.at))
    if isinstance(fact, RESTORING_FACTS):
        return replace(state, lost=restoring.apply(state.lost, fact))
    if isinstance(fact, FALLBACK_FACTS):
        return replace(state, fallback=fallback.apply(state.fallback, fact, record.at))
    if isinstance(fact, RECORDING_FACTS):
        return replace(state, recordings=recordings.apply(state.recordings, fact, record.actor, record.at))
    if isinstance(fact, PICTURE_FACTS):
        return replace(state, picture_ends=picture_ends.apply(state.picture_ends, fact, record.role, record.at))
    if isinstance(fact, qualification.QualificationChecked):
        return replace(state, qualification=fact.results)
    if isinstance(fact, bid_checking.BidsChecked):
        return replace(state, checked=fact, checked_in=state.sitting.stage)
    if isinstance(fact, buyers.BuyerMemberNamed):
        return replace(state, buyers=buyers.apply(state.buyers, fact))
    if isinstance(fact, DrawEvent):
        author = record.actor if isinstance(fact, draw.DrawConditionsProposed) else state.conditions_by
        since = record.at if draw.lets_commit(state.draw, fact) else state.commits_since
        reached = _reached(state, fact, record.at)
        after = draw.apply(state.draw, fact)
        return replace(state, draw=after, conditions_by=author, commits_since=since, reached=reached)
    assert isinstance(fact, SittingEvent)
    return _apply_of_sitting(state, fact, record)


def _reached(state: LotCase, fact: DrawEvent, at: datetime) -> Mapping[str, datetime]:
    """The first attempt to reach somebody that was not in vain counts."""
    if not isinstance(fact, draw.CallAttempted) or fact.outcome is draw.Outcome.FAILED:
        return state.reached
    return {fact.candidate: at, **state.reached}


def _apply_of_sitting(state: LotCase, fact: SittingEvent, record: Record) -> LotCase:
    if isinstance(fact, sitting.NewCommitteeOrdered):
        return _begun_anew(state, fact, record)
    if isinstance(fact, sitting.RecheckOrdered):
        state = replace(state, rechecked=EarlierEvaluation(record.seq, record.at, state))
    if isinstance(fact, sitting.MemberRecused):
        left = state.sitting.seats[fact.seat].person
        gone = picture_ends.apply(state.picture_ends, fact, record.role, record.at)
        state = replace(state, buyers=buyers.without(state.buyers, left), picture_ends=gone)
    if isinstance(fact, sitting.MemberReplaced):
        state = replace(state, succeeded={**state.succeeded, fact.seat: record.seq})
    still = standstill.apply(state.standstill, fact, record.actor, record.at)
    signed, asked = signing.apply(state.signing, fact, record.at), unanswered.apply(state.asked, fact, record.at)
    told = clarifying.apply(state.clarifying, fact, record.at)
    said = talk.apply(state.talk, fact, record.seq, record.at)
    again = rollbacks.apply(state.rollback, fact, record.actor, record.at)
    after = sitting.apply(state.sitting, fact)
    return replace(
        state,
        sitting=after,
        standstill=still,
        signing=signed,
        asked=asked,
        clarifying=told,
        talk=said,
        rollback=again,
    )


def _begun_anew(state: LotCase, fact: sitting.NewCommitteeOrdered, record: Record) -> LotCase:
    """Opening, qualification, check of bids and draw go on; of the evaluation nothing is left but its record.

    What a bidder was asked and has answered stays its own to read.
    """
    gone = state.buyers
    for person in state.buyers.sitting:
        gone = buyers.without(gone, person)
    return replace(
        state,
        earlier=(*state.earlier, EarlierEvaluation(record.seq, record.at, state)),
        rechecked=None,
        sitting=sitting.apply(state.sitting, fact),
        buyers=gone,
        receipts={},
        standstill=standstill.apply(state.standstill, fact, record.actor, record.at),
        signing=signing.Signing(),
        talk=talk.Talk(),
        asked={},
        rollback=None,
        picture_ends={},
        clarifying={id: one for id, one in state.clarifying.items() if one.asked is not None and not one.open},
        succeeded={},
        since={phase: at for phase, at in state.since.items() if phase < Phase.SCORING},
    )
