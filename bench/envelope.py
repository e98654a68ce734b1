"""Sealing and opening a bid (X-Wing, context, tree digest) against pyrage (X25519, no digest) on the same bytes."""

from __future__ import annotations

import io
import os

import pyrage

from bench.timing import alternating
from crypto.envelope import new_bid_identity, open_bid, seal

MEBIBYTES = 64
CONTEXT = bytes(32)


class _Nowhere(io.RawIOBase):
    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        return len(data)


def _rates(ours: float, peer: float, ratio: float) -> str:
    return f"{MEBIBYTES / ours:.0f} MiB/s, pyrage {MEBIBYTES / peer:.0f} MiB/s, ratio {ratio:.2f} ({MEBIBYTES} MiB)"


def seal_against_pyrage() -> str:
    plain, own, other = os.urandom(MEBIBYTES << 20), new_bid_identity(), pyrage.x25519.Identity.generate()
    public = other.to_public()
    return _rates(
        *alternating(
            lambda: seal(io.BytesIO(plain), _Nowhere(), own.recipient, CONTEXT),
            lambda: pyrage.encrypt(plain, [public]),
        )
    )


def open_against_pyrage() -> str:
    plain, own, other = os.urandom(MEBIBYTES << 20), new_bid_identity(), pyrage.x25519.Identity.generate()
    sealed = io.BytesIO()
    seal(io.BytesIO(plain), sealed, own.recipient, CONTEXT)
    theirs = pyrage.encrypt(plain, [other.to_public()])
    return _rates(
        *alternating(
            lambda: open_bid(io.BytesIO(sealed.getvalue()), _Nowhere(), own.identity, CONTEXT),
            lambda: pyrage.decrypt(theirs, [other]),
        )
    )
