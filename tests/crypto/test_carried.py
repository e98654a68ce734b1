"""What is carried past people who must not read it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.carried import derived_key, public_point, seal, unseal
from crypto.errors import CryptoError

KEY = derived_key(b"secret", "sheets of c/1")
ABOUT = {"v": "x/v1", "seat": 3}


@given(st.binary(max_size=2000))
def test_whoever_has_the_key_reads_it(data: bytes):
    assert unseal(KEY, seal(public_point(KEY), data, ABOUT), ABOUT) == data


def test_a_key_is_made_anew_and_is_one_purposes():
    assert public_point(derived_key(b"secret", "sheets of c/1")) == public_point(KEY)
    assert public_point(derived_key(b"secret", "sheets of c/2")) != public_point(KEY)
    assert public_point(derived_key(b"other", "sheets of c/1")) != public_point(KEY)


def test_anything_else_is_unreadable():
    sealed = seal(public_point(KEY), b"scores", ABOUT)
    box = bytearray(base64.b64decode(sealed["box"]))
    box[0] ^= 1
    wrong = [
        (KEY, sealed, {**ABOUT, "seat": 4}),
        (derived_key(b"other", "x"), sealed, ABOUT),
        (KEY, {**sealed, "box": base64.b64encode(box).decode()}, ABOUT),
        (KEY, {**sealed, "ephemeral": base64.b64encode(bytes(65)).decode()}, ABOUT),
        (KEY, {**sealed, "ephemeral": "?"}, ABOUT),
        (KEY, {"box": sealed["box"]}, ABOUT),
        (KEY, "text", ABOUT),
    ]
    for key, box_, about in wrong:
        with pytest.raises(CryptoError, match="carried_unreadable"):
            unseal(key, box_, about)


def test_what_a_browser_sealed_opens():
    """Made with WebCrypto by app/static/src/js/carried.js."""
    sealed = {
        "ephemeral": "BJJyL4e1Iue6K7iVASp2hY/6bAkPHFbq7x5zAQmUXojq5lZMwlZ5U06Q032rUSSI+6qY8cucj/UiuFNoZ85MNAQ=",
        "box": "PNKaPZGb/8MvkyHc9AVK6PfPQqPI",
    }
    assert unseal(derived_key(b"secret", "vector"), sealed, {"v": "x/v1"}) == b"hello"
