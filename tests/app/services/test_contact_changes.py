"""An expert changes how it is reached: the old addresses hear of it, nobody on the staff sees it, a day passes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.models import Account, ContactChange, ContactLookUp, Expert, ExpertEvent
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.services import contact_changes, contacts
from app.services.accounts import LogIn
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction

NEW = "new@example.org", "13912345678"


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[tuple[str, str]]:
    """To whom what was sent."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr("app.services.notices.send_mail", lambda *_url, to, text, **_more: found.append((to, text)))
    monkeypatch.setattr(
        "app.services.notices.send_message", lambda *_gateway, to, text, **_more: found.append((to, text)) or "taken"
    )
    return found


@pytest.fixture
def expert(bench, request) -> LogIn:
    """Another one for each test."""
    number = request.node.originalname
    order = sorted(name for name in globals() if name.startswith("test_")).index(number)
    with plain_transaction(bench.platform.database) as (db_session, _now):
        accounts = list(db_session.scalars(select(Expert.account_id).order_by(Expert.number)))
        db_session.get_one(Account, accounts[order]).password_hash = "taken over"
    return LogIn(accounts[order], "")


def reached(platform: Platform, log_in: LogIn) -> contacts.Contact:
    with plain_transaction(platform.database) as (db_session, now):
        expert = db_session.scalars(select(Expert).where(Expert.account_id == log_in.account_id)).one()
        return contacts.opened(platform, db_session, expert.id, "notice", now)


def test_it_is_in_use_a_day_later_and_the_old_address_heard_of_it_at_once(bench, expert, sent):
    before = reached(bench.platform, expert)
    due_at = contact_changes.change_contact(bench.platform, expert, *NEW)
    bench.work_off()
    assert {to for to, _text in sent} == {before.mail, *NEW} - {""}
    assert all(before.mail not in text and NEW[0] not in text for _to, text in sent)
    bench.work_off(23 * 3600)
    assert reached(bench.platform, expert) == before
    bench.work_off(3601)
    assert bench.clock.at >= due_at
    after = reached(bench.platform, expert)
    assert (after.mail, after.phone, after.id_number) == (*NEW, before.id_number)
    with bench.platform.database.reading() as db_session:
        row = db_session.scalars(select(Expert).where(Expert.account_id == expert.account_id)).one()
        steps = list(db_session.scalars(select(ExpertEvent.step).where(ExpertEvent.expert_id == row.id)))
        purposes = list(db_session.scalars(select(ContactLookUp.purpose).where(ContactLookUp.expert_id == row.id)))
        kept = list(db_session.scalars(select(ContactChange.sealed).where(ContactChange.expert_id == row.id)))
        facts = list(db_session.scalars(select(ExpertEvent.facts).where(ExpertEvent.expert_id == row.id)))
    assert steps[-1] == contact_changes.STEP
    assert kept == [b""]
    assert purposes.count("contact_change") == 2
    assert not any(NEW[0] in text or NEW[1] in text for text in facts), "its history says that, and not what"


def test_who_takes_it_back_is_reached_as_before(bench, expert, sent):
    before = reached(bench.platform, expert)
    contact_changes.change_contact(bench.platform, expert, *NEW)
    with pytest.raises(RuleViolation, match="contact_change_waits"):
        contact_changes.change_contact(bench.platform, expert, "third@example.org", "")
    contact_changes.withdraw_contact_change(bench.platform, expert)
    with pytest.raises(RuleViolation, match="contact_change_unknown"):
        contact_changes.withdraw_contact_change(bench.platform, expert)
    bench.work_off(25 * 3600)
    assert reached(bench.platform, expert) == before
    assert sent == []  # it was taken back before anybody was told


def test_it_lapses_where_the_account_is_closed_meanwhile(bench, expert, sent):
    before = reached(bench.platform, expert)
    contact_changes.change_contact(bench.platform, expert, *NEW)
    with plain_transaction(bench.platform.database) as (db_session, now):
        db_session.get_one(Account, expert.account_id).suspended_at = now
    bench.work_off(25 * 3600)
    assert reached(bench.platform, expert) == before


@pytest.mark.parametrize(
    ("mail", "phone", "code"),
    [
        ("", "", "contact_mail_wrong"),
        ("name", "", "contact_mail_wrong"),
        ("a b@example.org", "", "contact_mail_wrong"),
        (f"{'a' * 200}@example.org", "", "contact_mail_wrong"),
        ("name@example.org\nBcc: x@example.org", "", "contact_mail_wrong"),
        ("name@example.org", "12345", "contact_phone_wrong"),
        ("name@example.org", "+8613912345678", "contact_phone_wrong"),
    ],
)
def test_what_is_no_address_is_refused(bench, expert, mail, phone, code):
    with pytest.raises(RuleViolation, match=code):
        contact_changes.change_contact(bench.platform, expert, mail, phone)


def test_nobody_else_has_one_to_change(bench):
    for who in ("centre", "regulator", "officer", "admin"):
        with pytest.raises(NotAllowed):
            contact_changes.change_contact(bench.platform, bench.people[who].log_in, *NEW)
