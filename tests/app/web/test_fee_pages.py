"""Fees from the sealed report to the month's sheet: two persons, corrections with a reason, nobody named before."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.adapters.spreadsheets import read_table
from app.models import ExpertFee
from app.services import fees
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from evaluation.committee import MemberRole
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, played, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
FEES = "/centre/fees"


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    site = played(tmp_path_factory.mktemp("fees"), "found publish bid open draw sit report")
    site.case.second_operator()
    return site


def links(site: Site) -> list[str]:
    return sorted(set(re.findall(r"/centre/fees/\d+", site.browser("centre").get(FEES))), key=lambda s: int(s[13:]))


def test_before_the_end_there_is_nothing(tmp_path):
    page = played(tmp_path, "found publish bid open draw sit").browser("centre").get(FEES)
    assert "没有待办的劳务费" in page
    assert "T-2026-1" not in page


def test_each_expert_has_one_and_nobody_a_name(over: Site):
    seats = [seat for seat in over.case.state.seats.values() if seat.role is MemberRole.EXPERT]
    page = over.browser("centre").get(FEES)
    assert len(links(over)) == len(seats)
    assert not re.search(r"专家\d|单位\d|ZJ[0-9a-f]{8}", page)
    one = over.browser("centre").get(links(over)[0])
    assert "基本劳务费" in one
    assert "120 分钟以内 300.00 元" in one
    assert not re.search(r"专家\d|单位\d|ZJ[0-9a-f]{8}", one)
    assert "Standard" in over.browser("centre", "en").get(links(over)[0])


def test_what_another_has_entered_and_confirmed_meanwhile_stands(over: Site, monkeypatch):
    """PostgreSQL waits for the lock of a row after it was looked for; here somebody is quick at that moment."""
    own, first = fees._own, int(links(over)[0][13:])

    def locked(db_session, log_in, fee_id):
        row = own(db_session, log_in, fee_id)
        if fee_id == first:
            row.entered_by, row.amount = over.case.people["second"].id, Decimal("250.00")
            row.confirmed_by, row.confirmed_at = log_in.account_id, over.case.clock()
        return row

    monkeypatch.setattr(fees, "_own", locked)
    centre = over.case.people["centre"].log_in
    others = len(links(over)) - 1
    assert fees.enter_computed(over.case.platform, centre, over.case.case_id, LOT) == others
    with plain_transaction(over.case.platform.database) as (db_session, _now):
        row = db_session.get_one(ExpertFee, first)
        assert (row.amount, row.entered_by) == (Decimal("250.00"), over.case.people["second"].id)
        for row in db_session.scalars(select(ExpertFee)):  # as it was
            row.amount = row.entered_by = row.entered_at = row.confirmed_by = row.confirmed_at = None


def test_one_enters_another_confirms_and_the_month_is_paid(over: Site):
    first, second = over.browser("centre"), over.browser("second")
    corrected, *others = links(over)
    page = first.post(corrected, amount="250.00", reason="").get_data(as_text=True)
    assert "写明" in page, "another amount needs a reason"
    assert first.post(corrected, amount="250.00", reason="提前离席").status_code == 302
    assert second.post(corrected, amount="260.00", reason="不同意").status_code == 200, "it waits for its decision"
    assert first.post(f"{FEES}/lots/{over.case.case_id}/{LOT}").status_code == 302
    own = first.post(f"{corrected}/decision", decision="confirm", amount="250.00").get_data(as_text=True)
    assert "另一人" in own
    moved = second.post(f"{corrected}/decision", decision="confirm", amount="251.00").get_data(as_text=True)
    assert "¥250.00" in moved or "250.00" in moved
    assert second.post(f"{corrected}/decision", decision="confirm", amount="250.00").status_code == 302
    for link in others:
        assert second.post(f"{link}/decision", decision="confirm", amount="300.00").status_code == 302
    assert links(over) == []
    month = re.findall(r"/centre/fees/months/([\d-]+)", first.get(FEES))
    assert len(month) == 1
    sheet = first.get(f"{FEES}/months/{month[0]}")
    assert re.search(r"专家\d", sheet)
    assert "提前离席" in sheet
    due = 250 + 300 * len(others)
    assert f"¥{due:,.2f}" in sheet
    file = first.client.get(f"{FEES}/months/{month[0]}.xlsx").data
    rows = list(read_table(file))
    assert len(rows) == len(others) + 3
    assert rows[-1][8] == f"{due:.2f}"
    assert "没有确认" in first.get(f"{FEES}/months/2020-01")


def test_the_authority_reads_for_a_stated_reason_and_without_names(over: Site):
    path = f"/regulator/cases/{over.case.case_id}/lots/{LOT}/serving"
    asked = over.browser("regulator").client.get(path)
    assert (asked.status_code, "/reason" in asked.headers.get("Location", "")) == (302, True)
    page = stated(over).get(path)
    assert "提前离席" in page
    assert not re.search(r"专家\d|单位\d|ZJ[0-9a-f]{8}", page)
    over.browser("centre").get(path, 404)


def test_the_standards_are_published(over: Site):
    page = over.browser().get("/experts/standards")
    assert "120 分钟以内 300.00 元" in page
    assert "泄露评审情况" in page
    assert "Disclosed the evaluation" in over.browser("", "en").get("/experts/standards")


@pytest.mark.parametrize("who", ["officer", "releaser", "regulator", "witness-host", "bidder-a", "admin", ""])
def test_nobody_else_reads_or_pays(over: Site, who: str):
    over.browser(who).get(FEES, 404 if who else 401)
    over.browser(who).get(f"{FEES}/months/2026-03.xlsx", 404 if who else 401)
