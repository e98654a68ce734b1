"""A drand chain whose key the tests hold: it signs any round at once."""

from __future__ import annotations

import itertools

from py_arkworks_bls12381 import G2Point, Scalar

from crypto.bls import hash_to_g1, point_bytes
from crypto.timelock import Chain, Round

_keys = itertools.count(0xBEAC0)


class SigningChain:
    """A chain with a key of its own."""

    def __init__(self, period: int = 3, genesis: int = 1_600_000_000) -> None:
        self.secret = Scalar(next(_keys))
        public = point_bytes(G2Point() * self.secret).hex()
        self.chain = Chain(public, period, genesis, "ab" * 32, "test")

    def sign(self, number: int) -> bytes:
        """What the network would publish on that round: 48 bytes."""
        return point_bytes(hash_to_g1(Round(self.chain, number).identity) * self.secret)
