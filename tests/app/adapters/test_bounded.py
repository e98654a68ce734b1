"""Readers of what strangers hand in: so many at once of each kind, and a place is given back whatever happens."""

import pytest

from app.adapters import bounded

NO_MODULE, OTHER = "no.such.reader", "no.other.reader"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(bounded, "PATIENCE", 0.01)
    monkeypatch.setattr(bounded, "_readers", {})


def test_a_reader_that_ends_without_an_answer_gives_its_place_back():
    for _ in range(bounded.AT_ONCE + 1):
        with pytest.raises(bounded.BeyondBounds):
            bounded.read_apart(NO_MODULE, b"", 30)


def test_who_comes_while_all_are_at_work_is_told_to_come_again(monkeypatch):
    refused = []

    def working(*_words, **_more):
        with pytest.raises(bounded.ReadersBusy):
            bounded.read_apart(NO_MODULE, b"", 30)
        refused.append(NO_MODULE)
        raise bounded.subprocess.SubprocessError

    monkeypatch.setattr(bounded, "AT_ONCE", 1)
    monkeypatch.setattr(bounded.subprocess, "run", working)
    with pytest.raises(bounded.BeyondBounds):
        bounded.read_apart(NO_MODULE, b"", 30)
    assert refused == [NO_MODULE]


def test_one_kind_keeps_no_other_waiting(monkeypatch):
    monkeypatch.setattr(bounded, "AT_ONCE", 1)
    run = bounded.subprocess.run

    def working(*words, **more):
        if NO_MODULE in words[0]:
            with pytest.raises(bounded.BeyondBounds):
                bounded.read_apart(OTHER, b"", 30)
        return run(*words, **more)

    monkeypatch.setattr(bounded.subprocess, "run", working)
    with pytest.raises(bounded.BeyondBounds):
        bounded.read_apart(NO_MODULE, b"", 30)
