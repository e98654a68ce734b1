"""What a lot shows at each of its stages: the bidder's desk, the opening board, the draw, the room."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session as DbSession

from app.casefile.anonymous import may_tell_draw, reads_unnamed, scores_without_prices, shown_names
from app.casefile.board import board_digest
from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.report_data import EARLIER_DISSENTS, earlier_data
from app.casefile.sealing import FEN, committee_of, context_of, open_identity, open_statement, opening_committee
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.opening import Opening
from app.procedure.qualification import qualification_words
from app.procedure.roles import Actor
from app.queries.cases import load_rows, record_of
from app.queries.clarifications import asked_of
from app.queries.sittings import knows_progress
from app.queries.standstills import standstill_of
from crypto.canonical import Json
from crypto.committee import identity
from crypto.envelope import new_bid_identity
from crypto.timelock import Round
from evaluation import draw as draw_rules
from evaluation.brands import spellings
from evaluation.sitting.stages import AFTER_LAST_LOCK, AFTER_REVIEW
from evaluation.sitting.state import SittingState, progress, visible_scores


def bid_desk(origin: str, case: Case, lot: str, actor: Actor, limit: int) -> dict[str, Json]:
    """What a bidder needs to seal, and its own standing bid; nothing of anybody else's."""
    state = case.lot(lot)
    context = context_of(origin, case, lot, actor.organisation_id, new_bid_identity().recipient)
    del context["recipient"]
    standing = state.bidding.of_bidder(actor.organisation_id)
    own = [s for s in state.bidding.submissions.values() if s.bidder == actor.organisation_id]
    return {
        "context": context,
        "open_statement": open_statement(origin, case.id, lot),
        "open_identity": open_identity(origin, case.id, lot).hex(),
        "committee": case.tender.published.committee,
        "timelock": case.tender.published.timelock or {},
        "deadline_at": encode(case.tender.deadlines[lot]),
        "paused": lot in case.tender.timetable.left,
        "limit": limit,
        "qualification_words": list(qualification_words(case.tender.published.profile)),
        "criteria": [
            {"id": one.id, "name_zh": one.name_zh, "name_en": one.name_en}
            for one in case.tender.published.lot(lot).evaluation.criteria.scored
        ],
        "anonymous": bool(case.tender.published.lot(lot).anonymous),
        "core_product": case.tender.published.lot(lot).core_product or "",
        "ceiling_fen": str(int(case.tender.published.lot(lot).ceiling / FEN)),
        "standing": {"receipt_id": standing.receipt_id, "received_at": encode(standing.received_at)}
        if standing
        else {},
        "receipts": [{"receipt_id": s.receipt_id, "received_at": encode(s.received_at), "ended": s.ended} for s in own],
        "asked": [one.to_json() for one in asked_of(case, lot, actor.organisation_id)],
    }


def standing_payloads(db_session: DbSession, case: Case, lot: str) -> Iterator[tuple[str, Json]]:
    """(receipt id, signed payload) of every standing bid."""
    standing = {s.fact: s.receipt_id for s in case.lots[lot].bidding.live}
    for row in load_rows(db_session, case.id):
        if row.type == "BidSubmitted" and row.lot == lot:
            record = record_of(row)
            if record.fact in standing:
                yield standing[record.fact], record.payload


def opening_board(origin: str, case: Case, lot: str) -> dict[str, Json]:
    """The board of an opening. Before the lot is closed it holds the deadline and nothing else."""
    state, committee = case.lot(lot).opening, opening_committee(case, lot)
    board: dict[str, Json] = {
        "deadline_at": encode(case.tender.deadlines[lot]),
        "paused": lot in case.tender.timetable.left,
        "statement": open_statement(origin, case.id, lot),
        "identity": open_identity(origin, case.id, lot).hex(),
        "mode": case.tender.published.mode,
        "needed": committee.k,
        "trustees": [
            {
                "index": m.index,
                "organisation": m.organisation,
                "released_at": encode(state.share_times[m.index]) if m.index in state.share_times else "",
                "refused_at": encode(state.refused[m.index]) if m.index in state.refused else "",
            }
            for m in committee.members
        ],
    }
    if rounds := awaited_rounds(case, lot):
        board["chain"] = rounds[0].chain.hash
        board["rounds"] = [_round_line(state, waited) for waited in rounds]
    if state.closed is not None:
        board |= {"closed_at": encode(state.closed_at), "enough": state.closed.enough, "failed": state.failed}
    if state.openable:
        signature = state.release.signature if state.release else ""
        board |= {"released_at": encode(state.opened_at), "signature": signature}
        board |= _rows(case, lot)
    board["board_sha256"] = board_digest(state)
    return board


def awaited_rounds(case: Case, lot: str) -> tuple[Round, ...]:
    """The rounds of the second lock on the wall: which ones bids wait for is known from the release on, before it only
    which one follows the deadline."""
    state, chain = case.lot(lot), case.tender.published.chain
    if chain is None or state.opening.disclosed is not None:
        return ()  # keys that bidders disclose themselves wait for no round
    if state.opening.release is None:
        return case.tender.rounds(lot)[-1:]
    return tuple(Round(chain, number) for number in state.rounds_needed)


def _round_line(state: Opening, waited: Round) -> dict[str, Json]:
    signed = state.rounds.get(waited.number)
    return {
        "round": waited.number,
        "due_at": encode(waited.at),
        "signed_at": encode(state.round_times[waited.number]) if signed else "",
        "signature": signed.signature if signed else "",
    }


def _rows(case: Case, lot: str) -> dict[str, Json]:
    state, bidding = case.lots[lot].opening, case.lots[lot].bidding
    opened = sorted(state.opened.values(), key=lambda bid: (bid.price, bid.receipt_id))
    return {
        "opened": [
            {
                "receipt_id": bid.receipt_id,
                "bidder": bid.bidder_name,
                "price": encode(bid.price),
                "duration_days": bid.duration_days,
                "project_manager": bid.project_manager,
                **({} if bid.core_brand is None else {"core_brand": bid.core_brand}),
                "received_at": encode(bidding.submissions[bid.receipt_id].received_at),
            }
            for bid in opened
        ],
        "voided": [encode(bid) for bid in sorted(state.voided.values(), key=lambda bid: bid.receipt_id)],
        "read_out": state.read_out,
        "objections_until": encode(state.objections_until) if state.objections_until else "",
        "objections": {
            key: {"text": o.text, "raised_at": encode(o.raised_at), "answer": o.answer}
            for key, o in state.objections.items()
        },
        "confirmations": len(state.confirmations),
        "concluded_at": encode(state.concluded_at) if state.concluded_at else "",
        "record_sha256": state.record_sha256,
    }


def draw_board(case: Case, lot: str) -> dict[str, Json]:
    """A draw as its parties watch it: numbers only; the signature's hash until members have signed in."""
    state = case.lot(lot).draw
    if state.conditions is None:
        return {"stage": "none"}
    current = state.current
    board: dict[str, Json] = {
        "conditions": encode(state.conditions),
        "draw_id": state.conditions.draw_id,
        "conditions_sha256": draw_rules.conditions_sha256(state.conditions),
        "approved": state.approved,
        "open_quota": {name: str(count) for name, count in draw_rules.missing(state).items()},
        "seats": {number: str(seat) for number, seat in state.seats.items()},
        "rounds": [_round(r) for r in state.rounds],
    }
    if current is not None:
        reveal = draw_rules.reveal_statement(state.conditions.draw_id, current.number)
        board |= {
            "round": current.number,
            "reveal_statement": reveal,
            "reveal_identity": identity("draw-reveal", reveal).hex(),
        }
        if current.statement:
            board["identity"] = identity("draw", dict(current.stated)).hex()
    return board


def _round(found: draw_rules.DrawRound) -> dict[str, Json]:
    signature = hashlib.sha256(bytes.fromhex(found.signature_hex)).hexdigest() if found.signature_hex else ""
    return {
        "number": found.number,
        "reason": str(found.reason or ""),
        "commitments": dict(found.commitments),
        "statement": found.statement,
        "pool": len(found.candidates),
        "shares": len(found.shares),
        "signature_sha256": signature,
        "reveals": dict(found.reveals),
        "result": found.result.to_json() if found.result else {},
        "record_sha256": found.record_sha256,
    }


def draw_record(case: Case, lot: str, round_: int) -> dict[str, Json] | None:
    """The record that anybody can check again, or None: of an inspection at once, of a lot once the members have signed
    in, and of an anonymous one once every sheet is locked."""
    state = case.lot(lot)
    found = next((r for r in state.draw.rounds if r.number == round_ and r.result), None)
    conditions = state.draw.conditions
    shown = case.inspection is not None or may_tell_draw(case, lot)
    if found is None or found.result is None or not shown:
        return None
    assert conditions is not None
    reveals = {party: bytes.fromhex(value) for party, value in found.reveals.items()}
    committee = committee_of(case).named
    signature = bytes.fromhex(found.signature_hex)
    of_all = (conditions, found.stated, found.candidates, committee, signature, reveals, found.result)
    return draw_rules.record(*of_all, found.wider_json)


def room(case: Case, lot: str, actor: Actor) -> dict[str, Json]:
    """The sitting as this seat, or the silent regulator, may see it. Others' scores: not before the last lock."""
    state = case.lot(lot)
    sitting, seat = state.sitting, actor.seat_in(case.id, lot)
    if sitting.convened is None:
        return {"stage": str(sitting.stage)}
    locked, of = progress(sitting)
    priced = not (scores_without_prices(actor, case, lot) or reads_unnamed(actor, case, lot))
    view: dict[str, Json] = {
        "stage": str(sitting.stage),
        "seat": seat or 0,
        "chair": sitting.chair or 0,
        "chair_round": sitting.chair_round,
        "host_site": sitting.convened.host_site,
        "seats": [
            {"number": s.number, "role": str(s.role), "site": s.site, "identified": s.number in sitting.keys}
            for s in sitting.seats.values()
        ],
        "rules": encode(sitting.rules),
        "bids": _bids_under_review(case, lot, with_prices=priced),
        "brands": list(spellings(sitting.stated_brands.values())),
        "valid": list(sitting.valid) if sitting.stage in AFTER_REVIEW else [],
        "rejected": encode(sitting.rejected) if sitting.stage in AFTER_REVIEW else [],
        "granted": encode(sitting.granted or {}) if sitting.stage in AFTER_REVIEW else {},
        "locked": locked if knows_progress(sitting, seat) else None,
        "of": of,
        "own": _own(sitting, seat),
        "standstill": encode(standstill_of(case, lot)) if sitting.suspended else None,
        "report_sha256": sitting.report_sha256,
        "signed": sorted(sitting.signed),
        "sealed_sha256": sitting.sealed_sha256,
    }
    if sitting.stage in AFTER_LAST_LOCK and sitting.result is not None:
        view["result"] = encode(sitting.result)
        view["sheets"] = encode({str(n): cells for n, cells in visible_scores(sitting, seat).items()})
        view["dissents"] = {str(n): words for n, words in sitting.dissents.items()}
        view[EARLIER_DISSENTS] = earlier_data(case.lots[lot].signing)
    return view


def _bids_under_review(case: Case, lot: str, *, with_prices: bool) -> list[Json]:
    sitting, names = case.lots[lot].sitting, shown_names(case, lot, "zh")
    prices = {bid.bid: {"price": encode(bid.price)} for bid in sitting.bids if with_prices}
    return [{"bid": bid.bid, "bidder_name": names[bid.bid], **prices.get(bid.bid, {})} for bid in sitting.bids]


def _own(sitting: SittingState, seat: int | None) -> dict[str, Any]:
    """What this seat has done itself."""
    return {
        "stated": seat in sitting.statements,
        "voted": seat in sitting.chair_votes,
        "reviewed": seat in sitting.reviews,
        "locked": seat in sitting.sheets,
        "signed": seat in sitting.signed,
        "sheet": encode(sitting.sheets.get(seat, {})) if seat else {},
    }


def may_watch(actor: Actor, case: Case, lot: str) -> dict[str, bool]:
    """Which of a lot's rooms the actor may enter now."""
    rooms = {"opening": Action.OPENING_WATCH, "draw": Action.DRAW_WATCH, "room": Action.ROOM_JOIN}
    return {name: allowed(actor, action, case, lot) for name, action in rooms.items()}
