"""Trustees' programs see every case that may ask for a share, however many were published since."""

from datetime import timedelta

import pytest

from app.factory import create_app
from app.models import CaseFile, Lot, Tender
from app.queries.lists import ASKED_FOR
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
MANY = 60
SIDES = (("agency", "officer"), ("regulator", "regulator"))


def add(bench: Bench, case_id: str, closed_days_ago: float | None, *, published: bool = True) -> None:
    with plain_transaction(bench.platform.database) as (db_session, now):
        at = now - timedelta(days=400)
        closed_at = None if closed_days_ago is None else now - timedelta(days=closed_days_ago)
        facts = {"code": case_id, "title": case_id, "buyer": "学院", "profile": "demo-goods"}
        facts |= {f"{side}_id": bench.people[who].organisation for side, who in SIDES}
        db_session.add(CaseFile(id=case_id, kind="tender", size=0, frontier="", created_at=at))
        db_session.flush()
        db_session.add(Tender(case_id=case_id, published_at=at if published else None, **facts))
        db_session.add(Lot(case_id=case_id, number="1", title="设备", deadline_at=at, closed_at=closed_at))


def test_all_are_listed_but_those_that_closed_long_ago(bench: Bench):
    open_ones = [f"open-{number}" for number in range(MANY)]
    for name in open_ones:
        add(bench, name, None)
    add(bench, "closed", 100)
    add(bench, "over", ASKED_FOR.days + 1)
    add(bench, "draft", None, published=False)
    app = create_app(bench.platform.settings, bench.clock)
    app.extensions["tenderhall"] = bench.platform
    listed = app.test_client().get("/api/v1/cases/current").json
    assert set(listed) == {*open_ones, "closed"}
