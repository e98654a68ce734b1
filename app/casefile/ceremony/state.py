"""A ceremony as it stands, and what is signed in it: the same for making a key and for handing it on to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from app.casefile.codec import encode
from app.casefile.register import (
    CeremonyEnded,
    CeremonyJoined,
    CeremonyMember,
    CeremonyOpened,
    DealingGiven,
    DealingsAccepted,
    ResharingOpened,
)
from app.procedure.errors import RuleViolation
from crypto.canonical import Json, digest
from crypto.committee import Committee, Dealing, Member, combine_dealings, combine_redealings

STATEMENT = "bidceremony/v1"
CANCELLED, SHARE_WRONG, UNREADABLE, UNFOUNDED = "cancelled", "share_wrong", "share_unreadable", "complaint_unfounded"
Opened: TypeAlias = CeremonyOpened | ResharingOpened


@dataclass(frozen=True)
class ComplaintRaised:
    """Trustee `index` says that a share dealt to it is wrong: `bidcomplaint/v1`, and the identity that opens it.

    No fact of its own: `CeremonyEnded` carries it. `share` in the complaint is "" when the file cannot be opened.
    """

    ceremony: str
    index: int
    complaint: Json
    identity: str
    proof: Mapping[str, str]


Step: TypeAlias = CeremonyJoined | DealingGiven | DealingsAccepted | ComplaintRaised
STEPS: dict[str, type[Step]] = {
    "join": CeremonyJoined,
    "deal": DealingGiven,
    "accept": DealingsAccepted,
    "complain": ComplaintRaised,
}
NAMES: dict[type, str] = {kind: name for name, kind in STEPS.items()}


@dataclass(frozen=True)
class Ceremony:
    """A ceremony as it stands."""

    opened: Opened
    joined: Mapping[int, CeremonyJoined] = field(default_factory=dict)
    dealt: Mapping[int, DealingGiven] = field(default_factory=dict)
    accepted: Mapping[int, DealingsAccepted] = field(default_factory=dict)
    ended: CeremonyEnded | None = None

    @property
    def id(self) -> str:
        return self.opened.ceremony

    @property
    def n(self) -> int:
        return len(self.opened.members)

    @cached_property
    def previous(self) -> Committee | None:
        """The committee whose key is handed on; None where a key is made. Raises CryptoError for no description."""
        return Committee.from_description(self.opened.previous) if isinstance(self.opened, ResharingOpened) else None

    @property
    def dealers(self) -> tuple[CeremonyMember, ...]:
        """Who can deal: the members, or the trustees of the committee whose key is handed on."""
        return self.opened.dealers if isinstance(self.opened, ResharingOpened) else self.opened.members

    @property
    def people(self) -> tuple[CeremonyMember, ...]:
        """Everybody with a part in it; somebody may have two."""
        return self.opened.members if self.previous is None else (*self.opened.members, *self.dealers)

    @property
    def dealings_needed(self) -> int:
        """How many deal: all members, or as many as can sign (the first ones)."""
        return self.previous.k if self.previous is not None else self.n

    @property
    def complete(self) -> bool:
        """Whether all have accepted: the committee exists."""
        return len(self.accepted) == self.n

    @property
    def stage(self) -> str:
        """What is waited for: join, deal or accept; or that it is over: ended, complete."""
        if self.ended is not None:
            return "ended"
        if len(self.joined) < self.n:
            return "join"
        if len(self.dealt) < self.dealings_needed:
            return "deal"
        return "complete" if self.complete else "accept"

    @property
    def missing(self) -> tuple[CeremonyMember, ...]:
        """Those who can take the step that is waited for, and have not."""
        match self.stage:
            case "join":
                return tuple(member for member in self.opened.members if member.index not in self.joined)
            case "deal":
                return tuple(dealer for dealer in self.dealers if dealer.index not in self.dealt)
            case "accept":
                return tuple(member for member in self.opened.members if member.index not in self.accepted)
        return ()

    def recipient(self, index: int, dealer: int) -> str:
        """To which recipient `dealer` seals the share of member `index`, who has joined."""
        joined = self.joined[index]
        return (joined.recipients or {}).get(dealer, joined.recipient)

    def member(self, index: int) -> CeremonyMember:
        """Raises RuleViolation `ceremony_not_member`."""
        return self._at(self.opened.members, index)

    def taker(self, step: Step) -> CeremonyMember:
        """Whose step that is: a dealer's index counts among the dealers. Raises RuleViolation `ceremony_not_member`."""
        return self._at(self.dealers if isinstance(step, DealingGiven) else self.opened.members, step.index)

    def _at(self, people: tuple[CeremonyMember, ...], index: int) -> CeremonyMember:
        if not 1 <= index <= len(people):
            raise RuleViolation("ceremony_not_member", ceremony=self.id[:8])
        return people[index - 1]

    def index_of(self, key: str) -> int:
        """The index of the member with that key (its id, hex), 0 for none."""
        return next((member.index for member in self.opened.members if member.key_id == key), 0)

    def dealer_index(self, key: str) -> int:
        """The index of the dealer with that key (its id, hex), 0 for none."""
        return next((dealer.index for dealer in self.dealers if dealer.key_id == key), 0)

    @property
    def guilty(self) -> CeremonyMember | None:
        """Who was wrong, where a complaint ended it: who dealt, or who complained without reason."""
        if self.ended is None or not self.ended.guilty:
            return None
        return self._at(self.opened.members if self.ended.because == UNFOUNDED else self.dealers, self.ended.guilty)

    @cached_property
    def opened_sha256(self) -> str:
        return digest(encode(self.opened))

    @cached_property
    def joined_sha256(self) -> str:
        """Names every recipient. Only once all have joined."""
        return digest([encode(self.joined[index]) for index in range(1, self.n + 1)])

    @cached_property
    def dealings_sha256(self) -> str:
        """Names every dealing with its sealed shares and proofs. Only once all that are needed are there."""
        return digest([encode(self.dealt[index]) for index in sorted(self.dealt)])

    @property
    def dealings(self) -> tuple[Dealing, ...]:
        """What was dealt so far, by dealer, without the shares."""
        return tuple(self.dealing(index) for index in sorted(self.dealt))

    def dealing(self, index: int) -> Dealing:
        """What trustee `index` dealt, without the shares."""
        return dealing_of(self.dealt[index])

    @cached_property
    def committee(self) -> Committee:
        """What these dealings make. Only once all that are needed are there.

        Raises CryptoError as `combine_dealings` and `combine_redealings` do.
        """
        members = tuple(Member(member.index, member.organisation, member.key_id) for member in self.opened.members)
        return _combined(self.dealings, members, self.opened.k, self.previous)


@lru_cache(maxsize=16)
def _combined(
    dealings: tuple[Dealing, ...], members: tuple[Member, ...], k: int, previous: Committee | None
) -> Committee:
    """Remembered, because every acceptance and every look asks for it, at a pairing for each dealing."""
    if previous is None:
        return combine_dealings(dealings, members, k)
    return combine_redealings(previous, dealings, members, k)


def dealing_of(fact: DealingGiven) -> Dealing:
    commitments = tuple(_bytes_of(text) for text in fact.commitments)
    return Dealing(fact.ceremony, fact.index, commitments, _bytes_of(fact.possession))


def _bytes_of(text: str) -> bytes:
    if set(text) - set("0123456789abcdef") or len(text) % 2:
        raise RuleViolation("malformed", path="$.commitments, $.possession", expected="hex")
    return bytes.fromhex(text)


# What is signed


def content(step: Step) -> dict[str, Json]:
    """All that a step says, without its proof."""
    return {name: value for name, value in encode(step).items() if name != "proof"}


def statement(origin: str, opened_sha256: str, step: Step) -> dict[str, Json]:
    """`bidceremony/v1`: what a trustee signs under the label of ceremonies for one step of it."""
    return {
        "v": STATEMENT,
        "origin": origin,
        "ceremony": step.ceremony,
        "opened_sha256": opened_sha256,
        "step": NAMES[type(step)],
        "index": step.index,
        "content_sha256": digest(content(step)),
    }


# Fold


def apply(ceremony: Ceremony, fact: Any) -> Ceremony:
    """The ceremony after a fact of its own; other facts leave it as it is."""
    match fact:
        case CeremonyJoined():
            return replace(ceremony, joined={**ceremony.joined, fact.index: fact})
        case DealingGiven():
            return replace(ceremony, dealt={**ceremony.dealt, fact.index: fact})
        case DealingsAccepted():
            return replace(ceremony, accepted={**ceremony.accepted, fact.index: fact})
        case CeremonyEnded():
            return replace(ceremony, ended=fact)
    return ceremony
