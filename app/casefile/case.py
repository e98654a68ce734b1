"""A case as it stands: the fold of its records, and the one place that asks the rule of each kind of fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from app.casefile.bid_ids import receipts_by_id
from app.casefile.inspecting import campaign_digest
from app.casefile.lot import (
    ATTRIBUTION_FACTS,
    BID_FACTS,
    OPENING_FACTS,
    RESTORING_FACTS,
    LotCase,
    Phase,
    apply_to_lot,
    check_unused,
    with_other_trustees,
)
from app.casefile.opening_checks import check_attributions, check_board, check_files, check_rounds
from app.casefile.record import Record
from app.casefile.sitting_checks import check_sitting
from app.procedure import (
    attribution,
    bid,
    bid_checking,
    buyers,
    convening,
    exports,
    fallback,
    opening,
    picture_ends,
    qualification,
    recordings,
    rehearsal,
    restoring,
    tender,
    trustees,
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

__all__ = ["BID_FACTS", "Case", "LotCase", "Phase"]
TENDER_FACTS = tender.Fact
REHEARSAL_FACTS = rehearsal.Fact
FALLBACK_ACTS = fallback.Act
EXPORT_FACTS = exports.Fact
RECORDING_FACTS = recordings.Fact
PICTURE_FACTS = picture_ends.Fact
INSPECTION_FACTS = inspection_facts.Fact


@dataclass(frozen=True)
class Case:
    """A procurement: its tender and its lots by number. A year of inspections has draws instead of lots."""

    id: str
    tender: tender.Tender = field(default_factory=tender.Tender)
    lots: Mapping[str, LotCase] = field(default_factory=dict)
    rehearsal: rehearsal.Rehearsal | None = None  # instead of a tender
    inspection: inspections.InspectionYear | None = None  # instead of a tender
    export: exports.Export = exports.NONE
    latest_at: datetime | None = None  # of its last record
    size: int = 0  # records that it is the state of

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
            return self._decide_inspection(fact, lot, actor, now)
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
        if isinstance(fact, OPENING_FACTS | ATTRIBUTION_FACTS | RESTORING_FACTS):
            return self._decide_opening(state, fact, actor, now)
        if isinstance(fact, FALLBACK_ACTS):
            return fallback.decide(self.fallback_of(lot), fact, actor.organisation_id, now)
        if isinstance(fact, RECORDING_FACTS):
            room = recordings.Room(self.id, lot, state.sites, state.evaluation_over, state.evaluation_over_at)
            return recordings.decide(state.recordings, fact, room, actor, now, self.tender.published.profile)
        if isinstance(fact, PICTURE_FACTS):
            seats, authority = frozenset(state.sitting.keys), picture_ends.is_authority(actor)
            return picture_ends.decide(state.picture_ends, fact, seats, authority=authority)
        check_sitting(self, lot, fact, actor, now)
        return self._decide_evaluation(state, fact, actor, actor.seat_in(self.id, lot))

    def _decide_opening(self, state: LotCase, fact: Any, actor: Actor, now: datetime) -> tuple[Any, ...]:
        profile = self.tender.published.profile
        check_files(state, fact, now)
        if isinstance(fact, ATTRIBUTION_FACTS):
            own = state.bidding.of_bidder(actor.organisation_id)
            receipt = own.receipt_id if own else ""
            return attribution.decide(state.attributions, state.opening, fact, receipt, now, profile)
        if isinstance(fact, RESTORING_FACTS):
            return restoring.decide(state.lost, state.bidding, fact, actor.organisation_id, now, profile)
        check_board(state.opening, fact)
        check_rounds(state, fact)
        check_attributions(state, fact, now, profile)
        return opening.decide(state.opening, fact, len(state.bidding.live), now)

    def _decide_inspection(self, fact: Any, lot: str, actor: Actor, now: datetime) -> tuple[Any, ...]:
        if isinstance(fact, DrawEvent):
            return self._decide_draw(self.lot(lot), fact)
        if isinstance(fact, TrusteesChanged):
            trustees.decide(self.committee, fact)
            return (fact,)
        if not isinstance(fact, INSPECTION_FACTS):
            raise RuleViolation("fact_unknown", fact=type(fact).__name__)
        frozen = campaign_digest(self.inspection, fact)
        return inspecting.decide(self.inspection, self.draws, fact, actor, frozen, now)

    def _decide_evaluation(self, state: LotCase, fact: Any, actor: Actor, seat: int | None) -> tuple[Any, ...]:
        profile = self.tender.published.profile
        if isinstance(fact, qualification.QualificationChecked):
            return qualification.decide(bool(state.qualification), state.opening.opened.keys(), fact, profile)
        if isinstance(fact, bid_checking.BidsChecked):
            return bid_checking.decide(state.opening, state.checked, state.sitting.stage, fact, profile)
        if isinstance(fact, buyers.BuyerMemberNamed):
            return buyers.decide(state.buyers, fact, profile, settled=state.draw.approved)
        if isinstance(fact, draw.DrawConditionsApproved) and (proposed := state.draw.to_approve) is not None:
            convening.check_second_person(state.conditions_by, actor)
            sites = [member.site for member in state.buyers.members]
            convening.check_committee_size(proposed.conditions, self.tender.published, sites)
        if isinstance(fact, DrawEvent):
            if state.evaluation_over:
                raise RuleViolation("evaluation_over")
            decided = self._decide_draw(state, fact)
            if isinstance(fact, draw.DrawConditionsApproved):
                convening.check_pool_approved(fact, profile)
            if isinstance(fact, draw.DrawStated):
                convening.check_gained(fact, state.draw, profile, {})
                convening.check_pool_size(fact, state.draw.pool if state.draw.pool_is_new else None, profile)
            return decided
        if isinstance(fact, sitting.MemberIdentified | sitting.BoothChanged):
            convening.check_identity(fact, profile)
        return sitting.decide(state.sitting, fact, seat)

    def _decide_draw(self, state: LotCase, fact: DrawEvent) -> tuple[DrawEvent, ...]:
        if isinstance(fact, draw.DrawCommitted):
            check_unused(self.lots.values(), fact)
        return draw.decide(state.draw, fact)

    def _check_lots_open(self, fact: Any) -> None:
        """What is closed stays closed, even when the clock goes back: its deadline neither moves nor stands still."""
        for number in (*getattr(fact, "deadlines", ()), *getattr(fact, "lots", ())):
            if number in self.lots and self.lots[number].opening.closed is not None:
                raise RuleViolation("lot_already_closed")

    def apply(self, record: Record) -> Case:
        """The case after a record."""
        export = exports.apply(self.export, record.fact, record.actor, record.at)
        return replace(self, **self._changes(record), export=export, latest_at=record.at, size=record.seq + 1)

    def _changes(self, record: Record) -> dict[str, Any]:
        """What a record changes, by field."""
        fact = record.fact
        if self.inspection is not None or isinstance(fact, INSPECTION_FACTS):
            return self._inspected(fact, record)
        if isinstance(fact, TENDER_FACTS):
            after = tender.apply(self.tender, fact, record.actor, record.at, record.payload_sha256)
            lots = self.lots
            if isinstance(fact, tender.TenderPublished):
                drawing = draw.DrawState(spare=after.published.profile.pool_spare)
                lots = {lot.number: LotCase(draw=drawing) for lot in after.published.lots}
            elif isinstance(fact, TrusteesChanged):
                lots = {number: with_other_trustees(lot, fact.committee["k"]) for number, lot in lots.items()}
            return {"tender": after, "lots": lots}
        if isinstance(fact, REHEARSAL_FACTS):
            return {"rehearsal": rehearsal.apply(self.rehearsal, fact, record.at)}
        if not record.lot:
            return {}  # the register's facts concern no tender, an export changes none
        before = self.lots[record.lot]
        after_it = apply_to_lot(before, fact, record)
        if isinstance(fact, opening.BidsReleased | fallback.FallbackStarted) and before.opened_under is None:
            after_it = replace(after_it, opened_under=self.tender.committee)
        if isinstance(fact, sitting.SittingConvened):
            after_it = replace(after_it, receipts=receipts_by_id(self, record.lot))
        if after_it.phase is not before.phase:
            # The scoring begins once, however often a correction or a successor leads back to it.
            begun = after_it.since.get(Phase.SCORING, record.at) if after_it.phase is Phase.SCORING else record.at
            after_it = replace(after_it, since={**after_it.since, after_it.phase: begun})
        return {"lots": {**self.lots, record.lot: after_it}}

    def _inspected(self, fact: Any, record: Record) -> dict[str, Any]:
        """A year of inspections after a record of it; a campaign that is published has its two draws."""
        state, lots = self.inspection, self.lots
        if isinstance(fact, TrusteesChanged) and state is not None:
            lots = {number: with_other_trustees(lot, fact.committee["k"]) for number, lot in lots.items()}
            return {"inspection": replace(state, committee=fact.committee), "lots": lots}
        if isinstance(fact, DrawEvent) and state is not None:
            lot = lots[record.lot]
            lots = {**lots, record.lot: replace(lot, draw=draw.apply(lot.draw, fact))}
            after = inspections.drawn(state, record.lot, record.at) if isinstance(fact, draw.DrawCompleted) else state
            return {"inspection": after, "lots": lots}
        if not isinstance(fact, INSPECTION_FACTS):
            return {}
        if isinstance(fact, inspection_facts.CampaignPublished):
            made = (inspections.lot_of(fact.campaign, part) for part in inspection_facts.Part)
            lots = {**lots, **{name: LotCase() for name in made}}
        after = inspections.apply(state, fact, record.actor, record.at, record.payload_sha256)
        return {"inspection": after, "lots": lots}
