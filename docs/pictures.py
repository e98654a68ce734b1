"""Take the README's pictures from a real play: `.venv/bin/python -m docs.pictures` (needs the packages of the tests).

The demonstration is played in a temporary folder with its site left running; each page is looked at as the person who
is entitled to it, with the log-in that the person's own program began.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from app.client.connection import Connection, Refused
from app.client.keyfile import Profile, read_json
from demo.case import LOT
from demo.site import ROOT, free_port

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 860}
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu")
COOKIE = "tenderhall"
LOOK_EVERY = 0.1  # seconds
GIVE_UP_AFTER = 240.0  # seconds
SOME_SCORES = 6  # typed on the sheet that is shown


class Stage:
    """A running play, and a browser that can look at it as any of its actors."""

    def __init__(self, folder: Path, port: int, browser: Browser) -> None:
        self.folder, self.browser = folder, browser
        self.base_url = f"http://127.0.0.1:{port}"

    def token(self, role: str) -> str:
        """The log-in that an actor's program keeps; "" before it has one."""
        return str(Profile(self.folder / role).facts.get("token", ""))

    def page(self, path: str, role: str = "") -> Page:
        """A page as this actor sees it, or as the public does."""
        context = self.browser.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
        if role:
            context.add_cookies([{"name": COOKIE, "value": self.token(role), "url": self.base_url}])
        page = context.new_page()
        page.goto(self.base_url + path, wait_until="networkidle")  # live parts have been fetched once
        return page

    def drafts(self, role: str, case: str) -> int:
        """How many unfinished scores a booth has saved."""
        connection = Connection(self.base_url, token=self.token(role), patience=1)
        try:
            return len(connection.get(f"/cases/{case}/lots/{LOT}/room")["drafts"])
        except Refused:
            return 0

    def booth_at_work(self, case: str) -> str:
        """A member in the middle of its sheet, "" while there is none."""
        members = [path.name for path in self.folder.glob("member-*") if self.token(path.name)]
        return next((role for role in members if self.drafts(role, case) >= SOME_SCORES), "")


def until(found: Callable[[], Any], what: str) -> Any:
    """What `found` gives once it gives something. Raises TimeoutError."""
    give_up_at = time.monotonic() + GIVE_UP_AFTER
    while not (result := found()):
        if time.monotonic() > give_up_at:
            raise TimeoutError(what)
        time.sleep(LOOK_EVERY)
    return result


def case_of(stage: Stage) -> str:
    """The id of the played case, once it is in the public list."""
    try:
        cases = Connection(stage.base_url, patience=1).get("/cases")
    except Refused:
        return ""
    return str(cases[0]["case_id"]) if cases else ""


def take(page: Page, name: str, *, from_top: str = "") -> None:
    """Save what the window shows; `from_top` is scrolled to the upper edge first."""
    page.evaluate("document.fonts.ready")
    if from_top:
        page.locator(from_top).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    page.screenshot(path=PICTURES / f"{name}.png")
    page.context.close()
    print(PICTURES / f"{name}.png")


def take_all(stage: Stage) -> None:
    """The four pages of the README, in the order in which they come to be."""
    case = until(lambda: case_of(stage), "a published case")
    lot = f"/cases/{case}/lots/{LOT}"
    booth = until(lambda: stage.booth_at_work(case), "a booth that scores")
    take(stage.page(f"/room/{case}/{LOT}", booth), "scoring-desk", from_top=".desk__keys")
    until(lambda: read_json(stage.folder / "desk" / "result.json"), "the end of the play")
    take(stage.page(f"{lot}/opening"), "opening-hall", from_top="h1")
    page = stage.page(f"{lot}/draw", "regulator")
    page.locator("[data-draw-check]").first.click()
    page.locator("[data-draw-checked] li").first.wait_for()
    take(page, "draw", from_top="[data-draw-checked]")
    page = stage.page(f"/regulator/cases/{case}", "regulator")
    page.locator("form[method=post] button[data-once]").click()
    page.wait_for_load_state("load")
    take(page, "regulator-case")


def main() -> int:
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="tenderhall-pictures-"))
    command = [sys.executable, "-m", "demo.play", "--keep", "--port", str(port), "--folder", str(folder / "play")]
    play = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    PICTURES.mkdir(exist_ok=True)
    try:
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
            take_all(Stage(folder / "play", port, browser))
            browser.close()
    finally:
        play.send_signal(signal.SIGINT)
        play.wait()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
