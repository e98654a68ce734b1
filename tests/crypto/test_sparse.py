import hashlib
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import CryptoError
from crypto.merkle import node_hash
from crypto.sparse import EMPTY, MapProof, SparseMap, entry_hash, verify_map

HASH = st.binary(min_size=32, max_size=32)
# Keys that share long beginnings as well as random ones: nothing else reaches deep into the map.
KEY = HASH | st.integers(0, 40).map(lambda n: n.to_bytes(32, "big")) | st.integers(0, 40).map(lambda n: bytes([n] * 32))
MAPS = st.dictionaries(KEY, HASH, max_size=30)


def key(first: int, last: int = 0) -> bytes:
    return bytes([first]) + bytes(30) + bytes([last])


def defined_root(entries, depth=0):
    """The definition as it stands in the header of the module, on sets instead of sorted lists."""
    if not entries:
        return EMPTY
    if len(entries) == 1:
        ((only, value),) = entries.items()
        return hashlib.sha256(b"\x00" + only + value).digest()
    halves = [{}, {}]
    for each, value in entries.items():
        halves[int.from_bytes(each, "big") >> (255 - depth) & 1][each] = value
    return hashlib.sha256(b"\x01" + b"".join(defined_root(half, depth + 1) for half in halves)).digest()


def test_by_hand():
    a, b, c = key(0x00), key(0x80), key(0xC0)
    x, y, z = (bytes([n]) * 32 for n in (1, 2, 3))
    assert SparseMap({}).root == bytes(32)
    assert SparseMap({a: x}).root == entry_hash(a, x)
    right = node_hash(entry_hash(b, y), entry_hash(c, z))
    assert SparseMap({a: x, b: y, c: z}).root == node_hash(entry_hash(a, x), right)
    proof = SparseMap({a: x, b: y, c: z}).prove(c)
    assert proof.siblings == (entry_hash(a, x), entry_hash(b, y))
    assert proof.to_json() == {"siblings": [entry_hash(a, x).hex(), entry_hash(b, y).hex()], "other": []}


@given(MAPS)
def test_the_root_is_as_defined_and_of_no_order(entries):
    root = defined_root(entries)
    assert SparseMap(entries).root == root
    assert SparseMap(dict(reversed(entries.items()))).root == root


@given(MAPS, KEY, HASH)
def test_every_key_is_proved_present_or_absent_and_nothing_else(entries, asked, value):
    made = SparseMap(entries)
    for each in (*entries, asked):
        proof = made.prove(each)
        assert MapProof.from_json(proof.to_json()) == proof
        assert verify_map(made.root, each, entries.get(each), proof)
        assert made.get(each) == entries.get(each)
        other = None if each in entries else value
        assert not verify_map(made.root, each, other, proof)
        if entries.get(each) != value:
            assert not verify_map(made.root, each, value, proof)


@given(MAPS.filter(lambda entries: len(entries) > 1), HASH, st.data())
def test_a_changed_proof_or_root_shows_nothing(entries, wrong, data):
    made = SparseMap(entries)
    each = data.draw(st.sampled_from(sorted(entries)))
    proof, value = made.prove(each), entries[each]
    place = data.draw(st.integers(0, len(proof.siblings) - 1))
    siblings = list(proof.siblings)
    if siblings[place] != wrong:
        siblings[place] = wrong
        assert not verify_map(made.root, each, value, MapProof(tuple(siblings)))
    assert not verify_map(made.root, each, value, MapProof(proof.siblings[:-1]))
    assert not verify_map(made.root, each, value, MapProof((*proof.siblings, EMPTY)))
    assert not verify_map(made.root, each, value, MapProof(proof.siblings, (each, value)))
    if made.root != wrong:
        assert not verify_map(wrong, each, value, proof)


def test_a_foreign_entry_on_the_path_is_no_absence():
    """Somebody builds a tree with an entry in a place that is not its own, to deny another one."""
    mine, foreign, value = key(0x80), key(0x00), bytes(32)
    root = node_hash(EMPTY, entry_hash(foreign, value))
    assert not verify_map(root, mine, None, MapProof((EMPTY,), (foreign, value)))


def test_lengths_are_checked():
    for entries in ({b"": bytes(32)}, {bytes(32): b"x"}):
        with pytest.raises(CryptoError, match="map_malformed"):
            SparseMap(entries)
    with pytest.raises(CryptoError, match="map_malformed"):
        SparseMap({}).prove(b"x")
    assert not verify_map(EMPTY, b"short", None, MapProof(()))
    assert not verify_map(EMPTY, bytes(32), None, MapProof((EMPTY,) * 257))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        {"siblings": [], "other": [], "more": 1},
        {"siblings": ["00"], "other": []},
        {"siblings": ["G" * 64], "other": []},
        {"siblings": ["A" * 64], "other": []},
        {"siblings": [], "other": ["00" * 32]},
        {"siblings": [0], "other": []},
        {"siblings": [""] * 257, "other": []},
    ],
)
def test_a_malformed_proof_is_refused(wrong):
    with pytest.raises(CryptoError, match="map_malformed"):
        MapProof.from_json(wrong)


def test_ten_thousand_entries_take_well_under_a_second():
    entries = {os.urandom(32): os.urandom(32) for _ in range(10_000)}
    begun = time.perf_counter()
    SparseMap(entries)
    assert time.perf_counter() - begun < 1
