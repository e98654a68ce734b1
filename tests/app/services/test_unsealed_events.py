"""Events are read without touching what is sealed, and are the very ones that a look at all of them would show."""

import pytest

from app.casefile.record import Record
from app.casefile.sight import sees
from app.procedure.roles import ANYONE
from app.queries import cases
from app.queries.cases import load_case, load_records
from app.queries.events import seen_events
from app.services.actors import load_actor
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

READERS = ("", "bidder-a", "bidder-b", "bidder-d", "officer", "supervisor", "regulator", "operator", "trustee-1")
SEALED = {"BidSubmitted", "BidReceipted", "BidWithdrawn"}


@pytest.fixture(params=["found publish bid", "found publish bid open"])
def case(request, tmp_path):
    return WholeCase(tmp_path).through(request.param)


def actor_of(case, db_session, login):
    return load_actor(db_session, case.people[login].id) if login in case.people else ANYONE


def reading(case, login, after=-1):
    with case.platform.database.reading() as db_session:
        return seen_events(db_session, actor_of(case, db_session, login), case.case_id, after)


@pytest.mark.parametrize("login", READERS)
def test_what_is_seen_is_what_a_look_at_everything_shows(case, login):
    with case.platform.database.reading() as db_session:
        actor, state = actor_of(case, db_session, login), load_case(db_session, case.case_id)
        everything = load_records(db_session, case.case_id)
        for after in (-1, 0, len(everything) // 2, len(everything) - 1, len(everything) + 5):
            seen = seen_events(db_session, actor, case.case_id, after)
            assert list(seen.records) == [r for r in everything if r.seq > after and sees(actor, state, r)]
            assert seen.last_seq == max(after, len(everything) - 1)


@pytest.mark.parametrize("login", READERS)
def test_of_sealed_bids_only_ones_own_are_touched(tmp_path, monkeypatch, login):
    case = WholeCase(tmp_path).through("found publish bid")
    reading(case, login)  # the state of the case is known
    touched: list[Record] = []

    def noted(row):
        touched.append(found := read(row))
        return found

    read = cases.record_of
    monkeypatch.setattr(cases, "record_of", noted)
    seen = reading(case, login)
    bids = [record for record in touched if record.type in SEALED]
    submissions = seen.case.lots[LOT].bidding.submissions.values()
    own = [seq for one in submissions if one.by == who(case, login) for seq in one.seqs]
    assert sorted(record.seq for record in bids) == sorted(own)
    assert bool(own) == login.startswith("bidder-")


def who(case, login):
    return case.people[login].id if login in case.people else ""


def test_the_index_that_holds_no_bid_is_the_one_that_is_read(tmp_path):
    case = WholeCase(tmp_path).through("found publish bid")
    with case.platform.database.reading() as db_session:
        wanted = str(cases._UNSEALED.compile(db_session.get_bind()))
        plan = db_session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}", (case.case_id, 0, 9))
        assert "USING INDEX ix_case_event_unsealed" in " ".join(map(str, plan))
