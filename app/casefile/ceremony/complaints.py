"""Who is wrong when a trustee complains of what it was dealt; anybody can judge that again."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

from app.casefile.ceremony.state import SHARE_WRONG, UNFOUNDED, UNREADABLE, Ceremony, ComplaintRaised, dealing_of
from app.casefile.codec import encode
from app.casefile.register import CeremonyEnded
from app.procedure.errors import RuleViolation
from crypto.committee import check_dealt_share
from crypto.envelope import HybridIdentity, decrypt
from crypto.errors import CryptoError

COMPLAINT = "bidcomplaint/v1"


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
    if HybridIdentity(raised.identity).recipient != ceremony.recipient(raised.index, dealer):
        raise RuleViolation("ceremony_complaint_wrong", field="identity")
    opened = open_share(raised.identity, given.shares[raised.index])
    if share != (opened or b"").hex():
        raise RuleViolation("ceremony_complaint_wrong", field="share")
    because, guilty = UNFOUNDED, raised.index
    try:
        check_dealt_share(dealing_of(given), raised.index, opened or b"")
    except CryptoError:
        because, guilty = (UNREADABLE if opened is None else SHARE_WRONG), dealer
    return CeremonyEnded(ceremony.id, because, guilty, "", encode(raised))
