"""Files that a reader of its own process looks at, handed to a real server: its worker can await that process."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests

from app.adapters.workbooks import write_workbook
from app.extensions import COOKIE
from app.messages import catalogue
from app.services.expert_imports import template
from app.services.platform import DIST
from tests.app.realtime.serving import Server, serving
from tests.app.workbench import Bench, RealClock

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("readers"), clock=RealClock()).found()
    yield made
    made.platform.database.dispose()


@pytest.fixture(scope="module")
def server(bench: Bench) -> Iterator[Server]:
    with serving(bench.platform.settings) as found:
        yield found
    log = found.log.read_text("utf-8", "replace")
    assert "Traceback" not in log, log[-3000:]


def sent(server: Server, path: str, files: dict[str, tuple[str, bytes]], token: str = "", **fields: str):
    """The answer to a form of a page, with the page's own token."""
    browser = requests.Session()
    if token:
        browser.cookies.set(COOKIE, token)
    page = browser.get(server.base_url + path, timeout=PATIENCE).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, path
    headers = {"Referer": server.base_url + path, "Origin": server.base_url}
    data = {"csrf_token": found.group(1), **fields}
    return browser.post(server.base_url + path, data=data, files=files, headers=headers, timeout=PATIENCE)


def test_a_workbook_of_experts_is_read(bench: Bench, server: Server):
    def examined(data: bytes):
        return sent(server, "/centre/experts", {"table": ("experts.xlsx", data)}, bench.token("centre"))

    own = examined(template())
    assert (own.status_code, "/centre/experts/imports/" in own.url) == (200, True)
    for wrong, code in (
        (b"PK\x03\x04 damaged", "table_unreadable"),
        (write_workbook([["a"], ["b"]]), "table_headings_missing"),
    ):
        refused = examined(wrong)
        assert (refused.status_code, refused.url) == (200, f"{server.base_url}/centre/experts")
        assert catalogue()[code]["zh"].split("{")[0][:12] in refused.text


def test_a_stranger_s_pdf_is_looked_at(server: Server):
    answer = sent(server, "/verify", {"pdf-pdf": ("a.pdf", b"%PDF-1.7 nothing")}, check="pdf")
    assert answer.status_code == 200
    assert "不能接受这份文件" in answer.text
