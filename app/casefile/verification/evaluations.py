"""The draw: each round computed anew from its record. The sitting: from locked sheets to the ranking."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from app.casefile.bundle import drawn
from app.casefile.draw_capsules import reveal_identity
from app.casefile.rebuilding import seat_accounts
from app.casefile.record import Record
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.casefile.sealing import committee_of
from app.casefile.ties import ties_of
from app.casefile.verification.evidence import Evidence, read_persons
from app.casefile.verification.findings import Findings, failed, held, not_covered
from crypto.committee import Committee, identity, verify_release, verify_share
from evaluation import draw
from evaluation.brands import Groups
from evaluation.draw import DrawEvent, DrawRound, DrawState
from evaluation.evaluate import brands_in, corrected_in, evaluate, granted_in
from evaluation.price_corrections import PriceCorrection
from evaluation.scoring import Cells
from evaluation.sitting import (
    ClarificationAnswered,
    ClarificationAsked,
    MemberRecused,
    ResultsComputed,
    ReviewConcluded,
    ScoreSheetLocked,
    SittingConvened,
    SittingEvent,
    TiesDrawn,
    recheck,
    shares_granted,
)


def check_draws(evidence: Evidence) -> Findings:
    """Pool, commitments, shares, signature and tickets of every round whose signature the holder may know."""
    rounds = 0
    for lot in evidence.case.lots:
        records = [record for record in evidence.of_lot(lot) if isinstance(record.fact, DrawEvent)]
        if not records:
            continue
        committee, earlier, state = committee_of(evidence.case), "", drawn(records)
        for found in state.rounds:
            if found.result is None:
                continue
            if not found.signature_hex:
                yield not_covered("evidence_draw_secret", lot=lot, round=found.number)
                continue
            rounds += 1
            for what in _wrong_in_round(state, found, committee, earlier):
                yield failed("evidence_draw_wrong", lot=lot, round=found.number, field=what)
            earlier = found.record_sha256
        yield from _check_shares(evidence, records, state.rounds)
        yield from _check_persons(evidence, lot)
    yield from _check_answers(evidence)
    yield held("evidence_draws_hold", rounds=rounds)


def _check_answers(evidence: Evidence) -> Findings:
    """In which words somebody declined a call-up no key of its own signs, and nothing follows from it: what stands for
    it are the heads of the log that witnesses cosigned. Without any it is the platform's word alone, and said so."""
    declined = sum(record.type == "CallUpAnswered" and bool(record.fact.reason) for record in evidence.readable)
    if declined and not (evidence.witnesses or evidence.register.witnesses):
        yield not_covered("evidence_reasons_unsigned", count=declined)


def _wrong_in_round(state: DrawState, found: DrawRound, committee: Committee, earlier: str) -> list[str]:
    """What of a completed round does not follow from its statement, signature and reveals."""
    stated, signature = found.stated, bytes.fromhex(found.signature_hex)
    reveals = {party: bytes.fromhex(value) for party, value in found.reveals.items()}
    promises = {party: draw.commitment(stated["draw_id"], party, value) for party, value in reveals.items()}
    for party in found.replaced:  # whose capsule held something else, as the replay opens it
        if draw.replacement(found.commitments[party]) == found.reveals[party]:
            promises[party] = found.commitments[party]
    result = draw.select(stated, found.candidates, draw.extract(found.statement.encode(), signature, reveals))
    assert state.conditions is not None  # a case whose draw has rounds has its conditions
    of_all = (state.conditions, stated, found.candidates, committee.named, signature, reveals, result)
    record = draw.record(*of_all, found.wider_json)
    right = {
        "draw_id": stated["draw_id"] == state.conditions.draw_id,
        "candidates": draw.candidates_sha256(found.candidates) == stated["candidates_sha256"],
        "commitments": promises == stated["commitments"] == found.commitments,
        "committee": committee.id == stated["committee"],
        "signature": verify_release(committee, identity("draw", stated), signature),
        "result": result == found.result,
        "record_sha256": draw.record_sha256(record) == found.record_sha256,
        "earlier_record_sha256": stated.get("earlier_record_sha256", "") == earlier,
    }
    return [name for name, holds in right.items() if not holds]


def _check_shares(evidence: Evidence, records: list[Record], rounds: tuple[DrawRound, ...]) -> Findings:
    for record in records:
        fact, what = record.fact, {"seq": record.seq, "type": record.type}
        if isinstance(fact, draw.DrawShareReleased | draw.CapsuleShareReleased):
            committee, stated = evidence.committee(record), rounds[fact.round - 1].stated
            keys = {member.index: member.key_id for member in committee.members}
            ident = identity("draw", stated)
            if isinstance(fact, draw.CapsuleShareReleased):
                ident = reveal_identity(evidence.case, record.lot, fact.round)
            if record.act.get("key_id") != keys.get(fact.index):
                yield failed("evidence_share_of_another", **what, index=fact.index)
            elif not verify_share(committee, fact.index, ident, bytes.fromhex(fact.share_hex)):
                yield failed("evidence_share_wrong", **what, index=fact.index)
        elif isinstance(fact, draw.DrawSigned):
            signature = rounds[fact.round - 1].signature_hex
            if signature and hashlib.sha256(bytes.fromhex(signature)).hexdigest() != fact.signature_sha256:
                yield failed("evidence_draw_wrong", lot=record.lot, round=fact.round, field="signature_sha256")


def _check_persons(evidence: Evidence, lot: str) -> Findings:
    """Who took a seat, as the certificate of the seat's key says, is the person to whom the pool bound its number."""
    state, salts = evidence.case.lots[lot], read_persons(evidence)
    people = seat_accounts(evidence.case, [one.fact for one in evidence.certificates])
    assert state.draw.conditions is not None
    for candidate in state.draw.candidates:
        account, salt = people.get((lot, candidate.id)), salts.get((lot, candidate.id))
        if account is None:
            continue
        what = {"lot": lot, "number": candidate.id[:12]}
        if not candidate.person or not evidence.for_regulator:
            yield not_covered("evidence_person_secret", **what)
        elif salt is None:
            yield failed("evidence_person_missing", **what)
        elif candidate.person != draw.person_commitment(salt, state.draw.conditions.draw_id, candidate.id, account):
            yield failed("evidence_person_differs", **what)


def check_sittings(evidence: Evidence) -> Findings:
    """The published result is what rules, prices and locked sheets give; seen whole, every act is decided again."""
    computed = 0
    for lot in evidence.case.lots:
        events = [record.fact for record in evidence.of_lot(lot) if isinstance(record.fact, SittingEvent)]
        if not events:
            continue
        for record in evidence.of_lot(lot):
            if isinstance(record.fact, TiesDrawn) and record.fact != ties_of(evidence.case, lot, record.fact.order):
                yield failed("evidence_ties_wrong", lot=lot, seq=record.seq)
        if evidence.hidden:
            yield not_covered("evidence_sitting_partial", lot=lot)
        else:
            recheck(events)
        latest = latest_evaluation(evidence.of_lot(lot))
        published = [record.fact for record in latest if isinstance(record.fact, ResultsComputed)]
        if published:
            computed += 1
            if _result([record.fact for record in latest if isinstance(record.fact, SittingEvent)]) != published[-1]:
                yield failed("evidence_result_differs", lot=lot)
    yield held("evidence_sittings_hold", sittings=computed)


def _result(events: list[SittingEvent]) -> ResultsComputed:
    """The evaluation of the sheets that count: each seat's last one; of a bid that passed again after a stage was held
    again, what its member had locked before."""
    convened = next(event for event in events if isinstance(event, SittingConvened))
    locked: dict[str, Cells] = {}
    for event in events:
        if isinstance(event, ScoreSheetLocked):
            locked[str(event.seat)] = {**locked.get(str(event.seat), {}), **event.scores}
        elif isinstance(event, MemberRecused):
            locked.pop(str(event.seat), None)
    valid = _valid(events)
    sheets = {seat: {bid: row for bid, row in cells.items() if bid in valid} for seat, cells in locked.items()}
    prices = {bid.bid: bid.price for bid in convened.bids if bid.bid in valid}
    shares, rules = _deductions(convened, events), convened.rules.evaluation
    given = prices, dict(sorted(sheets.items())), _drawn(events), shares, _corrections(events), _brands(events)
    return ResultsComputed(evaluate(rules, *given))


def _valid(events: list[SittingEvent]) -> set[str]:
    """The bids that passed the review, as it was concluded last; whoever may not see that takes those that were ranked.

    After the last lock a vote about a finding may reject one that is on every sheet.
    """
    concluded, result = _concluded(events)
    return set(concluded.valid) if concluded else {row.bid for row in result.result.bids}


def _deductions(convened: SittingConvened, events: list[SittingEvent]) -> dict[str, Decimal]:
    """The policy deductions that the review granted last; whoever may not see it takes the stated ones."""
    concluded, result = _concluded(events)
    if concluded is None:
        return granted_in(result.result)
    return shares_granted(convened.rules.review_items, concluded.granted)


def _brands(events: list[SittingEvent]) -> Groups:
    """The bids of one brand, as the review was concluded last; whoever may not see it takes those that stand back."""
    concluded, result = _concluded(events)
    return brands_in(result.result) if concluded is None else concluded.brands or ()


def _corrections(events: list[SittingEvent]) -> dict[str, PriceCorrection]:
    """The prices that were corrected: as stated, and as every bidder confirmed whose answer the holder sees."""
    last, result = max((at, event) for at, event in enumerate(events) if isinstance(event, ResultsComputed))
    found, asked = corrected_in(result.result), dict[str, PriceCorrection | None]()
    ranked = {row.bid for row in result.result.bids}
    for event in events[:last]:
        if isinstance(event, ClarificationAsked):
            asked[event.id] = event.correction
        elif isinstance(event, ClarificationAnswered) and event.confirms and event.bid in ranked:
            correction = asked.get(event.id)
            found |= {event.bid: correction} if correction else {}
    return found


def _concluded(events: list[SittingEvent]) -> tuple[ReviewConcluded | None, ResultsComputed]:
    """The results that stand, and the conclusion of the review before them, for who may see it."""
    last, result = max((at, event) for at, event in enumerate(events) if isinstance(event, ResultsComputed))
    return next((event for event in reversed(events[:last]) if isinstance(event, ReviewConcluded)), None), result


def _drawn(events: list[SittingEvent]) -> tuple[str, ...]:
    """The order that was drawn for the last result; () where its sheets left nothing to a draw."""
    place = max(at for at, event in enumerate(events) if isinstance(event, ResultsComputed))
    before = events[place - 1]
    return before.order if isinstance(before, TiesDrawn) else ()
