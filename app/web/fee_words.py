"""Fees in words: their lines, where somebody came from, how long somebody was there."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from evaluation.fees import Course, FeeKind, FeeTable, Origin

FEE_KINDS = {
    FeeKind.BASE: _l("基本劳务费"),
    FeeKind.FURTHER: _l("超时"),
    FeeKind.NIGHT: _l("夜间"),
    FeeKind.LEFT: _l("中途退出"),
    FeeKind.WAITED: _l("到场未评审"),
    FeeKind.TRAVEL: _l("交通补助"),
}
ORIGINS = {
    Origin.DISTRICT: _l("本区县"),
    Origin.CITY: _l("本市其他区县"),
    Origin.PROVINCE: _l("本省其他市"),
    Origin.ELSEWHERE: _l("外省"),
    Origin.UNKNOWN: _l("地区没有登记，不计交通补助"),
}
COURSES = {
    Course.FINISHED: _l("参加至评审结束"),
    Course.LEFT: _l("中途退出：声明回避，或者因健康等原因被更换"),
    Course.DISMISSED: _l("被更换：应当回避而未声明，或者擅离职守"),
    Course.NOT_BEGUN: _l("已签到，评审没有开始"),
}


def duration_words(minutes: int) -> str:
    """So many hours and minutes."""
    hours, rest = divmod(minutes, 60)
    return _("%(hours)s 小时 %(minutes)s 分", hours=hours, minutes=rest) if hours else _("%(n)s 分钟", n=rest)


def table_words(table: FeeTable) -> list[tuple[str, str]]:
    """A table of fees, line by line."""
    found = [
        (str(FEE_KINDS[FeeKind.BASE]), _("%(n)s 分钟以内 %(yuan)s 元", n=table.base_minutes, yuan=table.base)),
        (
            str(FEE_KINDS[FeeKind.FURTHER]),
            _("每 %(n)s 分钟 %(yuan)s 元，不足的按一次计", n=table.step_minutes, yuan=table.step),
        ),
        (
            str(FEE_KINDS[FeeKind.NIGHT]),
            _(
                "%(begin)s 至次日 %(end)s 每小时另加 %(yuan)s 元",
                begin=table.night_from,
                end=table.night_until,
                yuan=table.night,
            ),
        ),
        (
            str(FEE_KINDS[FeeKind.LEFT]),
            _("%(yuan)s 元；应当回避而未声明、擅离职守被更换的，不付劳务费和交通补助", yuan=table.left),
        ),
        (str(FEE_KINDS[FeeKind.WAITED]), _("%(yuan)s 元", yuan=table.waited)),
        (_("休会"), _("合计 %(n)s 分钟以内计入时间，超出部分不计", n=table.recess_paid_minutes)),
    ]
    travel = ((ORIGINS[Origin(key)], amount) for key, amount in table.travel.items())
    words = [_("%(origin)s %(yuan)s 元", origin=name, yuan=amount) for name, amount in travel]
    return [*found, (str(FEE_KINDS[FeeKind.TRAVEL]), _("；").join(words))]
