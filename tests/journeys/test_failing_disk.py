"""Disks that fill and fail under a running installation: no receipt is lost, and every lot closes (T6)."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app.database import no_room
from app.factory import create_app
from app.services.platform import DIST
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
ROOT = Path(__file__).parents[2]
SMALL = "40m"
PROGRAM = (sys.executable, "-m", "tests.journeys.failing_disk")


def on_a_small_disk(folder: Path, what: str) -> Any:
    """What the scenario says on a disk of its own, which ends with it; skips loudly where there can be none."""
    folder.mkdir()
    mounted = f"mount -t tmpfs -o size={SMALL} none {folder}"
    if not shutil.which("unshare") or subprocess.run(["unshare", "-m", "sh", "-c", mounted], check=False).returncode:
        warnings.warn("NOT TESTED: a really full disk needs root and unshare(1)", stacklevel=1)
        pytest.skip("a disk of its own needs root and unshare(1)")
    command = f"{mounted} && exec {' '.join(PROGRAM)} {what} {folder}"
    ran = subprocess.run(["unshare", "-m", "sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout.splitlines()[-1])


def test_a_disk_that_somebody_fills_costs_no_receipt_gives_none_and_what_uploads_leave_is_enough_to_open(tmp_path):
    found = on_a_small_disk(tmp_path / "disk", "full")
    assert found["refused"] == "disk_full"
    assert set(found["while_full"]) == {"taken", "disk_full", "OSError", "OperationalError"}
    assert (found["receipts"], found["missing"], found["unacked"], found["lost"]) == (3, 0, 0, [])
    assert (found["closed"], found["opened"], found["sound"]) == (True, 3, True)


def test_a_sync_that_fails_gives_no_receipt_and_what_was_receipted_stays(tmp_path, monkeypatch):
    """The first failing write, then the next: an upload's, a folder's, a capsule's (`python -m tests.long.disk` has
    every one, the database's too)."""
    bench = Bench(tmp_path).found()
    bench.publish(60)
    first = bench.hand_in("bidder-a")["receipt"]["receipt"]["receipt_id"]
    real, failed = os.fsync, 0

    def meets(failing: int) -> bool:
        """Whether a bid comes to its `failing`-th sync, which fails; then, and only then, it has no receipt."""
        left = failing

        def fail(descriptor: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            real(descriptor)

        with monkeypatch.context() as patch, suppress(OSError):
            patch.setattr(os, "fsync", fail)
            bench.hand_in("bidder-c")
        assert (len(bench.records("BidReceipted")) == 2) == (left > 0)
        return left <= 0

    while meets(failed + 1):  # how many there are depends on the folders that are there already
        failed += 1
    assert failed >= 3
    receipts = {record.payload["receipt_id"] for record in bench.records("BidReceipted")}
    assert first in receipts
    bench.hand_in("bidder-b")
    bench.work_off(61)
    bench.release()
    bench.work_off()
    assert len(bench.case.lots["1"].opening.opened) == 3


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OperationalError("INSERT", {}, Exception("database or disk is full")),
        OperationalError("INSERT", {}, type("Full", (Exception,), {"sqlstate": "53100"})()),
    ],
)
def test_a_full_disk_is_said_as_that_and_not_as_an_incident(tmp_path, fault, caplog):
    assert no_room(fault)
    bench = Bench(tmp_path)
    app = create_app(bench.platform.settings, bench.clock)

    def fails() -> None:
        raise fault

    app.view_functions["api_people.read_platform"] = fails
    answer = app.test_client().get("/api/v1/platform")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "disk_full")
    assert "incident" not in caplog.text


def test_another_fault_is_no_full_disk():
    assert not no_room(OSError(errno.EIO, "Input/output error"))
    assert not no_room(OperationalError("INSERT", {}, Exception("database is locked")))
    assert not no_room(None)
