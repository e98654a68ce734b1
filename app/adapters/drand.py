"""drand's relays: what they answer is checked by its signature, so they are trusted with nothing but being there."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import requests

from crypto.errors import CryptoError
from crypto.timelock import Round, SignedRound, read_relay_answer

log = logging.getLogger("tenderhall.drand")
TIMEOUT = (3, 5)  # seconds to connect, seconds between bytes
LONGEST_ANSWER = 4096  # bytes


def fetch_signed_round(urls: Iterable[str], wanted: Round) -> SignedRound | None:
    """The signature of a round from the first of the relays `urls` that has it; None when none has."""
    for url in urls:
        try:
            return SignedRound(wanted, read_relay_answer(_answer(url + wanted.path)))
        except (requests.RequestException, OSError, CryptoError) as exc:
            log.warning("relay %s has not given round %s: %s", url, wanted.number, exc)
    return None


def _answer(url: str) -> bytes:
    with requests.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as response:
        response.raise_for_status()
        return bytes(next(response.iter_content(LONGEST_ANSWER), b""))
