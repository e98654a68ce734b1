"""The trustees of a tender: k of n people with opposed interests, who alone together can open its bids.

Threshold BLS on BLS12-381 (keys in G2, signatures in G1) as in drand, with identity-based encryption on top: one
48-byte signature on the identity of a lot's opening opens every bid of the lot, anybody can check it for ever, and the
joint secret never exists anywhere. `ceremony` makes the keys, `resharing` hands them on to other trustees,
`description` is what the public knows, `release` makes and checks signatures, `capsule` seals a bid's key to an
identity, and in mode M2 to a beacon's round as well.
"""

from crypto.committee.capsule import (
    CAPSULE_TYPE,
    TIMED_CAPSULE_TYPE,
    capsule_type,
    check_capsule_header,
    make_capsule,
    open_capsule,
    open_with_seed,
)
from crypto.committee.ceremony import (
    Dealing,
    check_dealt_share,
    combine_dealings,
    combine_dealt_shares,
    complaint,
    deal,
    run_ceremony,
)
from crypto.committee.description import Committee, Member
from crypto.committee.release import (
    Release,
    combine,
    identity,
    read_release,
    read_share,
    release_object,
    share_object,
    sign_share,
    verify_release,
    verify_share,
)
from crypto.committee.resharing import (
    check_redealing,
    combine_redealings,
    combine_redealt_shares,
    deal_again,
    holds_share,
)

__all__ = [
    "CAPSULE_TYPE",
    "TIMED_CAPSULE_TYPE",
    "Committee",
    "Dealing",
    "Member",
    "Release",
    "capsule_type",
    "check_capsule_header",
    "check_dealt_share",
    "check_redealing",
    "combine",
    "combine_dealings",
    "combine_dealt_shares",
    "combine_redealings",
    "combine_redealt_shares",
    "complaint",
    "deal",
    "deal_again",
    "holds_share",
    "identity",
    "make_capsule",
    "open_capsule",
    "open_with_seed",
    "read_release",
    "read_share",
    "release_object",
    "run_ceremony",
    "share_object",
    "sign_share",
    "verify_release",
    "verify_share",
]
