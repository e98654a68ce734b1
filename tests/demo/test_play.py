"""The director of the play refuses what would overwrite something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from demo.case import DemoCase
from demo.narrator import Narrator
from demo.play import Director

ROOT = Path(__file__).parents[2]


def test_a_folder_that_exists_is_not_overwritten(tmp_path):
    command = [sys.executable, "-m", "demo.play", "--folder", str(tmp_path)]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert played.returncode == 1
    assert str(tmp_path) in played.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_call_up_of_an_earlier_play_calls_nobody(tmp_path):
    started: list[str] = []
    mail, desk = tmp_path / "mail", tmp_path / "desk"
    for name in ("old", "new"):
        (mail / name).mkdir(parents=True)
        (mail / name / "1.eml").write_bytes(b"Content-Type: text/plain\n\ncode: ABCD\n")
    os.utime(mail / "old" / "1.eml", (1, 1))
    company = SimpleNamespace(
        site=SimpleNamespace(mail=mail),
        folder=desk,
        start=lambda role, mailbox, since, declines: started.append(f"{role} {mailbox.name}"),
    )
    director = Director(company, DemoCase.read(), Narrator("zh", lambda _line: None))
    director._start_called()
    director._start_called()
    assert started == ["member-1 new"]
