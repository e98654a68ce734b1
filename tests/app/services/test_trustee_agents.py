"""Trustees' agents tell that they are there; who prepares an opening sees whether they are enough."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.casefile.sealing import committee_of
from app.database import Database
from app.models import TrusteeAgent
from app.permissions.policy import NotAllowed
from app.procedure.convening import PARTIES
from app.procedure.roles import Role
from app.queries.boards import centre_board
from app.queries.trustee_agents import (
    LATE_AFTER,
    Contact,
    agents_of,
    draw_agent_of,
    draw_agents,
    own_agent,
    short_of_agents,
)
from app.services.actors import load_actor
from app.services.installation import examine
from app.services.trustee_agents import report_agent
from app.services.unit_of_work import plain_transaction
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.postgres
TRUSTEES = ("trustee-1", "trustee-2", "trustee-3")  # two of them open


class Room:
    """A case on a clock that tests hold, and the agents of its trustees."""

    def __init__(self, bench):
        self.bench, self.platform = bench, bench.platform
        bench.publish(3 * 24 * 3600)

    def report(self, who, ahead=0.0):
        clock = self.bench.clock() + timedelta(seconds=ahead)
        report_agent(self.platform, self.bench.people[who].log_in, clock)

    def contacts(self):
        return [row.contact for row in self.agents().rows]

    def agents(self):
        with self.platform.database.reading() as db_session:
            return agents_of(db_session, committee_of(self.bench.case), self.bench.clock())

    def short(self):
        """Figures of the openings near for which the centre has somebody to remind."""
        with self.platform.database.reading() as db_session:
            rows = centre_board(db_session, load_actor(db_session, self.bench.people["centre"].id))
            found = short_of_agents(db_session, rows, self.bench.clock())
            return [(agents.there, agents.needed) for row, agents in found if row.case_id == self.bench.case_id]


@pytest.fixture
def room(bench):
    bench.clock.advance(2 * LATE_AFTER.total_seconds())  # whoever reported in another test is late
    return Room(bench)


def test_agents_are_there_until_they_are_silent_for_three_minutes(room):
    for who in TRUSTEES[:2]:
        room.report(who)
    assert room.contacts()[:2] == [Contact.THERE, Contact.THERE]
    assert (room.agents().there, room.agents().enough) == (2, True)
    room.bench.clock.advance(LATE_AFTER.total_seconds())
    room.report("trustee-2")
    room.bench.clock.advance(1)
    assert room.contacts()[:2] == [Contact.LATE, Contact.THERE]
    assert not room.agents().enough


@pytest.mark.parametrize(
    ("ahead", "contact"),
    [(59, Contact.THERE), (-60, Contact.THERE), (62, Contact.CLOCK_OFF), (-9e9, Contact.CLOCK_OFF)],
)
def test_a_clock_that_a_trustees_tool_would_refuse_is_named(room, ahead, contact):
    room.report("trustee-3", ahead)
    assert room.contacts()[2] is contact
    with room.platform.database.reading() as db_session:
        own = own_agent(db_session, room.bench.people["trustee-3"].id, room.bench.clock())
    assert own.contact is contact
    assert abs(own.offset_seconds - ahead) <= 1 or ahead == -9e9


def test_the_centre_is_told_a_day_before_an_opening_and_not_earlier(room):
    room.report("trustee-1")
    assert room.short() == []
    room.bench.clock.advance(2 * 24 * 3600 + 60)
    room.report("trustee-1")
    assert room.short() == [(1, 2)]
    room.report("trustee-2")
    assert room.short() == []
    room.report("trustee-3", 90)
    assert room.short() == [(2, 2)], "enough, but a clock is off"


def test_agents_of_one_trustee_that_begin_at_the_same_moment_are_one_row(room):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(room.report, ["trustee-1"] * 8))
    assert room.contacts()[0] is Contact.THERE


def test_nobody_reports_who_gives_neither_shares_nor_bytes(bench):
    for who in ("officer", "admin", "witness-host", "bidder-a"):
        with pytest.raises(NotAllowed):
            report_agent(bench.platform, bench.people[who].log_in, bench.clock())


def test_doctor_says_it_too_and_only_a_clock_is_a_fault(tmp_path):
    case = WholeCase(tmp_path).through("found publish")

    def said():
        found = examine(case.platform.settings)
        return [(f.code, f.healthy) for f in found if f.code.startswith("doctor_agents")]

    assert said() == [("doctor_agents_few", True)]
    for who in TRUSTEES:
        now = Database(case.platform.settings.database_url).now()
        with plain_transaction(case.platform.database) as (db_session, _at):
            db_session.add(TrusteeAgent(account_id=case.people[who].id, seen_at=now, offset_seconds=0))
    assert said() == [("doctor_agents", True)]
    with plain_transaction(case.platform.database) as (db_session, _at):
        db_session.get(TrusteeAgent, case.people["trustee-1"].id).offset_seconds = -61
    assert said() == [("doctor_agents_clocks", False)]


def test_the_agent_of_a_party_of_draws_is_seen_before_a_round_waits_for_it(room):
    bench, centre = room.bench, room.bench.people["centre"]

    def contact(party="centre"):
        with room.platform.database.reading() as db_session:
            return draw_agents(db_session, bench.case, bench.clock())[party].contact

    bench.clock.advance(2 * LATE_AFTER.total_seconds())  # whoever reported in another test is late
    assert contact() in (Contact.NONE, Contact.LATE)
    room.report("centre", ahead=500)
    assert contact() is Contact.THERE, "its clock decides nothing"
    room.report("releaser")
    room.report("regulator")
    assert {contact(party) for party in PARTIES} == {Contact.THERE}
    bench.clock.advance(LATE_AFTER.total_seconds() + 1)
    room.report("regulator")
    assert (contact(), contact("supervisor")) == (Contact.LATE, Contact.THERE)
    with room.platform.database.reading() as db_session:
        role, now = Role.CENTRE_OPERATOR, bench.clock()
        assert draw_agent_of(db_session, centre.organisation, role, now).contact is Contact.LATE
        assert draw_agent_of(db_session, bench.people["releaser"].organisation, role, now).contact is Contact.NONE
