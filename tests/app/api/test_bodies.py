"""Whatever a request holds is refused in words: no body reaches a service, a database or the log as a surprise."""

from __future__ import annotations

import io

import pytest

from app.factory import create_app
from app.procedure.errors import RuleViolation
from app.services.platform import DIST
from tests.app.workbench import LOT, Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
BODIES = {
    "no object": b"[]",
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe",
    "half a character": b'{"login": "\\ud800", "password": "x", "code": "1"}',
    "half a character as bytes": b'{"login": "\xed\xa0\x80", "password": "x", "code": "1"}',
    "half a character in UTF-16": '{"login": "\ud800", "password": "x", "code": "1"}'.encode(
        "utf-16-le", "surrogatepass"
    ),
    "half a character in a name": b'{"\\udfff": 1}',
    "too deep": b"[" * 100_000,
    "too deep, closed": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a wrong field": b'{"login": 7, "password": [], "code": {}}',
    "nothing": b"",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_taken_is_refused(bench: Bench, name: str, caplog: pytest.LogCaptureFixture):
    app = create_app(bench.platform.settings, bench.clock)
    app.extensions["tenderhall"] = bench.platform
    sent = app.test_client().post("/api/v1/web-sessions", data=BODIES[name], content_type="application/json")
    assert (sent.status_code, sent.json["error"]["code"]) == (422, "malformed")
    assert caplog.records == []


def test_no_json_of_more_than_four_mebibytes_is_read(bench: Bench):
    app = create_app(bench.platform.settings, bench.clock)
    app.extensions["tenderhall"] = bench.platform
    sent = app.test_client().post("/api/v1/web-sessions", data=b" " * ((4 << 20) + 1), content_type="application/json")
    assert sent.status_code == 413
    assert sent.json["error"]["code"] == "request_too_large"
    assert sent.json["error"]["facts"] == {"length": (4 << 20) + 1, "limit": 4 << 20}


def test_a_text_that_no_document_could_hold_is_refused_with_its_figures(bench: Bench):
    bench.publish()
    with pytest.raises(RuleViolation) as refused:
        bench.act("bidder-a", {"question": "q1", "text": "问" * 200_001}, "", "QuestionAsked")
    assert (refused.value.code, refused.value.facts) == ("text_too_long", {"length": 200_001, "most": 200_000})
    with pytest.raises(RuleViolation) as refused:
        bench.act("bidder-a", {"objection": "o1", "text": "问" * 5_001}, LOT, "ObjectionRaised")
    assert (refused.value.code, refused.value.facts) == ("text_too_long", {"length": 5_001, "most": 5_000})


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/log-in", 4 << 20), ("/register", 4 << 20), ("/verify", 21 << 20), ("/no/such/page", 4 << 20)],
)
def test_a_form_has_so_many_bytes_and_no_more_before_anybody_reads_it(bench: Bench, path: str, limit: int):
    app = create_app(bench.platform.settings, bench.clock)
    app.extensions["tenderhall"] = bench.platform

    class Never(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, _buffer: object) -> int:
            pytest.fail("read")

    arriving = {"wsgi.input": Never(), "CONTENT_LENGTH": str(limit + 1)}
    sent = app.test_client().post(path, content_type="multipart/form-data; boundary=x", environ_overrides=arriving)
    assert sent.status_code in (404, 405, 413), path


def test_files_that_a_view_takes_are_taken(bench: Bench):
    app = create_app(bench.platform.settings, bench.clock)
    with app.test_request_context():
        takes = {name: getattr(view, "takes", 4 << 20) for name, view in app.view_functions.items()}
    larger = {name for name, most in takes.items() if most > 4 << 20 or not most}
    assert larger == {
        "agency.buyer_member",
        "agency.draft",
        "api_cases.add_document",
        "api_recordings.keep_piece",
        "api_uploads.continue_upload",
        "api_uploads.overridden",
        "clarifications.answer",
        "inspection_statements.result",
        "inspection_visits.enter",
        "inspection_visits.rectify",
        "library.overview",
        "library.specialities",
        "public.verify",
    }
