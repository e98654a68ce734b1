"""No cell of the permission matrix is wrong."""

from tests.long.permission_matrix import try_all


def test_every_cell(tmp_path):
    cells, wrong = try_all(tmp_path / "matrix.jsonl")
    assert cells > 50_000
    assert not wrong
