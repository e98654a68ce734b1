"""What a signature would be refused for is said before it, on the pages of a year of inspections."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services.platform import DIST
from tests.app.services.inspecting import Inspecting
from tests.app.web.reading import facts_of, signing
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


def _home(desk: Inspecting, part: str) -> str:
    return f"/inspections/{desk.case_id}{part}"


def test_who_may_not_be_the_second_person_is_told_so_before_signing(tmp_path: Path):
    desk = Inspecting(tmp_path).through("found authorities registers plan")
    site, payload = Site(desk), desk.plan_payload() | {"title": "调整后的计划"}
    desk.act("regulator", payload, "", "PlanProposed")
    refused = site.browser("regulator").get(_home(desk, "/plan/approval"))
    assert "须由另一人完成" in refused
    assert "data-sign-act" not in refused
    page = site.browser("inspector").get(_home(desk, "/plan/approval"))
    assert signing(page) == "PlanApproved"
    assert "财政局：" in facts_of(page), "which authority inspects what"
    desk.propose()
    early = site.browser("inspector").get(_home(desk, "/campaigns/1/publication"))
    assert "data-sign-act" not in early
    assert "没有提交检查人员名单" in early
