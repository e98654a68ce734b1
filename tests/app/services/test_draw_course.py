"""When a draw went which way: the instants of the log in its order, and nothing of who was called."""

from __future__ import annotations

import pytest

from app.queries.draw_course import Step, draw_course
from app.services.platform import DIST
from tests.app.services.people import LOT
from tests.app.services.test_replacements import case_records
from tests.app.services.whole_case import DRAWN, WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
LAWFUL = [Step.COMMITTED, Step.STATED, Step.SHARE, Step.SIGNED, Step.REVEALED, Step.COMPLETED]


def test_every_round_is_told_in_the_order_of_its_log(tmp_path):
    case = WholeCase(tmp_path).through(DRAWN)
    with case.platform.database.reading() as db_session:
        course = draw_course(db_session, case.case_id, LOT)
    rounds = case.case.lots[LOT].draw.rounds
    assert list(course) == [found.number for found in rounds]
    for found in rounds:
        lines = course[found.number]
        assert lines[0].step is Step.OPENED
        firsts = [next(at for at, line in enumerate(lines) if line.step is step) for step in LAWFUL]
        assert firsts == sorted(firsts)
        assert [line.at for line in lines] == sorted(line.at for line in lines)
        shown = [party for line in lines if line.step in (Step.REVEALED, Step.CAPSULES) for party in line.parties]
        assert sorted(shown) == sorted(found.reveals)  # one of them stays silent and is opened
        assert {line.parties for line in lines if line.step is Step.COMMITTED} == {(one,) for one in found.commitments}
        assert {line.trustee for line in lines if line.step is Step.SHARE} == set(found.shares)
    told = [line for lines in course.values() for line in lines]
    logged = [record for record in case_records(case) if record.lot == LOT and record.type in {*Step}]
    assert [(line.step, line.at) for line in told] == [(record.type, record.at) for record in logged]
