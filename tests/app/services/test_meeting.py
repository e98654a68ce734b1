"""Whoever is called is told when and where to be, and again when the booked hours change; never of which project."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes

from app.messages import clock_time
from app.procedure.venues import Window
from app.services import bookings, call_ups, experts
from tests.app.services.people import LOT
from tests.app.services.test_call_ups import COURSE, Called
from tests.app.web.site import Site

ADDRESS = "人民路 1 号 3 楼"


class Booked(Called):
    """Booths are booked for five hours later, at a site whose address the centre has said."""

    def draw_experts(self) -> Booked:
        centre, begins = self.people["centre"].log_in, self.clock.at.replace(microsecond=0) + timedelta(hours=5)
        for site in self.sites:
            experts.set_site_place(self.platform, centre, site, "", ADDRESS)
        self.window = Window(begins, begins + timedelta(hours=4))
        self.book_hours(self.window)
        super().draw_experts()
        return self

    def book_hours(self, window: Window) -> None:
        centre, wanted = self.people["centre"].log_in, dict.fromkeys(self.rooms, 6)
        bookings.arrange_booking(self.platform, centre, self.case_id, LOT, window, wanted)

    def letters(self) -> list[str]:
        found = sorted(self.platform.settings.mail.rglob("*.eml"))
        return [message_from_bytes(path.read_bytes()).get_payload(decode=True).decode() for path in found]

    def texts(self) -> list[str]:
        return [path.read_text("utf-8") for path in self.platform.settings.messages.rglob("text-*.txt")]


def test_who_is_called_is_told_when_and_where_and_when_that_changes(tmp_path):
    case = Booked(tmp_path).through(COURSE)
    begins, ends = (clock_time(at)[:16] for at in (case.window.begins_at, case.window.ends_at))
    drawn = sorted(case.case.lots[LOT].draw.seats)
    letters = [text for text in case.letters() if "随机抽取" in text]
    assert len(letters) == len(case.texts()) == len(drawn)
    for text in letters + case.texts():
        assert all(word in text for word in (begins, ends, ADDRESS))
        assert not any(word in text for word in ("设备采购", "某学院", "投标人", case.case_id, "即前往"))
    code = call_ups.call_up_code(case.platform, case.case_id, LOT, drawn[0])
    seen = call_ups.read_call_up(case.platform, code)
    assert (seen.meeting.begins_at, seen.meeting.address) == (case.window.begins_at, ADDRESS)
    assert seen.accepted is None
    page = Site(case).browser().post("/call-up", code=code).get_data(as_text=True)
    assert ADDRESS in page
    assert "能够参加" in page, "the answer is asked for once one knows when and where"
    for number in drawn:
        own = call_ups.call_up_code(case.platform, case.case_id, LOT, number)
        call_ups.answer_call_up(case.platform, own, number != drawn[1], "出差")
    case.book_hours(Window(case.window.begins_at + timedelta(hours=2), case.window.ends_at))
    case.work_off()
    later = clock_time(case.window.begins_at + timedelta(hours=2))[:16]
    moved = [text for text in case.letters() if "时间改为" in text]
    assert len(moved) == len(drawn) - 1, "whoever declined is told nothing"
    assert all(later in text for text in moved)
    case.clock.advance(timedelta(hours=8).total_seconds())
    assert call_ups.read_call_up(case.platform, code).meeting.begins_at is None, "the hour has come: at once"
