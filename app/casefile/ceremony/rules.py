"""What may come next in a ceremony, and the facts that follow."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.casefile.ceremony.complaints import judge
from app.casefile.ceremony.state import (
    CANCELLED,
    NAMES,
    Ceremony,
    ComplaintRaised,
    Opened,
    Step,
    apply,
    content,
    dealing_of,
    statement,
)
from app.casefile.codec import decode
from app.casefile.register import (
    CeremonyEnded,
    CeremonyJoined,
    CeremonyMember,
    CommitteeRegistered,
    CommitteeReshared,
    DealingGiven,
    DealingsAccepted,
    ResharingOpened,
)
from app.procedure.errors import RuleViolation
from crypto.canonical import digest
from crypto.certificates import CertificateFacts
from crypto.committee import check_redealing
from crypto.committee.ceremony import check_dealing
from crypto.committee.description import Committee, check_size
from crypto.envelope import HybridRecipient, read_header
from crypto.envelope.keys import HYBRID_TYPE, hybrid_share
from crypto.errors import CryptoError
from crypto.signing import key_id, verify_object

LABEL = "tenderhall/ceremony"
SEALED_SHARE_LIMIT = 4096  # bytes of one share's age file; a right one has about 1,700


def check_opening(opened: Opened) -> None:
    """Raises CryptoError `committee_size` unless 2 <= k <= n <= 32, RuleViolation `ceremony_member_twice`.

    To hand a key on, the dealers must be the trustees of the committee: `ceremony_dealers_differ`.
    """
    check_size(len(opened.members), opened.k)
    if [member.index for member in opened.members] != list(range(1, len(opened.members) + 1)):
        raise RuleViolation("malformed", path="$.members", expected="1..n")
    keys, accounts = ({getattr(m, name) for m in opened.members} for name in ("key_id", "account"))
    if min(len(keys), len(accounts)) < len(opened.members):
        raise RuleViolation(
            "ceremony_member_twice", trustees=len(opened.members), different=min(len(keys), len(accounts))
        )
    if isinstance(opened, ResharingOpened):
        stands = [(m.index, m.organisation, m.key_id) for m in Committee.from_description(opened.previous).members]
        if [(m.index, m.organisation, m.key_id) for m in opened.dealers] != stands:
            raise RuleViolation("ceremony_dealers_differ", ceremony=opened.ceremony[:8])


def decide(ceremony: Ceremony, step: Step, origin: str, spki: bytes) -> tuple[Any, ...]:
    """The facts that follow from a trustee's step; none when that very step stands already.

    `spki` (DER) is the public key of the member's certificate, whose validity is the caller's to check.
    Raises CryptoError `key_foreign`, `signature_wrong`, `dealing_wrong`, `envelope_recipient_malformed`; RuleViolation
    `ceremony_not_member`, `ceremony_over`, `ceremony_step_taken`, `ceremony_not_yet`, `ceremony_dealings_enough`,
    `ceremony_recipients_wrong`, `ceremony_shares_wrong`, `ceremony_digest_differs`, `ceremony_complaint_wrong`.
    """
    member = ceremony.taker(step)
    if key_id(spki) != member.key_id:
        raise CryptoError("key_foreign", found=key_id(spki), expected=member.key_id)
    verify_object(spki, LABEL, statement(origin, ceremony.opened_sha256, step), step.proof)
    earlier = _earlier(ceremony, step)
    if earlier is not None:
        if content(earlier) == content(step):
            return ()
        raise RuleViolation("ceremony_step_taken", step=NAMES[type(step)], index=step.index)
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
    given: tuple[str, ...] = (step.recipient,)
    if ceremony.previous is not None:
        given = tuple((step.recipients or {}).values())
        if step.recipient or set(step.recipients or {}) != {dealer.index for dealer in ceremony.dealers}:
            raise RuleViolation("ceremony_recipients_wrong", found=len(given), needed=len(ceremony.dealers))
        if len(set(given)) < len(given):
            raise RuleViolation("ceremony_recipients_wrong", found=len(set(given)), needed=len(ceremony.dealers))
    elif step.recipients is not None:
        raise RuleViolation("ceremony_recipients_wrong", found=len(step.recipients), needed=0)
    for recipient in given:
        if recipient != recipient.lower():
            raise CryptoError("envelope_recipient_malformed", expected="age1pq1")
        HybridRecipient(recipient)
    return (step,)


def _decide_deal(ceremony: Ceremony, step: DealingGiven) -> tuple[Any, ...]:
    if ceremony.stage == "accept":  # of a key that is handed on, the first k dealings count
        raise RuleViolation("ceremony_dealings_enough", needed=ceremony.dealings_needed)
    _check_reached(ceremony, "deal")
    _check_same(ceremony.joined_sha256, step.joined_sha256)
    if ceremony.previous is None:
        check_dealing(dealing_of(step), ceremony.id, ceremony.n, ceremony.opened.k)
    else:
        check_redealing(dealing_of(step), ceremony.id, ceremony.previous, ceremony.opened.k)
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
    if not isinstance(ceremony.opened, ResharingOpened):
        return (step, CommitteeRegistered(committee.id, committee.describe()))
    before = digest(ceremony.opened.previous)
    return (step, CommitteeReshared(committee.id, ceremony.id, before, committee.describe()))


def _decide_complain(ceremony: Ceremony, step: ComplaintRaised) -> tuple[Any, ...]:
    return (judge(ceremony, step),)


_DECIDE: dict[type, Callable[[Ceremony, Any], tuple[Any, ...]]] = {
    CeremonyJoined: _decide_join,
    DealingGiven: _decide_deal,
    DealingsAccepted: _decide_accept,
    ComplaintRaised: _decide_complain,
}


def cancel(ceremony: Ceremony, words: str) -> CeremonyEnded:
    """The end by the centre. Raises RuleViolation `ceremony_over`, `ceremony_reason_missing`."""
    if ceremony.stage in ("ended", "complete"):
        raise RuleViolation("ceremony_over", ceremony=ceremony.id[:8])
    if not words.strip():
        raise RuleViolation("ceremony_reason_missing")
    return CeremonyEnded(ceremony.id, CANCELLED, 0, words.strip()[:200], {})


def replay(opened: Opened, facts: Iterable[Any], origin: str, keys: Mapping[str, bytes]) -> Ceremony:
    """The ceremony after its facts, each of them decided anew. `keys`: public keys (DER) of certificates, by key id.

    Raises what `check_opening` and `decide` raise, and RuleViolation `ceremony_record_wrong` for a fact that no
    decision gives.
    """
    check_opening(opened)
    ceremony = Ceremony(opened)
    for fact in facts:
        ceremony = follow(ceremony, fact, origin, keys)
    return ceremony


def follow(ceremony: Ceremony, fact: Any, origin: str, keys: Mapping[str, bytes]) -> Ceremony:
    """The ceremony after one more fact, which is decided anew; see `replay`."""
    step = fact
    if isinstance(fact, CeremonyEnded):
        if fact == CeremonyEnded(ceremony.id, CANCELLED, 0, fact.words, {}):
            return apply(ceremony, cancel(ceremony, fact.words))
        step = decode(ComplaintRaised, fact.complaint)
    if type(step) not in NAMES or step.ceremony != ceremony.id:
        raise RuleViolation("ceremony_record_wrong", fact=type(fact).__name__)
    found = decide(ceremony, step, origin, keys[ceremony.taker(step).key_id])
    if not found or found[0] != fact:
        raise RuleViolation("ceremony_record_wrong", fact=type(fact).__name__)
    return apply(ceremony, fact)


def certifies(certificate: CertificateFacts, member: CeremonyMember) -> bool:
    """Whether a certificate is this very member's: key, account, organisation, and a person's key for everything."""
    named = (certificate.key_id, certificate.subject.serial, certificate.subject.organisation)
    plain = (certificate.usage, certificate.scope) == ("person", "")
    return plain and named == (member.key_id, member.account, member.organisation)
