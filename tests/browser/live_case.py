"""A played case behind a real server, and people whose browsers hold their keys."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from app.extensions import COOKIE
from crypto.signing import SigningKey
from tests.app.services.whole_case import WholeCase
from tests.app.web.site import Site


class LiveCase:
    """The application over a case, on a port of its own."""

    def __init__(self, case: WholeCase) -> None:
        self.case, self.site = case, Site(case)
        app: Flask = self.site.app
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_port}"

    def aside(self, step: Callable[..., Any], *args: Any) -> Any:
        """Run a step of the case in a thread of its own: the browser's driver keeps an event loop in this one."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(step, *args).result()

    def stop(self) -> None:
        self.server.shutdown()

    def context(self, browser: Browser, token: str = "", width: int = 1280) -> BrowserContext:
        """A browser of its own, logged in by a token."""
        found = browser.new_context(viewport={"width": width, "height": 900})
        if token:
            found.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        return found

    def page(self, browser: Browser, who: str, width: int = 1280) -> Page:
        """A page of a person whose signing key is in this browser."""
        page = self.context(browser, self.site.token(who), width).new_page()
        page.goto(f"{self.url}/account/keys")
        take_key(page, self.case.people[who].key)
        return page


def take_key(page: Page, key: SigningKey) -> None:
    """Import a key file on the page of one's keys."""
    page.get_by_text("从密钥文件导入").click()
    file = {"name": "key.pem", "mimeType": "application/x-pem-file", "buffer": key.to_pem().encode()}
    page.locator("[data-key-file]").set_input_files(file)
    page.wait_for_function("() => document.querySelector('[data-key-fingerprint]').textContent.length > 60")
