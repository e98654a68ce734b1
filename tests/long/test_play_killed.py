"""The whole case, played by separate programs, with parts of the site killed in the middle of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.client.keyfile import read_json

ROOT = Path(__file__).parents[2]
KILLS = (
    "web@bid_submitted",
    "worker@event:LotClosed",
    "web@event:DrawSigned",
    "worker@call_up_accepted",
    "web@line_cut",
    "worker@scores_locked",
    "web@report_signed",
)
LONGEST = 420  # seconds, on a machine that runs other tests at the same time


def test_the_published_outcome_comes_out_though_parts_are_killed(tmp_path):
    kills = [option for kill in KILLS for option in ("--kill", kill)]
    command = [sys.executable, "-m", "demo.play", "--lang", "en", "--folder", str(tmp_path / "play"), *kills]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST)
    assert played.returncode == 0, played.stdout[-4000:] + played.stderr[-4000:]
    assert played.stdout.count("killed with -9") == len(KILLS)
    assert "none lost" in played.stdout
    _, scores = played.stdout.split("Score table")
    rows = [line.split() for line in scores.splitlines() if line.startswith("演示投标人")]
    assert [(row[2], row[-2], row[-1]) for row in rows] == [
        ("30.00", "93.30", "1"),
        ("29.85", "68.78", "2"),
        ("29.64", "65.57", "3"),
    ]
    taken = read_json(tmp_path / "play" / "desk" / "result.json")
    assert len(taken["opened"]) == 3, "no bid that got a receipt is lost, none is opened twice"
    assert Path(taken["files"]["report"]).read_bytes().startswith(b"%PDF")
