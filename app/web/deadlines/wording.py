"""Changed deadlines in words: prominently while a lot takes bids, and as a record for later readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.casefile.case import Case
from app.procedure.deadlines import Change, Fact, OutageExtension, Pause, reason_of
from app.queries.deadlines import DeadlineState, deadline_news, deadline_state
from app.web.pages import local_time

CHANGES = {
    "AmendmentReleased": _l("更正公告"),
    "PostponementReleased": _l("截止时间推迟"),
    "OutageExtensionReleased": _l("平台服务中断，顺延投标截止时间"),
    "PauseOrdered": _l("监督部门责令暂停"),
    "ResumptionOrdered": _l("监督部门决定恢复"),
}


@dataclass(frozen=True)
class Announcement:
    """What whoever takes part must not miss."""

    title: str
    text: str
    at: datetime


def announcement(state: DeadlineState, several: bool) -> Announcement | None:
    """The words for a lot whose deadline moved or stands still; `several`: the lot has to be named."""
    change = state.change
    if change is None:
        return None
    lot = _("标包 %(number)s", number=state.lot) + " " if several else ""
    if state.left is not None:
        title = lot + _("招标活动已暂停")
        text = _(
            "监督部门责令暂停：%(reason)s。暂停期间不接收投标，截止时间停止计算，恢复时另行公布新的截止时间。"
            "暂停前提交的投标继续有效。",
            reason=change.reason.rstrip("。."),
        )
        return Announcement(title, text, change.at)
    title = lot + _("投标截止时间已变动：%(moment)s", moment=local_time(state.deadline_at))
    text = _(
        "%(way)s：%(reason)s。变动前为 %(before)s，公告发布时为 %(first)s。已提交的投标继续有效，无需重新提交。",
        way=CHANGES[change.type],
        reason=change.reason.rstrip("。."),
        before=local_time(change.before[state.lot]),
        first=local_time(state.first_at),
    )
    return Announcement(title, text, change.at)


def announcements(case: Case) -> list[Announcement]:
    """All of a case's, for its public page."""
    several = len(case.lots) > 1
    return [found for state in deadline_news(case) if (found := announcement(state, several)) is not None]


@dataclass(frozen=True)
class ShownChange:
    """A change as the record of the case tells it; `lines` say what became of each lot."""

    title: str
    reason: str
    at: datetime
    lines: list[str]


def recorded_changes(case: Case) -> list[ShownChange]:
    """Every change but amendments, which have a text of their own."""
    found = case.tender.timetable.changes
    return [_shown(change) for change in found if change.type != "AmendmentReleased"]


def _shown(change: Change) -> ShownChange:
    lines = [moved_words(lot, change.before[lot], at) for lot, at in change.after.items()]
    if change.outage is not None:
        lines.insert(0, outage_words(*change.outage))
    if not change.after:
        lines = [_("标包 %(number)s 暂停，截止时间停止计算", number=lot) for lot in change.before]
    return ShownChange(str(CHANGES[change.type]), change.reason, change.at, lines)


def effects(case: Case, fact: Fact) -> list[tuple[str, object]]:
    """What an act of these pages does, before it is signed."""
    found: list[tuple[str, object]] = [(_("理由"), reason_of(fact))]
    if isinstance(fact, Pause):
        return [*found, (_("暂停的标包"), "、".join(fact.lots))]
    if isinstance(fact, OutageExtension):
        found.append((_("中断"), outage_words(fact.began_at, fact.ended_at)))
    current = case.tender.deadlines
    moves = (moved_words(lot, current[lot], at) for lot, at in sorted(fact.deadlines.items()))
    return [*found, *((_("截止时间"), words) for words in moves)]


def standing_words(case: Case, lot: str) -> tuple[str, str]:
    """A lot and where its deadline stands, for who is about to move it."""
    state, name = deadline_state(case, lot), _("标包 %(number)s", number=lot)
    if case.lots[lot].opening.closed is not None:
        return name, _("已于 %(moment)s 截止", moment=local_time(state.deadline_at))
    if state.left is not None:
        return name, _("已暂停，暂停时剩余 %(left)s", left=lasting(state.left))
    return name, _("投标截止 %(moment)s", moment=local_time(state.deadline_at))


def moved_words(lot: str, before: datetime, after: datetime) -> str:
    return _(
        "标包 %(number)s 投标截止：%(before)s → %(after)s",
        number=lot,
        before=local_time(before),
        after=local_time(after),
    )


def outage_words(began_at: datetime, ended_at: datetime) -> str:
    return _(
        "中断 %(began)s 至 %(ended)s，共 %(lasted)s",
        began=local_time(began_at),
        ended=local_time(ended_at),
        lasted=lasting(ended_at - began_at),
    )


def measured_words(silence: timedelta, tick_seconds: int) -> str:
    """The register's ticks, which witnesses cosign, within an interval; a line that broke outside leaves no gap."""
    return _(
        "该时段内登记簿最长 %(silence)s 没有节拍（正常每 %(seconds)s 秒一次）",
        silence=lasting(silence),
        seconds=tick_seconds,
    )


def lasting(period: timedelta) -> str:
    """A length of time in days, hours, minutes and seconds."""
    minutes, seconds = divmod(int(period.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours:02d}:{minutes:02d}:{seconds:02d}"
    return _("%(days)s 天 %(clock)s", days=days, clock=clock) if days else clock
