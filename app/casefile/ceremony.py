"""A key ceremony as a pure machine: what stands, what may come next, and who is wrong when somebody complains.

The platform and every trustee's own tool run this same code over the same facts, so that neither believes the other.

1. Every trustee joins with a fresh recipient for sealed files (join).
2. When all have joined, each deals: commitments in public, one sealed share to each trustee (deal).
3. When all have dealt, each opens what it was dealt and accepts, naming what it accepts by its hash (accept), or
   complains (complain), which ends the ceremony and names the guilty one.
4. The last acceptance registers the committee.

Each step is signed with the trustee's certified key over `bidceremony/v1`, which holds the hash of the opening, so that
nobody can be shown another list of members, another k or another ceremony. A complaint lays open the complainer's
identity of this one ceremony: with it anybody opens the very file that the dealer signed. A share alone would prove
nothing, for its receiver could have made it up.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from app.casefile.codec import decode, encode
from app.casefile.register import (
    CeremonyEnded,
    CeremonyJoined,
    CeremonyMember,
    CeremonyOpened,
    CommitteeRegistered,
    DealingGiven,
    DealingsAccepted,
)
from app.procedure.errors import RuleViolation
from crypto.canonical import Json, digest
from crypto.committee import Committee, Dealing, Member, check_dealt_share, combine_dealings
from crypto.committee.ceremony import check_dealing
from crypto.committee.description import check_size
from crypto.envelope import HybridIdentity, HybridRecipient, decrypt, read_header
from crypto.envelope.keys import HYBRID_TYPE, hybrid_share
from crypto.errors import CryptoError
from crypto.signing import key_id, verify_object

LABEL = "tenderhall/ceremony"
STATEMENT = "bidceremony/v1"
COMPLAINT = "bidcomplaint/v1"
SEALED_SHARE_LIMIT = 4096  # bytes of one share's age file; a right one has about 1,700
CANCELLED, SHARE_WRONG, UNREADABLE, UNFOUNDED = "cancelled", "share_wrong", "share_unreadable", "complaint_unfounded"


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
_NAMES: dict[type, str] = {kind: name for name, kind in STEPS.items()}


@dataclass(frozen=True)
class Ceremony:
    """A ceremony as it stands."""

    opened: CeremonyOpened
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

    @property
    def complete(self) -> bool:
        """Whether all have accepted: the committee exists."""
        return len(self.accepted) == self.n

    @property
    def stage(self) -> str:
        """What is waited for: join, deal or accept; or that it is over: ended, complete."""
        if self.ended is not None:
            return "ended"
        rows = (("join", self.joined), ("deal", self.dealt), ("accept", self.accepted))
        return next((name for name, given in rows if len(given) < self.n), "complete")

    @property
    def missing(self) -> tuple[CeremonyMember, ...]:
        """The members whose step is waited for."""
        given: Mapping[str, Mapping[int, Any]] = {"join": self.joined, "deal": self.dealt, "accept": self.accepted}
        done = given.get(self.stage)
        return () if done is None else tuple(member for member in self.opened.members if member.index not in done)

    def member(self, index: int) -> CeremonyMember:
        """Raises RuleViolation `ceremony_not_member`."""
        if not 1 <= index <= self.n:
            raise RuleViolation("ceremony_not_member", ceremony=self.id[:8])
        return self.opened.members[index - 1]

    def index_of(self, key: str) -> int:
        """The index of the member with that key (its id, hex). Raises RuleViolation `ceremony_not_member`."""
        found = [member.index for member in self.opened.members if member.key_id == key]
        if not found:
            raise RuleViolation("ceremony_not_member", ceremony=self.id[:8])
        return found[0]

    @cached_property
    def opened_sha256(self) -> str:
        return digest(encode(self.opened))

    @cached_property
    def joined_sha256(self) -> str:
        """Names every recipient. Only once all have joined."""
        return digest([encode(self.joined[index]) for index in range(1, self.n + 1)])

    @cached_property
    def dealings_sha256(self) -> str:
        """Names every dealing with its sealed shares and proofs. Only once all have dealt."""
        return digest([encode(self.dealt[index]) for index in range(1, self.n + 1)])

    def dealing(self, index: int) -> Dealing:
        """What trustee `index` dealt, without the shares."""
        return _dealing(self.dealt[index])

    @cached_property
    def committee(self) -> Committee:
        """What these dealings make. Only once all have dealt. Raises CryptoError as `combine_dealings` does."""
        members = tuple(Member(member.index, member.organisation, member.key_id) for member in self.opened.members)
        return _combined(tuple(self.dealing(member.index) for member in members), members, self.opened.k)


@lru_cache(maxsize=16)
def _combined(dealings: tuple[Dealing, ...], members: tuple[Member, ...], k: int) -> Committee:
    """Remembered, because every acceptance and every look asks for it, at a pairing for each dealing."""
    return combine_dealings(dealings, members, k)


def _dealing(fact: DealingGiven) -> Dealing:
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
        "step": _NAMES[type(step)],
        "index": step.index,
        "content_sha256": digest(content(step)),
    }


# Rules


def check_opening(opened: CeremonyOpened) -> None:
    """Raises CryptoError `committee_size` unless 2 <= k <= n <= 32, RuleViolation `ceremony_member_twice`."""
    check_size(len(opened.members), opened.k)
    if [member.index for member in opened.members] != list(range(1, len(opened.members) + 1)):
        raise RuleViolation("malformed", path="$.members", expected="1..n")
    keys, accounts = ({getattr(m, name) for m in opened.members} for name in ("key_id", "account"))
    if min(len(keys), len(accounts)) < len(opened.members):
        raise RuleViolation(
            "ceremony_member_twice", trustees=len(opened.members), different=min(len(keys), len(accounts))
        )


def decide(ceremony: Ceremony, step: Step, origin: str, spki: bytes) -> tuple[Any, ...]:
    """The facts that follow from a trustee's step; none when that very step stands already.

    `spki` (DER) is the public key of the member's certificate, whose validity is the caller's to check.
    Raises CryptoError `key_foreign`, `signature_wrong`, `dealing_wrong`, `envelope_recipient_malformed`; RuleViolation
    `ceremony_not_member`, `ceremony_over`, `ceremony_step_taken`, `ceremony_not_yet`, `ceremony_shares_wrong`,
    `ceremony_digest_differs`, `ceremony_complaint_wrong`.
    """
    member = ceremony.member(step.index)
    if key_id(spki) != member.key_id:
        raise CryptoError("key_foreign", found=key_id(spki), expected=member.key_id)
    verify_object(spki, LABEL, statement(origin, ceremony.opened_sha256, step), step.proof)
    earlier = _earlier(ceremony, step)
    if earlier is not None:
        if content(earlier) == content(step):
            return ()
        raise RuleViolation("ceremony_step_taken", step=_NAMES[type(step)], index=step.index)
    if step.ceremony != ceremony.id or ceremony.stage in ("ended", "complete"):
        raise RuleViolation("ceremony_over", ceremony=ceremony.id[:8])
    return _DECIDE[type(step)](ceremony, step)


def _earlier(ceremony: Ceremony, step: Step) -> Step | None:
    """The same member's same step, as it was taken."""
    match step:
        case CeremonyJoined():
            return ceremony.joined.get(step.index)
        case DealingGiven():
            return ceremony.dealt.get(step.index)
        case DealingsAccepted():
            return ceremony.accepted.get(step.index)
    ended = ceremony.ended
    if ended is None or not ended.complaint or ended.complaint["index"] != step.index:
        return None
    return decode(ComplaintRaised, ended.complaint)


def _check_reached(ceremony: Ceremony, stage: str) -> None:
    if ceremony.stage != stage:
        missing = ceremony.missing
        names = ", ".join(member.organisation for member in missing)
        raise RuleViolation("ceremony_not_yet", step=stage, waiting=ceremony.stage, count=len(missing), names=names)


def _check_same(expected: str, stated: str) -> None:
    if expected != stated:
        raise RuleViolation("ceremony_digest_differs", expected=expected[:12], stated=stated[:12])


def _decide_join(ceremony: Ceremony, step: CeremonyJoined) -> tuple[Any, ...]:
    if step.recipient != step.recipient.lower():
        raise CryptoError("envelope_recipient_malformed", expected="age1pq1")
    HybridRecipient(step.recipient)
    return (step,)


def _decide_deal(ceremony: Ceremony, step: DealingGiven) -> tuple[Any, ...]:
    _check_reached(ceremony, "deal")
    _check_same(ceremony.joined_sha256, step.joined_sha256)
    check_dealing(_dealing(step), ceremony.id, ceremony.n, ceremony.opened.k)
    if set(step.shares) != set(range(1, ceremony.n + 1)):
        raise RuleViolation("ceremony_shares_wrong", found=len(step.shares), needed=ceremony.n)
    if not all(_is_sealed_share(text) for text in step.shares.values()):
        fit = sum(_is_sealed_share(text) for text in step.shares.values())
        raise RuleViolation("ceremony_shares_wrong", found=fit, needed=ceremony.n)
    return (step,)


def _is_sealed_share(text: str) -> bool:
    """Whether it looks like an age file for one post-quantum recipient; only its receiver can see more."""
    try:
        data = base64.b64decode(text, validate=True)
        stanzas = read_header(io.BytesIO(data), SEALED_SHARE_LIMIT).stanzas
        if len(data) > SEALED_SHARE_LIMIT or len(stanzas) != 1 or stanzas[0].type != HYBRID_TYPE:
            return False
        hybrid_share(stanzas[0])
    except (ValueError, CryptoError):
        return False
    return base64.b64encode(data).decode("ascii") == text


def _decide_accept(ceremony: Ceremony, step: DealingsAccepted) -> tuple[Any, ...]:
    _check_reached(ceremony, "accept")
    committee = ceremony.committee
    _check_same(ceremony.dealings_sha256, step.dealings_sha256)
    _check_same(committee.id, step.committee_id)
    if len(ceremony.accepted) + 1 < ceremony.n:
        return (step,)
    return (step, CommitteeRegistered(committee.id, committee.describe()))


def _decide_complain(ceremony: Ceremony, step: ComplaintRaised) -> tuple[Any, ...]:
    return (judge(ceremony, step),)


_DECIDE: dict[type, Callable[[Ceremony, Any], tuple[Any, ...]]] = {
    CeremonyJoined: _decide_join,
    DealingGiven: _decide_deal,
    DealingsAccepted: _decide_accept,
    ComplaintRaised: _decide_complain,
}


def open_share(identity: str, sealed: str) -> bytes | None:
    """The share (32 bytes if it is one) in an age file (base64), or None when this identity opens nothing.

    Raises CryptoError `envelope_identity_malformed`.
    """
    own, opened = HybridIdentity(identity), io.BytesIO()
    try:
        decrypt(io.BytesIO(base64.b64decode(sealed)), opened, [own])
    except (CryptoError, ValueError):
        return None
    return opened.getvalue()


def judge(ceremony: Ceremony, raised: ComplaintRaised) -> CeremonyEnded:
    """The end that a complaint brings, and who is guilty: the dealer, or who complained of a share that is right.

    Raises RuleViolation `ceremony_complaint_wrong` (field) when it proves nothing, `ceremony_not_yet`.
    """
    said = raised.complaint if isinstance(raised.complaint, Mapping) else {}
    dealer, share = said.get("dealer"), said.get("share")
    head = {"v": COMPLAINT, "ceremony": ceremony.id, "by": raised.index}
    if dict(said) != {**head, "dealer": dealer, "share": share} or type(dealer) is not int:
        raise RuleViolation("ceremony_complaint_wrong", field="complaint")
    given = ceremony.dealt.get(dealer)
    if given is None:
        raise RuleViolation("ceremony_complaint_wrong", field="dealer")
    if HybridIdentity(raised.identity).recipient != ceremony.joined[raised.index].recipient:
        raise RuleViolation("ceremony_complaint_wrong", field="identity")
    opened = open_share(raised.identity, given.shares[raised.index])
    if share != (opened or b"").hex():
        raise RuleViolation("ceremony_complaint_wrong", field="share")
    because, guilty = UNFOUNDED, raised.index
    try:
        check_dealt_share(_dealing(given), raised.index, opened or b"")
    except CryptoError:
        because, guilty = (UNREADABLE if opened is None else SHARE_WRONG), dealer
    return CeremonyEnded(ceremony.id, because, guilty, "", encode(raised))


def cancel(ceremony: Ceremony, words: str) -> CeremonyEnded:
    """The end by the centre. Raises RuleViolation `ceremony_over`, `ceremony_reason_missing`."""
    if ceremony.stage in ("ended", "complete"):
        raise RuleViolation("ceremony_over", ceremony=ceremony.id[:8])
    if not words.strip():
        raise RuleViolation("ceremony_reason_missing")
    return CeremonyEnded(ceremony.id, CANCELLED, 0, words.strip()[:200], {})


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


def replay(opened: CeremonyOpened, facts: Iterable[Any], origin: str, keys: Mapping[int, bytes]) -> Ceremony:
    """The ceremony after its facts, each of them decided anew. `keys`: by index the public key of the certificate.

    Raises what `check_opening` and `decide` raise, and RuleViolation `ceremony_record_wrong` for a fact that no
    decision gives.
    """
    check_opening(opened)
    ceremony = Ceremony(opened)
    for fact in facts:
        step = fact
        if isinstance(fact, CeremonyEnded):
            if fact == CeremonyEnded(ceremony.id, CANCELLED, 0, fact.words, {}):
                ceremony = apply(ceremony, cancel(ceremony, fact.words))
                continue
            step = decode(ComplaintRaised, fact.complaint)
        if type(step) not in _NAMES or step.ceremony != ceremony.id:
            raise RuleViolation("ceremony_record_wrong", fact=type(fact).__name__)
        found = decide(ceremony, step, origin, keys[ceremony.member(step.index).index])
        if not found or found[0] != fact:
            raise RuleViolation("ceremony_record_wrong", fact=type(fact).__name__)
        ceremony = apply(ceremony, fact)
    return ceremony
