import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import CryptoError
from crypto.merkle import (
    EMPTY_ROOT,
    LEAF_SIZE,
    Frontier,
    TreeDigest,
    consistency_proof,
    consistency_spans,
    inclusion_proof,
    inclusion_spans,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.choices import choices

# The leaves and tree heads that the Certificate Transparency reference implementation is tested with.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(b"%d" % number) for number in range(70)]
SIZES = st.integers(1, len(HASHES))


def defined_root(hashes):
    """MTH of RFC 6962, 2.1, as it is written there."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = max(2**power for power in range(7) if 2**power < len(hashes))
    return node_hash(defined_root(hashes[:split]), defined_root(hashes[split:]))


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size):
    assert root([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


@pytest.mark.parametrize("size", range(len(HASHES) + 1))
def test_root_is_the_defined_one_and_the_frontier_survives_storage(size):
    frontier = Frontier()
    for leaf in HASHES[:size]:
        frontier = frontier.push(leaf)
    assert frontier.root() == root(HASHES[:size]) == defined_root(HASHES[:size])
    assert Frontier.from_hex(size, frontier.to_hex()) == frontier
    assert len(frontier.nodes) == size.bit_count()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "00" * 32), (1, ""), (1, "00" * 31), (1, "AA" * 32), (1, "zz" * 32), (3, "00" * 32), (-1, "00" * 32)],
)
def test_a_frontier_that_does_not_fit_its_size_is_refused(size, text):
    with pytest.raises(CryptoError, match="frontier_malformed"):
        Frontier.from_hex(size, text)


def test_inclusion_proof_holds_for_its_leaf_place_and_tree_only():
    other = leaf_hash(b"other")
    for size in (*range(1, 34), 63, 64, 65, 70):
        hashes = HASHES[:size]
        head = root(hashes)
        for index, leaf in enumerate(hashes):
            proof = inclusion_proof(hashes, index)
            places = range(-1, size + 1) if size < 34 else (index - 1, index, index + 1, index ^ 32, index ^ 64)
            found = [place for place in places if verify_inclusion(leaf, place, size, proof, head)]
            assert found == [index], size
            assert not verify_inclusion(other, index, size, proof, head), (size, index)
            assert not verify_inclusion(leaf, index, size, proof, other), (size, index)
            assert not verify_inclusion(leaf, index, size, [*proof, head], head), (size, index)
            assert not proof or not verify_inclusion(leaf, index, size, proof[:-1], head), (size, index)


@given(st.integers(0, len(HASHES)), SIZES)
def test_consistency_proof_holds_for_its_two_trees_only(old_size, new_size):
    old_size = min(old_size, new_size)
    old, new = root(HASHES[:old_size]), root(HASHES[:new_size])
    proof = consistency_proof(HASHES[:new_size], old_size)
    assert verify_consistency(old_size, new_size, old, new, proof)
    assert not verify_consistency(old_size, new_size, leaf_hash(b"other"), new, proof)
    assert not verify_consistency(old_size, new_size, old, new, [*proof, old])
    if old_size:
        assert not verify_consistency(old_size, new_size, old, leaf_hash(b"other"), proof)
    if proof:
        assert not verify_consistency(old_size, new_size, old, new, proof[:-1])
        assert not verify_consistency(old_size, new_size, old, new, [b"", *proof])


@given(choices(3))
def test_a_rewritten_leaf_breaks_consistency(chosen):
    old_size, more = chosen.one(range(1, 41)), chosen.one(range(1, 31))
    changed = chosen.one(range(old_size))
    rewritten = [leaf_hash(b"rewritten") if i == changed else leaf for i, leaf in enumerate(HASHES)][: old_size + more]
    proof = consistency_proof(rewritten, old_size)
    assert not verify_consistency(old_size, old_size + more, root(HASHES[:old_size]), root(rewritten), proof)


def test_sizes_in_the_wrong_order_prove_nothing():
    assert not verify_consistency(2, 1, HASHES[0], HASHES[0], [])
    assert not verify_consistency(-1, 1, HASHES[0], HASHES[0], [])
    assert not verify_inclusion(HASHES[0], 0, 0, [], EMPTY_ROOT)


@pytest.mark.parametrize("index", [-1, 2, 3])
def test_a_leaf_that_is_not_there_has_no_proof(index):
    with pytest.raises(CryptoError, match="leaf_out_of_range"):
        inclusion_proof(HASHES[:2], index)


@pytest.mark.parametrize("old_size", [-1, 3])
def test_a_tree_is_not_consistent_with_a_longer_one(old_size):
    with pytest.raises(CryptoError, match="leaf_out_of_range"):
        consistency_proof(HASHES[:2], old_size)


def expected_digest(data):
    return root([leaf_hash(data[i : i + LEAF_SIZE]) for i in range(0, len(data), LEAF_SIZE)]).hex()


STREAM = hashlib.shake_128(b"stream").digest(3 * LEAF_SIZE + 7)
EXPECTED = {
    size: expected_digest(STREAM[:size])
    for size in (0, 1, LEAF_SIZE - 1, LEAF_SIZE, LEAF_SIZE + 1, 2 * LEAF_SIZE, len(STREAM))
}


@given(st.sampled_from(list(EXPECTED)), st.lists(st.integers(1, LEAF_SIZE + 5), max_size=4))
def test_tree_digest_does_not_depend_on_how_the_bytes_arrive(size, cuts):
    streamed, rest = TreeDigest(), STREAM[:size]
    for cut in cuts:
        streamed.update(rest[:cut])
        rest = rest[cut:]
    streamed.update(rest)
    assert (streamed.size, streamed.hexdigest()) == (size, EXPECTED[size])


def test_tree_digest_of_nothing_is_the_empty_root():
    assert (TreeDigest().size, TreeDigest().hexdigest()) == (0, EMPTY_ROOT.hex())


def test_tree_digest_goes_on_from_the_last_complete_leaf():
    data = bytes(range(256)) * 10_000
    first = TreeDigest()
    first.update(data[: LEAF_SIZE + 100])
    assert first.hexdigest() == expected_digest(data[: LEAF_SIZE + 100])
    resumed = TreeDigest(Frontier.from_hex(1, first.frontier.to_hex()))
    assert resumed.size == LEAF_SIZE
    resumed.update(data[LEAF_SIZE:])
    assert resumed.hexdigest() == expected_digest(data)


@given(choices(3))
def test_spans_lead_to_the_same_proofs(chosen):
    """What a tree kept in a table looks up is what the proofs over all leaves contain."""
    size = chosen.one(range(1, len(HASHES) + 1))
    index, old = chosen.one(range(size)), chosen.one(range(size + 1))
    hashes = HASHES[:size]
    assert [defined_root(hashes[a:b]) for a, b in inclusion_spans(index, size)] == inclusion_proof(hashes, index)
    assert [defined_root(hashes[a:b]) for a, b in consistency_spans(old, size)] == consistency_proof(hashes, old)
