"""Slow lines take no place from others: pages, log-ins and uploads of normal clients go on (T11).

`python -m tests.long.slow_lines` holds a thousand for a minute, with the patience that the product has.
"""

from __future__ import annotations

import pytest
import requests

from app.services.platform import DIST
from tests.app.api.slow_lines import SlowLines, served
from tests.app.api.test_silent_upload import FOR_A_BODY, bench, url  # noqa: F401  a site on a co-operative server
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
EACH, SECONDS = 40, 3.0
PATIENCE = (
    FOR_A_BODY - 1
)  # who waited for a slow line would wait until its time is up; two seconds on a machine of its own


def begun_upload(url: str, token: str, size: int) -> str:  # noqa: F811
    head = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0", "Upload-Length": str(size)}
    return requests.post(f"{url}/api/v1/uploads", headers=head, timeout=30).headers["Location"].removeprefix(url)


def test_normal_clients_are_served_while_slow_ones_hold_lines(bench: Bench, url: str):  # noqa: F811
    slow, quick = bench.token("bidder-a"), bench.token("bidder-b")
    uploads = [(begun_upload(url, slow, 1_000_000), slow) for _ in range(5)]
    line, piece = requests.Session(), b"x" * 100_000
    head = {"Authorization": f"Bearer {quick}", "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    head["Content-Type"] = "application/offset+octet-stream"

    def upload() -> bool:
        path = begun_upload(url, quick, len(piece))
        answer = line.patch(url + path, piece, headers=head, timeout=10)
        line.delete(url + path, headers=head, timeout=10)
        return answer.status_code == 204

    with SlowLines(url, EACH, 0.2, uploads) as lines:
        assert lines.open == 3 * EACH + 5
        pages = served(lambda: line.get(f"{url}/", timeout=10).status_code == 200, SECONDS, PATIENCE)
        sent = served(upload, SECONDS, PATIENCE)
        held = lines.open
    good, tried = pages[0] + sent[0], pages[1] + sent[1]
    assert good >= 0.99 * tried
    assert pages[1] >= 5
    assert sent[1] >= 5
    assert held, "the slow ones were there all the while"
    print(
        f"\nslow lines: {held} held, {good} of {tried} requests of normal clients answered in {PATIENCE:.0f} s (≥ 99 %)"
    )
