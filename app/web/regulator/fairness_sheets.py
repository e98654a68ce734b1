"""The figures of draws as sheets of a workbook: numbers to go on with, names only where they may be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Context, Decimal

from flask_babel import gettext as _

from app.adapters.workbooks import Cell, Share
from app.queries.fairness import Fairness, Named
from app.web.recusal_words import RECUSALS

Row = tuple[Cell, ...]
Names = Mapping[str, Named] | None  # None: not to be read
Ordinals = Mapping[str, int]
DIGITS = Context(prec=6)


def sheets(found: Fairness, names: Names, ordinal: Ordinals, group: Callable[[str], str]) -> dict[str, list[Row]]:
    """By name of the sheet its rows, the heading first. `ordinal`: places of experts; `group`: a group in words."""
    return {
        _("每名专家"): [*_experts(found, names, ordinal)],
        _("多次相遇"): [*_pairs(found, names, ordinal)],
        _("连成一片"): [*_clusters(found, names, ordinal)],
        _("每次抽取"): [*_draws(found)],
        _("人数偏少的组"): [*_small(found, group)],
        _("说明"): [*_told(found)],
    }


def _rarity(value: Decimal) -> Decimal:
    return DIGITS.plus(value)


def _who(expert: str, names: Names, ordinal: Ordinals) -> Row:
    if names is None:
        return (ordinal[expert],)
    found = names[expert]
    return ordinal[expert], found.number, found.name, found.employer


def _heading(names: Names) -> Row:
    return (_("序号"),) if names is None else (_("序号"), _("专家编号"), _("姓名"), _("工作单位"))


def _experts(found: Fairness, names: Names, ordinal: Ordinals) -> Iterator[Row]:
    yield (
        *_heading(names), _("可抽次数"), _("抽中"), _("抽中率"), _("平均应抽中"), _("到席"), _("谢绝"), _("谢绝率"),
        _("未答复"), _("未答复率"), _("随机抽中这么多次的可能"), _("谢绝这么多次的可能"),
    )  # fmt: skip
    for line in found.experts:
        one = line.tally
        yield (
            *_who(line.expert, names, ordinal), one.pools, one.drawn, Share(one.drawn, one.pools),
            _rarity(one.expected), one.accepted, one.declined, Share(one.declined, one.drawn), one.silent,
            Share(one.silent, one.drawn), _rarity(one.rarity), _rarity(line.refusals),
        )  # fmt: skip


def _pairs(found: Fairness, names: Names, ordinal: Ordinals) -> Iterator[Row]:
    yield (
        *_heading(names), _("投标人"), _("相遇"), _("可能相遇"), _("相遇率"), _("其中该投标人第一"),
        _("随机相遇这么多次的可能"),
    )  # fmt: skip
    for line in found.pairs:
        met = (line.met, line.possible, Share(line.met, line.possible), line.won, _rarity(line.rarity))
        yield (*_who(line.expert, names, ordinal), line.bidder, *met)


def _clusters(found: Fairness, names: Names, ordinal: Ordinals) -> Iterator[Row]:
    yield (_("组"), *_heading(names), _("投标人"), _("相遇"), _("其中最少见的一对"))
    for number, one in enumerate(found.clusters, 1):
        blank: Row = ("",) * len(_heading(names))
        for expert in one.experts:
            yield (number, *_who(expert, names, ordinal), "", one.meetings, _rarity(one.rarity))
        for bidder in one.bidders:
            yield (number, *blank, bidder, one.meetings, _rarity(one.rarity))


def _draws(found: Fairness) -> Iterator[Row]:
    yield (
        _("项目编号"), _("项目"), _("标包"), _("名单人数"), _("其中回避"), _("回避情形"), _("席位"), _("轮次"),
        _("抽中"), _("补抽席位"), _("补抽率"), _("人数偏少的组"),
    )  # fmt: skip
    for line in found.draws:
        grounds = _("；").join(f"{RECUSALS[ground]} {n}" for ground, n in line.grounds)
        yield (
            line.code, line.title, line.lot, line.pool, line.recused, grounds, line.seats, line.rounds, line.called,
            line.substitutions, Share(line.substitutions, line.called), len(line.small),
        )  # fmt: skip


def _small(found: Fairness, group: Callable[[str], str]) -> Iterator[Row]:
    yield (_("项目编号"), _("标包"), _("轮次"), _("组"), _("人数"), _("席位"))
    for line in found.draws:
        for one in line.small:
            yield (line.code, line.lot, one.round, group(one.stratum), one.people, one.seats)


def _told(found: Fairness) -> Iterator[Row]:
    yield (_("只列事实和它在随机情况下的少见程度，不作结论：人多了，少见的事也会有人碰上。"),)
    yield (_("可能相遇两次以上的专家和投标人（对）"), found.possible)
    yield (_("发出通知"), found.calls)
    yield (_("谢绝"), found.declined, Share(found.declined, found.calls))
    yield (_("逾期未答复"), found.silent, Share(found.silent, found.calls))
