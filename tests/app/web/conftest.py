"""Cases played up to a point, once for all tests that only look at them."""

from __future__ import annotations

import pytest

from tests.app.web.site import Site, played


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Everybody has an account; no case."""
    return played(tmp_path_factory.mktemp("founded"), "found")


@pytest.fixture(scope="session")
def bidding(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A published case with bids before its deadline."""
    return played(tmp_path_factory.mktemp("bidding"), "found publish bid")


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Bids are read out, objections answered, qualification checked."""
    return played(tmp_path_factory.mktemp("opened"), "found publish bid open")
