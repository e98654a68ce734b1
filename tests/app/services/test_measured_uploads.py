"""An upload is measured as it arrives: in whatever pieces, over however many lines, its head is that of its bytes."""

import random

import pytest
from sqlalchemy import update

from app.models import Upload
from app.procedure.errors import RuleViolation
from app.services import uploads
from app.services.unit_of_work import plain_transaction
from crypto.merkle import LEAF_SIZE, TreeDigest
from tests.app.workbench import Bench

SIZES = (1, LEAF_SIZE - 1, LEAF_SIZE, LEAF_SIZE + 1, 3 * LEAF_SIZE + 12345)


def head(data):
    tree = TreeDigest()
    tree.update(data)
    return tree.hexdigest()


def cut(data, random_cuts, count):
    places = sorted(random_cuts.sample(range(1, len(data)), min(count, len(data) - 1))) if len(data) > 1 else []
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def send(bench, pieces, size):
    log_in = bench.people["bidder-a"].log_in
    state = uploads.begin_upload(bench.platform, log_in, size)
    for piece in pieces:
        half = len(piece) // 2
        state = uploads.continue_upload(bench.platform, log_in, state.id, state.offset, [piece[:half], piece[half:]])
    return state


@pytest.mark.parametrize("size", SIZES)
def test_in_pieces_of_any_size_the_head_is_that_of_the_bytes(bench: Bench, size):
    found = random.Random(size)
    data = found.randbytes(size)
    for count in (0, 1, 4):
        state = send(bench, cut(data, found, count), size)
        assert state.root == head(data) == uploads.measure_blob(bench.platform, state.blob)
        uploads.end_upload(bench.platform, bench.people["bidder-a"].log_in, state.id)


def test_a_complete_upload_is_not_read_again(bench: Bench, monkeypatch):
    data = bytes(2 * LEAF_SIZE + 5)
    state = send(bench, [data], len(data))
    monkeypatch.setattr(uploads, "measure_blob", lambda *_: pytest.fail("read again"))
    assert uploads.upload_root(bench.platform, state) == head(data)


def test_a_piece_that_was_refused_counts_for_nothing(bench: Bench):
    log_in, data = bench.people["bidder-a"].log_in, random.Random(1).randbytes(LEAF_SIZE + 100)
    state = send(bench, [data[:1000]], len(data))

    def failing():
        yield data[1000:5000]
        raise RuleViolation("upload_checksum")

    with pytest.raises(RuleViolation, match="upload_checksum"):
        uploads.continue_upload(bench.platform, log_in, state.id, 1000, failing())
    assert uploads.continue_upload(bench.platform, log_in, state.id, 1000, [data[1000:]]).root == head(data)


def test_until_it_is_whole_it_has_no_head(bench: Bench):
    state = send(bench, [bytes(LEAF_SIZE)], LEAF_SIZE + 1)
    assert (state.root, len(state.frontier)) == ("", 64)


@pytest.mark.parametrize("sent", [700, 2 * LEAF_SIZE + 7, 3 * LEAF_SIZE])
def test_what_an_earlier_version_took_and_did_not_measure_is_measured_now(bench: Bench, sent):
    log_in, data = bench.people["bidder-a"].log_in, random.Random(sent).randbytes(3 * LEAF_SIZE)
    state = send(bench, [data[:sent]], len(data))
    with plain_transaction(bench.platform.database) as (db_session, _now):
        db_session.execute(update(Upload).where(Upload.id == state.id).values(frontier="", root=""))
    state = uploads.read_upload(bench.platform, log_in, state.id)
    if sent < len(data):
        state = uploads.continue_upload(bench.platform, log_in, state.id, sent, [data[sent:]])
        assert state.root
    assert uploads.upload_root(bench.platform, state) == head(data)
