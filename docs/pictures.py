"""Take the README's pictures from a real play: `.venv/bin/python -m docs.pictures` (needs the packages of the tests).

The demonstration is played in a temporary folder; each page is looked at as the person who is entitled to it, with the
log-in that the person's own program began.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.client.connection import Connection
from app.client.keyfile import Profile
from demo.case import LOT, DemoCase
from demo.company import Company, Step
from demo.narrator import Narrator
from demo.play import Director
from demo.site import ROOT, Site, free_port

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 860}
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu")
COOKIE = "tenderhall"
PATIENCE = 120_000  # milliseconds for a page of a busy machine
SOME_SCORES = 6  # typed on the sheet that is shown


class Photographer(Director):
    """A director who stops the committee for a moment, in the middle of its sheets, to take a picture."""

    def __init__(self, company: Company, case: DemoCase, narrator: Narrator, browser: Browser) -> None:
        super().__init__(company, case, narrator)
        self.browser = browser
        self.taken_at_desk = False

    def _show(self, step: Step) -> None:
        super()._show(step)
        if step.step == "line_cut" and not self.taken_at_desk:
            with self._members_stopped():
                page = self.page(f"/room/{self.case_id}/{LOT}", self._member_at_work())
                take(page, "scoring-desk", from_top=".desk__keys")
            self.taken_at_desk = True

    @contextmanager
    def _members_stopped(self) -> Iterator[None]:
        processes = self.company.processes.items()
        members = [process for role, process in processes if role.startswith("member-") and process.is_alive()]
        for member in members:
            os.kill(member.pid, signal.SIGSTOP)
        yield
        for member in members:
            os.kill(member.pid, signal.SIGCONT)

    @property
    def case_id(self) -> str:
        cases = Connection(self.company.site.base_url).get("/cases")
        return str(cases[0]["case_id"])

    def token(self, role: str) -> str:
        """The log-in that an actor's program keeps; "" before it has one."""
        return str(Profile(self.company.folder_of(role)).facts.get("token", ""))

    def _member_at_work(self) -> str:
        """A member in the middle of a sheet."""
        members = [role for role in self.company.processes if role.startswith("member-") and self.token(role)]
        return next(role for role in members if self._drafts(role) >= SOME_SCORES)

    def _drafts(self, role: str) -> int:
        """How many unfinished scores a booth has saved."""
        connection = Connection(self.company.site.base_url, token=self.token(role))
        return len(connection.get(f"/cases/{self.case_id}/lots/{LOT}/room")["drafts"])

    def page(self, path: str, role: str = "") -> Page:
        """A page as this actor sees it, or as the public does, with its live parts fetched once."""
        base_url = self.company.site.base_url
        context = self.browser.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
        context.set_default_timeout(PATIENCE)
        if role:
            context.add_cookies([{"name": COOKIE, "value": self.token(role), "url": base_url}])
        page = context.new_page()
        page.goto(base_url + path, wait_until="networkidle")
        return page

    def after_the_play(self) -> None:
        """Opening hall, wall of the draw with a check of one's own, regulator's case with its checks."""
        lot = f"/cases/{self.case_id}/lots/{LOT}"
        take(self.page(f"{lot}/opening"), "opening-hall", from_top="h1")
        page = self.page(f"{lot}/draw", "regulator")
        page.locator("[data-draw-check]").last.click()
        page.locator("[data-draw-checked] li").first.wait_for()
        take(page, "draw", from_top="[data-draw-checked]")
        page = self.page(f"/regulator/cases/{self.case_id}", "regulator")
        page.locator("form[method=post] button[data-once]").click()
        page.wait_for_load_state("load")
        take(page, "regulator-case")


def take(page: Page, name: str, *, from_top: str = "") -> None:
    """Save what the window shows; `from_top` is scrolled to the upper edge first."""
    page.evaluate("() => document.fonts.ready")
    if from_top:
        page.locator(from_top).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    page.screenshot(path=PICTURES / f"{name}.png")
    page.context.close()


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="tenderhall-pictures-"))
    company = Company(Site(folder / "site", free_port()), folder)
    PICTURES.mkdir(exist_ok=True)
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM_FLAGS))
            photographer = Photographer(company, DemoCase.read(), Narrator("zh"), chromium)
            photographer.run()
            photographer.after_the_play()
            chromium.close()
    finally:
        company.go_home()
        company.site.stop()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
