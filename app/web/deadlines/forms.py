"""What officers, operators and inspectors fill in when a deadline is to move or to stand still: shape only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TypeVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.procedure.deadlines import OutageMeasured
from app.web.agency.forms import MOMENTS, UNMOVED, MovingForm, moments
from app.web.figures import DateTimeLocalField
from app.web.pages import to_local, to_utc

LONG = Length(max=4000)
ALMOST_A_SECOND = timedelta(microseconds=999_999)
Moving = TypeVar("Moving", bound=MovingForm)


class Reasoned:
    """A form whose words are published."""

    text: TextAreaField

    @property
    def reason(self) -> str:
        return str(self.text.data or "").strip()


class PostponementForm(Reasoned, MovingForm):
    text = TextAreaField(_l("推迟的理由"), [InputRequired(_l("请写明理由，将随公告公布")), LONG])


class ResumptionForm(Reasoned, MovingForm):
    text = TextAreaField(_l("恢复的理由"), [InputRequired(_l("请写明理由，将随公告公布")), LONG])


class OutageForm(Reasoned, MovingForm):
    text = TextAreaField(_l("中断的原因"), [InputRequired(_l("请写明原因，将随公告公布")), LONG])
    began = DateTimeLocalField(_l("中断开始"), [InputRequired(_l("请填写中断开始的时间"))], format=MOMENTS)
    ended = DateTimeLocalField(_l("服务恢复"), [InputRequired(_l("请填写服务恢复的时间"))], format=MOMENTS)


class PauseForm(Reasoned, FlaskForm):
    text = TextAreaField(_l("暂停的理由"), [InputRequired(_l("请写明理由，将随公告公布")), LONG])

    def chosen(self) -> tuple[str, ...]:
        """The lots that are to stand still."""
        ticked = (name for name, field in self._fields.items() if name.startswith("lot_") and field.data)
        return tuple(name.removeprefix("lot_") for name in ticked)


def moving_form(kind: type[Moving], lots: Collection[str], hint: LazyString = UNMOVED) -> Moving:
    """A form of that kind, with one new deadline for each lot, which may be left out where there are others."""
    form: Moving = type(f"Lots{kind.__name__}", (kind,), moments(lots, hint, needed=len(lots) == 1))()
    return form


def pause_form(lots: Collection[str]) -> PauseForm:
    """The form with one box for each lot that could be paused, ticked at first."""
    boxes = {f"lot_{n}": BooleanField(_l("暂停标包 %(number)s", number=n), default="checked") for n in lots}
    form: PauseForm = type("LotsPauseForm", (PauseForm,), boxes)()
    return form


def fill_in(form: OutageForm, proposed: OutageMeasured) -> None:
    """What the platform's rule proposes, in the whole seconds of a form: no longer an outage, no earlier a deadline."""
    form.began.data = to_local(proposed.began_at + ALMOST_A_SECOND).replace(microsecond=0)
    form.ended.data = to_local(proposed.ended_at).replace(microsecond=0)
    for number, field in form.moments().items():
        if number in proposed.deadlines:
            field.data = to_local(proposed.deadlines[number] + ALMOST_A_SECOND).replace(microsecond=0)


def new_deadlines(form: MovingForm) -> dict[str, datetime]:
    """What was typed, by lot."""
    return {number: to_utc(field.data) for number, field in form.moments().items() if field.data}
