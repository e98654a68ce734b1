"""Ten thousand sequences of duplicated, reordered, delayed and replayed scores: `python -m tests.long.score_sequences`.

Prints how many diverged from what an undisturbed line leaves; the first of them is shown. Exit status 0 if none did.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

from tests.app.services.test_score_sequences import Desk, sequence
from tests.app.services.whole_case import WholeCase

SEQUENCES = 10_000


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        case = WholeCase(Path(folder)).until_scoring()
        desk, events, diverged = Desk(case), 0, []
        for seed in range(SEQUENCES):
            arrived, kept = sequence(Random(seed), desk.places)
            events += len(arrived)
            if desk.play(arrived) != kept:
                diverged.append(seed)
        case.platform.database.dispose()
    print(f"{SEQUENCES} sequences of {events} scores: {len(diverged)} diverged {diverged[:3] or ''}")
    return 1 if diverged else 0


if __name__ == "__main__":
    sys.exit(main())
