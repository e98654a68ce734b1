"""Where a draw stands: the fold of its events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, singledispatch
from typing import Any

from evaluation.draw.events import (
    ApprovedPool,
    CallAttempted,
    CallUpAnswered,
    CallUpExpired,
    CallUpSent,
    CandidateDismissed,
    CapsuleShareReleased,
    CapsulesOpened,
    CommitmentsOverdue,
    DrawCommitted,
    DrawCompleted,
    DrawConditionsApproved,
    DrawConditionsProposed,
    DrawEvent,
    DrawRevealed,
    DrawRoundOpened,
    DrawShareReleased,
    DrawSignatureRecorded,
    DrawSigned,
    DrawStated,
    Outcome,
    ReserveCalled,
    RoundReason,
)
from evaluation.draw.tickets import Candidate, DrawConditions, DrawResult, Stratum, wider_json, wider_sha256


class SeatState(StrEnum):
    """What became of a drawn candidate."""

    DRAWN = "drawn"
    CALLED = "called"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    DISMISSED = "dismissed"

    @property
    def holds_a_seat(self) -> bool:
        """Whether the seat is taken, or may still be accepted."""
        return self in {SeatState.DRAWN, SeatState.CALLED, SeatState.ACCEPTED}


@dataclass(frozen=True)
class DrawRound:
    """One round: commitments, statement, shares by trustee, signature, reveals, result."""

    number: int
    reason: RoundReason | None = None
    earlier_record_sha256: str = ""
    second_signature: str = ""
    wider: DrawConditionsProposed | None = None  # the wider conditions that this round is held under
    began_under: DrawConditions | None = None  # the conditions as they stood when it was opened
    commitments: dict[str, str] = field(default_factory=dict)
    capsules: dict[str, str] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()  # parties that can show only what their capsule holds
    overdue: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    statement: str = ""
    candidates: tuple[Candidate, ...] = ()
    shares: dict[int, str] = field(default_factory=dict)
    signature_hex: str = ""
    reveals: dict[str, str] = field(default_factory=dict)
    capsule_shares: dict[int, str] = field(default_factory=dict)
    result: DrawResult | None = None
    record_sha256: str = ""

    @property
    def wider_json(self) -> dict[str, Any] | None:
        """The wider conditions as a record shows them."""
        return wider_json(self.wider.conditions, self.wider.widening) if self.wider and self.wider.widening else None

    @property
    def wider_sha256(self) -> str:
        """The hash by which its statement names them; "" where the conditions are those of the first round."""
        return wider_sha256(self.wider.conditions, self.wider.widening) if self.wider and self.wider.widening else ""

    @property
    def passed_over(self) -> tuple[str, ...]:
        """The parties that the round goes on without, as it is now."""
        return tuple(party for party in self.overdue if party not in self.commitments)

    @property
    def is_widened(self) -> bool:
        """Whether the conditions were widened in this very round."""
        return self.wider is not None and self.wider.widening is not None and self.wider.widening.round == self.number

    @cached_property
    def stated(self) -> Mapping[str, Any]:
        """The statement, empty before there is one."""
        return json.loads(self.statement) if self.statement else {}


@dataclass(frozen=True)
class DrawState:
    """A whole draw. `seats` maps every candidate ever drawn to what became of it, `drawn_for` to its stratum,
    `attempts` to how it was called. `pool` is as it was approved last; None in draws without that rule. `agreed`
    are the conditions of the first round, `wider` are
    conditions for a further round that wait for their approval: until then those of before hold. `spare`: how many more
    people than open seats a stratum must have, by the rule book of the case."""

    conditions: DrawConditions | None = None
    approved: bool = False
    pool: ApprovedPool | None = None
    rounds: tuple[DrawRound, ...] = ()
    seats: dict[str, SeatState] = field(default_factory=dict)
    drawn_for: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, tuple[CallAttempted, ...]] = field(default_factory=dict)
    agreed: DrawConditions | None = None
    wider: DrawConditionsProposed | None = None
    spare: int = 0

    @property
    def current(self) -> DrawRound | None:
        """The latest round."""
        return self.rounds[-1] if self.rounds else None

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The pool as it was stated last, in which everybody of the earlier ones is, too."""
        return next((found.candidates for found in reversed(self.rounds) if found.statement), ())

    @property
    def pool_is_new(self) -> bool:
        """Whether the open round is the first one that is drawn from the approved pool."""
        current = self.current
        return current is not None and not current.statement and (current.number == 1 or current.is_widened)

    @property
    def to_approve(self) -> DrawConditionsProposed | None:
        """The conditions whose approval is due, or was given last."""
        if self.wider is not None:
            return self.wider
        if self.current is not None and self.current.wider is not None:
            return self.current.wider
        return DrawConditionsProposed(self.conditions) if self.conditions is not None else None

    def reached(self, candidate: str) -> bool:
        """Whether any message to a candidate was taken by its carrier."""
        return any(made.outcome is not Outcome.FAILED for made in self.attempts.get(candidate, ()))

    @property
    def seated(self) -> tuple[str, ...]:
        """The candidates who have accepted, by pseudonym."""
        return tuple(sorted(id_ for id_, state in self.seats.items() if state is SeatState.ACCEPTED))

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """The strata with the quota that is open now: what the next statement must hold."""
        open_seats = missing(self)
        known = self.conditions.strata if self.conditions else ()
        return tuple(Stratum(s.name, open_seats[s.name], s.reserve) for s in known if s.name in open_seats)


def missing(state: DrawState) -> dict[str, int]:
    """The number of open seats by stratum, full strata left out."""
    if state.conditions is None:
        return {}
    held = Counter(state.drawn_for[id_] for id_, seat in state.seats.items() if seat.holds_a_seat)
    return {s.name: s.quota - held[s.name] for s in state.conditions.strata if s.quota > held[s.name]}


def excluded(state: DrawState, pool: Iterable[Candidate] | None = None) -> dict[str, str]:
    """Who cannot be drawn in the next round besides the recused, and why: drawn before, or of a unit that might exceed
    its maximum.

    A round counts its units from nothing, so a unit that holds seats has to have room for all seats that are open. What
    became of whoever was drawn is not part of the reason: an answer that comes while a round is stated changes nothing.
    `pool` is the one to be drawn from, where it is not the latest stated one.
    """
    if state.conditions is None:
        return {}
    found: dict[str, str] = dict.fromkeys(state.seats, "drawn_before")
    units, most, open_seats = units_held(state), state.conditions.max_per_unit, sum(missing(state).values())
    full = {unit for unit, held in units.items() if most - held < min(open_seats, most)}
    for candidate in state.candidates if pool is None else pool:
        if candidate.unit in full:
            found.setdefault(candidate.id, "unit_at_maximum")
    return found


def units_held(state: DrawState) -> Counter[str]:
    """How many seats the people of each unit hold now."""
    return Counter(one.unit for one in state.candidates if one.id in state.seats and state.seats[one.id].holds_a_seat)


def lets_commit(state: DrawState, event: DrawEvent) -> bool:
    """Whether parties can commit from this event on, and could not before: a round is opened, or conditions that were
    proposed anew are approved. To approve once more what is approved gives nobody more time.
    """
    return isinstance(event, DrawRoundOpened) or (isinstance(event, DrawConditionsApproved) and not state.approved)


def with_other_trustees(state: DrawState, needed: int) -> DrawState:
    """The draw once other trustees hold the key, `needed` of whom sign: what is not signed yet begins again.

    Shares of two sets of trustees do not combine.
    """
    if state.conditions is not None:
        state = replace(state, conditions=replace(state.conditions, trustees_needed=needed))
    current = state.current
    if current is None:
        return state
    state = _in_round(state, current.number, capsule_shares={})
    return state if current.signature_hex else _in_round(state, current.number, shares={})


@singledispatch
def _applied(event: DrawEvent, state: DrawState) -> DrawState:
    raise TypeError(f"{type(event).__name__} does not happen in a draw")


def apply(state: DrawState, event: DrawEvent) -> DrawState:
    """The state after an accepted event. Never refuses: what was recorded has happened."""
    return _applied(event, state)


def replay(events: Iterable[DrawEvent]) -> DrawState:
    """The state after all events of one draw."""
    state = DrawState()
    for event in events:
        state = apply(state, event)
    return state


def _in_round(state: DrawState, number: int, **changes: Any) -> DrawState:
    rounds = tuple(replace(found, **changes) if found.number == number else found for found in state.rounds)
    return replace(state, rounds=rounds)


def _seat(state: DrawState, candidate: str, seat: SeatState) -> DrawState:
    return replace(state, seats=state.seats | {candidate: seat})


@_applied.register
def _proposed(event: DrawConditionsProposed, state: DrawState) -> DrawState:
    if event.widening is not None:
        return replace(state, wider=event)
    if state.rounds:  # nobody can commit until they are approved: from then on everybody has the whole time again
        state = _in_round(state, len(state.rounds), overdue=())
    return replace(state, conditions=event.conditions, agreed=event.conditions, approved=False, pool=None)


@_applied.register
def _approved(event: DrawConditionsApproved, state: DrawState) -> DrawState:
    wider = state.wider
    if wider is None:
        return replace(state, approved=True, pool=event.pool)
    state = _in_round(state, len(state.rounds), wider=wider)
    return replace(state, conditions=wider.conditions, pool=event.pool, wider=None)


@_applied.register
def _opened(event: DrawRoundOpened, state: DrawState) -> DrawState:
    wider = state.current.wider if state.current else None
    opened = DrawRound(
        event.round, event.reason, event.earlier_record_sha256, event.second_signature, wider, state.conditions
    )
    return replace(state, rounds=(*state.rounds, opened))


@_applied.register
def _committed(event: DrawCommitted, state: DrawState) -> DrawState:
    current = state.rounds[event.round - 1]
    return _in_round(
        state,
        event.round,
        commitments=current.commitments | {event.party: event.commitment},
        capsules=current.capsules | {event.party: event.capsule_b64},
        bound=current.bound | ({event.party} if event.seal else set()),
    )


@_applied.register
def _overdue(event: CommitmentsOverdue, state: DrawState) -> DrawState:
    overdue = state.rounds[event.round - 1].overdue
    return _in_round(state, event.round, overdue=tuple(sorted({*overdue, *event.parties})))


@_applied.register
def _stated(event: DrawStated, state: DrawState) -> DrawState:
    return _in_round(state, event.round, statement=event.statement, candidates=event.candidates)


@_applied.register
def _share_released(event: DrawShareReleased, state: DrawState) -> DrawState:
    shares = state.rounds[event.round - 1].shares | {event.index: event.share_hex}
    return _in_round(state, event.round, shares=shares)


@_applied.register
def _signature_recorded(event: DrawSignatureRecorded, state: DrawState) -> DrawState:
    return _in_round(state, event.round, signature_hex=event.signature_hex)


@_applied.register
def _signed(event: DrawSigned, state: DrawState) -> DrawState:
    return state


@_applied.register
def _capsule_share_released(event: CapsuleShareReleased, state: DrawState) -> DrawState:
    shares = state.rounds[event.round - 1].capsule_shares | {event.index: event.share_hex}
    return _in_round(state, event.round, capsule_shares=shares)


@_applied.register
def _revealed(event: DrawRevealed, state: DrawState) -> DrawState:
    reveals = state.rounds[event.round - 1].reveals | {event.party: event.value_hex}
    return _in_round(state, event.round, reveals=reveals)


@_applied.register
def _capsules_opened(event: CapsulesOpened, state: DrawState) -> DrawState:
    reveals = state.rounds[event.round - 1].reveals | event.values
    return _in_round(state, event.round, reveals=reveals, replaced=event.replaced or ())


@_applied.register
def _completed(event: DrawCompleted, state: DrawState) -> DrawState:
    drawn_for = {id_: stratum for stratum, ids in event.selected.items() for id_ in ids}
    state = _in_round(
        state, event.round, result=DrawResult(event.selected, event.reserve), record_sha256=event.record_sha256
    )
    return replace(
        state,
        seats=state.seats | dict.fromkeys(drawn_for, SeatState.DRAWN),
        drawn_for=state.drawn_for | drawn_for,
    )


@_applied.register
def _call_up_sent(event: CallUpSent, state: DrawState) -> DrawState:
    return _seat(state, event.candidate, SeatState.CALLED)


@_applied.register
def _attempted(event: CallAttempted, state: DrawState) -> DrawState:
    before = state.attempts.get(event.candidate, ())
    return replace(state, attempts=state.attempts | {event.candidate: (*before, event)})


@_applied.register
def _call_up_answered(event: CallUpAnswered, state: DrawState) -> DrawState:
    return _seat(state, event.candidate, SeatState.ACCEPTED if event.accepted else SeatState.REFUSED)


@_applied.register
def _call_up_expired(event: CallUpExpired, state: DrawState) -> DrawState:
    return _seat(state, event.candidate, SeatState.EXPIRED)


@_applied.register
def _dismissed(event: CandidateDismissed, state: DrawState) -> DrawState:
    return _seat(state, event.candidate, SeatState.DISMISSED)


@_applied.register
def _reserve_called(event: ReserveCalled, state: DrawState) -> DrawState:
    state = replace(state, drawn_for=state.drawn_for | {event.candidate: event.stratum})
    return _seat(state, event.candidate, SeatState.CALLED)
