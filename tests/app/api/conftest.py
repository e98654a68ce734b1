"""The platform behind the API, and a bidder who speaks to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.factory import create_app
from app.services import uploads
from tests.app.api.speaking_tus import speaker
from tests.app.workbench import Bench


@pytest.fixture
def app(bench: Bench):
    made = create_app(bench.platform.settings, bench.clock)
    made.extensions["tenderhall"] = bench.platform
    return made


@pytest.fixture
def mine(app, bench) -> FlaskClient:
    return speaker(app, bench.token("bidder-a"))


@pytest.fixture
def no_upload_is_left(bench) -> Iterator[None]:
    yield
    bench.clock.advance(uploads.KEPT_FOR.total_seconds() + 1)
    uploads.forget_expired(bench.platform)
