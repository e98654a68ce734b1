"""What any store of files promises, on each that there is."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters import object_store
from app.adapters.blobs import BlobBusy, StoreUnavailable
from app.adapters.object_store import ObjectStore
from app.config import BadSettings, Settings


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(object_store, "PIECE", 1000)


def grow(store, name: str, offset: int, *chunks: bytes) -> tuple[int, str]:
    with store.appending(name, offset) as growing:
        return growing.write_durably(chunks), growing.name


def objects(store: ObjectStore) -> set[str]:
    found = store._client().list_objects_v2(Bucket=store._bucket).get("Contents", [])
    return {entry["Key"] for entry in found}


def test_the_same_bytes_are_kept_once_under_their_hash(store):
    name = store.put(b"hello")
    assert name == store.put(b"hello") == hashlib.sha256(b"hello").hexdigest()
    assert (store.get(name), store.size(name)) == (b"hello", 5)


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 3500])
def test_a_stream_is_kept_whole(store, size):
    data = os.urandom(size)
    name = store.put_stream(data[i : i + 300] for i in range(0, size, 300))
    assert (store.get(name), store.size(name)) == (data, size)
    with store.open(name) as file:
        assert file.read(10) + file.read() == data


@pytest.mark.parametrize("place", [0, 1, 999, 1000, 2750, 3499, 3500, 4000])
def test_a_blob_is_read_from_any_place_on(store, place):
    data = os.urandom(3500)
    name = store.put_stream(data[i : i + 300] for i in range(0, 3500, 300))
    with store.open(name) as file:
        assert file.read(5) == data[:5]
        assert file.seek(place) == place
        assert file.read(20) == data[place : place + 20]
        assert file.tell() == place + len(data[place : place + 20])
        assert file.seek(-700, os.SEEK_END) == 2800
        assert file.read() == data[2800:]


def test_of_a_stream_that_fails_nothing_is_kept(store):
    def failing():
        yield b"a" * 2500
        raise ValueError("the line broke")

    with pytest.raises(ValueError, match="the line broke"):
        store.put_stream(failing())
    if isinstance(store, ObjectStore):
        assert objects(store) == set()


def test_what_was_deleted_is_gone_and_may_be_deleted_again(store):
    name = store.put_stream([b"a" * 2500])
    store.delete(name)
    store.delete(name)
    with pytest.raises(FileNotFoundError):
        store.open(name).read()
    with pytest.raises(FileNotFoundError):
        store.size(name)
    if isinstance(store, ObjectStore):
        assert objects(store) == set()


def test_a_blob_grows_in_pieces(store):
    name, data = secrets.token_hex(16), os.urandom(5000)
    reached = 0
    for end in (10, 10, 2500, 5000):
        reached, name = grow(store, name, reached, data[reached:end])
        assert reached == end == store.size(name)
    assert store.get(name) == data
    store.delete(name)
    if isinstance(store, ObjectStore):
        assert objects(store) == set()


def test_what_was_not_committed_is_written_anew(store):
    _reached, committed = grow(store, secrets.token_hex(16), 0, b"kept")
    with suppress(RuntimeError), store.appending(committed, 4) as growing:
        growing.write_durably([b"never acknowledged"])
        raise RuntimeError("the commit failed")
    _reached, name = grow(store, committed, 4, b" and on")
    assert store.get(name) == b"kept and on"


def test_one_writer_at_a_time(store):
    name = secrets.token_hex(16)
    if isinstance(store, ObjectStore):  # the second finds that the list it knows has been replaced
        _, first = grow(store, name, 0, b"abc")
        grow(store, first, 3, b"def")
        with pytest.raises(BlobBusy):
            grow(store, first, 3, b"xyz")
    else:
        with store.appending(name, 0), pytest.raises(BlobBusy):
            grow(store, name, 0, b"xyz")


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB", "a/b", "ab\0"])
def test_other_names_are_none(store, name):
    with pytest.raises(ValueError, match="no blob name"):
        store.get(name)


def test_a_store_that_does_not_answer_is_named_without_secrets(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = ObjectStore("s3://bids?endpoint=http://127.0.0.1:9")
    with pytest.raises(StoreUnavailable) as raised:
        store.put(b"x")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["https://host/bucket", "s3://", "s3://bucket?colour=red"])
def test_a_wrong_address_of_a_store_is_named_at_the_start(url, tmp_path):
    with pytest.raises(BadSettings, match="TENDERHALL_BLOBS_URL"):
        Settings.from_env({"TENDERHALL_HOME": str(tmp_path), "TENDERHALL_BLOBS_URL": url})


def test_what_no_row_names_goes_and_what_a_list_names_stays(store, monkeypatch):
    """What a killed process left: a file whose row was never committed, pieces of a list that was never written."""
    kept = grow(store, secrets.token_hex(16), 0, os.urandom(2500))[1]
    orphan, same_bytes = store.put_stream([b"x" * 2500]), store.put(b"kept by its own hash")
    now = datetime.now(UTC)
    left = {orphan}
    if isinstance(store, ObjectStore):
        left.add(store.put_piece(b"of no list")[0])
        assert len(objects(store)) == 4 + 4 + 2
    asked: list[set[str]] = []

    def named(names: set[str]) -> set[str]:
        asked.append(names)
        return names & {kept}

    store.sweep(now - timedelta(minutes=1), named)
    assert store.size(orphan) == 2500, "too young: its row may come yet"
    store.sweep(now + timedelta(minutes=1), named)
    assert left <= set().union(*asked)
    for name in left:
        with pytest.raises(FileNotFoundError):
            store.size(name)
    assert store.size(kept) == 2500
    assert store.get(kept)
    assert store.get(same_bytes) == b"kept by its own hash"
    if isinstance(store, ObjectStore):
        assert len(objects(store)) == 4 + 1


def test_a_list_of_objects_comes_in_parts(bucket, monkeypatch):
    store = ObjectStore(bucket)
    names = {store.put_piece(bytes([n]))[0] for n in range(5)}
    call = store._call
    few = lambda method, **facts: call(method, **facts, **({"MaxKeys": 2} if method == "list_objects_v2" else {}))  # noqa: E731
    monkeypatch.setattr(store, "_call", few)
    assert {entry["Key"].rpartition("/")[2] for entry in store._objects()} == names
