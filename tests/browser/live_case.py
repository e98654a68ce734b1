"""A played case behind a real server, and people whose browsers hold their keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from app.extensions import COOKIE
from crypto.signing import SigningKey
from tests.app.services.whole_case import WholeCase
from tests.app.web.site import LOT, Site, booth, booth_token


class LiveCase:
    """The application over a case, on a port of its own."""

    def __init__(self, case: WholeCase) -> None:
        self.case, self.site = case, Site(case)
        self.contexts: list[BrowserContext] = []
        self.cut = False
        self.server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.cut:
            start_response("503 Service Unavailable", [])
            return []
        return self.site.app(environ, start_response)

    @contextmanager
    def line_cut(self) -> Iterator[None]:
        """Every live line is hung up, and nobody gets through until the end."""
        self.cut = True
        server = self.site.app.extensions["socketio"].server
        for line in list(server.eio.sockets.values()):
            line.close(wait=False, abort=True)
        yield
        self.cut = False

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_port}"

    def aside(self, step: Callable[..., Any], *args: Any) -> Any:
        """Run a step of the case in a thread of its own: the browser's driver keeps an event loop in this one."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(step, *args).result()

    def stop(self) -> None:
        """Nobody looks at it any more: a page left open would go on asking for the site."""
        for context in self.contexts:
            context.close()
        self.server.shutdown()

    def context(self, browser: Browser, token: str = "", width: int = 1280) -> BrowserContext:
        """A browser of its own, logged in by a token."""
        found = browser.new_context(viewport={"width": width, "height": 900})
        self.contexts.append(found)
        if token:
            found.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        return found

    def page(self, browser: Browser, who: str, width: int = 1280) -> Page:
        """A page of a person whose signing key is in this browser."""
        page = self.context(browser, self.site.token(who), width).new_page()
        page.goto(f"{self.url}/account/keys")
        take_key(page, self.case.people[who].key)
        return page

    def booth(self, browser: Browser, number: int, width: int = 1280) -> Page:
        """The room at the booth of a member, whose key is in this browser."""
        person, name = self.case.members[number], f"booth-{number}"
        client = self.aside(booth, self.site, person).client
        with client.session_transaction() as web_session:
            web_session["booth_key"] = name
        page = self.context(browser, booth_token(person), width).new_page()
        kept = client.get_cookie("tenderhall_form")
        page.context.add_cookies([{"name": "tenderhall_form", "value": kept.value, "url": self.url}])
        page.goto(f"{self.url}/room/{self.case.case_id}/{LOT}")
        page.evaluate(KEEP_KEY, [name, person.key.to_pem()])
        page.reload()
        return page


# As app/static/src/js/keys.js keeps a key.
KEEP_KEY = """async ([name, pem]) => {
  const bytes = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\\s/g, '')), (one) => one.charCodeAt(0));
  const kind = { name: 'ECDSA', namedCurve: 'P-256' };
  const readable = await crypto.subtle.importKey('pkcs8', bytes, kind, true, ['sign']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', readable);
  const shown = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, kind, true, ['verify']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', shown));
  const privateKey = await crypto.subtle.importKey('pkcs8', bytes, kind, false, ['sign']);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', spki));
  const keyId = [...digest].map((one) => one.toString(16).padStart(2, '0')).join('');
  await new Promise((done, failed) => {
    const opening = indexedDB.open('tenderhall-keys', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys', { keyPath: 'name' });
    opening.onerror = failed;
    opening.onsuccess = () => {
      const key = { name, privateKey, spki: btoa(String.fromCharCode(...spki)), keyId };
      const writing = opening.result.transaction('keys', 'readwrite').objectStore('keys').put(key);
      [writing.onsuccess, writing.onerror] = [done, failed];
    };
  });
}"""


def take_key(page: Page, key: SigningKey) -> None:
    """Import a key file on the page of one's keys."""
    page.get_by_text("从密钥文件导入").click()
    file = {"name": "key.pem", "mimeType": "application/x-pem-file", "buffer": key.to_pem().encode()}
    page.locator("[data-key-file]").set_input_files(file)
    page.wait_for_function("() => document.querySelector('[data-key-fingerprint]').textContent.length > 60")
