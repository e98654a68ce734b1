"""The pool binds each number to its person: whoever exchanges people in the database afterwards gets nobody called or
seated, and is named."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.models import CallUp, Pseudonym
from app.procedure.errors import RuleViolation
from app.services import call_ups, draws, sittings
from app.services.database_check import database_differences
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture
def opened(tmp_path):
    return WholeCase(tmp_path).through("found publish bid open delegate")


def exchange(case: WholeCase, number: str) -> str:
    """Whoever was behind another number of the pool is behind this one now; the account."""
    with plain_transaction(case.platform.database) as (db_session, _now):
        rows = {row.number: row for row in db_session.scalars(select(Pseudonym))}
        mine, other = rows[number], next(rows[n] for n in rows if n not in case.case.lots[LOT].draw.seats)
        kept = {c.name: getattr(other, c.name) for c in Pseudonym.__table__.c if c.name != "expert_id"}
        theirs, expert = mine.expert_id, other.expert_id
        db_session.delete(other)
        db_session.flush()
        mine.expert_id = expert
        db_session.flush()
        db_session.add(Pseudonym(**kept, expert_id=theirs))
        return draws.account_of_expert(db_session, expert).id


def test_nobody_is_called_up_for_a_number_that_is_bound_to_somebody_else(opened, monkeypatch):
    send = call_ups.send_call_ups

    def tampered(*arguments):
        exchange(opened, min(opened.case.lots[LOT].draw.seats))
        send(*arguments)

    monkeypatch.setattr(call_ups, "send_call_ups", tampered)
    with pytest.raises(RuleViolation) as refused:
        opened.draw_experts()
    assert refused.value.code == "draw_person_differs"
    assert "CALLED" not in {seat.name for seat in opened.case.lots[LOT].draw.seats.values()}


def test_nobody_is_seated_whose_number_is_bound_to_somebody_else_and_the_check_names_the_row(opened):
    opened.draw_experts()
    seat = next(s for s in opened.case.lots[LOT].sitting.seats.values() if s.role == "expert")
    assert list(database_differences(opened.platform)) == []
    account = exchange(opened, seat.person)
    with plain_transaction(opened.platform.database) as (db_session, _now):
        db_session.execute(update(CallUp).where(CallUp.number == seat.person).values(account_id=account))
    with pytest.raises(RuleViolation) as refused:
        opened._seat(seat.number)
    assert refused.value.code == "draw_person_differs"
    named = {(d.table, d.key.rpartition("/")[2], d.column) for d in database_differences(opened.platform)}
    assert ("pseudonym", seat.person, "person") in named
    with opened.platform.database.reading() as db_session, pytest.raises(RuleViolation):
        sittings.member_account(db_session, opened.case, LOT, seat)


def test_a_call_up_that_another_holds_seats_nobody(opened):
    opened.draw_experts()
    first, second = [s for s in opened.case.lots[LOT].sitting.seats.values() if s.role == "expert"][:2]
    with plain_transaction(opened.platform.database) as (db_session, _now):
        other = db_session.scalars(select(CallUp.account_id).where(CallUp.number == second.person)).one()
        db_session.execute(update(CallUp).where(CallUp.number == first.person).values(account_id=other))
    with pytest.raises(RuleViolation) as refused:
        opened._seat(first.number)
    assert refused.value.code == "draw_person_differs"
