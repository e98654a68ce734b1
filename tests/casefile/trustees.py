"""Trustees of a ceremony with keys in memory, who do what their tools would do, or something else."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.casefile.ceremony import LABEL, Ceremony, ComplaintRaised, Step, apply, decide, open_share, statement
from app.casefile.register import CeremonyJoined, CeremonyMember, CeremonyOpened, DealingGiven, DealingsAccepted
from crypto.committee import combine_dealt_shares, deal
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

    def signed(self, ceremony: Ceremony, step: Any, /, **changes: Any) -> Any:
        """The step with its proof; `changes` are signed instead of what is so."""
        text = {**statement(self.origin, ceremony.opened_sha256, step), **changes}
        return replace(step, proof=sign_object(self.key, LABEL, text))

    def join(self, ceremony: Ceremony) -> CeremonyJoined:
        return self.signed(ceremony, CeremonyJoined(ceremony.id, self.index, self.identity.recipient, {}))

    def deal(self, ceremony: Ceremony, *, wrong: int = 0, garbage: int = 0) -> DealingGiven:
        """`wrong`: who gets the share of another; `garbage`: who gets a file that is not for it."""
        public, shares = deal(ceremony.id, self.index, ceremony.n, ceremony.opened.k, os.urandom)
        if wrong:
            shares[wrong] = shares[wrong % ceremony.n + 1]
        recipients = {index: joined.recipient for index, joined in ceremony.joined.items()}
        if garbage:
            recipients[garbage] = HybridIdentity.generate().recipient
        files = {index: sealed(recipients[index], share) for index, share in shares.items()}
        commitments = tuple(point.hex() for point in public.commitments)
        step = DealingGiven(ceremony.id, self.index, ceremony.joined_sha256, commitments, public.proof.hex(), files, {})
        return self.signed(ceremony, step)

    def accept(self, ceremony: Ceremony) -> DealingsAccepted:
        step = DealingsAccepted(ceremony.id, self.index, ceremony.dealings_sha256, ceremony.committee.id, {})
        return self.signed(ceremony, step)

    def received(self, ceremony: Ceremony, dealer: int) -> bytes | None:
        return open_share(self.identity.identity, ceremony.dealt[dealer].shares[self.index])

    def complain(self, ceremony: Ceremony, dealer: int, share: bytes | None = None) -> ComplaintRaised:
        """`share`: what it says it got, where that is not what it got."""
        got = self.received(ceremony, dealer) if share is None else share
        said = {"v": "bidcomplaint/v1", "ceremony": ceremony.id, "dealer": dealer, "by": self.index}
        said["share"] = (got or b"").hex()
        return self.signed(ceremony, ComplaintRaised(ceremony.id, self.index, said, self.identity.identity, {}))

    def secret(self, ceremony: Ceremony) -> bytes:
        dealings = [ceremony.dealing(index) for index in range(1, ceremony.n + 1)]
        dealt = {dealing.dealer: self.received(ceremony, dealing.dealer) or b"" for dealing in dealings}
        return combine_dealt_shares(dealings, self.index, dealt)


def opened_by(trustees: Sequence[PaperTrustee], k: int) -> Ceremony:
    """A ceremony that nobody has joined yet."""
    members = tuple(CeremonyMember(t.index, f"account-{t.index}", f"org {t.index}", t.key.key_id) for t in trustees)
    return Ceremony(CeremonyOpened(os.urandom(16).hex(), k, members))


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
