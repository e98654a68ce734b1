"""Every cell of the permission matrix: routes, events and acts x everybody x phases x one's own and another's.

    python -m tests.long.permission_matrix [FILE]

FILE keeps what was tried: begun again with the same one, it goes on where it was. Exit status 0 if no cell is wrong.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from app.casefile.case import Phase
from tests.app.permission_matrix import Stage


def try_all(kept: Path) -> tuple[int, list[str]]:
    """How many cells there are, and what is wrong with which."""
    found = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    known = {(entry["phase"], entry["looker"]) for entry in found}
    for phase in Phase:
        with tempfile.TemporaryDirectory() as folder, kept.open("a") as file:
            stage = Stage(Path(folder), phase)
            for looker in stage.lookers:
                if (phase.value, str(looker)) not in known:
                    answers = {name: try_it() for name, try_it in stage.cells(looker)}
                    wrong = {name: answer for name, answer in answers.items() if answer}
                    found.append({"phase": phase.value, "looker": str(looker), "cells": len(answers), "wrong": wrong})
                    file.write(json.dumps(found[-1], ensure_ascii=False) + "\n")
                    file.flush()
    wrong = [f"{e['phase']} {e['looker']}: {name}: {why}" for e in found for name, why in e["wrong"].items()]
    return sum(entry["cells"] for entry in found), wrong


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        cells, wrong = try_all(Path(arguments[0] if arguments else f"{folder}/matrix.jsonl"))
    print("\n".join(wrong))
    print(f"permission matrix: {cells} cells, {len(wrong)} wrong {dict(Counter(w.split(':')[0] for w in wrong)) or ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
