"""Events travel as JSON through one codec, so they hold only what it knows."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from app.casefile.codec import decode, encode
from crypto.canonical import canonical, parse
from evaluation.draw import CallUpAnswered, CallUpSent, DrawEvent, DrawRoundOpened, RoundReason
from evaluation.draw import recheck as recheck_draw
from evaluation.sitting import SeatFact, SittingEvent, Stage
from evaluation.sitting import recheck as recheck_sitting
from tests.evaluation.drawing import Draw
from tests.evaluation.sittings import Sitting

PLAIN = {str, int, bool, Decimal, datetime, types.NoneType}


def every(kind: type) -> list[type]:
    return [sub for direct in kind.__subclasses__() for sub in (direct, *every(direct))]


EVENTS = [event for event in every(DrawEvent) + every(SittingEvent) if event is not SeatFact]


def strangers(hint: object, path: str) -> list[str]:
    """The paths in a type that the codec does not know: it knows no `Any`, no list, no set, no mixed tuple."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in PLAIN or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        return []
    if origin in {typing.Union, types.UnionType}:
        return [found for argument in arguments for found in strangers(argument, path)]
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return strangers(arguments[0], f"{path}[]")
    if origin is dict and arguments[0] is str:
        return strangers(arguments[1], f"{path}{{}}")
    if is_dataclass(hint) and hint.__dataclass_params__.frozen:
        hints = typing.get_type_hints(hint)
        return [found for f in fields(hint) for found in strangers(hints[f.name], f"{path}.{f.name}")]
    return [f"{path}: {hint}"]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_holds_only_what_the_codec_knows(event):
    assert strangers(event, event.__name__) == []
    assert event.__doc__
    assert not event.__doc__.startswith(event.__name__)


def test_a_sitting_and_a_draw_survive_the_journey_through_canonical_json():
    sitting, draw = Sitting().until(Stage.CLOSED), Draw().approved()
    gone = draw.round().selected[draw.conditions.strata[0].name][0]
    draw.act(CallUpSent(1, gone), CallUpAnswered(1, gone, False, "abroad"))
    draw.act(DrawRoundOpened(2, RoundReason.REFUSED, draw.state.rounds[0].record_sha256, ""))
    draw.round()
    for recheck, events, state in (
        (recheck_sitting, sitting.events, sitting.state),
        (recheck_draw, draw.events, draw.state),
    ):
        read = [decode(type(event), parse(canonical(encode(event)))) for event in events]
        assert read == events
        assert recheck(read) == state
