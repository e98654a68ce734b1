"""How a committee changes its members, n and k under the same public key (Desmedt and Jajodia, 1997).

1. Exactly k trustees of the committee as it stands each deal their own share anew: a random polynomial of the new
   degree whose constant term is that share, committed to in G2, a share of it sealed to each new trustee.
2. Everybody checks that the first commitment is the dealer's public share; each new trustee checks what it was dealt.
3. The new commitments are the dealings' weighted by Lagrange's coefficients of the dealers, a new trustee's secret
   likewise of what was dealt to it. The constant term is the public key again.

Shares of the old and of the new polynomial do not combine: any mix of them gives another signature, which fails. Old
shares stay good for the old polynomial, so k old trustees who keep theirs can still sign: they have to be destroyed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from py_arkworks_bls12381 import G2Point, Scalar

from crypto.bls import RandomBytes, point_bytes, read_scalar, scalar_bytes, total
from crypto.committee.ceremony import Dealing, check_dealing, check_dealt_share, deal_secret
from crypto.committee.description import Committee, Member, check_size
from crypto.committee.release import weight
from crypto.errors import CryptoError


def deal_again(
    ceremony: str, previous: Committee, dealer: int, secret: bytes, n: int, k: int, rng: RandomBytes
) -> tuple[Dealing, dict[int, bytes]]:
    """Step 1 for trustee `dealer` of `previous`: the public dealing, and by index the 32 bytes for each of n new ones.

    Raises CryptoError `committee_size`, `member_unknown`, `share_secret_wrong` when `secret` is not that trustee's.
    """
    check_size(n, k)
    if not holds_share(previous, dealer, secret):
        raise CryptoError("share_secret_wrong")
    return deal_secret(ceremony, dealer, read_scalar(secret), n, k, rng)


def holds_share(committee: Committee, index: int, secret: bytes) -> bool:
    """Whether `secret` is the share of trustee `index`. Raises CryptoError `member_unknown`, `share_secret_wrong`."""
    return bool(G2Point() * read_scalar(secret) == committee.public_share(index))


def check_redealing(dealing: Dealing, ceremony: str, previous: Committee, k: int) -> None:
    """Step 2 for everybody: `dealing` deals on the very share that its dealer has in `previous`.

    Raises CryptoError `dealing_wrong` (dealer, reason).
    """
    check_dealing(dealing, ceremony, previous.n, k)
    if dealing.points()[0] != previous.public_share(dealing.dealer):
        raise CryptoError("dealing_wrong", dealer=dealing.dealer, reason="not the share that it has")


def _dealers(dealings: Sequence[Dealing], needed: int) -> tuple[int, ...]:
    found = tuple(dealing.dealer for dealing in dealings)
    if len(set(found)) != len(found) or len(found) != needed:
        raise CryptoError("dealings_incomplete", found=len(set(found)), needed=needed)
    return found


def combine_redealings(
    previous: Committee, dealings: Sequence[Dealing], members: Sequence[Member], k: int
) -> Committee:
    """Step 3 for everybody: the committee with its new members, its id, public key and mode unchanged.

    Exactly `previous.k` dealings by different trustees. Raises CryptoError `dealings_incomplete` (found, needed),
    `dealing_wrong`, and those of `Committee`.
    """
    dealers = _dealers(dealings, previous.k)
    for dealing in dealings:
        check_redealing(dealing, dealings[0].ceremony, previous, k)
    weights = [weight(dealer, dealers) for dealer in dealers]
    sums = []
    for column in zip(*(dealing.points() for dealing in dealings), strict=True):
        weighted = (point * by for point, by in zip(column, weights, strict=True))
        sums.append(point_bytes(total(weighted, G2Point.identity())).hex())
    return replace(previous, n=len(members), k=k, members=tuple(members), commitments=tuple(sums))


def combine_redealt_shares(dealings: Sequence[Dealing], index: int, dealt: Mapping[int, bytes]) -> bytes:
    """Step 3 for new trustee `index`: its secret of 32 bytes, from the shares dealt to it (by dealer).

    Raises CryptoError `dealt_share_wrong`, `dealings_incomplete`.
    """
    dealers = _dealers(dealings, len(dealt))
    if set(dealt) != set(dealers):
        raise CryptoError("dealings_incomplete", found=len(set(dealt) & set(dealers)), needed=len(dealers))
    for dealing in dealings:
        check_dealt_share(dealing, index, dealt[dealing.dealer])
    return scalar_bytes(total((read_scalar(dealt[i]) * weight(i, dealers) for i in dealers), Scalar(0)))
