"""The log of a case in words: by stage, searched by fact or person, turned by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import request, url_for
from flask_babel import gettext as _

from app.casefile.record import Record
from app.casefile.sight import sees_author
from app.extensions import current_actor, platform
from app.procedure.roles import Role
from app.queries.events import Seen
from app.queries.people import names_of_accounts
from app.queries.timeline import stage_of
from app.web.names import FACTS
from app.web.pages import place_asked
from app.web.stops import STAGE_NAMES
from app.web.wording import ROLES
from evaluation.sitting import AnnouncementMade, MessagePosted

SYSTEM = "system"
EVERY_STAGE = "all"
PAGE = 40


@dataclass(frozen=True)
class EventRow:
    """One entry of the case log in words; `stage` is a code of the time line, `said` what was said or announced."""

    at: datetime
    name: str
    stage: str
    lot: str
    who: str
    role: str
    signed: bool
    digest: str
    said: str


@dataclass(frozen=True)
class StageFilter:
    """A choice of the reader: one stage, or all; `count` entries, shown at `url`."""

    name: str
    count: int
    url: str
    chosen: bool


def event_page(seen: Seen) -> dict[str, object]:
    """The entries of one stage, newest first: of the latest one until the reader chooses a stage or searches."""
    words = request.args.get("q", "").strip()[:100]
    found = [row for row in reversed(_event_rows(seen)) if words in f"{row.name} {row.who} {row.role} {row.said}"]
    latest = EVERY_STAGE if words or not found else found[0].stage
    stage, first = request.args.get("stage", latest), place_asked()
    rows = [row for row in found if stage in (EVERY_STAGE, row.stage)]

    def address(**query: str | int | None) -> str:
        return url_for("regulator.case", case=seen.case.id, q=words or None, _anchor="events-title", **query)

    return {
        "events": rows[first : first + PAGE],
        "filters": _filters(found, stage, lambda code: address(stage=code)),
        "words": words,
        "newer": address(stage=stage, **{"from": max(first - PAGE, 0)}) if first else None,
        "older": address(stage=stage, **{"from": first + PAGE}) if first + PAGE < len(rows) else None,
    }


def _filters(found: list[EventRow], chosen: str, url: Callable[[str], str]) -> list[StageFilter]:
    """All stages together, then each that has entries, in the order of the time line."""
    counts = Counter(row.stage for row in found)
    named = [(EVERY_STAGE, _("全部"), len(found))]
    named += [(code, str(name), counts[code]) for code, name in STAGE_NAMES.items() if counts[code]]
    return [StageFilter(name, count, url(code), code == chosen) for code, name, count in named]


def _event_rows(seen: Seen) -> list[EventRow]:
    actor = current_actor()
    names = names_of_accounts(platform().database, {record.actor for record in seen.records})
    return [
        _event_row(record, _author(record, names.get), sees_author(actor, seen.case, record)) for record in seen.records
    ]


def _author(record: Record, name_of: Callable[[str], str | None]) -> str:
    if record.actor == SYSTEM:
        return _("系统")
    if "#" in record.actor:  # a booth: members are known by seat
        return _("席位 %(n)s", n=record.actor.rpartition("#")[2])
    return name_of(record.actor) or record.actor


def _event_row(record: Record, who: str, shown: bool) -> EventRow:
    roles = [str(ROLES[Role(role)]) for role in record.role.split("+") if role in set(Role)]
    return EventRow(
        record.at,
        str(FACTS.get(record.type, record.type)),
        stage_of(record.type),
        record.lot,
        who if shown else _("开标前不公开"),
        _("、").join(roles) if shown else "",
        bool(record.act),
        record.payload_sha256,
        record.fact.text if isinstance(record.fact, MessagePosted | AnnouncementMade) else "",
    )
