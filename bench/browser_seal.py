"""A bid sealed on the product's own page in Chromium and handed in, against `tenderhall bid seal` on the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Error, Page, sync_playwright

from app.casefile.sealing import committee_of, context_of
from app.client.bidder import SealParameters, seal_bid
from app.extensions import COOKIE
from bench.timing import seconds
from tests.app.realtime.serving import serving
from tests.app.workbench import LOT, Bench, RealClock

MEBIBYTES = int(os.environ.get("TENDERHALL_BENCH_SEAL_MIB", "1024"))
TARGET_MB, TARGET_HEAP = 150, 100
BIDDER = "bidder-a"
WITHIN = 1800  # seconds for each step
LOOK_EVERY = 0.25  # seconds between looks at the heap
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PROGRAM = "chromium"
NOT_HERE = "Chromium is not installed"
NATIVE = """async () => {
  const algorithm = { name: 'ChaCha20-Poly1305' };
  try { await crypto.subtle.importKey('raw-secret', new Uint8Array(32), algorithm, false, ['encrypt']); return true; }
  catch { return false; }
}"""


@dataclass
class Sealing:
    """What a run in the browser gave: seconds to seal and to upload, peaks in bytes, whether the cipher was native."""

    sealed: float = 0.0
    uploaded: float = 0.0
    heap: int = 0
    buffers: int = 0
    native: bool = False


def seal_in_chromium(mebibytes: int = MEBIBYTES) -> str:
    if shutil.which(PROGRAM) is None:
        return NOT_HERE
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as named:
        folder = Path(named)
        source = folder / "qualification.pdf"  # of this name, since the page asks where there is none
        source.write_bytes(os.urandom(1 << 20) * mebibytes)
        bench = Bench(folder / "site", clock=RealClock()).found()
        bench.publish(2 * WITHIN)
        peer = seconds(lambda: _seal_offline(bench, source, folder / "offline"))
        with serving(bench.platform.settings) as server, _chromium(folder / "browser") as context:
            found = _seal_online(context, server.base_url, bench, source)
        bench.platform.database.dispose()
    return _in_words(found, peer, mebibytes << 20)


def _seal_offline(bench: Bench, source: Path, out: Path) -> None:
    """As `tenderhall bid seal` does it."""
    person, case = bench.people[BIDDER], bench.case
    context = context_of(bench.platform.origin, case, LOT, person.organisation, "age1pq1later")
    parameters = {name: value for name, value in context.items() if name not in ("v", "recipient")}
    items = {"price_fen": "158000000", "duration_days": "60", "project_manager": "经理"}
    seal_bid([source], items, SealParameters(parameters, committee_of(case), None), person.key, out)


@contextmanager
def _chromium(profile: Path) -> Iterator[BrowserContext]:
    """With a profile on the disk: a private window has little storage."""
    with sync_playwright() as playwright:
        chromium, path = playwright.chromium, shutil.which(PROGRAM)
        context = chromium.launch_persistent_context(profile, executable_path=path, args=FLAGS, headless=True)
        yield context
        context.close()


def _seal_online(context: BrowserContext, base_url: str, bench: Bench, source: Path) -> Sealing:
    context.add_cookies([{"name": COOKIE, "value": bench.token(BIDDER), "url": base_url}])
    page = context.pages[0]
    page.set_default_timeout(WITHIN * 1000)
    _take_key(page, base_url, bench)
    page.goto(f"{base_url}/bidder/cases/{bench.case_id}/lots/{LOT}/seal")
    found = Sealing(native=page.evaluate(NATIVE))
    page.locator("[data-opening=price_fen]").fill("1,580,000.00")
    page.locator("[data-capital-of]").fill("壹佰伍拾捌万元整")
    page.locator("[data-opening=duration_days]").fill("60")
    page.locator("[data-opening=project_manager]").fill("经理")
    page.locator("[data-seal-files]").set_input_files(source)
    heap = Heap(page)
    began = time.perf_counter()
    page.locator("[data-seal-button]").click()
    found.sealed = _until(page, heap, "[data-seal-identity]") - began
    page.locator("[data-seal-identity]").click()  # the key is saved before anything is uploaded
    began = time.perf_counter()
    page.locator("[data-seal-saved] [data-seal-send]").click()
    found.uploaded = _until(page, heap, "[data-seal-receipt]") - began
    found.heap, found.buffers = heap.peak, heap.peak_buffers
    return found


def _take_key(page: Page, base_url: str, bench: Bench) -> None:
    page.goto(f"{base_url}/account/keys")
    key = {
        "name": "key.pem",
        "mimeType": "application/x-pem-file",
        "buffer": bench.people[BIDDER].key.to_pem().encode(),
    }
    page.locator("[data-key-file]").set_input_files(key)
    page.wait_for_function("() => document.querySelector('[data-key-fingerprint]').textContent.length > 60")


def _until(page: Page, heap: Heap, shown: str) -> float:
    """The instant at which a part of the page is shown; looks at the heap meanwhile. Raises RuntimeError."""
    give_up_at = time.monotonic() + WITHIN
    while not page.locator(shown).is_visible():
        if time.monotonic() > give_up_at or page.locator("#seal-errors li").count():
            raise RuntimeError(page.locator("#seal-errors").inner_text())
        heap.look()
        page.wait_for_timeout(LOOK_EVERY * 1000)
    return time.perf_counter()


class Heap:
    """The JavaScript heaps of a page and its workers, and the buffers beside them, as DevTools sees them."""

    def __init__(self, page: Page) -> None:
        self.peak = self.peak_buffers = 0
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._workers: dict[str, dict[str, int]] = {}
        self._session.on("Target.attachedToTarget", lambda event: self._workers.setdefault(event["sessionId"], {}))
        self._session.on("Target.detachedFromTarget", lambda event: self._workers.pop(event["sessionId"], None))
        self._session.on("Target.receivedMessageFromTarget", self._hear)
        attach = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        self._session.send("Target.setAutoAttach", attach)

    def _hear(self, event: dict[str, Any]) -> None:
        answer = json.loads(event["message"])
        if "result" in answer and event["sessionId"] in self._workers:
            self._workers[event["sessionId"]] = answer["result"]

    def look(self) -> None:
        """Ask everybody; a worker's answer counts with the next look."""
        usage = [self._session.send("Runtime.getHeapUsage"), *self._workers.values()]
        self.peak = max(self.peak, sum(int(one.get("usedSize", 0)) for one in usage))
        self.peak_buffers = max(self.peak_buffers, sum(int(one.get("backingStorageSize", 0)) for one in usage))
        message = json.dumps({"id": 1, "method": "Runtime.getHeapUsage"})
        for worker in list(self._workers):
            try:
                self._session.send("Target.sendMessageToTarget", {"sessionId": worker, "message": message})
            except Error:  # it has ended, and the word of it is still on its way
                self._workers.pop(worker, None)


def _in_words(found: Sealing, peer: float, size: int) -> str:
    megabytes = size / 1e6
    cipher = "the browser's own cipher" if found.native else "the cipher in JavaScript, the browser has none of its own"
    target = f" (target ≥ {TARGET_MB})" if found.native else ""
    return (
        f"{size >> 20} MiB sealed in Chromium at {megabytes / found.sealed:.0f} MB/s{target} with {cipher}, by "
        f"`tenderhall bid seal` at {megabytes / peer:.0f} MB/s, {peer / found.sealed:.2f} of it; heap at most "
        f"{found.heap / 1e6:.0f} MB (target < {TARGET_HEAP}) and {found.buffers / 1e6:.0f} MB of buffers; "
        f"then handed in at {megabytes / found.uploaded:.0f} MB/s"
    )
