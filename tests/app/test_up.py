"""The processes of a site belong together: who kills the head of the group leaves no orphans behind."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli.up import ROOT

HEAD = """
import os, time
from app.cli.up import Child
print(Child("sleeper", ["sleep", "60"], dict(os.environ)).process.pid, flush=True)
time.sleep(60)
"""
ENDS_WITHIN = 10.0  # seconds


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is asked for on Linux only")
def test_a_killed_head_takes_its_processes_along():
    head = subprocess.Popen([sys.executable, "-c", HEAD], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert head.stdout is not None
    child = Path("/proc") / head.stdout.readline().strip()
    assert child.is_dir()
    head.kill()
    head.wait()
    give_up_at = time.monotonic() + ENDS_WITHIN
    while _alive(child):
        assert time.monotonic() < give_up_at, "an orphan is left"
        time.sleep(0.02)


def _alive(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
