"""A sample of the permission matrix, the same in each run; `tests/long/permission_matrix.py` tries every cell."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import pytest

from app.casefile.case import Phase
from tests.app.permission_matrix import Stage

ONE_IN = 60


@pytest.mark.parametrize("phase", list(Phase))
def test_nobody_is_let_in_where_the_matrix_does_not_say_so(tmp_path: Path, phase: Phase):
    stage, tried, wrong = Stage(tmp_path, phase), 0, []
    for looker in stage.lookers:
        for name, try_it in stage.cells(looker):
            if crc32(f"{phase} {looker} {name}".encode()) % ONE_IN == 0:
                tried += 1
                wrong += [f"{looker}: {name}: {found}"] if (found := try_it()) else []
    assert tried > 50
    assert not wrong
