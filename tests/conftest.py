"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

DEEPEST = sys.getrecursionlimit()
POSTGRES = "TENDERHALL_TEST_POSTGRES_URL"
EARLY = ("tests/journeys", "tests/demo/test_seed")

# What an example or its making takes says how busy the machine is, not whether the rule holds. Each run draws other
# examples; a thousand in one run are drawn by `./tenderhall test --long` (ADR 0059).
settings.register_profile("short", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("short"), max_examples=1_000)
settings.load_profile("short")


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "what is tried on either database is tried on PostgreSQL alone, where there is one (ADR 0135)"
    parser.addoption("--one-database", action="store_true", help=words)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first: they wait more than they work, so that other tests are done at the same time."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in EARLY])
    if config.getoption("--one-database") and os.environ.get(POSTGRES):
        spared = {item for item in _on_both(items) if item.get_closest_marker("each_database") is None}
        config.hook.pytest_deselected(items=[item for item in items if item in spared])
        items[:] = [item for item in items if item not in spared]


def _on_both(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """The tests on SQLite that are there on PostgreSQL as well."""
    there = {item.nodeid for item in items}
    for item in items:
        chosen = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if chosen.get("database_url") == "sqlite" and item.nodeid.replace("sqlite", "postgresql") in there:
            yield item


def pytest_collection_finish() -> None:
    """What is there before the first test stays until the last: the collector need not walk over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)


def pytest_runtest_setup() -> None:
    """py_ecc sets a limit of its own, at which deep JSON overflows the stack of later tests."""
    sys.setrecursionlimit(DEEPEST)


def pytest_sessionfinish() -> None:
    """pytest looks for what nobody awaited or closed in five collections, twice: one finds as much, of what is new."""
    gc.collect()
    gc.freeze()
