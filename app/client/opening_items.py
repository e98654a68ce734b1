"""What will be read out of a bid, checked before it is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.casefile.sealing import LONGEST_NAME, read_items
from app.client.connection import refuse
from app.procedure.money import format_yuan, rmb_capital
from crypto.errors import CryptoError

_VARIANTS = str.maketrans({"圆": "元", "正": "整", " ": None, "\u3000": None})


def check_items(items: Mapping[str, str], *, branded: bool = False) -> None:
    """What would make the bid void at its opening is refused where it can still be mended. `branded`: the lot names a
    core product, whose brand is read out.

    Raises Refused `opening_item_unfit`.
    """
    try:
        read_items(items, branded=branded)
    except CryptoError as exc:
        raise refuse(
            "opening_item_unfit",
            "开标一览项“{item}”不能这样填写，否则开标时无效：报价须为正数且小于 1 亿亿元，"
            "工期或交货期为 1 至 99999 天，项目负责人和核心产品品牌各不超过 {most} 个字且不含控制字符。"
            "未加密任何文件；请改正后重试。",
            "The opening item {item} cannot be read out like this and would make the bid void: the price is above 0 "
            "and below 10,000,000,000,000,000 yuan, the duration 1 to 99999 days, the project manager and "
            "the brand of the core product {most} characters at most, none of them a control character. "
            "Nothing was sealed; correct it and try again.",
            item=exc.facts["item"],
            most=LONGEST_NAME,
        ) from exc


def in_figures(fen: str) -> str:
    """A price as it is read out, in yuan. Raises RuleViolation `amount_out_of_range`."""
    return format_yuan(Decimal(fen) / 100)


def in_capitals(fen: str) -> str:
    """The same as Chinese records print it beside. Raises RuleViolation `amount_out_of_range`."""
    return rmb_capital(Decimal(fen) / 100)


def check_words(fen: str, typed: str | None) -> None:
    """A price that was typed twice is the same both times, as on the page. Raises Refused `price_words_differ`."""
    if typed is None:
        return
    words = typed.translate(_VARIANTS).removeprefix("人民币")
    if words != in_capitals(fen) and f"{words}整" != in_capitals(fen):
        raise refuse(
            "price_words_differ",
            "报价 {figures} 元的大写是“{capitals}”，而给出的是“{typed}”。未加密任何文件；请核对后重试。",
            "The price of {figures} yuan is “{capitals}” in capitals, not “{typed}”. Nothing was sealed; check which "
            "of them is meant.",
            figures=in_figures(fen),
            capitals=in_capitals(fen),
            typed=typed,
        )
