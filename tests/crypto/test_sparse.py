import hashlib
import os
import time

import pytest
from hypothesis import given

from crypto.errors import CryptoError
from crypto.merkle import node_hash
from crypto.sparse import EMPTY, MapProof, SparseMap, entry_hash, verify_map
from tests.choices import choices

SIZES = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 30)  # of a map: as a list is drawn, seldom long


def key_of(chosen):
    """Keys that share long beginnings as well as random ones: nothing else reaches deep into the map."""
    kind, number = chosen.one(("last byte", "every byte", "random")), chosen.one(range(41))
    made = {"last byte": number.to_bytes(32, "big"), "every byte": bytes([number] * 32)}
    return made.get(kind) or hash_of(chosen)


def hash_of(chosen):
    return hashlib.sha256(bytes([chosen.one(range(128)), chosen.one(range(128))])).digest()


def map_of(chosen, least=0):
    entries = {key_of(chosen): hash_of(chosen) for _ in range(max(least, chosen.one(SIZES)))}
    return entries if len(entries) >= least else entries | {bytes(32): bytes(32), b"\xff" * 32: bytes(32)}


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


@given(choices(190))
def test_the_root_is_as_defined_and_of_no_order(chosen):
    entries = map_of(chosen)
    root = defined_root(entries)
    assert SparseMap(entries).root == root
    assert SparseMap(dict(reversed(entries.items()))).root == root


@given(choices(190))
def test_every_key_is_proved_present_or_absent_and_nothing_else(chosen):
    asked, value, entries = key_of(chosen), hash_of(chosen), map_of(chosen)
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


@given(choices(190))
def test_a_changed_proof_or_root_shows_nothing(chosen):
    wrong, entries = hash_of(chosen), map_of(chosen, least=2)
    made = SparseMap(entries)
    each = chosen.one(sorted(entries))
    proof, value = made.prove(each), entries[each]
    place = chosen.one(range(len(proof.siblings)))
    if proof.siblings[place] != wrong:
        altered = (*proof.siblings[:place], wrong, *proof.siblings[place + 1 :])
        assert not verify_map(made.root, each, value, MapProof(altered))
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
