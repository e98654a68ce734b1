"""A case whose files are in an object store: bids are resumed, replaced, withdrawn and opened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.adapters import object_store
from app.adapters.object_store import ObjectStore
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.services import uploads
from app.services.platform import DIST
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture
def case(tmp_path, bucket, monkeypatch):
    monkeypatch.setattr(object_store, "PIECE", 300_000)
    made = WholeCase(tmp_path)
    made.platform = replace(made.platform, blobs=ObjectStore(bucket))
    return made.found().publish()


def test_bids_in_a_bucket_are_opened(case):
    case.bid().read_out().conclude()
    opening = case.case.lots[LOT].opening
    assert (len(opening.opened), len(opening.voided)) == (3, 1)
    assert opening.record_sha256
    with case.platform.database.reading() as db_session:
        kept = {row.kind for row in db_session.query(StoredFile)}
        assert {"document", "bid", "capsule", "opened", "record"} <= kept
    assert not list(case.folder.glob("blobs/**/*"))


def test_an_upload_is_resumed_and_may_not_be_changed_once_it_is_a_bid(case):
    log_in = case.people["bidder-a"].log_in
    state = uploads.begin_upload(case.platform, log_in, 10)
    first = uploads.continue_upload(case.platform, log_in, state.id, 0, [b"hello"])
    with pytest.raises(RuleViolation, match="upload_offset"):
        uploads.continue_upload(case.platform, log_in, state.id, 0, [b"other"])
    whole = uploads.continue_upload(case.platform, log_in, state.id, 5, [b"world"])
    assert (first.offset, whole.offset, case.platform.blobs.get(whole.blob)) == (5, 10, b"helloworld")
    uploads.end_upload(case.platform, log_in, state.id)
    with pytest.raises(FileNotFoundError):
        case.platform.blobs.get(whole.blob)
