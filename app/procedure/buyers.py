"""Who sits for the buyer, and who does when one leaves: named in writing, never drawn (O87 art. 45).

A place that somebody has left is filled by another person whom the agency names with a letter of authority of its own,
at the same site; whoever sat before is not named again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile

PERSON = "buyer-"  # what a seat calls the one who was named, with the number of the naming


@dataclass(frozen=True)
class BuyerMemberNamed:
    """The agency names a person of the buyer; `letter_sha256` names the letter of authority."""

    account: str
    site: str
    letter_sha256: str


@dataclass(frozen=True)
class Buyers:
    """Everybody who was named, in order; `gone` are the numbers (from 1) of those who sit no more, `vacant` the sites
    of places that wait for a successor."""

    named: tuple[BuyerMemberNamed, ...] = ()
    gone: frozenset[int] = frozenset()
    vacant: tuple[str, ...] = ()

    @property
    def sitting(self) -> Mapping[str, BuyerMemberNamed]:
        """Those who sit or are to sit, by what their seats call them."""
        numbered = enumerate(self.named, 1)
        return {f"{PERSON}{number}": one for number, one in numbered if number not in self.gone}

    @property
    def members(self) -> tuple[BuyerMemberNamed, ...]:
        """Those who sit or are to sit, in the order in which they were named."""
        return tuple(self.sitting.values())

    def who(self, person: str) -> BuyerMemberNamed:
        """Who is behind what a seat says."""
        return self.named[int(person.removeprefix(PERSON)) - 1]


def decide(buyers: Buyers, fact: BuyerMemberNamed, profile: Profile, *, settled: bool) -> tuple[BuyerMemberNamed]:
    """The accepted naming, or RuleViolation (`committee_settled`, `too_many_buyer_members`, `buyer_member_repeated`,
    `buyer_member_elsewhere`).

    `settled`: how many experts are drawn beside is approved already, and the committee would no longer be odd; a place
    that somebody has left is filled all the same.
    """
    check_room(buyers, profile, settled=settled)
    if any(earlier.account == fact.account for earlier in buyers.named):
        raise RuleViolation("buyer_member_repeated", regime=profile.regime)
    if buyers.vacant and fact.site not in buyers.vacant:
        raise RuleViolation("buyer_member_elsewhere", regime=profile.regime)
    return (fact,)


def check_room(buyers: Buyers, profile: Profile, *, settled: bool) -> None:
    """Somebody more may sit for the buyer. Raises RuleViolation `committee_settled`, `too_many_buyer_members`."""
    if buyers.vacant:
        return
    if settled:
        raise RuleViolation("committee_settled", regime=profile.regime)
    if (count := len(buyers.members)) >= profile.buyer_members_at_most:
        raise RuleViolation("too_many_buyer_members", buyers=count + 1, most=profile.buyer_members_at_most)


def apply(buyers: Buyers, fact: BuyerMemberNamed) -> Buyers:
    """Named: for a place that waits at that site, or for one of its own."""
    vacant = list(buyers.vacant)
    if fact.site in vacant:
        vacant.remove(fact.site)
    return replace(buyers, named=(*buyers.named, fact), vacant=tuple(vacant))


def without(buyers: Buyers, person: str) -> Buyers:
    """Somebody leaves: the place waits for a successor. Whoever is not the buyer's changes nothing."""
    if person not in buyers.sitting:
        return buyers
    number = int(person.removeprefix(PERSON))
    return replace(buyers, gone=buyers.gone | {number}, vacant=(*buyers.vacant, buyers.who(person).site))
