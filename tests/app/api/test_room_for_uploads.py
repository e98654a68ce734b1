"""Room for uploads: a share for each account, one answer for every size, and what replaced bids take."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.adapters.blobs import FolderStore, UnfinishedFile
from app.models import StoredFile
from app.services import uploads
from app.services.platform import DIST
from tests.app.api.speaking_tus import TUS, UPLOADS, announced, begin, code_of, offset_of, send, speaker
from tests.app.workbench import Bench

pytestmark = [
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
    pytest.mark.usefixtures("no_upload_is_left"),
]


def test_an_account_has_few_unfinished_uploads(mine, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_UNFINISHED", 2)
    places = [begin(mine, 5), begin(mine, 5)]
    refused = mine.post(UPLOADS, headers={**TUS, "Upload-Length": "5"})
    assert refused.json["error"]["code"] == "uploads_too_many"
    mine.delete(places[0], headers=TUS)
    begin(mine, 5)


@pytest.fixture
def disk(bench, monkeypatch) -> Callable[[int], None]:
    """Sets how many bytes are free beyond the largest upload and the reserve."""

    def leave(room: int) -> None:
        free = bench.platform.settings.max_upload_bytes + uploads.DISK_RESERVE_BYTES + room
        monkeypatch.setattr(FolderStore, "free_bytes", lambda _store: free)

    return leave


def test_an_account_has_a_share_of_its_own(mine, app, bench, disk):
    limit = bench.platform.settings.max_upload_bytes
    disk(100 * limit)
    assert [announced(mine, limit).status_code for _ in range(2)] == [201, 201]
    refused = announced(mine, 1)
    assert code_of(refused) == "uploads_too_large"
    assert refused.json["error"]["facts"] == {"size": 2 * limit + 1, "limit": 2 * limit}
    assert announced(speaker(app, bench.token("bidder-b")), limit).status_code == 201


def test_what_others_have_sent_or_promised_changes_no_answer_while_there_is_room(mine, app, bench, disk):
    limit = bench.platform.settings.max_upload_bytes
    other = speaker(app, bench.token("bidder-b"))
    disk(limit)
    for size in (1, limit):
        place = announced(mine, size).headers["Location"]
        mine.delete(place, headers=TUS)
    announced(other, limit // 2)
    for size in (1, limit):
        assert announced(mine, size).status_code == 201


@pytest.mark.parametrize("size", [1, 1000, 4 * 2**30])
def test_a_disk_that_is_nearly_full_refuses_every_size_alike(mine, disk, size):
    disk(-1)
    assert code_of(announced(mine, size)) == "disk_full"
    disk(0)
    assert announced(mine, size).status_code == 201


def test_nobody_measures_the_room_of_others_with_promises_of_its_own(mine, app, bench, disk):
    disk(0)
    for _ in range(5):
        assert announced(mine, 1000).status_code == 201
    assert code_of(announced(speaker(app, bench.token("bidder-b")), 1)) == "disk_full"


def test_a_promise_holds_room_only_while_pieces_come(mine, app, bench, disk):
    """Whoever promises and sends nothing keeps nobody out."""
    disk(1000)
    other = speaker(app, bench.token("bidder-b"))
    place = announced(other, 2000).headers["Location"]
    assert code_of(announced(mine, 5)) == "disk_full"
    bench.clock.advance(uploads.PROMISE_HOLDS.total_seconds())
    assert announced(mine, 5).status_code == 201
    send(other, place, 0, b"x")
    assert code_of(announced(mine, 5)) == "disk_full"


def test_the_reserve_is_not_for_uploads(mine, monkeypatch):
    place = begin(mine, 5)
    monkeypatch.setattr(FolderStore, "free_bytes", lambda _store: uploads.DISK_RESERVE_BYTES - 1)
    assert code_of(send(mine, place, 0, b"hello")) == "disk_full"
    monkeypatch.undo()
    assert offset_of(mine, place) == 0
    assert send(mine, place, 0, b"hello").status_code == 204


def test_a_disk_that_is_full_is_said_and_what_was_sent_before_is_kept(mine, bench, monkeypatch):
    place = begin(mine, 6)
    send(mine, place, 0, b"abc")
    monkeypatch.setattr(UnfinishedFile, "write_durably", _finds_no_room)
    assert code_of(send(mine, place, 3, b"def")) == "disk_full"
    monkeypatch.undo()
    assert send(mine, place, 3, b"def").status_code == 204
    assert bench.platform.blobs.get(place.rpartition("/")[2]) == b"abcdef"


def _finds_no_room(_file: UnfinishedFile, _chunks: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def handed_in(bench: Bench, times: int) -> None:
    for _ in range(times):
        bench.hand_in("bidder-a")


def test_replaced_bids_count_for_their_account_until_the_deadline_and_for_nobody_else(mine, app, bench, monkeypatch):
    bench.publish()
    handed_in(bench, 3)
    with bench.platform.database.reading() as db_session:
        size = db_session.scalars(select(StoredFile.size).where(StoredFile.kind == "bid").limit(1)).one()
    limit = bench.platform.settings.max_upload_bytes
    monkeypatch.setattr(uploads, "REPLACED_AT_ONCE", 2 * size / limit)  # two replaced versions, and nothing beside
    refused = announced(mine, 1)
    assert code_of(refused) == "replaced_too_large"
    assert refused.json["error"]["facts"]["size"] == 2 * size
    assert announced(speaker(app, bench.token("bidder-b")), 1).status_code == 201
    bench.work_off(120)
    assert announced(mine, 1).status_code == 201, "after the closing they are gone"


def test_a_bid_in_each_of_many_lots_is_no_replaced_one(mine, bench, monkeypatch):
    for _ in range(3):
        bench.publish()
        handed_in(bench, 1)
    monkeypatch.setattr(uploads, "REPLACED_AT_ONCE", 1 / bench.platform.settings.max_upload_bytes)
    assert announced(mine, 1).status_code == 201


def test_nobody_measures_the_room_of_others_with_bids_of_its_own(mine, app, bench, disk):
    """What one has handed in takes no room in the answer to oneself, as what one has sent takes none."""
    bench.publish()
    handed_in(bench, 1)
    disk(-1)
    assert announced(mine, 1).status_code == 201
    assert code_of(announced(speaker(app, bench.token("bidder-b")), 1)) == "disk_full"
