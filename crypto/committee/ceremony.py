"""How n trustees make a key that nobody has: Feldman's verifiable secret sharing, dealt by each of them.

1. Every trustee deals: a random polynomial of degree k-1, commitments to its coefficients in G2, a proof that it knows
   the constant term, and for each trustee the value at that trustee's index, sealed to that trustee alone.
2. Everybody checks every dealing; each checks the share dealt to it. Any complaint ends the ceremony, which is run
   again without the one complained of or who complained falsely.
3. The committee's commitments are the sums of the dealings', a trustee's secret the sum of what was dealt to it.

The proof of possession keeps a trustee that speaks last from cancelling the others' contributions (Ristenpart and
Yilek, EUROCRYPT 2007). A last speaker can still bias some bits of the public key (Gennaro et al., EUROCRYPT 1999),
which helps nobody to forge a BLS signature under it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from py_arkworks_bls12381 import G2Point, Scalar

from crypto.bls import (
    POSSESSION_DST,
    PointG2,
    RandomBytes,
    ScalarR,
    evaluate,
    hash_to_g1,
    point_bytes,
    random_scalar,
    read_g1,
    read_g2,
    read_scalar,
    scalar_bytes,
    signature_fits,
    total,
)
from crypto.canonical import canonical
from crypto.committee.description import Committee, Member, check_size
from crypto.errors import CryptoError


@dataclass(frozen=True)
class Dealing:
    """The public part of what one trustee deals: k compressed points of G2, and the proof for the first (G1)."""

    ceremony: str
    dealer: int
    commitments: tuple[bytes, ...]
    proof: bytes

    def points(self) -> list[PointG2]:
        """The commitments. Raises CryptoError `point_wrong`."""
        return [read_g2(commitment) for commitment in self.commitments]


def _possession_message(ceremony: str, dealer: int, commitment: bytes) -> bytes:
    """Bound to ceremony and dealer, so that nobody can deal again what somebody else dealt."""
    return canonical({"ceremony": ceremony, "commitment": commitment.hex(), "dealer": dealer})


def deal(ceremony: str, dealer: int, n: int, k: int, rng: RandomBytes) -> tuple[Dealing, dict[int, bytes]]:
    """Step 1 for trustee `dealer`: the public dealing, and by index the 32 secret bytes for each trustee.

    `ceremony` names this run and no other. Raises CryptoError `committee_size`, `member_unknown`.
    """
    check_size(n, k)
    if not 1 <= dealer <= n:
        raise CryptoError("member_unknown", index=dealer, n=n)
    return deal_secret(ceremony, dealer, random_scalar(rng), n, k, rng)


def deal_secret(
    ceremony: str, dealer: int, secret: ScalarR, n: int, k: int, rng: RandomBytes
) -> tuple[Dealing, dict[int, bytes]]:
    """A dealing whose polynomial is `secret` at 0 and random otherwise; sizes and dealer are the caller's to check."""
    coefficients = [secret, *(random_scalar(rng) for _ in range(k - 1))]
    commitments = tuple(point_bytes(G2Point() * coefficient) for coefficient in coefficients)
    message = _possession_message(ceremony, dealer, commitments[0])
    proof = point_bytes(hash_to_g1(message, POSSESSION_DST) * coefficients[0])
    shares = {index: scalar_bytes(evaluate(coefficients, index, Scalar(0))) for index in range(1, n + 1)}
    return Dealing(ceremony, dealer, commitments, proof), shares


def check_dealing(dealing: Dealing, ceremony: str, n: int, k: int) -> None:
    """Step 2 for everybody.

    Raises CryptoError `dealing_wrong` (dealer, reason) for another ceremony, an impossible dealer, a wrong number of
    commitments, a wrong point, or a proof of possession that fails.
    """
    wrong = {"dealer": dealing.dealer}
    if dealing.ceremony != ceremony or not 1 <= dealing.dealer <= n:
        raise CryptoError("dealing_wrong", **wrong, reason="another ceremony or committee")
    if len(dealing.commitments) != k:
        raise CryptoError("dealing_wrong", **wrong, reason=f"{len(dealing.commitments)} commitments for k = {k}")
    try:
        points, proof = dealing.points(), read_g1(dealing.proof)
    except CryptoError as exc:
        raise CryptoError("dealing_wrong", **wrong, reason=str(exc.facts["reason"])) from exc
    message = _possession_message(ceremony, dealing.dealer, dealing.commitments[0])
    if not signature_fits(proof, message, points[0], POSSESSION_DST):
        raise CryptoError("dealing_wrong", **wrong, reason="proof of possession")


def check_dealt_share(dealing: Dealing, index: int, share: bytes) -> None:
    """Step 2 for trustee `index`: the share it was dealt lies on the polynomial that was committed to.

    Raises CryptoError `dealt_share_wrong` (dealer, index).
    """
    try:
        fits = G2Point() * read_scalar(share) == evaluate(dealing.points(), index, G2Point.identity())
    except CryptoError as exc:
        raise CryptoError("dealt_share_wrong", dealer=dealing.dealer, index=index) from exc
    if not fits:
        raise CryptoError("dealt_share_wrong", dealer=dealing.dealer, index=index)


def complaint(dealing: Dealing, index: int, share: bytes) -> dict[str, Any]:
    """`bidcomplaint/v1` of trustee `index`, to be signed by it: with the share in it anybody can judge who is wrong.

    Showing the share costs nothing, since a complaint ends the ceremony and its secrets are thrown away.
    Raises CryptoError `complaint_unfounded` when the share is right.
    """
    try:
        check_dealt_share(dealing, index, share)
    except CryptoError:
        return {
            "v": "bidcomplaint/v1",
            "ceremony": dealing.ceremony,
            "dealer": dealing.dealer,
            "by": index,
            "share": share.hex(),
        }
    raise CryptoError("complaint_unfounded", dealer=dealing.dealer, index=index)


def combine_dealings(dealings: Sequence[Dealing], members: Sequence[Member], k: int, mode: str = "M1") -> Committee:
    """Step 3 for everybody: the committee. One dealing by each member, all of the same ceremony.

    Raises CryptoError `dealing_wrong`, `dealings_incomplete` (found, needed), and those of `Committee`.
    """
    n = len(members)
    if sorted(dealing.dealer for dealing in dealings) != list(range(1, n + 1)):
        raise CryptoError("dealings_incomplete", found=len({dealing.dealer for dealing in dealings}), needed=n)
    for dealing in dealings:
        check_dealing(dealing, dealings[0].ceremony, n, k)
    columns = zip(*(dealing.points() for dealing in dealings), strict=True)
    sums = tuple(point_bytes(total(column, G2Point.identity())).hex() for column in columns)
    return Committee(n, k, tuple(members), sums, mode)


def combine_dealt_shares(dealings: Sequence[Dealing], index: int, dealt: Mapping[int, bytes]) -> bytes:
    """Step 3 for trustee `index`: its secret of 32 bytes, from the shares dealt to it (by dealer).

    Raises CryptoError `dealt_share_wrong`, `dealings_incomplete`.
    """
    if set(dealt) != {dealing.dealer for dealing in dealings} or len(dealt) != len(dealings):
        raise CryptoError("dealings_incomplete", found=len(dealt), needed=len(dealings))
    for dealing in dealings:
        check_dealt_share(dealing, index, dealt[dealing.dealer])
    return scalar_bytes(total((read_scalar(share) for share in dealt.values()), Scalar(0)))


def run_ceremony(
    members: Sequence[Member], k: int, rng: RandomBytes, *, ceremony: str = "M0"
) -> tuple[Committee, dict[int, bytes]]:
    """Mode M0: every role in one process, which therefore sees every secret. For demonstrations; the mode says so.

    Returns the committee and each trustee's secret of 32 bytes by index. Raises CryptoError `committee_size`,
    `committee_malformed`.
    """
    n = len(members)
    dealt = [deal(ceremony, index, n, k, rng) for index in range(1, n + 1)]
    dealings = [dealing for dealing, _ in dealt]
    secrets = {
        index: combine_dealt_shares(dealings, index, {dealing.dealer: shares[index] for dealing, shares in dealt})
        for index in range(1, n + 1)
    }
    return combine_dealings(dealings, members, k, "M0"), secrets
