"""A trustee's part in a key ceremony or a resharing, on its own machine: join, deal, check, accept or complain.

The tool believes nobody. The members' certificates must come from the roots pinned in the folder; every fact that the
platform shows is decided anew by `app.casefile.ceremony`, signatures included; the committee counts when it is what the
tool itself computes. What is secret stays in the folder under the pass phrase, is there before anything that depends
on it leaves, and is deleted in the end: the tool can be stopped at any point and called again.
"""

from __future__ import annotations

import base64
import io
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.casefile import ceremony as rules
from app.casefile.ceremony import Ceremony, ComplaintRaised, Step
from app.casefile.codec import decode, encode
from app.casefile.facts import fact_type
from app.casefile.register import CeremonyJoined, CeremonyMember, DealingGiven, DealingsAccepted
from app.client.acting import Person
from app.client.connection import Refused, refuse
from app.client.holding import check_room, holdings, keep_share, missing_share
from app.client.keeping import Keeping
from app.messages import sentence
from app.procedure.errors import RuleViolation
from crypto.certificates import verify_certificate
from crypto.committee import (
    Committee,
    Dealing,
    check_dealt_share,
    combine_dealt_shares,
    combine_redealt_shares,
    complaint,
    deal,
    deal_again,
)
from crypto.envelope import HybridIdentity, HybridRecipient, encrypt
from crypto.errors import CryptoError
from crypto.signing import sign_object

PAUSE = 2.0  # seconds between looks while others are waited for
ENDS = {
    rules.CANCELLED: ("交易中心取消", "the centre cancelled it"),
    rules.SHARE_WRONG: ("分发的份额有误", "a dealt share was wrong"),
    rules.UNREADABLE: ("分发的份额无法打开", "a dealt share could not be opened"),
    rules.UNFOUNDED: ("投诉不成立", "a complaint was unfounded"),
}
Announce = Callable[[str, str], None]
Confirm = Callable[[Ceremony], bool]
S = TypeVar("S", CeremonyJoined, DealingGiven, DealingsAccepted, ComplaintRaised)


@dataclass
class Part:
    """One trustee in one ceremony."""

    person: Person
    keeping: Keeping

    @property
    def key_id(self) -> str:
        return self.person.key.key_id

    def look(self) -> Ceremony:
        """The ceremony, checked from its opening on. Raises Refused, CryptoError of certificates and signatures."""
        shown = self.person.connection.get(f"/ceremonies/{self.keeping.ceremony}")
        try:
            opened = fact_type(str(shown["type"])).decode(shown["opened"])
            facts = [fact_type(str(fact["type"])).decode(fact["payload"]) for fact in shown["facts"]]
            people = rules.Ceremony(opened).people
            keys = {person.key_id: self._certified(person, shown["certificates"]) for person in people}
            ceremony = rules.replay(opened, facts, self.person.origin, keys)
            if self.person.key.key_id not in keys:
                raise RuleViolation("ceremony_not_member", ceremony=ceremony.id[:8])
        except RuleViolation as refusal:
            words = [sentence(refusal.code, refusal.facts, language) for language in ("zh", "en")]
            raise Refused(refusal.code, *words, facts=refusal.facts) from refusal
        self._pin(ceremony)
        return ceremony

    def _certified(self, member: CeremonyMember, certificates: Mapping[str, str]) -> bytes:
        """The member's public key, by a certificate from a pinned root that names this very member."""
        roots = self._roots()
        facts = verify_certificate(str(certificates.get(member.key_id, "")), roots, datetime.now(UTC))
        if not rules.certifies(facts, member):
            raise refuse(
                "ceremony_certificate_differs",
                "第 {index} 号受托人（{organisation}）的证书与名单不符。未签署任何内容；请联系监督部门。",
                "The certificate of trustee {index} ({organisation}) does not fit the list. Nothing was signed; call "
                "the regulator.",
                index=member.index,
                organisation=member.organisation,
            )
        return facts.spki

    def _roots(self) -> list[str]:
        return list(self.person.roots)  # pinned at the first meeting

    def _pin(self, ceremony: Ceremony) -> None:
        """One opening for ever: the list of members that was confirmed does not change under this number."""
        pinned = self.keeping.state.get("opened_sha256", ceremony.opened_sha256)
        if ceremony.id != self.keeping.ceremony or pinned != ceremony.opened_sha256:
            raise refuse(
                "ceremony_changed",
                "密钥仪式 {ceremony} 的名单或门限与先前出示的不同。拒绝继续；请联系监督部门。",
                "The members or the threshold of ceremony {ceremony} are not those shown before. Refused; call the "
                "regulator.",
                ceremony=self.keeping.ceremony,
            )

    def next_step(self, ceremony: Ceremony) -> Step | None:
        """What this trustee does now, signed; None while it waits for others. Raises Refused, CryptoError."""
        index, dealer = ceremony.index_of(self.key_id), ceremony.dealer_index(self.key_id)
        if ceremony.stage == "join" and index and index not in ceremony.joined:
            check_room(self.person.profile, ceremony.previous.id if ceremony.previous else "")
            return self._join(ceremony, index)
        if ceremony.stage == "deal" and dealer and dealer not in ceremony.dealt:
            if index:
                self._check_own(ceremony, index)
            return self.keeping.dealing(lambda: self._deal(ceremony, dealer))
        if ceremony.stage == "accept" and index and index not in ceremony.accepted:
            return self._checked(ceremony, index)
        return None

    def _join(self, ceremony: Ceremony, index: int) -> CeremonyJoined:
        if ceremony.previous is None:
            recipient = self.keeping.identities(make=1)[0].recipient
            return self._signed(ceremony, CeremonyJoined(ceremony.id, index, recipient, {}))
        own = self.keeping.identities(make=len(ceremony.dealers))
        recipients = {dealer: identity.recipient for dealer, identity in enumerate(own, 1)}
        return self._signed(ceremony, CeremonyJoined(ceremony.id, index, "", {}, recipients))

    def _signed(self, ceremony: Ceremony, step: S) -> S:
        text = rules.statement(self.person.origin, ceremony.opened_sha256, step)
        return replace(step, proof=sign_object(self.person.key, rules.LABEL, text))

    def _check_own(self, ceremony: Ceremony, index: int) -> dict[int, HybridIdentity]:
        """By dealer the identity that it seals to. Raises Refused where another machine has joined."""
        kept, dealers = self.keeping.identities(), [dealer.index for dealer in ceremony.dealers]
        own = dict(zip(dealers, kept if ceremony.previous else kept * len(dealers), strict=False))
        if any(ceremony.recipient(index, dealer) != found.recipient for dealer, found in own.items()):
            raise refuse(
                "ceremony_joined_elsewhere",
                "本次仪式是从另一个文件夹或另一台机器加入的。请在那里继续；若不是您本人所为，请立即停用密钥并联系监督部门。",
                "This ceremony was joined from another folder or machine. Go on there; if it was not you, take your "
                "key out of use at once and call the regulator.",
            )
        return own

    def _deal(self, ceremony: Ceremony, dealer: int) -> DealingGiven:
        n, k = ceremony.n, ceremony.opened.k
        if ceremony.previous is None:
            public, shares = deal(ceremony.id, dealer, n, k, os.urandom)
        else:
            secret = self._held(ceremony.previous)
            public, shares = deal_again(ceremony.id, ceremony.previous, dealer, secret, n, k, os.urandom)
        files = {i: _sealed(ceremony.recipient(i, dealer), share) for i, share in shares.items()}
        commitments = tuple(point.hex() for point in public.commitments)
        step = DealingGiven(ceremony.id, dealer, ceremony.joined_sha256, commitments, public.proof.hex(), files, {})
        return decode(DealingGiven, encode(self._signed(ceremony, step)))

    def _held(self, previous: Committee) -> bytes:
        """The share that is handed on. Raises Refused `trustee_without_share`."""
        found = [holding for holding in holdings(self.person.profile) if holding.committee == previous]
        if not found:
            raise missing_share(self.person.profile)
        return found[0].secret(self.keeping.passphrase)

    def _checked(self, ceremony: Ceremony, index: int) -> Step:
        """Acceptance when every share dealt to this trustee is right, else the complaint that shows the wrong one."""
        own = self._check_own(ceremony, index)
        wrong = self._wrong_share(ceremony, index, own)
        if wrong is not None:
            # From here on others may know this identity: nothing dealt to it may ever be accepted.
            self.keeping.note(complained=True)
            said = complaint(wrong[0], index, wrong[1])
            identity = own[wrong[0].dealer].identity
            return self._signed(ceremony, ComplaintRaised(ceremony.id, index, said, identity, {}))
        if self.keeping.state.get("complained"):
            raise refuse(
                "ceremony_complained",
                "本机已在此仪式中投诉，而平台现在出示了不同的分发。拒绝确认；请联系监督部门，并由交易中心取消仪式。",
                "This machine has complained in this ceremony, and the platform now shows other dealings. Refused; "
                "call the regulator and have the centre cancel it.",
            )
        step = DealingsAccepted(ceremony.id, index, ceremony.dealings_sha256, ceremony.committee.id, {})
        return self._signed(ceremony, step)

    def _wrong_share(
        self, ceremony: Ceremony, index: int, own: Mapping[int, HybridIdentity]
    ) -> tuple[Dealing, bytes] | None:
        for dealer, share in self._received(ceremony, index, own).items():
            try:
                check_dealt_share(ceremony.dealing(dealer), index, share)
            except CryptoError:
                return ceremony.dealing(dealer), share
        return None

    def _received(self, ceremony: Ceremony, index: int, own: Mapping[int, HybridIdentity]) -> dict[int, bytes]:
        """By dealer the share dealt to this trustee; b"" where the file does not open."""
        return {
            dealer: rules.open_share(own[dealer].identity, given.shares[index]) or b""
            for dealer, given in sorted(ceremony.dealt.items())
        }

    def send(self, step: Step) -> None:
        """Hand in a step; doing it twice does nothing twice. Raises Refused."""
        name = next(name for name, kind in rules.STEPS.items() if isinstance(step, kind))
        body = {field: value for field, value in encode(step).items() if field != "ceremony"}
        self.person.connection.post(f"/ceremonies/{step.ceremony}/{name}", body, repeatable=True)

    def finish(self, ceremony: Ceremony) -> Committee:
        """Keep the share as `Trustee.read` wants it, once the registered committee is the one computed here."""
        committee, index = ceremony.committee, ceremony.index_of(self.key_id)
        registered = [c for c in self.person.connection.get("/committees") if c["id"] == committee.id]
        if not any(committee.describe() in (c["description"], *c["earlier"]) for c in registered):
            raise refuse(
                "ceremony_committee_differs",
                "登记簿中的委员会与本机算出的（{committee}）不一致。份额未保存为可用；请联系监督部门。",
                "The register's committee is not the one computed here ({committee}). The share was not put to use; "
                "call the regulator.",
                committee=committee.id[:16],
            )
        if index and not any(holding.committee == committee for holding in holdings(self.person.profile)):
            received = self._received(ceremony, index, self._check_own(ceremony, index))
            combined = combine_dealt_shares if ceremony.previous is None else combine_redealt_shares
            secret = combined(ceremony.dealings, index, received)
            keep_share(self.person.profile, committee, index, secret, self.keeping.passphrase)
        self.keeping.forget()
        return committee


def _sealed(recipient: str, secret: bytes) -> str:
    out = io.BytesIO()
    encrypt(io.BytesIO(secret), out, [HybridRecipient(recipient)])
    return base64.b64encode(out.getvalue()).decode("ascii")


def waiting_ceremonies(person: Person) -> list[str]:
    """Ids of the ceremonies in which this trustee has something to do, or to bring to its end here."""
    mine = [c for c in person.connection.get("/ceremonies") if _takes_part(c, person.key.key_id)]
    return [
        str(c["ceremony"])
        for c in mine
        if c["stage"] in ("join", "deal", "accept")
        or (c["stage"] == "complete" and Keeping(person.profile, str(c["ceremony"]), "").begun)
    ]


def _takes_part(shown: Mapping[str, Any], key: str) -> bool:
    return any(one["key_id"] == key for one in (*shown["members"], *shown["dealers"]))


def take_part(
    person: Person, passphrase: str, ceremony: str, *, confirm: Confirm, announce: Announce, pause: float = PAUSE
) -> Committee:
    """Carry this trustee's part to the end: the committee whose share is then in the folder.

    `confirm` is asked once, with the members on the screen; `announce` hears each step taken (the name of its kind),
    and each stage that is waited for, with the names of those who are missing. Raises Refused when the ceremony ended
    without a committee or the platform showed something that does not hold, CryptoError of certificates, signatures.
    """
    part, told = Part(person, Keeping(person.profile, ceremony, passphrase)), ("", "")
    while True:
        found = part.look()
        if found.stage == "ended":
            # That a centre cancels is signed by nobody: what was accepted may yet be needed, the rest never again.
            if found.index_of(person.key.key_id) not in found.accepted:
                part.keeping.forget()
            raise _ended(found)
        if found.stage == "complete":
            return part.finish(found)
        if not part.keeping.state.get("confirmed"):
            if not confirm(found):
                raise refuse("ceremony_declined", "未确认，未签署任何内容。", "Not confirmed; nothing was signed.")
            part.keeping.note(opened_sha256=found.opened_sha256, confirmed=True)
        step = part.next_step(found)
        if step is not None and _taken(part, step):
            announce(type(step).__name__, "")
            continue
        waited = ", ".join(member.organisation for member in found.missing)
        if (found.stage, waited) != told:
            announce(found.stage, waited)
            told = (found.stage, waited)
        time.sleep(pause)


def _taken(part: Part, step: Step) -> bool:
    """Whether the step was taken; not when somebody's complaint, or enough dealings, came in between.

    The next look shows which.
    """
    try:
        part.send(step)
    except Refused as refusal:
        if refusal.code not in ("ceremony_over", "ceremony_dealings_enough"):
            raise
        return False
    return True


def _ended(ceremony: Ceremony) -> Refused:
    ended, guilty = ceremony.ended, ceremony.guilty
    assert ended is not None
    who = guilty.organisation if guilty is not None else "-"
    facts = {"because": ended.because, "words": ended.words or "-", "who": who}
    zh, en = ENDS[ended.because]
    return refuse(
        "ceremony_ended",
        f"密钥仪式已终止，没有产生委员会：{zh}。责任方：{{who}}；说明：{{words}}。请等候交易中心重新发起。",
        f"The ceremony ended without a committee: {en}. At fault: {{who}}; reason: {{words}}. Wait for the centre to "
        "open another.",
        **facts,
    )
