"""What who administers the database changes in one whole case with witnesses, and how much of it is named.

Each column of each table of events and projections is edited; rows are deleted, added, exchanged, cut off; behind each
change of the log every hash is made to fit again, step by step, as far as the platform's own keys reach.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.models.standing import Standing
from app.services.ticks import make_tick
from tests.app.services.admin_changes import Administrator, Trial
from tests.app.services.recording import Recorded


def change_everything() -> str:
    with tempfile.TemporaryDirectory() as folder:
        case = Recorded(Path(folder)).through("found publish")
        case.tick()
        case.change_deadlines().bid()
        case.tick()
        case.open().draw().sit().report()
        make_tick(case.platform)  # so that nothing is younger than the register's last word
        tried = list(Administrator(case, Path(folder)).trials())
    return "; ".join(
        f"{standing.value}s: {_share([trial for trial in tried if trial.standing is standing])}"
        for standing in (Standing.EVENT, Standing.PROJECTION)
    )


def _share(tried: list[Trial]) -> str:
    unnamed = [f"{trial.table}: {trial.words}" for trial in tried if not trial.named_by]
    named = len(tried) - len(unnamed)
    words = f"{named} of {len(tried)} changes named ({named / len(tried):.1%})"
    return f"{words}, not: {', '.join(unnamed)}" if unnamed else words
