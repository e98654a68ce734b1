"""Recusal (回避): which experts may not evaluate which bidders, and why (O12 art. 12, Reg 46)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from evaluation.experts import Expert


class ConflictGround(StrEnum):
    """The legal grounds on which an expert steps back."""

    EMPLOYER = "employer"
    PAST_EMPLOYER = "past_employer"
    RELATIVE = "relative"
    INTEREST = "interest"
    BUYER_STAFF = "buyer_staff"
    AUTHORITY_STAFF = "authority_staff"
    PUNISHED = "punished"


@dataclass(frozen=True)
class RecusalRules:
    """Profile figure: for how many years after leaving a former employer still counts."""

    past_employer_years: int


@dataclass(frozen=True)
class BidderParties:
    """A bidder with its affiliated organisations and its responsible persons, as references."""

    bidder: str
    organisations: tuple[str, ...]
    persons: tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """One reason why an expert may not sit: `bidder` is "" where it does not depend on who bids."""

    expert: str
    ground: ConflictGround
    bidder: str
    reference: str


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _with_bidder(expert: Expert, parties: BidderParties, rules: RecusalRules, on: date) -> list[Conflict]:
    organisations, found = set(parties.organisations), []
    if expert.organisation in organisations:
        found.append((ConflictGround.EMPLOYER, expert.organisation))
    for employment in expert.past_employments:
        counts_until = _years_after(employment.until, rules.past_employer_years)
        if employment.organisation in organisations and on <= counts_until:
            found.append((ConflictGround.PAST_EMPLOYER, employment.organisation))
    found += [(ConflictGround.RELATIVE, person) for person in expert.relatives if person in parties.persons]
    found += [(ConflictGround.INTEREST, interest) for interest in expert.interests if interest in organisations]
    return [Conflict(expert.id, ground, parties.bidder, reference) for ground, reference in found]


def conflicts(
    expert: Expert, bidders: Iterable[BidderParties], buyers: Sequence[str], rules: RecusalRules, on: date
) -> tuple[Conflict, ...]:
    """Every conflict of an expert on a day with the bidders and with the buyer's and agency's organisations `buyers`.

    A former employer counts up to and including the anniversary of the last day there.
    """
    found = [conflict for parties in bidders for conflict in _with_bidder(expert, parties, rules, on)]
    if expert.organisation in buyers:
        found.append(Conflict(expert.id, ConflictGround.BUYER_STAFF, "", expert.organisation))
    if expert.service:
        found.append(Conflict(expert.id, ConflictGround.AUTHORITY_STAFF, "", expert.service))
    if expert.punished:
        found.append(Conflict(expert.id, ConflictGround.PUNISHED, "", ""))
    return tuple(found)


def recusals(
    experts: Iterable[Expert], bidders: Sequence[BidderParties], buyers: Sequence[str], rules: RecusalRules, on: date
) -> dict[str, tuple[Conflict, ...]]:
    """The conflicts of every expert who has one, by expert id."""
    found = {expert.id: conflicts(expert, bidders, buyers, rules, on) for expert in experts}
    return {expert: reasons for expert, reasons in sorted(found.items()) if reasons}
