"""Wider conditions for the seats of a further round that the pool has nobody left for.

They move seats that cannot be filled to other strata, and no seat more than that; the pool then grows and nobody
leaves it. So a further round is never a second try: whoever was drawn stays drawn, and a seat that can be filled stays
where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from evaluation.draw.capacity import Shortage, shortage
from evaluation.draw.deciding import LONGEST_REASON
from evaluation.draw.events import DrawConditionsProposed
from evaluation.draw.state import DrawState, excluded, missing
from evaluation.draw.tickets import Candidate, DrawConditions, Stratum
from evaluation.errors import RuleViolation

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def exhausted(state: DrawState, recused: Iterable[str] = ()) -> Shortage | None:
    """The stratum with seats open that the pool may not fill without those drawn, recused before or `recused`, or not
    without somebody being certain to be drawn; None while the next statement can be made.
    """
    current = state.current
    if state.conditions is None or current is None or current.number == 1 or current.statement or not state.candidates:
        return None
    return shortage(state.strata, _free(state, recused), state.conditions.max_per_unit, spare=state.spare)


def _free(state: DrawState, recused: Iterable[str]) -> list[Candidate]:
    before = {entry["id"] for found in state.rounds if found.statement for entry in found.stated["recused"]}
    out = before | excluded(state).keys() | set(recused)
    return [candidate for candidate in state.candidates if candidate.id not in out]


def given_away(before: Sequence[Stratum], after: Sequence[Stratum]) -> dict[str, int]:
    """How many seats each stratum has less than before."""
    kept = {stratum.name: stratum.quota for stratum in after}
    return {s.name: s.quota - kept.get(s.name, 0) for s in before if s.quota > kept.get(s.name, 0)}


def gained(state: DrawState, after: DrawConditions) -> tuple[Stratum, ...]:
    """The strata to which `after` gives more seats than they had when the open round began, with the seats open then.

    As of an added one, of each of them enough people have to be left that nobody is certain to be drawn.
    """
    began = state.current.began_under if state.current else None
    had = {stratum.name: stratum.quota for stratum in began.strata} if began else {}
    open_seats = missing(replace(state, conditions=after))
    more = [stratum for stratum in after.strata if stratum.quota > had.get(stratum.name, 0)]
    return tuple(replace(one, quota=open_seats[one.name]) for one in more if one.name in open_seats)


def needless(
    before: Sequence[Stratum],
    after: Sequence[Stratum],
    open_seats: Mapping[str, int],
    free: Sequence[Candidate],
    max_per_unit: int,
    spare: int = 0,
) -> str | None:
    """A stratum that gives a seat away which `free` people of the pool could fill beside what stays; None if none does.

    `open_seats` are those of `before`; `spare`: how many more people than seats there have to be.
    """
    given = given_away(before, after)
    stay = {name: seats - given.get(name, 0) for name, seats in open_seats.items()}
    for name in given:
        one_more = stay | {name: stay.get(name, 0) + 1}
        strata = [Stratum(s.name, one_more[s.name], s.reserve) for s in before if one_more.get(s.name, 0) > 0]
        if shortage(strata, free, max_per_unit, spare=spare) is None:
            return name
    return None


def check_widening(fact: DrawConditionsProposed, state: DrawState) -> None:
    """Raises RuleViolation `draw_conditions_settled`, `draw_widening_…`, `draw_pool_not_exhausted`."""
    widening, before, current = fact.widening, state.conditions, state.current
    if widening is None or before is None or current is None or current.number == 1 or current.statement:
        raise RuleViolation("draw_conditions_settled")
    if widening.round != current.number:
        raise RuleViolation("draw_round_not_current", round=widening.round, current=current.number)
    if not widening.reason.strip():
        raise RuleViolation("draw_widening_reason_missing")
    if len(widening.reason) > LONGEST_REASON:
        raise RuleViolation("draw_widening_reason_long", length=len(widening.reason), most=LONGEST_REASON)
    if not all(map(_DIGEST.match, widening.recused.values())):
        raise RuleViolation("draw_conditions_invalid", field="recused")
    _check_same_but_for_strata(before, fact.conditions)
    open_seats, given = missing(state), given_away(before.strata, fact.conditions.strata)
    if any(seats > open_seats.get(name, 0) for name, seats in given.items()):
        raise RuleViolation("draw_widening_takes_seats")
    free = _free(state, widening.recused)
    name = needless(before.strata, fact.conditions.strata, open_seats, free, before.max_per_unit, state.spare)
    if name is not None or not given:
        raise RuleViolation("draw_pool_not_exhausted", stratum=name or "-")


def _check_same_but_for_strata(before: DrawConditions, after: DrawConditions) -> None:
    """As many seats as before, and nothing else than strata is other."""
    for field in ("tender", "lot", "purpose", "max_per_unit", "parties", "pool_factor", "committee", "trustees_needed"):
        if getattr(before, field) != getattr(after, field):
            raise RuleViolation("draw_conditions_invalid", field=field)
    reserves = {stratum.name: stratum.reserve for stratum in before.strata}
    if any(reserves.get(stratum.name, stratum.reserve) != stratum.reserve for stratum in after.strata):
        raise RuleViolation("draw_conditions_invalid", field="reserve")
    seats, due = sum(stratum.quota for stratum in after.strata), sum(stratum.quota for stratum in before.strata)
    if seats != due:
        raise RuleViolation("draw_widening_seats_differ", seats=seats, due=due)


def filled(state: DrawState, fact: DrawConditionsProposed) -> frozenset[str]:
    """The strata of wider conditions that the next statement has no seat for; nothing of other conditions."""
    if fact.widening is None:
        return frozenset()
    before = state.conditions.strata if state.conditions else ()
    given, open_seats = given_away(before, fact.conditions.strata), missing(state)
    return frozenset(s.name for s in before if open_seats.get(s.name, 0) <= given.get(s.name, 0))


def lost(before: Iterable[Candidate], after: Iterable[Candidate]) -> str | None:
    """Somebody of a pool who is missing or other in the wider one, or can be drawn for less; None if nobody is."""
    known = {candidate.id: candidate for candidate in after}
    for one in before:
        now = known.get(one.id)
        if now is None or (now.unit, now.person) != (one.unit, one.person) or not set(one.strata) <= set(now.strata):
            return one.id
    return None
