"""A case as it stands: the fold of its records, and the one place that asks the rule of each kind of fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from app.casefile.bid_ids import receipts_by_id
from app.casefile.board import board_digest
from app.casefile.inspecting import campaign_digest
from app.casefile.record import Record
from app.casefile.sitting_checks import check_sitting
from app.procedure import (
    bid,
    bid_checking,
    clarifying,
    convening,
    exports,
    fallback,
    opening,
    qualification,
    rehearsal,
    restoring,
    signing,
    standstill,
    talk,
    tender,
    trustees,
    unanswered,
)
from app.procedure.errors import RuleViolation
from app.procedure.inspections import facts as inspection_facts
from app.procedure.inspections import rules as inspecting
from app.procedure.inspections import state as inspections
from app.procedure.roles import Actor
from app.procedure.trustees import TrusteesChanged
from app.procedure.witnesses import RegisterTerms
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


TENDER_FACTS = tender.Fact
BID_FACTS = bid.Fact
OPENING_FACTS = opening.Fact
REHEARSAL_FACTS = rehearsal.Fact
RESTORING_FACTS = restoring.Fact
FALLBACK_FACTS = fallback.Fact
FALLBACK_ACTS = fallback.Act
EXPORT_FACTS = exports.Fact
INSPECTION_FACTS = inspection_facts.Fact
CONSENSUS_STAGES = frozenset({Stage.RESULTS, Stage.REPORT, Stage.SIGNING})


@dataclass(frozen=True)
class LotCase:
    """Everything about one lot."""

    bidding: bid.Bidding = field(default_factory=bid.Bidding)
    opening: opening.Opening = field(default_factory=opening.Opening)
    fallback: fallback.Fallback = field(default_factory=fallback.Fallback)
    lost: restoring.Lost = field(
        default_factory=dict
    )  # sealed files that the platform does not have, until when awaited
    checked: bid_checking.BidsChecked | None = None
    checked_in: Stage = Stage.UNCONVENED  # the stage of the sitting in which that was recorded
    qualification: Mapping[str, qualification.Qualification] = field(default_factory=dict)
    buyer_members: tuple[convening.BuyerMemberNamed, ...] = ()
    draw: draw.DrawState = field(default_factory=draw.DrawState)
    conditions_by: str = ""  # who proposed the latest conditions of the draw
    commits_since: datetime | None = None  # since when parties can commit in its latest round
    sitting: SittingState = field(default_factory=SittingState)
    receipts: Mapping[str, str] = field(
        default_factory=dict
    )  # of opened bids, by the ids that they have in the sitting
    standstill: standstill.Standstill = field(default_factory=standstill.Standstill)
    signing: signing.Signing = field(default_factory=signing.Signing)
    talk: talk.Talk = field(default_factory=talk.Talk)
    asked: unanswered.Asked = field(default_factory=dict)  # requests for corrections
    clarifying: clarifying.Clarifying = field(default_factory=dict)  # what bidders are asked, with its times
    succeeded: Mapping[int, int] = field(default_factory=dict)  # seats with a successor, by the entry that says so
    opened_under: Json | None = None  # the trustees' description as it stood at the release or start of the fallback
    since: Mapping[Phase, datetime] = field(default_factory=dict)  # when each phase after the bidding was reached

    @property
    def convened(self) -> bool:
        return self.sitting.stage is not Stage.UNCONVENED

    @property
    def evaluation_over(self) -> bool:
        """Whether the sitting has ended, with a report or without one; a draw for it ends as well."""
        return self.sitting.stage in FINAL

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


@dataclass(frozen=True)
class Case:
    """A procurement: its tender and its lots by number. A year of inspections has draws instead of lots."""

    id: str
    tender: tender.Tender = field(default_factory=tender.Tender)
    lots: Mapping[str, LotCase] = field(default_factory=dict)
    rehearsal: rehearsal.Rehearsal | None = None  # instead of a tender
    inspection: inspections.InspectionYear | None = None  # instead of a tender
    export: exports.Export = exports.NONE

    def phase(self, lot: str = "") -> Phase:
        """The phase of a lot; of the case as a whole, the earliest of its lots."""
        if self.tender.published_at is None:
            return Phase.DRAFT
        if lot:
            return self.lots[lot].phase if lot in self.lots else Phase.DRAFT
        return min(state.phase for state in self.lots.values())

    @property
    def committee(self) -> Json:
        """The description of the trustees whose shares count now; {} before there is one."""
        return self.tender.committee if self.inspection is None else self.inspection.committee

    @property
    def register_terms(self) -> RegisterTerms:
        """Who vouches for the history of a published case, or of a year whose plan is approved."""
        return self.tender.published.register if self.inspection is None else self.inspection.approved().register

    @property
    def draws(self) -> dict[str, draw.DrawState]:
        """Its draws by lot."""
        return {number: lot.draw for number, lot in self.lots.items()}

    @cached_property
    def trustee_keys(self) -> frozenset[str]:
        """Ids of the keys of the trustees whom the case relies on now."""
        return frozenset(m["key_id"] for m in self.committee.get("members", ()))

    def lot(self, number: str) -> LotCase:
        """Raises RuleViolation `lot_unknown`."""
        if number not in self.lots:
            raise RuleViolation("lot_unknown", lot=number)
        return self.lots[number]

    def fallback_of(self, number: str) -> fallback.Standing:
        """What the rules of the fallback ask for. Raises RuleViolation `lot_unknown`."""
        lot = self.lot(number)
        return fallback.Standing(lot.fallback, lot.opening, lot.bidding.live, self.tender.published.profile)

    def decide(self, fact: Any, lot: str, actor: Actor, now: datetime) -> tuple[Any, ...]:
        """The accepted fact of a person, followed by what it brings about. Raises RuleViolation."""
        if self.inspection is not None or isinstance(fact, INSPECTION_FACTS):
            return self._decide_inspection(fact, lot, actor)
        if isinstance(fact, TENDER_FACTS):
            self._check_lots_open(fact)
            return tender.decide(self.tender, fact, actor.id, now)
        if isinstance(fact, REHEARSAL_FACTS):
            return rehearsal.decide(self.rehearsal, fact, now)
        if isinstance(fact, EXPORT_FACTS):
            return exports.decide(self.export, fact, actor.id)
        state = self.lot(lot)
        if isinstance(fact, BID_FACTS):
            deadline_at = self.tender.timetable.closes_at(lot)
            decided = bid.decide(state.bidding, fact, actor.organisation_id, deadline_at, now)
            if isinstance(fact, bid.BidSubmitted):
                bid.check_round(fact, self.tender.rounds(lot))
            return decided
        if isinstance(fact, OPENING_FACTS):
            _check_board(state.opening, fact)
            _check_rounds(state, fact)
            _check_files(state, fact, now)
            return opening.decide(state.opening, fact, len(state.bidding.live), now)
        if isinstance(fact, RESTORING_FACTS):
            _check_files(state, fact, now)
            profile = self.tender.published.profile
            return restoring.decide(state.lost, state.bidding, fact, actor.organisation_id, now, profile)
        if isinstance(fact, FALLBACK_ACTS):
            return fallback.decide(self.fallback_of(lot), fact, actor.organisation_id, now)
        check_sitting(self, lot, fact, actor, now)
        return self._decide_evaluation(state, fact, actor, actor.seat_in(self.id, lot))

    def _decide_inspection(self, fact: Any, lot: str, actor: Actor) -> tuple[Any, ...]:
        if isinstance(fact, DrawEvent):
            return draw.decide(self.lot(lot).draw, fact)
        if isinstance(fact, TrusteesChanged):
            trustees.decide(self.committee, fact)
            return (fact,)
        if not isinstance(fact, INSPECTION_FACTS):
            raise RuleViolation("fact_unknown", fact=type(fact).__name__)
        frozen = campaign_digest(self.inspection, fact)
        return inspecting.decide(self.inspection, self.draws, fact, actor, frozen)

    def _decide_evaluation(self, state: LotCase, fact: Any, actor: Actor, seat: int | None) -> tuple[Any, ...]:
        profile = self.tender.published.profile
        if isinstance(fact, qualification.QualificationChecked):
            return qualification.decide(bool(state.qualification), state.opening.opened.keys(), fact, profile)
        if isinstance(fact, bid_checking.BidsChecked):
            return bid_checking.decide(state.opening, state.checked, state.sitting.stage, fact, profile)
        if isinstance(fact, convening.BuyerMemberNamed):
            return convening.decide(state.buyer_members, fact, profile, settled=state.draw.approved)
        if isinstance(fact, draw.DrawConditionsApproved) and (proposed := state.draw.to_approve) is not None:
            convening.check_second_person(state.conditions_by, actor)
            buyers = [member.site for member in state.buyer_members]
            convening.check_committee_size(proposed.conditions, self.tender.published, buyers)
        if isinstance(fact, DrawEvent):
            if state.evaluation_over:
                raise RuleViolation("evaluation_over")
            decided = draw.decide(state.draw, fact)
            if isinstance(fact, draw.DrawConditionsApproved):
                convening.check_pool_approved(fact, profile)
            if isinstance(fact, draw.DrawStated):
                convening.check_gained(fact, state.draw, profile, {})
                convening.check_pool_size(fact, state.draw.pool if state.draw.pool_is_new else None, profile)
            return decided
        if isinstance(fact, sitting.MemberIdentified | sitting.BoothChanged):
            convening.check_identity(fact, profile)
        return sitting.decide(state.sitting, fact, seat)

    def _check_lots_open(self, fact: Any) -> None:
        """What is closed stays closed, even when the clock goes back: its deadline neither moves nor stands still."""
        for number in (*getattr(fact, "deadlines", ()), *getattr(fact, "lots", ())):
            if number in self.lots and self.lots[number].opening.closed is not None:
                raise RuleViolation("lot_already_closed")

    def apply(self, record: Record) -> Case:
        """The case after a record."""
        after, export = self._with(record), exports.apply(self.export, record.fact, record.actor, record.at)
        return after if export is self.export else replace(after, export=export)

    def _with(self, record: Record) -> Case:
        fact = record.fact
        if self.inspection is not None or isinstance(fact, INSPECTION_FACTS):
            return self._inspected(fact, record)
        if isinstance(fact, TENDER_FACTS):
            after = tender.apply(self.tender, fact, record.actor, record.at, record.payload_sha256)
            lots = self.lots
            if isinstance(fact, tender.TenderPublished):
                lots = {lot.number: LotCase() for lot in after.published.lots}
            elif isinstance(fact, TrusteesChanged):
                lots = {number: _with_other_trustees(lot, fact.committee["k"]) for number, lot in lots.items()}
            return replace(self, tender=after, lots=lots)
        if isinstance(fact, REHEARSAL_FACTS):
            return replace(self, rehearsal=rehearsal.apply(self.rehearsal, fact, record.at))
        if not record.lot:
            return self  # the register's facts concern no tender, an export changes none
        before = self.lots[record.lot]
        after_it = _apply_to_lot(before, fact, record)
        if isinstance(fact, opening.BidsReleased | fallback.FallbackStarted) and before.opened_under is None:
            after_it = replace(after_it, opened_under=self.tender.committee)
        if isinstance(fact, sitting.SittingConvened):
            after_it = replace(after_it, receipts=receipts_by_id(self, record.lot))
        if after_it.phase is not before.phase:
            # The scoring begins once, however often a correction or a successor leads back to it.
            begun = before.since.get(Phase.SCORING, record.at) if after_it.phase is Phase.SCORING else record.at
            after_it = replace(after_it, since={**before.since, after_it.phase: begun})
        return replace(self, lots={**self.lots, record.lot: after_it})

    def _inspected(self, fact: Any, record: Record) -> Case:
        """A year of inspections after a record of it; a campaign that is published has its two draws."""
        state, lots = self.inspection, self.lots
        if isinstance(fact, TrusteesChanged) and state is not None:
            lots = {number: _with_other_trustees(lot, fact.committee["k"]) for number, lot in lots.items()}
            return replace(self, inspection=replace(state, committee=fact.committee), lots=lots)
        if isinstance(fact, DrawEvent) and state is not None:
            lot = lots[record.lot]
            lots = {**lots, record.lot: replace(lot, draw=draw.apply(lot.draw, fact))}
            after = inspections.drawn(state, record.lot, record.at) if isinstance(fact, draw.DrawCompleted) else state
            return replace(self, inspection=after, lots=lots)
        if not isinstance(fact, INSPECTION_FACTS):
            return self
        if isinstance(fact, inspection_facts.CampaignPublished):
            made = (inspections.lot_of(fact.campaign, part) for part in inspection_facts.Part)
            lots = {**lots, **{name: LotCase() for name in made}}
        after = inspections.apply(state, fact, record.actor, record.at, record.payload_sha256)
        return replace(self, inspection=after, lots=lots)


def _check_board(state: opening.Opening, fact: Any) -> None:
    """Whoever confirms a read-out confirms the board as it stands."""
    if isinstance(fact, opening.OpeningConfirmed) and fact.board_sha256 != board_digest(state):
        raise RuleViolation("object_has_changed", expected=board_digest(state)[:12], stated=fact.board_sha256[:12])


def _check_rounds(state: LotCase, fact: Any) -> None:
    """Bids are opened once every round that one of them waits for is signed, and no other round is asked for."""
    if isinstance(fact, opening.RoundSigned) and fact.round not in state.rounds_needed:
        raise RuleViolation("round_not_awaited", round=fact.round)
    if isinstance(fact, opening.BidOpened | opening.BidVoided) and state.rounds_missing:
        raise RuleViolation("round_not_signed", round=state.rounds_missing[0])


def _with_other_trustees(state: LotCase, needed: int) -> LotCase:
    """A signature that is not complete begins again with the new trustees, `needed` of whom sign."""
    begun = state.opening
    if state.opened_under is None:
        begun = replace(begun, shares={}, share_times={}, refused={})
    return replace(state, opening=begun, draw=draw.with_other_trustees(state.draw, needed))


def _check_files(state: LotCase, fact: Any, now: datetime) -> None:
    """What the platform lost is waited for; it can lose only what is closed and not opened."""
    if isinstance(fact, restoring.BidFileLost):
        restoring.check_loss(state.bidding, state.opening.opened.keys() | state.opening.voided.keys(), fact.receipt_id)
    if isinstance(fact, opening.BidOpened | opening.BidVoided):
        restoring.check_opening(state.lost, fact.receipt_id, getattr(fact, "reason", ""), now)


def _apply_to_lot(state: LotCase, fact: Any, record: Record) -> LotCase:
    if isinstance(fact, BID_FACTS):
        key_id = record.act["key_id"] if record.act else ""
        return replace(state, bidding=bid.apply(state.bidding, fact, record.actor, key_id, record.at, record.seq))
    if isinstance(fact, OPENING_FACTS):
        bidding = replace(state.bidding, closed=True) if isinstance(fact, opening.LotClosed) else state.bidding
        return replace(state, bidding=bidding, opening=opening.apply(state.opening, fact, record.actor, record.at))
    if isinstance(fact, RESTORING_FACTS):
        return replace(state, lost=restoring.apply(state.lost, fact))
    if isinstance(fact, FALLBACK_FACTS):
        return replace(state, fallback=fallback.apply(state.fallback, fact, record.at))
    if isinstance(fact, qualification.QualificationChecked):
        return replace(state, qualification=fact.results)
    if isinstance(fact, bid_checking.BidsChecked):
        return replace(state, checked=fact, checked_in=state.sitting.stage)
    if isinstance(fact, convening.BuyerMemberNamed):
        return replace(state, buyer_members=(*state.buyer_members, fact))
    if isinstance(fact, DrawEvent):
        author = record.actor if isinstance(fact, draw.DrawConditionsProposed) else state.conditions_by
        since = record.at if draw.lets_commit(state.draw, fact) else state.commits_since
        return replace(state, draw=draw.apply(state.draw, fact), conditions_by=author, commits_since=since)
    assert isinstance(fact, SittingEvent)
    if isinstance(fact, sitting.MemberReplaced):
        state = replace(state, succeeded={**state.succeeded, fact.seat: record.seq})
    still = standstill.apply(state.standstill, fact, record.actor, record.at)
    signed, asked = signing.apply(state.signing, fact, record.at), unanswered.apply(state.asked, fact, record.at)
    told = clarifying.apply(state.clarifying, fact, record.at)
    said = talk.apply(state.talk, fact, record.seq, record.at)
    state = replace(state, standstill=still, signing=signed, asked=asked, clarifying=told, talk=said)
    return replace(state, sitting=sitting.apply(state.sitting, fact))
