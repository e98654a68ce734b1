"""Trustees of a ceremony with keys in memory, who do what their tools would do, or something else."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.casefile.ceremony import LABEL, Ceremony, ComplaintRaised, Step, apply, decide, open_share, statement
from app.casefile.register import (
    CeremonyJoined,
    CeremonyMember,
    CeremonyOpened,
    DealingGiven,
    DealingsAccepted,
    ResharingOpened,
)
from crypto.committee import Committee, combine_dealt_shares, combine_redealt_shares, deal, deal_again
from crypto.envelope import HybridIdentity, HybridRecipient, encrypt
from crypto.signing import SigningKey, sign_object

ORIGIN = "centre.example"


def sealed(recipient: str, secret: bytes) -> str:
    """An age file for that recipient, in base64."""
    out = io.BytesIO()
    encrypt(io.BytesIO(secret), out, [HybridRecipient(recipient)])
    return base64.b64encode(out.getvalue()).decode()


@dataclass
class PaperTrustee:
    """One trustee. `wrong`: to whom it deals a wrong share."""

    index: int
    key: SigningKey = field(default_factory=SigningKey.generate)
    identity: HybridIdentity = field(default_factory=HybridIdentity.generate)
    origin: str = ORIGIN
    held: bytes = b""  # its share of the committee whose key is handed on
    _own: dict[int, HybridIdentity] = field(default_factory=dict)  # by dealer, where a key is handed on

    def signed(self, ceremony: Ceremony, step: Any, /, **changes: Any) -> Any:
        """The step with its proof; `changes` are signed instead of what is so."""
        text = {**statement(self.origin, ceremony.opened_sha256, step), **changes}
        return replace(step, proof=sign_object(self.key, LABEL, text))

    def own(self, ceremony: Ceremony, dealer: int) -> HybridIdentity:
        """The identity to which that dealer seals."""
        if ceremony.previous is None:
            return self.identity
        return self._own.setdefault(dealer, HybridIdentity.generate())

    def join(self, ceremony: Ceremony) -> CeremonyJoined:
        if ceremony.previous is None:
            return self.signed(ceremony, CeremonyJoined(ceremony.id, self.index, self.identity.recipient, {}))
        recipients = {dealer.index: self.own(ceremony, dealer.index).recipient for dealer in ceremony.dealers}
        return self.signed(ceremony, CeremonyJoined(ceremony.id, self.index, "", {}, recipients))

    def deal(self, ceremony: Ceremony, *, wrong: int = 0, garbage: int = 0) -> DealingGiven:
        """`wrong`: who gets the share of another; `garbage`: who gets a file that is not for it."""
        n, k, previous = ceremony.n, ceremony.opened.k, ceremony.previous
        dealer = ceremony.dealer_index(self.key.key_id)
        if previous is None:
            public, shares = deal(ceremony.id, dealer, n, k, os.urandom)
        else:
            public, shares = deal_again(ceremony.id, previous, dealer, self.held, n, k, os.urandom)
        if wrong:
            shares[wrong] = shares[wrong % n + 1]
        recipients = {index: ceremony.recipient(index, dealer) for index in ceremony.joined}
        if garbage:
            recipients[garbage] = HybridIdentity.generate().recipient
        files = {index: sealed(recipients[index], share) for index, share in shares.items()}
        commitments = tuple(point.hex() for point in public.commitments)
        step = DealingGiven(ceremony.id, dealer, ceremony.joined_sha256, commitments, public.proof.hex(), files, {})
        return self.signed(ceremony, step)

    def accept(self, ceremony: Ceremony) -> DealingsAccepted:
        step = DealingsAccepted(ceremony.id, self.index, ceremony.dealings_sha256, ceremony.committee.id, {})
        return self.signed(ceremony, step)

    def received(self, ceremony: Ceremony, dealer: int) -> bytes | None:
        return open_share(self.own(ceremony, dealer).identity, ceremony.dealt[dealer].shares[self.index])

    def complain(self, ceremony: Ceremony, dealer: int, share: bytes | None = None) -> ComplaintRaised:
        """`share`: what it says it got, where that is not what it got."""
        got = self.received(ceremony, dealer) if share is None else share
        said = {"v": "bidcomplaint/v1", "ceremony": ceremony.id, "dealer": dealer, "by": self.index}
        said["share"] = (got or b"").hex()
        identity = self.own(ceremony, dealer).identity
        return self.signed(ceremony, ComplaintRaised(ceremony.id, self.index, said, identity, {}))

    def secret(self, ceremony: Ceremony) -> bytes:
        dealt = {dealing.dealer: self.received(ceremony, dealing.dealer) or b"" for dealing in ceremony.dealings}
        combined = combine_dealt_shares if ceremony.previous is None else combine_redealt_shares
        return combined(ceremony.dealings, self.index, dealt)


def opened_by(trustees: Sequence[PaperTrustee], k: int) -> Ceremony:
    """A ceremony that nobody has joined yet."""
    members = tuple(CeremonyMember(t.index, f"account-{t.index}", f"org {t.index}", t.key.key_id) for t in trustees)
    return Ceremony(CeremonyOpened(os.urandom(16).hex(), k, members))


def resharing(previous: Committee, holders: Sequence[PaperTrustee], new: Sequence[PaperTrustee], k: int) -> Ceremony:
    """A resharing that nobody has joined yet."""
    members, dealers = (
        tuple(CeremonyMember(t.index, f"account-{t.key.key_id[:8]}", f"org {t.index}", t.key.key_id) for t in people)
        for people in (new, holders)
    )
    return Ceremony(ResharingOpened(os.urandom(16).hex(), k, members, dealers, previous.describe()))


def take(ceremony: Ceremony, trustee: PaperTrustee, step: Step) -> Ceremony:
    """The ceremony after an accepted step."""
    for fact in decide(ceremony, step, ORIGIN, trustee.key.spki):
        ceremony = apply(ceremony, fact)
    return ceremony


def held(trustees: Sequence[PaperTrustee], k: int, *steps: str) -> Ceremony:
    """A ceremony in which everybody has done these steps."""
    ceremony = opened_by(trustees, k)
    for step in steps:
        for trustee in trustees:
            ceremony = take(ceremony, trustee, getattr(trustee, step)(ceremony))
    return ceremony
