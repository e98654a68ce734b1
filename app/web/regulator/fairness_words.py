"""Rarities and rates of draws in words, and what lists of them can be ordered by and narrowed to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.queries.fairness_search import Only, Order

RAREST, COMMON = Decimal("0.000001"), Decimal("0.5")
LEAST_FOR_A_RATE = 5  # times: of fewer a percentage says nothing

ORDERS: Mapping[Order, LazyString] = {
    Order.RAREST: _l("抽中次数最少见的在前"),
    Order.DRAWN: _l("抽中最多的在前"),
    Order.REFUSALS: _l("谢绝次数最少见的在前"),
    Order.SILENT: _l("未答复最多的在前"),
}
ONLY: Mapping[Only, LazyString] = {
    Only.ALL: _l("全部抽取"),
    Only.SMALL: _l("有人数偏少的组"),
    Only.SUBSTITUTED: _l("有补抽，最多的在前"),
}


def one_in(rarity: Decimal) -> str:
    """A probability in words: once in so many times."""
    if rarity > COMMON:
        return _("常见")
    if rarity < RAREST:
        return _("不到百万分之一")
    return _("约 %(n)s 次中有 1 次", n=f"{round(1 / rarity):,}")


def rate(part: int, whole: int) -> str:
    """`part` of `whole`, as a percentage too where there are enough."""
    if whole < LEAST_FOR_A_RATE:
        return _("%(n)s / %(of)s", n=part, of=whole)
    return _("%(n)s / %(of)s（%(rate)s）", n=part, of=whole, rate=f"{Decimal(100 * part) / whole:.1f} %")
