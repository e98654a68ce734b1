"""The director of the play refuses what would overwrite something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_folder_that_exists_is_not_overwritten(tmp_path):
    command = [sys.executable, "-m", "demo.play", "--folder", str(tmp_path)]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert played.returncode == 1
    assert str(tmp_path) in played.stdout
    assert list(tmp_path.iterdir()) == []
