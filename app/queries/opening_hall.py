"""The hall in which an opening is watched, as one looker may see it now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import get_args

from app.casefile.bundle import committee_at
from app.casefile.case import Case, LotCase
from app.casefile.record import Record
from app.casefile.sealing import opening_committee
from app.procedure.attribution import AttributionDisputed, FaultAttributed
from app.procedure.fallback import CommitmentsEnded, FallbackStarted
from app.procedure.money import rmb_capital
from app.procedure.opening import BidOpened, BidVoided, Fact, Opening
from app.procedure.restoring import BidFileLost, BidFileRestored
from app.procedure.roles import Role
from app.queries.lots import awaited_rounds, opening_board
from app.queries.void_faults import FaultLine, fault_lines
from crypto.canonical import Json, digest
from crypto.committee import Committee
from crypto.timelock import Round

BESIDES = (FallbackStarted, CommitmentsEnded, BidFileLost, BidFileRestored, FaultAttributed, AttributionDisputed)
OPENING_FACTS = frozenset(kind.__name__ for kind in (*get_args(Fact), *BESIDES))
COMMITTEE_FACTS = frozenset({"TenderSubmitted", "TrusteesChanged"})  # by which `committee_at` names a trustee
SCALE = 1000  # width of the price chart's ceiling


@dataclass(frozen=True)
class TrusteeLight:
    """A trustee and whether its share is there, or a wrong one came; shares are checked before they are logged."""

    name: str
    state: str
    at: datetime | None


@dataclass(frozen=True)
class FallbackView:
    """A fallback on the wall: what is awaited until when, and the trustees who are missing. No number of bids."""

    step: str  # commit reveal
    until: datetime
    missing: tuple[str, ...]


@dataclass(frozen=True)
class RoundLight:
    """A drand round that the second lock waits for: when it is due, and the network's signature once it is there."""

    number: int
    due_at: datetime
    state: str
    at: datetime | None
    signature: str


@dataclass(frozen=True)
class BoardRow:
    """A bid as read out. `bar` is its price in thousandths of the ceiling; `reason` is the code of a void one;
    `brand` that of the core product, where the notice names one."""

    receipt_id: str
    bidder: str
    price: Decimal | None
    words: str
    duration: int | None
    manager: str
    reason: str
    bar: int
    state: str
    brand: str = ""


@dataclass(frozen=True)
class ObjectionLine:
    """An objection raised at the opening, with its answer."""

    key: str
    text: str
    raised_at: datetime
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True)
class RecordLine:
    """One line of the running record; `about` names a trustee, bidder or round where the fact is about one."""

    at: datetime
    type: str
    about: str


@dataclass(frozen=True)
class OpeningHall:
    """Everything on the wall. Before the lot is closed it holds the deadline and nothing that depends on bids."""

    deadline_at: datetime
    stage: str  # waiting paused closed failed locked released read_out concluded
    failure: str
    needed: int
    mode: str
    ceiling: Decimal
    trustees: tuple[TrusteeLight, ...]
    fallback: FallbackView | None
    chain: str  # "" where there is no second lock
    rounds: tuple[RoundLight, ...]
    rows: tuple[BoardRow, ...]
    coefficients: dict[str, Decimal]
    faults: tuple[FaultLine, ...]
    objections: tuple[ObjectionLine, ...]
    objections_until: datetime | None
    confirmations: int
    record: tuple[RecordLine, ...]
    checks: dict[str, str]
    board_sha256: str


def on_the_wall(record: Record, lot: str) -> bool:
    """Whether the hall of a lot shows a record or needs it to name who did something."""
    return (record.lot == lot and record.type in OPENING_FACTS) or record.type in COMMITTEE_FACTS


def opening_hall(origin: str, case: Case, lot: str, seen: Iterable[Record]) -> OpeningHall:
    """The hall of a lot; `seen` are the records that the looker may see."""
    opening, board = case.lot(lot).opening, opening_board(origin, case, lot)
    terms = case.tender.published.lot(lot)
    return OpeningHall(
        deadline_at=case.tender.deadlines[lot],
        stage="paused" if lot in case.tender.timetable.left else _opening_stage(case.lot(lot)),
        failure=opening.failed,
        needed=board["needed"],
        mode=board["mode"],
        ceiling=terms.ceiling,
        trustees=_lights(opening_committee(case, lot), opening),
        fallback=_fallback(case, lot),
        chain=str(board.get("chain", "")),
        rounds=tuple(_round_light(opening, waited) for waited in awaited_rounds(case, lot)),
        rows=_rows(opening, terms.ceiling) if opening.openable else (),
        coefficients=dict(opening.coefficients),
        faults=fault_lines(case, lot),
        objections=_objections(opening),
        objections_until=opening.objections_until,
        confirmations=len(opening.confirmations),
        record=_record(case, lot, seen),
        checks=_opening_checks(opening, board),
        board_sha256=board["board_sha256"],
    )


def _opening_stage(state: LotCase) -> str:
    opening = state.opening
    if opening.concluded_at is not None:
        return "concluded"
    if opening.failed:
        return "failed"
    if opening.read_out:
        return "read_out"
    if opening.openable:
        return "locked" if state.rounds_missing else "released"
    return "closed" if opening.closed is not None else "waiting"


def _lights(committee: Committee, opening: Opening) -> tuple[TrusteeLight, ...]:
    states = dict.fromkeys(opening.refused, "bad") | dict.fromkeys(opening.shares, "verified")
    times, awaited = {**opening.refused, **opening.share_times}, "unneeded" if opening.openable else "waiting"
    return tuple(
        TrusteeLight(m.organisation, states.get(m.index, awaited), times.get(m.index)) for m in committee.members
    )


def _fallback(case: Case, lot: str) -> FallbackView | None:
    """The fallback while something is awaited of the bidders."""
    standing = case.fallback_of(lot)
    started, until = standing.fallback.started, standing.fallback.until
    if standing.over or started is None or until is None:
        return None
    missing = tuple(
        m.organisation
        for m in opening_committee(case, lot).members
        if m.index in started.missing and m.index not in standing.opening.shares
    )
    return FallbackView(standing.fallback.step, until, missing)


def _round_light(opening: Opening, waited: Round) -> RoundLight:
    signed = opening.rounds.get(waited.number)
    state, signature = ("verified", signed.signature) if signed else ("waiting", "")
    return RoundLight(waited.number, waited.at, state, opening.round_times.get(waited.number), signature)


def _rows(opening: Opening, ceiling: Decimal) -> tuple[BoardRow, ...]:
    opened = sorted(opening.opened.values(), key=lambda bid: (bid.price, bid.receipt_id))
    voided = sorted(opening.voided.values(), key=lambda bid: bid.receipt_id)
    return (*(_opened_row(bid, ceiling) for bid in opened), *(_void_row(bid) for bid in voided))


def _opened_row(bid: BidOpened, ceiling: Decimal) -> BoardRow:
    bar = int(bid.price * SCALE / ceiling)
    words = rmb_capital(bid.price)
    read_out = bid.price, words, bid.duration_days, bid.project_manager
    return BoardRow(bid.receipt_id, bid.bidder_name, *read_out, "", bar, "", bid.core_brand or "")


def _void_row(bid: BidVoided) -> BoardRow:
    return BoardRow(bid.receipt_id, bid.bidder_name, None, "", None, "", bid.reason, 0, "void")


def _objections(opening: Opening) -> tuple[ObjectionLine, ...]:
    return tuple(
        ObjectionLine(key, o.text, o.raised_at, o.answer, o.answered_at)
        for key, o in sorted(opening.objections.items(), key=lambda item: item[1].raised_at)
    )


def _record(case: Case, lot: str, seen: Iterable[Record]) -> tuple[RecordLine, ...]:
    seen = list(seen)
    return tuple(
        RecordLine(r.at, r.type, _confirming(case, r) if r.type == "OpeningConfirmed" else _about(case, r, seen))
        for r in seen
        if r.lot == lot and r.type in OPENING_FACTS
    )


def _confirming(case: Case, record: Record) -> str:
    """The organisation for which somebody confirmed; "" where it cannot be told from the case."""
    parties, state = case.tender.parties, case.lots[record.lot]
    if parties and record.role == Role.AGENCY_OFFICER:
        return parties.agency.name
    if parties and record.role == Role.CENTRE_OPERATOR:
        return parties.centre.name
    own = [receipt for receipt, bid in state.bidding.submissions.items() if bid.by == record.actor]
    bids = {**state.opening.voided, **state.opening.opened}
    return next((bids[receipt].bidder_name for receipt in own if receipt in bids), "")


def _about(case: Case, record: Record, seen: Sequence[Record]) -> str:
    """Whom or what a fact of the opening is about; a trustee by its organisation in the committee of then."""
    if record.type == "RoundSigned":
        return str(record.payload["round"])
    if record.type in ("ShareReleased", "ShareRefused"):
        members = committee_at(seen, record.seq).get("members", ())
        return next((m["organisation"] for m in members if m["index"] == record.payload["index"]), "")
    if record.type in (FaultAttributed.__name__, AttributionDisputed.__name__):
        void = case.lots[record.lot].opening.voided.get(record.payload["receipt_id"])
        return void.bidder_name if void else ""
    return str(record.payload.get("bidder_name", ""))


def _opening_checks(opening: Opening, board: dict[str, Json]) -> dict[str, str]:
    """Digests by which the hall can be checked outside the platform."""
    checks = {"identity": str(board["identity"])}
    if opening.closed is not None:
        checks["submissions_root"] = opening.closed.submissions_root
    if opening.release is not None:
        checks["signature"] = opening.release.signature
    if opening.disclosed is not None:
        checks["keys_sha256"] = digest(dict(opening.disclosed.keys))
    if opening.record_sha256:
        checks["record_sha256"] = opening.record_sha256
    return checks
