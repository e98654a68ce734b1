"""Paths and bundles of C2SP tlog-tiles, by the examples of the specification and by the tree they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import CryptoError
from crypto.tiles import LONGEST, WIDTH, Tile, entry_bundle

TILES = st.builds(
    Tile, st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12 - 1), st.integers(1, WIDTH)
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/x001/x234/067", Tile(0, 1234067)),  # the example of the specification
        ("tile/1/000", Tile(1, 0)),
        ("tile/0/273.p/112", Tile(0, 273, 112)),  # 70,000 entries have 273 full tiles, and 112 hashes
        ("tile/1/001.p/17", Tile(1, 1, 17)),
        ("tile/2/000.p/1", Tile(2, 0, 1)),
        ("tile/entries/x001/000.p/1", Tile(None, 1000, 1)),
    ],
)
def test_the_specifications_examples(path: str, tile: Tile):
    assert (Tile.parse(path), tile.path) == (tile, path)


@given(TILES)
def test_a_path_leads_to_its_tile_and_no_other(tile: Tile):
    assert Tile.parse(tile.path) == tile
    assert tile.needed == tile.leaves[-1][1]
    assert len(tile.leaves) == tile.width


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile/0/1", "tile/0/0001", "tile/00/000", "tile/64/000", "tile/0/000.p/0", "tile/0/000.p/256"),
        *("tile/0/x000/001", "tile/0/x001", "tile/0/001/002", "tile/0/000.p/007", "tile/-1/000", "tile/0/٠٠٠"),
        *("tile/entries/000/", "/tile/0/000", "tile/0/000\n", "tile/data/000", "tile/0/000.p/300", "checkpoint"),
    ],
)
def test_another_spelling_is_no_tile(path: str):
    with pytest.raises(CryptoError, match="tile_unknown"):
        Tile.parse(path)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_is_read_back(entries: list[bytes]):
    data, found = entry_bundle(entries), []
    while data:
        length = int.from_bytes(data[:2], "big")
        found, data = [*found, data[2 : 2 + length]], data[2 + length :]
    assert found == entries


def test_an_entry_has_a_length_of_two_bytes():
    assert len(entry_bundle([bytes(LONGEST)])) == LONGEST + 2
    with pytest.raises(CryptoError, match="entry_too_long"):
        entry_bundle([bytes(LONGEST + 1)])
