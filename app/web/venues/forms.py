"""Forms about rooms, booths and bookings: shape only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.procedure.venues import Window
from app.queries.calendars import RoomRow
from app.services.venues import LONGEST_TEXT, MOST_BOOTHS, Equipment
from app.web.agency.forms import MOMENTS
from app.web.figures import DateTimeLocalField, IntegerField
from app.web.pages import to_utc

WORDS = Length(max=LONGEST_TEXT, message=_l("至多 200 字"))


class EquipmentForm(FlaskForm):
    """What stands in a booth."""

    camera = BooleanField(_l("摄像头"), default=True)
    microphone = BooleanField(_l("麦克风"), default=True)
    screen = BooleanField(_l("屏幕"), default=True)
    line = StringField(_l("线路"), [Optional(), Length(max=60)], description=_l("例如：电信专线 100M"))

    @property
    def equipment(self) -> Equipment:
        chosen = (bool(self.camera.data), bool(self.microphone.data), bool(self.screen.data))
        return Equipment(*chosen, (self.line.data or "").strip())


class BoothsForm(EquipmentForm):
    """Further booths of a room."""

    booths = IntegerField(
        _l("机位数"), [InputRequired(_l("请填写机位数")), NumberRange(1, MOST_BOOTHS, _l("应为 1 至 200 之间的整数"))]
    )


class RoomForm(BoothsForm):
    """A room with its first booths."""

    name = StringField(_l("评审室名称"), [InputRequired(_l("请填写名称")), Length(max=60)])
    alone = BooleanField(
        _l("一次只供一场评审使用"), description=_l("不选则机位够用时可同时供几场评审使用，适合有独立隔间的大厅。")
    )


class ReasonForm(FlaskForm):
    reason = StringField(_l("原因"), [InputRequired(_l("请写明原因")), WORDS])


class TimesForm(FlaskForm):
    """From when to when, in the zone of the page."""

    begins = DateTimeLocalField(_l("开始"), [InputRequired(_l("请填写开始时间"))], format=MOMENTS)
    ends = DateTimeLocalField(_l("结束"), [InputRequired(_l("请填写结束时间"))], format=MOMENTS)

    @property
    def window(self) -> Window:
        assert isinstance(self.begins.data, datetime)
        assert isinstance(self.ends.data, datetime)
        return Window(to_utc(self.begins.data), to_utc(self.ends.data))


class ClosureForm(TimesForm):
    reason = StringField(_l("停用的原因"), [InputRequired(_l("请写明停用的原因")), WORDS])


class BookingForm(TimesForm):
    """How many booths of which room."""

    def wanted(self, rooms: Sequence[RoomRow]) -> dict[str, int]:
        found = {room.id: self[f"room_{room.id}"].data for room in rooms}
        return {room: booths for room, booths in found.items() if booths}


def booking_form(rooms: Sequence[RoomRow]) -> BookingForm:
    """The form with a number for each room."""
    fields = {
        f"room_{room.id}": IntegerField(
            f"{room.site_name} · {room.name}",
            [Optional(), NumberRange(0, MOST_BOOTHS, _("应为 0 至 200 之间的整数"))],
            description=_("%(centre)s，在用机位 %(n)s 个", centre=room.centre_name, n=room.in_service)
            + (" · " + _("一次只供一场评审使用") if room.alone else ""),
        )
        for room in rooms
    }
    form: BookingForm = type("BookingOfRooms", (BookingForm,), fields)()
    return form


class AnswerForm(FlaskForm):
    """What the centre of a room says."""

    seen = HiddenField()  # the terms that the page shows
    answer = RadioField(_l("答复"), [InputRequired(_l("请选择"))])
    room = SelectField(_l("评审室"), [Optional()], description=_l("可以改用同一场所的另一间"), validate_choice=False)
    reason = TextAreaField(_l("说明"), [Optional(), WORDS], description=_l("不同意或收回同意时必填；主场中心会看到。"))
