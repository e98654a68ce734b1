"""The successor of a member that left: who loses the drawn place, and who takes the seat, as the record leads to it.

For the service that records both and for the offline verifier. A successor is drawn for the same group in a further
round of the same draw; who sits for the buyer is named.
"""

from __future__ import annotations

from app.casefile.case import Case, LotCase
from evaluation.committee import MemberRole
from evaluation.draw import CandidateDismissed, SeatState
from evaluation.sitting import MemberReplaced


def dismissal_due(case: Case, lot: str) -> CandidateDismissed | None:
    """The drawn place of a member that has left, while the draw still counts it as taken; where another committee is to
    evaluate, of everybody who was drawn for the one before."""
    state = case.lot(lot)
    if state.earlier and not state.convened:
        for person in sorted(state.earlier[-1].lot.draw.seats):
            if state.draw.seats[person].holds_a_seat:
                return CandidateDismissed(_round_of(state, person), person, "committee_dissolved")
        return None
    for number in sorted(state.sitting.empty):
        person = state.sitting.seats[number].person
        if state.draw.seats.get(person) is SeatState.ACCEPTED:
            return CandidateDismissed(_round_of(state, person), person, "member_recused")
    return None


def _round_of(state: LotCase, person: str) -> int:
    """The round in which somebody was drawn last."""
    return max(r.number for r in state.draw.rounds if r.result and person in _selected(r.result.selected))


def _selected(by_stratum: dict[str, tuple[str, ...]]) -> set[str]:
    return {number for numbers in by_stratum.values() for number in numbers}


def replacement_due(case: Case, lot: str) -> MemberReplaced | None:
    """Who takes an empty seat now; None while nobody has accepted, or the sitting stands still or has ended."""
    sitting, draw = case.lot(lot).sitting, case.lot(lot).draw
    if sitting.suspended is not None or case.lot(lot).evaluation_over:
        return None
    for number in sorted(sitting.empty):
        seat = sitting.seats[number]
        if seat.role is not MemberRole.EXPERT:
            there = case.lot(lot).buyers.sitting.items()
            named = (person for person, one in there if person not in sitting.persons and one.site == seat.site)
            if (person := next(named, None)) is not None:
                return MemberReplaced(number, seat.site, person)
            continue
        stratum = draw.drawn_for[seat.person]
        waiting = [one for one in draw.seated if draw.drawn_for[one] == stratum and one not in sitting.persons]
        if waiting:
            return MemberReplaced(number, stratum.rpartition("/")[2], waiting[0])
    return None
