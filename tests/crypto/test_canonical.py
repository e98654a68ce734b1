import hashlib
import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import LARGEST_INTEGER, canonical, digest, parse, tagged_hash
from crypto.errors import CryptoError
from tests.choices import choices, pieces

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(lambda text: ["", *pieces(text)])
EDGES = sorted({sign * (2**power - less) for power in range(54) for less in (0, 1) for sign in (1, -1)})[1:-1]


def value_of(chosen, words, depth=0):
    """Anything that has a canonical form."""
    kind = chosen.one(("truth", "number", "edge", "text", "list", "object", "object")[: 7 if depth < 3 else 4])
    match kind:
        case "truth":
            return chosen.one((False, True))
        case "number":
            return chosen.one(range(-LARGEST_INTEGER, LARGEST_INTEGER + 1))
        case "edge":
            return chosen.one(EDGES)
        case "text":
            return chosen.one(words)
    inner = [value_of(chosen, words, depth + 1) for _ in range(chosen.one(range(5)))]
    return inner if kind == "list" else {chosen.one(words): value for value in inner}


@given(choices(80), WORDS)
def test_parse_is_the_inverse_of_canonical(chosen, words):
    value = value_of(chosen, words)
    assert parse(canonical(value)) == value


def as_mappings(value):
    """The same value, of types that the encoder of the standard library does not take."""
    if isinstance(value, dict):
        return MappingProxyType({key: as_mappings(member) for key, member in value.items()})
    return tuple(map(as_mappings, value)) if isinstance(value, list) else value


@given(choices(80), WORDS)
def test_both_ways_of_writing_write_the_same(chosen, words):
    value = value_of(chosen, words)
    assert canonical(as_mappings({"a": value})) == canonical({"a": value})


@given(choices(21), WORDS)
def test_the_order_of_keys_does_not_matter(chosen, words):
    value = {word: chosen.one(EDGES) for word in words[:7]}
    assert canonical(dict(chosen.order(value.items()))) == canonical(value)


def test_keys_are_sorted_as_rfc_8785_sorts_them():
    """The sorting example of RFC 8785, 3.2.3: by UTF-16 code units, so the emoji stands before U+FB33."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical(dict.fromkeys(keys, True)).decode()
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_strings_are_escaped_as_rfc_8785_escapes_them():
    """The string of RFC 8785, 3.2.2, with its control characters, quotes and a line separator left as it is."""
    value = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/\u2028"
    assert canonical(value).decode() == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"'


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [1.5]}, "$.a[0]"),
        ({"a": None}, "$.a"),
        ([LARGEST_INTEGER + 1], "$[0]"),
        ([-LARGEST_INTEGER - 1], "$[0]"),
        ({"a": "\ud800"}, "$.a"),
        ({"\ud800": 1}, "$"),
        ({1: "a"}, "$"),
        (b"bytes", "$"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_path(value, path):
    with pytest.raises(CryptoError) as refusal:
        canonical(value)
    assert (refusal.value.code, refusal.value.facts["path"]) == ("not_canonical", path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"1.0",
        b"1e3",
        b"NaN",
        b'{"a":1} ',
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'"\\u0041"',
        b'"\\ud800"',
        b"\xff",
        b"\xef\xbb\xbf1",
        b"-0",
        b"9007199254740992",
        b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:16]),
)
def test_bytes_in_another_form_are_refused(data):
    with pytest.raises(CryptoError, match="not_canonical"):
        parse(data)


def test_hashes_are_separated_by_label():
    assert tagged_hash("a", b"x") == hashlib.sha256(b"a\x00x").digest()
    assert tagged_hash("a", b"x") != tagged_hash("b", b"x")
    assert digest({"b": 1, "a": "ä"}) == hashlib.sha256('{"a":"ä","b":1}'.encode()).hexdigest()
