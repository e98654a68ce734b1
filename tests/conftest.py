"""What holds for all tests."""

from __future__ import annotations

import gc
import sys

import pytest
from hypothesis import HealthCheck, settings

DEEPEST = sys.getrecursionlimit()
EARLY = ("tests/journeys", "tests/demo/test_seed")

# What an example or its making takes says how busy the machine is, not whether the rule holds. Each run draws other
# examples; a thousand in one run are drawn by `./tenderhall test --long` (ADR 0059).
settings.register_profile("short", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("short"), max_examples=1_000)
settings.load_profile("short")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: they wait more than they work, so that other tests are done at the same time."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in EARLY])


def pytest_collection_finish() -> None:
    """What is there before the first test stays until the last: the collector need not walk over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def pytest_runtest_setup() -> None:
    """py_ecc sets a limit of its own, at which deep JSON overflows the stack of later tests."""
    sys.setrecursionlimit(DEEPEST)


def pytest_sessionfinish() -> None:
    """pytest looks for what nobody awaited or closed in five collections, twice: one finds as much, of what is new."""
    gc.collect()
    gc.freeze()
