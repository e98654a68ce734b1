"""The pages of every twin world, those of 1, 2 and 3 bids too."""

from __future__ import annotations

import pytest

from tests.journeys.test_twin_worlds import LOOKERS, compare_pages, worlds  # noqa: F401


@pytest.mark.parametrize("login", LOOKERS, ids=lambda login: login or "public")
def test_all_worlds_look_alike(worlds, login):  # noqa: F811
    compare_pages(worlds, login)
