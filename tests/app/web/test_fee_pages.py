"""Fees from the sealed report to the month's sheet: two persons, corrections with a reason, nobody named before."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.adapters.spreadsheets import read_table
from app.models import ExpertEvent, ExpertFee, Notice
from app.procedure.money import rmb_capital
from app.queries.fees import month_sheet
from app.services import fees
from app.services.actors import load_actor
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from evaluation.committee import MemberRole
from tests.app.services.whole_case import LOT
from tests.app.web.site import Browser, Site, played, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
FEES = "/centre/fees"


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    site = played(tmp_path_factory.mktemp("fees"), "found publish bid open draw sit report")
    site.case.second_operator()
    return site


def links(site: Site) -> list[str]:
    """What waits, without what is settled."""
    waiting = site.browser("centre").get(FEES).split("每月付款单")[0]
    return sorted(set(re.findall(r"/centre/fees/\d+", waiting)), key=lambda s: int(s[13:]))


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
    own, first = fees.own_fee, int(links(over)[0][13:])

    def locked(db_session, log_in, fee_id):
        row = own(db_session, log_in, fee_id)
        if fee_id == first:
            row.entered_by, row.amount = over.case.people["second"].id, Decimal("250.00")
            row.confirmed_by, row.confirmed_at = log_in.account_id, over.case.clock()
        return row

    monkeypatch.setattr(fees, "own_fee", locked)
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
    months = re.findall(r"/centre/fees/months/([\d-]+)", first.get(FEES))
    assert len(months) == 1
    due, path = 250 + 300 * len(others), f"{FEES}/months/{months[0]}"
    running = first.get(path)
    assert f"¥{due:,.2f}" in running
    assert "还没有结束" in running
    assert not re.search(r"专家\d|ZJ[0-9a-f]{8}|提前离席|T-2026-1", running), (
        "before the end of a month nobody is named"
    )
    first.get(f"{path}.xlsx", 404)
    over.case.clock.advance(timedelta(days=62).total_seconds())
    first, second = over.browser("centre"), over.browser("second")
    sheet = first.get(path)
    assert re.search(r"专家\d", sheet)
    assert rmb_capital(Decimal(due)) in sheet
    assert "已经结束" in sheet
    assert not re.search(r"提前离席|T-2026-1|标包 1|席位 \d|主场|副场", sheet), "who was paid, not for which seat"
    rows = list(read_table(first.client.get(f"{path}.xlsx").data))
    assert [len(row) for row in rows] == [4] * (len(others) + 3)
    assert rows[-1][2:] == (rmb_capital(Decimal(due)), f"{due:.2f}")
    assert "没有应付" in first.get(f"{FEES}/months/2020-01")


def test_a_fee_settled_at_the_end_of_a_month_names_nobody_the_next_day(over: Site):
    """Who was drawn is secret while the result is not determined: names wait for 15 days, then for the month's end."""
    with plain_transaction(over.case.platform.database) as (db_session, _now):
        row = db_session.scalars(select(ExpertFee).order_by(ExpertFee.id.desc())).first()
        row.over_at = datetime(2026, 3, 31, 10, tzinfo=UTC)
        row.amount, row.entered_by = row.computed, over.case.people["centre"].id
        row.entered_at = row.confirmed_at = row.over_at + timedelta(hours=1)
    with over.case.platform.database.reading() as db_session:
        centre = load_actor(db_session, over.case.people["centre"].id)

        def payees(month: int, day: datetime) -> int:
            sheet = month_sheet(db_session, centre, date(2026, month, 1), "Asia/Shanghai", day)
            return len(sheet.payees)

        assert payees(3, datetime(2026, 4, 1, tzinfo=UTC)) == payees(3, datetime(2026, 9, 1, tzinfo=UTC))
        assert payees(4, datetime(2026, 4, 30, tzinfo=UTC)) == 0
        assert payees(4, datetime(2026, 5, 1, tzinfo=UTC)) == 1


def test_a_confirmed_fee_stays_and_two_persons_add_to_it(over: Site):
    with over.case.platform.database.reading() as db_session:
        fee = db_session.scalars(select(ExpertFee).where(ExpertFee.reason == "提前离席")).one()
    path, first, second = f"{FEES}/{fee.id}", over.browser("centre"), over.browser("second")
    assert path in first.get(FEES), "what is settled stays readable"
    assert not re.search(r"专家\d|单位\d|ZJ[0-9a-f]{8}", first.get(path))
    assert "不能低于零" in first.post(path, kind="take", amount="250.01", reason="多付").get_data(as_text=True)
    assert "请写明理由" in first.post(path, kind="add", amount="50", reason="").get_data(as_text=True)
    assert first.post(path, kind="add", amount="50", reason="少计一小时").status_code == 302
    assert path in second.get(FEES).split("每月付款单")[0], "it waits for the second person"
    sent = {"decision": "confirm", "amount": "50.00"}
    assert "另一人" in posted(first, path, **sent).get_data(as_text=True)
    assert "¥50.00" in posted(second, path, **sent | {"amount": "60.00"}).get_data(as_text=True), "not what was seen"
    assert posted(second, path, **sent).status_code == 302
    assert "少计一小时" in first.get(path)
    with over.case.platform.database.reading() as db_session:
        told = select(Notice.facts).where(Notice.code == "own_fee_supplement")
        assert [json.loads(facts) for facts in db_session.scalars(told)] == [{"amount": "+50.00"}]
        centre, now = load_actor(db_session, over.case.people["centre"].id), over.case.clock.at
        this = month_sheet(db_session, centre, date(now.year, now.month, 1), "Asia/Shanghai", now + timedelta(days=40))
    assert [payee.amount for payee in this.payees] == [Decimal("50.00")], "on the sheet of its own month"
    for who in ("officer", "regulator", "bidder-a"):
        over.browser(who).get(path, 404)


def posted(browser: Browser, path: str, **fields: str):
    """The decision on what is added, with the token of the fee's page."""
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(path))
    assert token
    return browser.client.post(f"{path}/supplement", data={"csrf_token": token[1], **fields})


def test_no_page_of_an_expert_tells_when_a_seat_was_paid(over: Site):
    """A line beside a name, made in the minute in which a seat's fee was confirmed, would tell whose seat it was."""
    with over.case.platform.database.reading() as db_session:
        paid = select(ExpertEvent.expert_id).where(ExpertEvent.step == "fee")
        expert = db_session.scalars(paid).first()
    assert expert
    page = over.browser("centre").get(f"/experts/{expert}")
    assert "确认劳务费" not in page
    assert "提前离席" not in page


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
