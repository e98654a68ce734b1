"""A real browser, and a small site that serves the built front end under the strict content security policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sealing_page import FILES, Trustees
from small_site import SmallSite
from styleguide import DIST

from crypto.committee import Member, run_ceremony
from tests.app.compiled_once import compile_once

compile_once()

# Browsers here have a Chinese font installed, as those of our users do; without one a page loads 26 pieces of ours.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{dist}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir></fontconfig>"""
# As few processes as may be: starting one for each site and each part of a page is a fifth of all its computing.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
    *("--in-process-gpu", "--process-per-site", "--renderer-process-limit=1"),
]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, one for all tests."""
    # The same engine without windows takes a quarter of the computing.
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "fonts.conf").write_text(FONTS.format(dist=DIST, cache=folder), "utf-8")
    environment = {**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")}
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS, env=environment)
        yield running
        running.close()


@pytest.fixture
def site() -> Iterator[SmallSite]:
    """A site of this test's own pages."""
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: node app/static/src/build.mjs")
    serving = SmallSite()
    serving.start()
    yield serving
    serving.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page with its own storage; what it refuses to run or load fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    yield opened
    context.close()
    assert troubles == []


@pytest.fixture(scope="module")
def _visitor(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def visitor(_visitor: Page) -> Page:
    """One page for all tests of a module that only look at what is served: nobody is logged in."""
    _visitor.context.clear_cookies()
    return _visitor


@pytest.fixture(scope="module")
def trustees() -> Trustees:
    """A committee that a bid is sealed to."""
    members = [Member(index, f"Organisation {index}", f"{index:064x}") for index in (1, 2, 3)]
    return Trustees(*run_ceremony(members, 2, os.urandom))


@pytest.fixture
def bid_files(tmp_path: Path) -> dict[str, Path]:
    """Files of a bid on the disk, by name."""
    paths = {name: tmp_path / name for name in FILES}
    for name, size in FILES.items():
        paths[name].write_bytes(os.urandom(size))
    return paths
