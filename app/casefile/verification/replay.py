"""The replay: every fact is decided again by the rules, and what the system added must be what they say.

A person's fact is put to the rule of its kind at the recorded instant; what follows from it must stand next, word for
word. The system's own facts are computed anew from the state. The replay ends at the first fact that is not lawful.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case, LotCase
from app.casefile.coefficients import coefficients_of
from app.casefile.convened import sitting_of
from app.casefile.draw_capsules import capsules_opened, check_sealed, reveal_identity
from app.casefile.facts import fact_type
from app.casefile.record import Record
from app.casefile.replacements import dismissal_due, replacement_due
from app.casefile.sealing import committee_of, open_identity, opening_committee, submissions_root
from app.casefile.ties import ties_due
from app.casefile.verification import years
from app.casefile.verification.acts import OPENED_BY_LOG_IN
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.procedure import deadlines, exports, fallback, opening, picture_ends, recordings, standstill
from app.procedure.attribution import AttributionDisputed, FaultAttributed
from app.procedure.bid import BidReceipted, BidSubmitted, BidWithdrawn
from app.procedure.buyers import BuyerMemberNamed
from app.procedure.calendar import add
from app.procedure.convening import check_draw_conditions, check_party
from app.procedure.errors import RuleViolation
from app.procedure.restoring import BidFileRestored
from app.procedure.roles import SYSTEM, Actor, Role
from crypto.committee import check_capsule_header, combine, identity
from crypto.errors import CryptoError
from evaluation import draw
from evaluation.draw.events import DrawEvent
from evaluation.sitting import (
    AnnouncementMade,
    ClarificationAnswered,
    FaultRepaired,
    FaultReported,
    MemberReplaced,
    ResultsComputed,
    SittingConvened,
    TiesDrawn,
)
from evaluation.sitting.events import SittingEvent

# What a bidder says of a bid of its own.
OF_A_BID = (BidWithdrawn, fallback.KeyCommitted, fallback.KeyRevealed, BidFileRestored, AttributionDisputed)
# What never stands alone: it follows from the fact before it.
CONSEQUENCES = (
    opening.LotFailed,
    opening.BidsReleased,
    BidReceipted,
    draw.DrawSignatureRecorded,
    draw.CapsulesOpened,
    TiesDrawn,
)

# What is a function of the record, and is recorded when it leads there.
LED_TO = (SittingConvened, MemberReplaced, draw.CandidateDismissed)


@dataclass(frozen=True)
class Due:
    """A fact that must stand next; `fact` is a type where the content is not a function of the state."""

    fact: Any
    lot: str
    at: datetime

    @property
    def name(self) -> str:
        return self.fact.__name__ if isinstance(self.fact, type) else type(self.fact).__name__


@dataclass
class Replay:
    """The state up to the next record, and what must follow."""

    evidence: Evidence
    case: Case
    due: list[Due] = field(default_factory=list)
    skipped: int = 0

    def take(self, record: Record) -> Findings:
        """Judge one record and go on with it."""
        fact = record.fact
        if self.evidence.hidden and isinstance(fact, DrawEvent | SittingEvent | BuyerMemberNamed):
            self.skipped += 1  # their order hangs on facts that this holder may not see
            return
        if fact_type(record.type).per_lot != bool(record.lot):
            yield failed("evidence_fact_misplaced", seq=record.seq, type=record.type, lot=record.lot)
        elif self.due:
            yield from self._as_due(record, self.due.pop(0))
        else:
            yield from self._as_decided(record)
        self.case = self.case.apply(record)
        self.due += [Due(next_, record.lot, record.at) for next_ in self._completed(record)]
        self.due += [Due(next_, lot, record.at) for next_, lot in years.completed(self.case, record)]

    def _as_due(self, record: Record, due: Due) -> Findings:
        fits = isinstance(record.fact, due.fact) if isinstance(due.fact, type) else record.fact == due.fact
        if not fits or (record.lot, record.at, record.actor) != (due.lot, due.at, SYSTEM.id):
            what = {"seq": record.seq, "type": record.type, "expected": due.name}
            yield failed("evidence_consequence_differs", **what, field=differing(due.fact, record.fact))

    def _as_decided(self, record: Record) -> Findings:
        what = {"seq": record.seq, "type": record.type}
        try:
            decided = self._decide(record)
        except (RuleViolation, CryptoError) as exc:
            yield failed("evidence_fact_unlawful", **what, reason=exc.code)
            return
        if decided[0] != record.fact:
            yield failed("evidence_fact_differs", **what, field=differing(decided[0], record.fact))
        self.due = [Due(fact, record.lot, record.at) for fact in decided[1:]]

    def _decide(self, record: Record) -> tuple[Any, ...]:
        """What the rules say to a record. Raises RuleViolation."""
        fact, lot, at, case = record.fact, record.lot, record.at, self.case
        if isinstance(fact, CONSEQUENCES) or years.follows(case, fact):
            raise RuleViolation("evidence_nothing_before")
        if fact_type(record.type).action is not None:
            actor = self._actor(record)
            self._check_person(record, actor)
            return case.decide(fact, lot, actor, at)
        if record.actor != SYSTEM.id:  # who opens a case is a person, with an authorised log-in and no signed act
            if record.type not in OPENED_BY_LOG_IN:
                raise RuleViolation("evidence_not_the_system")
            return case.decide(fact, lot, self._actor(record), at)
        if isinstance(fact, opening.LotClosed):
            return self._closed(fact, lot, at)
        if isinstance(fact, fallback.FallbackStarted | fallback.CommitmentsEnded | opening.KeysDisclosed):
            return self._fallback(fact, lot, at)
        if isinstance(fact, opening.CoefficientsDrawn):
            return self._coefficients(lot, at)
        if isinstance(fact, opening.BidsReadOut):
            if not case.lot(lot).opening.coefficients and coefficients_of(case, lot) is not None:
                raise RuleViolation("coefficients_not_drawn")
            case.decide(fact, lot, SYSTEM, at)
            return opening.read_out(case.lot(lot).opening, at, case.tender.published.profile)
        if isinstance(fact, draw.CommitmentsOverdue | draw.CallUpExpired):
            self._check_overdue(record)
        if isinstance(fact, LED_TO):
            return case.decide(self._led_to(fact, lot), lot, SYSTEM, at)
        return case.decide(fact, lot, SYSTEM, at)

    def _check_overdue(self, record: Record) -> None:
        """The profile's time has passed since parties could commit, or since a call-up arrived: nobody is passed over
        in order to draw without, or once more. Raises RuleViolation `draw_not_overdue`, `call_up_not_over`.
        """
        profile, lot, fact = self.case.tender.published.profile, self.case.lot(record.lot), record.fact
        if isinstance(fact, draw.CallUpExpired):
            reached_at = lot.reached.get(fact.candidate)  # of who was not reached the draw's own rule refuses it
            until = profile.answer_by(reached_at) if reached_at and not lot.evaluation_over else record.at
            if record.at < until:
                raise RuleViolation("call_up_not_over", candidate=fact.candidate[:12], until=until)
            return
        within, since = profile.draw_commit, lot.commits_since
        if within is None or since is None or record.at < add(since, within):
            raise RuleViolation("draw_not_overdue", round=fact.round)

    def _led_to(self, fact: Any, lot: str) -> Any:
        """The fact of this kind to which the record leads now. Raises RuleViolation `sitting_not_due`."""
        if isinstance(fact, SittingConvened):
            due: Any = sitting_of(self.case, lot)
        elif isinstance(fact, MemberReplaced):
            due = replacement_due(self.case, lot)
        else:
            due = dismissal_due(self.case, lot)
        if due is None:
            raise RuleViolation("sitting_not_due")
        return due

    def _coefficients(self, lot: str, at: datetime) -> tuple[Any, ...]:
        drawn = coefficients_of(self.case, lot)
        if drawn is None:
            raise RuleViolation("coefficients_already_drawn")
        return self.case.decide(drawn, lot, SYSTEM, at)

    def _fallback(self, fact: Any, lot: str, at: datetime) -> tuple[Any, ...]:
        standing = self.case.fallback_of(lot)
        if isinstance(fact, fallback.FallbackStarted):
            return fallback.start(standing, [member.index for member in committee_of(self.case).members], at)
        if isinstance(fact, fallback.CommitmentsEnded):
            return fallback.end_commitments(standing, at)
        return fallback.disclose(standing, at)

    def _closed(self, fact: opening.LotClosed, lot: str, at: datetime) -> tuple[Any, ...]:
        state, tender = self.case.lot(lot), self.case.tender
        live, profile = state.bidding.live, tender.published.profile
        number, root = len(live), fact.submissions_root
        if self.evidence.unopened(lot):  # root and number are taken as stated
            number = profile.bids_required if fact.enough else 0
        else:
            root = submissions_root((s.receipt_id, self.evidence.bids[s.receipt_id][0].payload) for s in live)
        deadline_at = tender.timetable.closes_at(lot)
        if deadline_at is None:
            raise RuleViolation("lot_paused", lot=lot)
        return opening.close(state.opening, number, root, deadline_at, at, profile)

    def _actor(self, record: Record) -> Actor:
        seat = record.actor if "#" in record.actor else ""
        roles = frozenset(Role(text) for text in record.role.split("+") if text in set(Role))
        # Whose witness somebody is stands in the installation's tables, not in its logs: any site of the lot counts.
        sites = self.case.lots[record.lot].sites if record.lot in self.case.lots else frozenset[str]()
        name, unit = self._speaker(record)
        return Actor(record.actor, "", roles, self._organisation(record), name, unit, sites, seat=seat)

    def _speaker(self, record: Record) -> tuple[str, str]:
        """Whose view of an inspection it is. Other rules ask for neither name nor credit code."""
        if self.case.inspection is None:
            return "", ""
        return years.speaker(record, self.evidence.certificate(record, record.act["key_id"]).subject.organisation)

    def _organisation(self, record: Record) -> str:
        """The bidder that speaks of a bid of its own: that of the submission, if its signer's organisation is the same;
        of a year of inspections the signer's party. Other rules ask for no organisation.
        """
        if self.case.inspection is not None:
            signer = self.evidence.certificate(record, record.act["key_id"]).subject.organisation
            return years.organisation_id(self.case, signer)
        spoken_of = _own_bid(record.fact, self.case.lots.get(record.lot, LotCase()))
        if spoken_of not in self.evidence.bids:
            return ""
        submitted, receipted = self.evidence.bids[spoken_of]
        owner = self.evidence.certificate(submitted, submitted.act["key_id"]).subject.organisation
        mine = self.evidence.certificate(record, record.act["key_id"]).subject.organisation
        return str(receipted.fact.receipt["bidder"]) if owner == mine else ""

    def _check_person(self, record: Record, actor: Actor) -> None:
        """What the features ask beyond the rule of the fact. Raises RuleViolation."""
        fact, case, lot = record.fact, self.case, record.lot
        if case.inspection is not None:
            years.check_person(case, record, actor)
        elif isinstance(fact, draw.DrawConditionsProposed):
            committee = committee_of(case)
            terms, buyers = case.tender.published, [member.site for member in case.lot(lot).buyers.members]
            filled = draw.filled(case.lot(lot).draw, fact)
            check_draw_conditions(fact.conditions, terms, buyers, case.id, lot, (committee.id, committee.k), filled)
        elif isinstance(fact, deadlines.Fact):
            self._check_organisation(record, deadlines.PARTY_OF[type(fact)])
        elif isinstance(fact, exports.Fact | opening.ObjectionAnswered | FaultAttributed):
            self._check_organisation(record, "agency")
        elif isinstance(fact, recordings.RecordingLookRequested | recordings.RecordingLookGranted):
            self._check_organisation(record, "regulator")
        elif type(fact) in standstill.PARTY_OF:
            self._check_organisation(record, standstill.PARTY_OF[type(fact)])
        elif isinstance(fact, FaultReported | FaultRepaired) and not actor.is_(Role.SITE_WITNESS):
            self._check_organisation(record, "centre")
        elif party := _of_either(fact, actor):
            self._check_organisation(record, party)
        elif isinstance(fact, draw.DrawCommitted | draw.DrawRevealed):
            check_party(fact.party, actor)
        if isinstance(fact, draw.DrawCommitted):
            self._check_capsule(fact, lot)
        elif isinstance(fact, draw.DrawRevealed):
            check_sealed(case, lot, fact)

    def _check_organisation(self, record: Record, party: str) -> None:
        """The signer is certified as one of the party's own people. Raises CryptoError, RuleViolation."""
        expected = getattr(self.case.tender.parties, party).name
        found = self.evidence.certificate(record, record.act["key_id"]).subject.organisation
        if found != expected:
            raise RuleViolation("evidence_party_wrong", expected=expected, found=found)

    def _check_capsule(self, fact: draw.DrawCommitted, lot: str) -> None:
        """The trustees could open the sealed copy if the party never revealed. Raises CryptoError, RuleViolation."""
        if self.case.lot(lot).draw.conditions is None:
            raise RuleViolation("draw_conditions_missing")
        ident = reveal_identity(self.case, lot, fact.round)
        check_capsule_header(base64.b64decode(fact.capsule_b64, validate=True), committee_of(self.case), ident)

    def _completed(self, record: Record) -> Iterator[Any]:
        """What a feature adds right after a fact, once it is applied."""
        fact, case, lot = record.fact, self.case, record.lot
        if isinstance(fact, BidSubmitted):
            yield BidReceipted
        elif isinstance(fact, opening.ShareReleased):
            found, committee = case.lot(lot).opening, opening_committee(case, lot)
            if found.release is None and len(found.shares) >= committee.k:
                shares = {index: bytes.fromhex(share) for index, share in found.shares.items()}
                release = combine(committee, open_identity(self.evidence.origin, case.id, lot), shares)
                yield opening.BidsReleased(release.signature.hex(), release.used)
        elif isinstance(fact, draw.DrawShareReleased):
            current, committee = case.lot(lot).draw.current, committee_of(case)
            if current is not None and not current.signature_hex and len(current.shares) >= committee.k:
                shares = {index: bytes.fromhex(share) for index, share in current.shares.items()}
                signature = combine(committee, identity("draw", current.stated), shares).signature
                signed = draw.DrawSignatureRecorded(current.number, signature.hex())
                yield from case.decide(signed, lot, SYSTEM, record.at)
        elif isinstance(fact, ResultsComputed) and (ties := ties_due(case, lot)):
            yield from case.decide(ties, lot, SYSTEM, record.at)
        elif isinstance(fact, draw.CapsuleShareReleased) and (opened := capsules_opened(case, lot)):
            yield from case.decide(opened, lot, SYSTEM, record.at)


def _own_bid(fact: Any, state: LotCase) -> str:
    """The receipt of the bid of its own of which a bidder speaks; "" in every other fact."""
    if isinstance(fact, ClarificationAnswered):
        return receipt_of(state, fact.bid)
    return str(fact.receipt_id) if isinstance(fact, OF_A_BID) else ""


def differing(expected: Any, found: Any) -> str:
    """The first field in which two facts differ, "" where their kinds already do."""
    if type(expected) is not type(found):
        return ""
    names = (f.name for f in dataclasses.fields(expected))
    return next((name for name in names if getattr(expected, name) != getattr(found, name)), "")


def check_replay(evidence: Evidence) -> Findings:
    """Every visible fact, in order."""
    replay = Replay(evidence, Case(evidence.case_id))
    for record in evidence.records:
        found = list(_taken(replay, record))
        yield from found
        if found:
            return
    if replay.due:
        yield failed("evidence_consequence_missing", expected=replay.due[0].name, seq=len(evidence.lines))
    yield held("evidence_replayed", facts=len(evidence.records) - replay.skipped)
    if replay.skipped:
        yield not_covered("evidence_replay_partial", skipped=replay.skipped, hidden=len(evidence.hidden))


def _taken(replay: Replay, record: Record) -> Findings:
    try:
        yield from replay.take(record)
    except (RuleViolation, CryptoError) as exc:
        facts = exc.facts if isinstance(exc, RuleViolation) else {}
        path = str(facts.get("path", ""))
        yield failed("evidence_fact_malformed", seq=record.seq, type=record.type, reason=exc.code, path=path)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError) as exc:
        name = type(exc).__name__
        yield failed("evidence_fact_malformed", seq=record.seq, type=record.type, reason=name, path="")


def _of_either(fact: Any, actor: Actor) -> str:
    """Whose act it is that centre and authority may both do; "" for others, and for a witness's announcement."""
    either = isinstance(fact, picture_ends.Fact) or (
        isinstance(fact, AnnouncementMade) and not actor.is_(Role.SITE_WITNESS)
    )
    return ("regulator" if actor.is_(Role.REGULATOR) else "centre") if either else ""
