"""How long before an evaluation experts are drawn, and who is told when a committee is drawn for again and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.models import Notice
from app.procedure.calendar import Period, Unit
from app.procedure.errors import RuleViolation
from app.procedure.venues import Window
from app.services import bookings, draws, tenders
from evaluation import draw as drawing
from tests.app.services.people import LOT
from tests.app.services.test_pools import BEFORE, approve
from tests.app.services.whole_case import DRAWN, WholeCase

NUMBERS = {"draw_before_evaluation": Period(24, Unit.HOURS), "rounds_usual": 1}


class Timed(WholeCase):
    """The numbers of a profile that are not those of a demonstration."""

    def publish(self) -> Timed:
        real = read_profile(self.profile)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tenders, "read_profile", lambda _name: replace(real, **NUMBERS))
            super().publish()
        return self

    def booked_in(self, hours: float) -> None:
        begins = self.clock.at.replace(microsecond=0) + timedelta(hours=hours)
        window, wanted = Window(begins, begins + timedelta(hours=4)), dict.fromkeys(self.rooms, 6)
        bookings.arrange_booking(self.platform, self.people["centre"].log_in, self.case_id, LOT, window, wanted)


def test_nobody_is_drawn_longer_before_the_evaluation_than_the_profile_says(tmp_path):
    case = Timed(tmp_path).through(BEFORE)
    case.booked_in(30)
    approve(case)
    centre = case.people["centre"].log_in
    with pytest.raises(RuleViolation, match="draw_too_early") as early:
        draws.freeze_pool(case.platform, centre, case.case_id, LOT)
    assert early.value.facts["opens_at"] + timedelta(hours=24) == early.value.facts["begins_at"]
    case.clock.advance(6 * 3600 + 1)
    assert draws.freeze_pool(case.platform, centre, case.case_id, LOT)["round"] == 1


def test_agency_centre_and_authority_are_told_of_every_round_beyond_the_usual_ones(tmp_path):
    case = Timed(tmp_path).through(DRAWN)
    assert [found.reason for found in case.case.lots[LOT].draw.rounds] == [None, drawing.RoundReason.REFUSED]
    with case.platform.database.reading() as db_session:
        told = set(db_session.scalars(select(Notice.account_id).where(Notice.code == "draw_many_rounds")))
    assert {case.people[login].id for login in ("releaser", "centre", "regulator")} <= told
    assert case.people["officer"].id not in told
