"""The wall on which a draw is watched, as one looker may see it now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.casefile.anonymous import may_tell_draw
from app.casefile.case import Case
from app.casefile.sealing import committee_of
from crypto.canonical import Json
from crypto.committee import Committee, identity
from evaluation import draw as draw_rules
from evaluation.draw import DrawRound, RoundReason, SeatState


@dataclass(frozen=True)
class StratumLine:
    """A stratum of the conditions: speciality, id of the site, seats, reserve; and how many could be drawn when it was
    approved, and by the statement of the first round. None while it is not known.
    """

    speciality: str
    site: str
    quota: int
    reserve: int
    approved: int | None
    stated: int | None

    @property
    def name(self) -> str:
        """As the conditions name it."""
        return f"{self.speciality}/{self.site}"


@dataclass(frozen=True)
class PartyCard:
    """A party's bytes: nothing, nothing in time (overdue), sealed (the commitment stands), revealed, or replaced where
    other bytes were sealed than committed to."""

    party: str
    state: str
    commitment: str
    value: str


@dataclass(frozen=True)
class DrawnNumber:
    """A pseudonym drawn in a round, and what became of it."""

    number: str
    stratum: StratumLine
    state: SeatState


@dataclass(frozen=True)
class Wider:
    """How the conditions of a round are wider than those before: seats by stratum less and more, and why."""

    less: tuple[tuple[StratumLine, int], ...]
    more: tuple[tuple[StratumLine, int], ...]
    reason: str


@dataclass(frozen=True)
class RoundView:
    """One round on the wall. `step` is what it waits for."""

    number: int
    reason: RoundReason | None
    step: str  # commit state sign reveal done
    cards: tuple[PartyCard, ...]
    pool: int
    recused: int
    small: tuple[str, ...]
    certain: tuple[str, ...]  # strata whose pool has no more than the seats asked for: nothing was left to chance
    shares: int
    capsule_shares: int
    statement_sha256: str
    signature_sha256: str
    drawn: tuple[DrawnNumber, ...]
    record_sha256: str
    reveal_identity: str
    wider: Wider | None  # the conditions that were widened for this round
    shown: bool  # the record may be checked by everybody here (`may_tell_draw`)
    signature: str = ""  # σ itself, once the record is shown


@dataclass(frozen=True)
class DrawHall:
    """A draw as its parties watch it: numbers only."""

    stage: str  # none proposed drawing done
    draw_id: str
    strata: tuple[StratumLine, ...]
    max_per_unit: int
    pool_factor: int
    needed: int
    rounds: tuple[RoundView, ...]
    committee: Json
    published_committee: str  # its id, from the signed and published terms
    pool_fixed: bool = False
    may_shrink: bool = False  # until the statement, the size of the pool may be approved anew
    may_widen: bool = False  # a further round that is not stated yet, whose pool may have nobody left
    waits_for_wider: bool = False  # wider conditions are proposed and not approved yet
    exhausted: bool = False  # as far as the record itself shows

    @property
    def certain(self) -> bool:
        """Whether in some round somebody or something had to be drawn, since there was no other."""
        return any(found.certain for found in self.rounds)

    @property
    def current(self) -> RoundView | None:
        return self.rounds[-1] if self.rounds else None


def draw_hall(case: Case, lot: str) -> DrawHall:
    """The draw of a lot for those whom the policy lets watch it."""
    state, conditions = case.lot(lot).draw, case.lot(lot).draw.conditions
    if conditions is None:
        return DrawHall("none", "", (), 0, 0, 0, (), {}, "")
    open_seats = draw_rules.missing(state)
    called = case.inspection is None  # nobody answers to whether it is inspected
    waiting = called and any(seat in (SeatState.DRAWN, SeatState.CALLED) for seat in state.seats.values())
    stage = "drawing" if open_seats or waiting else "done"
    return DrawHall(
        stage=stage if state.approved else "proposed",
        draw_id=conditions.draw_id,
        strata=tuple(_stratum(state, s) for s in conditions.strata),
        max_per_unit=conditions.max_per_unit,
        pool_factor=conditions.pool_factor,
        needed=conditions.trustees_needed,
        rounds=tuple(_round(case, lot, found) for found in state.rounds),
        committee=committee_of(case).describe(),
        published_committee=Committee.from_description(_published_committee(case)).id,
        pool_fixed=state.pool is not None,
        may_shrink=state.pool is not None and state.pool_is_new,
        may_widen=called and len(state.rounds) > 1 and not state.rounds[-1].statement,
        waits_for_wider=state.wider is not None,
        exhausted=draw_rules.exhausted(state) is not None,
    )


def _published_committee(case: Case) -> Json:
    """As the signed and published terms of a tender, or the approved plan of inspections, name it."""
    return case.tender.published.committee if case.inspection is None else case.inspection.approved().committee


def _stratum(state: draw_rules.DrawState, stratum: draw_rules.Stratum) -> StratumLine:
    speciality, _, site = stratum.name.rpartition("/")
    approved = state.pool.sizes.get(stratum.name) if state.pool else None
    of_pool = (found for found in state.rounds if found.statement and found.wider == state.rounds[-1].wider)
    first, stated = next(of_pool, None), None
    if first is not None:
        stated = draw_rules.pool_sizes(first.stated, first.candidates).get(stratum.name)
    return StratumLine(speciality, site, stratum.quota, stratum.reserve, approved, stated)


def _round(case: Case, lot: str, found: DrawRound) -> RoundView:
    conditions = case.lots[lot].draw.conditions
    assert conditions is not None
    reveal = draw_rules.reveal_statement(conditions.draw_id, found.number)
    factor, shown = conditions.pool_factor, found.result is not None and _may_be_shown(case, lot)
    return RoundView(
        number=found.number,
        reason=found.reason,
        step=_step(found, conditions.parties),
        cards=tuple(_card(found, party) for party in conditions.parties),
        pool=len(found.candidates),
        recused=len(found.stated["recused"]) if found.statement else 0,
        small=draw_rules.small_pools(found.stated, found.candidates, factor) if found.statement else (),
        certain=draw_rules.certain_pools(found.stated, found.candidates) if found.statement else (),
        shares=len(found.shares),
        capsule_shares=len(found.capsule_shares),
        statement_sha256=hashlib.sha256(found.statement.encode()).hexdigest() if found.statement else "",
        signature_sha256=_sha256_of_hex(found.signature_hex),
        drawn=_drawn(case, lot, found),
        record_sha256=found.record_sha256,
        reveal_identity=identity("draw-reveal", reveal).hex(),
        wider=_wider(case.lots[lot].draw, found),
        shown=shown,
        signature=found.signature_hex if shown else "",
    )


def _may_be_shown(case: Case, lot: str) -> bool:
    return case.inspection is not None or may_tell_draw(case, lot)


def _wider(state: draw_rules.DrawState, found: DrawRound) -> Wider | None:
    if not found.is_widened or found.wider is None or found.wider.widening is None or state.agreed is None:
        return None
    before = state.rounds[found.number - 2].wider
    strata = (before.conditions if before else state.agreed).strata
    less = draw_rules.given_away(strata, found.wider.conditions.strata)
    more = draw_rules.given_away(found.wider.conditions.strata, strata)
    lines = [
        tuple((_stratum(state, draw_rules.Stratum(name, 0, 0)), seats) for name, seats in moved.items())
        for moved in (less, more)
    ]
    return Wider(lines[0], lines[1], found.wider.widening.reason)


def _sha256_of_hex(text: str) -> str:
    return hashlib.sha256(bytes.fromhex(text)).hexdigest() if text else ""


def _step(found: DrawRound, parties: tuple[str, ...]) -> str:
    """What a round waits for, in the lawful order."""
    waited = set(parties) - found.commitments.keys() - set(found.passed_over)
    if waited or len(found.commitments) < draw_rules.LEAST_PARTIES:
        return "commit"
    if not found.statement:
        return "state"
    if not found.signature_hex:
        return "sign"
    return "reveal" if found.result is None else "done"


def _card(found: DrawRound, party: str) -> PartyCard:
    value, promise = found.reveals.get(party, ""), found.commitments.get(party, "")
    state = "revealed" if value else "sealed" if promise else "overdue" if party in found.overdue else "waiting"
    state = "replaced" if party in found.replaced else state
    return PartyCard(party, state, promise, value)


def _drawn(case: Case, lot: str, found: DrawRound) -> tuple[DrawnNumber, ...]:
    if found.result is None:
        return ()
    state = case.lots[lot].draw
    return tuple(
        DrawnNumber(number, _stratum(state, draw_rules.Stratum(name, 0, 0)), state.seats[number])
        for name, numbers in found.result.selected.items()
        for number in numbers
    )
