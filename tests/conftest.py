"""What holds for all tests."""

from __future__ import annotations

import gc

import pytest


def pytest_collection_finish() -> None:
    """What is there before the first test stays until the last: the collector need not walk over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys first: they wait more than they work, so that other tests are done at the same time."""
    items.sort(key=lambda item: "tests/journeys/" not in item.nodeid)
