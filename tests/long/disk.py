"""EIO at every fsync of nine bids, the database's too: `python -m tests.long.disk [--every N] [--lasting]` (T6).

Once the failing call alone fails, with `--lasting` every one from it on. Then a process that never saw the failure
looks at what is there. Needs strace, and says so where there is none. Prints one line with figures and targets.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tests.journeys.failing_disk")
CALLS = ("fsync", "fdatasync")  # blobs and folders; the database. strace counts each by itself


def traced(what: str, inject: str = "") -> tuple[list[dict[str, Any]], Counter[str], dict[str, Any]]:
    """What the scenario printed, how many syncs of each kind there were, and what is there afterwards."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, tempfile.NamedTemporaryFile() as trace:
        command = ["strace", "-f", "-qq", "-o", trace.name, "-e", f"trace={','.join(CALLS)}"]
        command += ["-e", f"inject={inject}"] if inject else []
        ran = subprocess.run([*command, *PROGRAM, what, name], cwd=ROOT, capture_output=True, text=True, check=False)
        said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
        lines = Path(trace.name).read_text().splitlines()
        syncs = Counter({call: sum(f" {call}(" in line for line in lines) for call in CALLS})
        acked = {line["ack"]: line["root"] for line in said if "ack" in line}
        check, asked = [*PROGRAM, "check", name], json.dumps([said[0]["case"], acked])
        looked = subprocess.run(check, cwd=ROOT, input=asked, capture_output=True, text=True, check=True)
        return said, syncs, json.loads(looked.stdout) | {"acked": len(acked)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try every so many syncs")
    parser.add_argument("--lasting", action="store_true", help="everything fails from there on")
    arguments = parser.parse_args()
    if not shutil.which("strace"):
        print("NOT TESTED: EIO needs strace (apt-get install strace)", file=sys.stderr)
        return 2
    _said, before, _found = traced("prepare")
    said, after, _found = traced("rush")
    whole, syncs = sum("ack" in line for line in said), sum((after - before).values())
    found = Counter[str]()
    points = [(call, number) for call in CALLS for number in range(before[call] + 1, after[call] + 1)]
    for call, number in points[:: arguments.every]:
        _said, _syncs, one = traced("rush", f"{call}:error=EIO:when={number}{'+' if arguments.lasting else ''}")
        bad = {"missing": len(one["missing"]), "lost": len(one["lost"]), "unsound": int(not one["sound"])}
        found.update({"tried": 1, "acked": one["acked"], "unacked": one["unacked"], **bad})
        if any(bad.values()):
            print(f"{call} {number}: {one}", flush=True)
    print(
        f"disk EIO: {found['tried']} of {syncs} syncs failing{' from there on' if arguments.lasting else ''}, "
        f"{found['acked']} acknowledged of {found['tried'] * whole}, {found['unacked']} on record without an answer, "
        f"{found['missing']} missing (0), {found['lost']} lost (0), {found['unsound']} unsound (0)"
    )
    return 1 if found["missing"] + found["lost"] + found["unsound"] else 0


if __name__ == "__main__":
    sys.exit(main())
