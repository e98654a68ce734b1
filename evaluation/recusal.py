"""Recusal (回避): which experts may not evaluate which bidders, and why (O12 art. 12, Reg 46, O87 art. 47)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from evaluation.experts import Expert
from evaluation.standing import Status

MIDDLE_DOTS = dict.fromkeys(map(ord, "·•‧∙・･"), None)  # between the parts of a name, however it was typed


class ConflictGround(StrEnum):
    """The grounds on which an expert steps back: by law, and the last three by the profile."""

    EMPLOYER = "employer"
    PAST_EMPLOYER = "past_employer"
    RELATIVE = "relative"
    INTEREST = "interest"
    BUYER_STAFF = "buyer_staff"
    AGENCY_STAFF = "agency_staff"
    AUTHORITY_STAFF = "authority_staff"
    CENTRE_STAFF = "centre_staff"
    TRUSTEE_STAFF = "trustee_staff"
    PUNISHED = "punished"
    EARLIER_COMMITTEE = "earlier_committee"
    FREQUENCY = "frequency"
    REMOVED = "removed"  # from the library, by two persons, after the pool was fixed


@dataclass(frozen=True)
class RecusalRules:
    """Profile figures: for how many years after leaving a former employer still counts, on how many committees one may
    have sat in the profile's period (None: any number); and the article behind each ground, by the ground.
    """

    past_employer_years: int
    seats_at_most: int | None = None
    articles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BidderParties:
    """A bidder with its affiliated organisations, as references, and its responsible persons, by name."""

    bidder: str
    organisations: tuple[str, ...]
    persons: tuple[str, ...]


@dataclass(frozen=True)
class Surroundings:
    """What a case is surrounded by: `offices` are the organisations whose staff step back, with their ground; `earlier`
    the experts who sat on an earlier committee of the same matter; `seats` on how many committees one sat lately.
    """

    offices: Mapping[str, ConflictGround] = field(default_factory=dict)
    earlier: frozenset[str] = frozenset()
    seats: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Conflict:
    """One reason why an expert may not sit: `bidder` is "" where it does not depend on who bids."""

    expert: str
    ground: ConflictGround
    bidder: str
    reference: str
    article: str = ""


def same_name(name: str) -> str:
    """What two spellings of a name have in common: no spaces, no middle dots, one width, one case."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(MIDDLE_DOTS)
    return "".join(folded.split())


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


Found = list[tuple[ConflictGround, str, str]]


def _with_bidder(expert: Expert, parties: BidderParties, rules: RecusalRules, on: date) -> Found:
    organisations, found = set(parties.organisations), []
    if expert.organisation in organisations:
        found.append((ConflictGround.EMPLOYER, expert.organisation))
    for employment in expert.past_employments:
        counts_until = _years_after(employment.until, rules.past_employer_years)
        if employment.organisation in organisations and on <= counts_until:
            found.append((ConflictGround.PAST_EMPLOYER, employment.organisation))
    if expert.relatives:
        persons = {same_name(person) for person in parties.persons} - {""}
        found += [(ConflictGround.RELATIVE, person) for person in expert.relatives if same_name(person) in persons]
    found += [(ConflictGround.INTEREST, interest) for interest in expert.interests if interest in organisations]
    return [(ground, parties.bidder, reference) for ground, reference in found]


def _whoever_bids(expert: Expert, around: Surroundings, rules: RecusalRules) -> Found:
    found: Found = []
    if ground := around.offices.get(expert.organisation):
        found.append((ground, "", expert.organisation))
    if expert.service:
        found.append((ConflictGround.AUTHORITY_STAFF, "", expert.service))
    if expert.punished:
        found.append((ConflictGround.PUNISHED, "", ""))
    if expert.id in around.earlier:
        found.append((ConflictGround.EARLIER_COMMITTEE, "", ""))
    seats = around.seats.get(expert.id, 0)
    if rules.seats_at_most is not None and seats >= rules.seats_at_most:
        found.append((ConflictGround.FREQUENCY, "", f"{seats}/{rules.seats_at_most}"))
    if expert.status is Status.REMOVED:
        found.append((ConflictGround.REMOVED, "", ""))
    return found


def conflicts(
    expert: Expert, bidders: Iterable[BidderParties], around: Surroundings, rules: RecusalRules, on: date
) -> tuple[Conflict, ...]:
    """Every conflict of an expert on a day with the bidders and with what surrounds the case.

    A former employer counts up to and including the anniversary of the last day there.
    """
    found = [conflict for parties in bidders for conflict in _with_bidder(expert, parties, rules, on)]
    found += _whoever_bids(expert, around, rules)
    return tuple(
        Conflict(expert.id, ground, bidder, reference, rules.articles.get(ground, ""))
        for ground, bidder, reference in found
    )


def recusals(
    experts: Iterable[Expert], bidders: Sequence[BidderParties], around: Surroundings, rules: RecusalRules, on: date
) -> dict[str, tuple[Conflict, ...]]:
    """The conflicts of every expert who has one, by expert id."""
    found = {expert.id: conflicts(expert, bidders, around, rules, on) for expert in experts}
    return {expert: reasons for expert, reasons in sorted(found.items()) if reasons}
