"""A sitting event by event: one step, the room as it left it, and links to every other. Nothing here needs a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _

from app.casefile.playback import Playback, Step
from app.casefile.playback_details import details
from app.casefile.playback_scene import SeatAt, scene_of
from app.casefile.playback_telling import heading, marks_of, role_of, site_of, stage_name, told_of
from app.casefile.playback_words import Said, said, who
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.queries.playbacks import PlaybackView, playback_seen
from app.web.entitled import entitled_case, in_words, place

routes = Blueprint("replay", __name__, url_prefix="/cases/<case>/lots/<lot>/replay")
AROUND = 6  # steps listed before and after the one that is shown
BREADTH = 1000  # units of the time line, from its beginning to its end
NARROWEST = 6  # of a stretch, so that each can be seen
TABLES = ("seats", "results")  # parts of a scene that are tables on the page


@routes.get("")
@access(Action.SITTING_REPLAY)
def show(case: str, lot: str) -> str:
    """The step that `at` names, the first otherwise."""
    found, here = entitled_case(case, lot, Action.SITTING_REPLAY), platform()
    with here.database.reading() as db_session:
        seen = playback_seen(db_session, current_actor(), case, lot, g.get("lang", "zh"))
    asked, last, errors = request.args.get("at", "1")[:20], len(seen.played.steps), []
    number = int(asked) if asked.isascii() and asked.isdecimal() else 0
    if not 1 <= number <= last:
        number, errors = 1, [in_words(RuleViolation("replay_step_unknown", number=asked, last=last))]
    return render_template(
        "pages/replay/replay.html",
        **place(found, lot, _("评审回放"), public=not current_actor().seat),
        here=url_for("replay.show", case=case, lot=lot),
        errors=errors,
        **_shown(seen, seen.played.at(number)),
    )


def _shown(seen: PlaybackView, step: Step) -> dict[str, Any]:
    """The step, the room after it, the steps around it and the time line."""
    played, scene = seen.played, scene_of(step.after, seen.names)
    seats = [_known(seat, seen) for seat in scene.seats]
    told = told_of(scene, seen.names)
    first, last = max(1, step.number - AROUND), min(len(played.steps), step.number + AROUND)
    return {
        "in_words": _in_words,
        "step": step,
        "last": len(played.steps),
        "event": _line(seen, step),
        "details": details(step.record, seen.names),
        "led_to": stage_name(step.stage) if step.stage is not step.before else None,
        "scene": scene,
        "stage": stage_name(scene.stage),
        "seats": [
            {"seat": seat.number, "role": role_of(seat), "site": site_of(seat, seen.names), "marks": marks_of(seat)}
            for seat in seats
        ],
        "headings": {part: heading(part) for part in (*TABLES, *told)},
        "parts": {part: lines for part, lines in told.items() if part not in TABLES},
        "around": [_line(seen, one) | {"state": "first" if one is step else ""} for one in played.between(first, last)],
        "stretches": _time_line(played, step.number),
    }


def _known(seat: SeatAt, seen: PlaybackView) -> SeatAt:
    """A seat of which no shown record says who sits there, as the room says it."""
    now = seen.seats.get(seat.number)
    return seat if seat.site or now is None else replace(seat, site=now.site, role=str(now.role))


def _in_words(part: Said | str) -> str:
    """A part of a sentence in the language and the zone of the page."""
    if isinstance(part, str):
        return part
    return part.in_words(g.get("lang", "zh"), platform().settings.display_zone)


def _line(seen: PlaybackView, step: Step) -> dict[str, Any]:
    record = step.record
    return {
        "number": step.number,
        "at": record.at,
        "who": who(record),
        "said": said(record, seen.names),
        "signed": bool(record.act),
        "digest": record.payload_sha256,
    }


def _time_line(played: Playback, number: int) -> list[Mapping[str, Any]]:
    """Every stretch with its place on a line of BREADTH, and whether the step is in it."""
    stretches = played.stretches
    since, until = stretches[0].since, stretches[-1].until
    whole = (until - since).total_seconds() or 1
    ends = [*(one.first for one in stretches[1:]), len(played.steps) + 1]
    found = []
    for one, end in zip(stretches, ends, strict=True):
        left = int(BREADTH * (one.since - since).total_seconds() / whole)
        width = max(NARROWEST, int(BREADTH * (one.until - one.since).total_seconds() / whole))
        found.append(
            {
                "stage": stage_name(one.stage),
                "still": one.still,
                "first": one.first,
                "since": one.since,
                "steps": end - one.first,
                "left": min(left, BREADTH - width),
                "width": width,
                "here": one.first <= number < end,
            }
        )
    return found
