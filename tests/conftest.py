"""What holds for all tests."""

from __future__ import annotations

import gc

import pytest
from hypothesis import settings

EARLY = ("tests/journeys", "tests/demo/test_seed")

# How long one example takes says how busy the machine is, nothing of the rule; what may not take long says so itself.
settings.register_profile("tenderhall", deadline=None)
settings.load_profile("tenderhall")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: they wait more than they work, so that other tests are done at the same time."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in EARLY])


def pytest_collection_finish() -> None:
    """What is there before the first test stays until the last: the collector need not walk over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)
